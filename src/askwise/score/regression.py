"""Uncertainty of a regression: predictive deviation and variance, and the expected change of a linear model."""

from __future__ import annotations

from askwise.core.arrays import namespace
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import double


@score(cite="Seo et al. 2000, Gaussian Process Regression: Active Data Selection and Test Point Rejection, IJCNN (ALM)")
def predictive_std(std: Array) -> Array:
    """Predicted standard deviation: (m,) -> (m,), in units of the target.

    Of a committee it is the deviation of the draws, which divides by k. Cost O(m). Shines with a Gaussian process or
    a forest in few dimensions. Fails by asking the edges of the pool, where the deviation is large and few rows are.

    >>> import numpy as np
    >>> predictive_std(np.array([0.5, 2.0]))
    array([0.5, 2. ])
    """
    return std


@score(
    cite="Burbidge, Rowland and King 2007, Active Learning for Regression Based on Query by Committee, IDEAL,"
    " section 2; RayChaudhuri and Hamey 1995",
    aliases=("qbc_variance",),
)
def predictive_variance(std: Array) -> Array:
    """Predicted variance, of a committee the variance of its draws: (m,) -> (m,), in squared units of the target.

    It ranks rows as `predictive_std` does, and differs where values matter, as in the pick power. Cost O(m). Shines
    with a committee of unlike members. Fails with members that are biased alike.

    >>> import numpy as np
    >>> predictive_variance(np.array([0.5, 2.0]))
    array([0.25, 4.  ])
    """
    return std * std


@score(
    cite="Cai, Zhang and Zhou 2013, Maximizing Expected Model Change for Active Learning in Regression, ICDM",
    aliases=("expected_model_change_regression",),
)
def emcm(mean: Array, draws: Array, embeddings: Array, *, bias: bool = True) -> Array:
    """Expected step of a linear regression's weights, mean_j |f - f_j| |x|: (m,), (m, k), (m, d) -> (m,).

    The gradient of half the squared error at a guessed answer y is (f - y) x; the draws f_j stand for the answers.
    `bias` counts the intercept as one more feature. Cost O(m (k + d)). Shines for linear models on scaled features.
    Fails on features of unlike scale, where the longest row always wins, whatever is known of it.

    >>> import numpy as np
    >>> emcm(np.array([1.0]), np.array([[0.0, 3.0]]), np.array([[3.0, 4.0]]), bias=False)
    array([7.5])
    """
    xp = namespace(draws)
    step = xp.mean(xp.abs(double(mean)[:, None] - double(draws)), axis=1)
    rows = double(embeddings)
    return step * xp.sqrt(xp.sum(rows * rows, axis=1) + float(bias))
