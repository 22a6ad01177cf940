"""What an answer would change in the model: expected gradient length of a linear last layer."""

from __future__ import annotations

from askwise.core.arrays import namespace
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double


@score(
    cite="Settles, Craven and Ray 2008, Multiple-Instance Active Learning, NeurIPS, section 4; Settles 2009, Active"
    " Learning Literature Survey, section 3.3",
    aliases=("egl", "expected_model_change"),
)
def expected_gradient_length(probs: Array, embeddings: Array, *, bias: bool = True) -> Array:
    """Expected L2 norm of the last layer's gradient, sum_y p_y |p - e_y| |h|: (m, c), (m, d) -> (m,).

    Exact for a linear softmax layer under log loss, whose gradient at answer y is (p - e_y) h'; `bias` counts the
    intercept as one more feature. Cost O(m (c + d)). Shines as a cheap guess of the effect of an answer. Fails where
    features differ in length: the longest row wins, and an outlier is long.

    >>> import numpy as np
    >>> expected_gradient_length(np.array([[0.5, 0.5]]), np.array([[3.0, 4.0]]), bias=False).round(4)
    array([3.5355])
    """
    p, rows = double(probs), double(embeddings)
    xp = namespace(p)
    squared = xp.sum(p * p, axis=1)[:, None] - 2 * p + 1
    # For a certain row the square is 0, and rounding can leave it below.
    mean = xp.sum(p * xp.sqrt(xp.maximum(squared, xp.zeros_like(squared))), axis=1)
    return mean * xp.sqrt(xp.sum(rows * rows, axis=1) + float(bias))
