"""Learning active learning: a small network that was trained to guess what a label will bring."""

from __future__ import annotations

from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels.information import like
from askwise.kernels.learned import describe, network


@score(
    cite="Konyushkova, Sznitman and Fua 2017, Learning Active Learning from Data, NIPS, section 4 (LALIndependent; a"
    " network in place of its forest, and features of our own)",
    aliases=("learning_active_learning",),
)
def lal(probs: Array, embeddings: Array, labelled_embeddings: Array, labels: Array, target_embeddings: Array) -> Array:
    """Guessed gain in accuracy of a label: (m, c), (m, d), (l, d), (l,), (t, d) -> (m,), in deviations within a pool.

    A network of 16 tanh units, trained by `benchmarks/learned/train.py` on 8000 states of synthetic problems, regresses
    the gain from nine features of a row: its two largest probabilities, entropy, distances to labels of its
    predicted class and of others, density, how rare that class is among labels, how many labels and classes there are.
    Its weights are a few kilobytes in the package. Cost O(m (l + t) d). Shines nowhere that we could measure beyond
    noise: on new synthetic problems it is as good as margin (-0.4 ± 1.1 points), on two small real data sets too. Fails
    with more classes than it was trained on (five): on digits it is 5.8 ± 2.1 points below margin. Kept for comparison.

    Raises BadInput without labelled rows, or for a label that is no class.

    >>> import numpy as np
    >>> p, rows, held = np.array([[0.5, 0.5], [0.99, 0.01]]), np.array([[2.0], [0.1]]), np.array([[0.0], [4.0]])
    >>> float(np.diff(lal(p, rows, held, np.array([0.0, 1.0]), rows))[0]) < 0
    True
    """
    features = describe(probs, embeddings, labelled_embeddings, labels, target_embeddings)
    return like(embeddings, network("lal")(features))
