"""Uncertainty of one model's probabilities."""

from __future__ import annotations

from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels import sieve
from askwise.kernels.rows import entropy as row_entropy
from askwise.kernels.rows import top2


@score(
    cite="Lewis and Gale 1994, A Sequential Algorithm for Training Text Classifiers, SIGIR, section 3",
    sieve=sieve.least_confidence,
)
def least_confidence(probs: Array) -> Array:
    """One minus the largest probability: (m, c) -> (m,) in [0, 1 - 1/c].

    Cost O(mc). Shines as the simplest measure; for two classes it ranks rows as margin and entropy do. Fails with
    many classes, where it does not see whether one rival or a hundred share the rest.

    >>> import numpy as np
    >>> least_confidence(np.array([[0.75, 0.25], [0.5, 0.5]]))
    array([0.25, 0.5 ])
    """
    first, _ = top2(probs)
    return 1 - first


@score(
    cite="Scheffer, Decomain and Wrobel 2001, Active Hidden Markov Models for Information Extraction, IDA, section 4",
    aliases=("breaking_ties", "smallest_margin"),
    sieve=sieve.margin,
)
def margin(probs: Array) -> Array:
    """Minus the gap between the two largest probabilities: (m, c) -> (m,) in [-1, 0].

    Cost O(mc). Shines for text and tables once every class has been seen. Fails with no labels yet, and on
    pools full of near-duplicates, where a batch repeats itself: put it behind a shortlist with a diverse pick.

    >>> import numpy as np
    >>> margin(np.array([[0.75, 0.25, 0.0], [0.5, 0.5, 0.0]]))
    array([-0.5,  0. ])
    """
    first, second = top2(probs)
    return second - first


@score(
    cite="Shannon 1948; Holub, Perona and Burl 2008, Entropy-based Active Learning for Object Recognition, CVPRW",
    aliases=("consensus_entropy", "predictive_entropy"),
    sieve=sieve.entropy,
)
def entropy(probs: Array) -> Array:
    """Shannon entropy in nats: (m, c) -> (m,) in [0, log c].

    Of a committee it is the entropy of the mean prediction, for probs are the mean of samples. Computed in float64
    whatever the probabilities are, and rounded to 2^-40, so that rows with the same probabilities in another order tie.
    Cost O(mc) logarithms.
    Shines where all classes matter alike. Fails with many classes: it prefers rows whose
    probability is spread over rivals that do not matter, and is then worse than margin.

    >>> import numpy as np
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(4) + 0
    array([0.6931, 0.    ])
    """
    return row_entropy(probs)
