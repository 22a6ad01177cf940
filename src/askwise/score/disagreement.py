"""Disagreement among draws of a model or members of a committee: what more labels could settle.

Draw j is the same model for every row. The entropy of the mean prediction (consensus entropy) needs no function of
its own: `entropy` reads probs, and probs are the mean of samples.
"""

from __future__ import annotations

from math import comb, log

from askwise.core.arrays import namespace
from askwise.core.errors import BadInput
from askwise.core.registry import score
from askwise.core.types import Array
from askwise.kernels import sieve
from askwise.kernels.information import class_index, double, entropies_of_draws, mean_entropy, plogp
from askwise.kernels.rows import entropy


@score(
    cite="Houlsby et al. 2011, Bayesian Active Learning for Classification and Preference Learning, section 2;"
    " McCallum and Nigam 1998, ICML, section 4 (mean divergence to the consensus: the same number)",
    aliases=("mutual_information", "mean_kl", "kl_to_consensus"),
    sieve=sieve.bald,
    lowest=0.0,
)
def bald(samples: Array, *, correct: bool = False) -> Array:
    """Mutual information of label and model, H(mean p) - mean H(p): (m, k, c) -> (m,) in [0, log k], nats.

    It equals the mean Kullback-Leibler divergence of the draws from their mean. k draws make it too small by about
    sum_c Var(p_c) / (2 k mean p_c), most for the most uncertain rows; `correct` adds that (and can then leave the
    range). Cost O(mkc) logarithms. Shines with an honest committee: it asks what is unknown, not what is noisy. Fails
    in batches from pools that repeat themselves (use power with beta 8 to 16), with one draw (it is 0), and with
    draws that agree by construction, as clones with one seed do.

    >>> import numpy as np
    >>> bald(np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]])).round(4) + 0
    array([0.6931, 0.    ])
    """
    joint, each = entropies_of_draws(samples)
    xp, k = namespace(joint), int(samples.shape[1])
    # Entropy is concave, so what is below zero is rounding; a root or a power of it would be NaN.
    value = xp.maximum(joint - each, xp.zeros_like(joint))
    if not correct or k < 2:
        return value
    samples = double(samples)
    mean = xp.mean(samples, axis=1)
    spread = xp.sum((samples - mean[:, None, :]) ** 2, axis=1) / (k - 1)
    # A class to which no draw gives a chance has no spread either.
    return value + xp.sum(spread / xp.where(mean > 0, mean, xp.ones_like(mean)), axis=1) / (2 * k)


@score(
    cite="Settles 2009, Active Learning Literature Survey, section 3.2; Danka and Horvath 2018, modAL",
    aliases=("max_disagreement",),
)
def max_kl(samples: Array) -> Array:
    """Largest divergence of a draw from the mean of the draws, max_j KL(p_j || mean p): (m, k, c) -> (m,), nats.

    Cost O(mkc) logarithms. Shines with few members, one of which may know better. Fails with many: the largest of a
    hundred is an outlier of the committee, not a property of the row.

    >>> import numpy as np
    >>> max_kl(np.array([[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]])).round(4)
    array([0.6931])
    """
    samples = double(samples)
    xp = namespace(samples)
    mean = xp.mean(samples, axis=1)
    logs = xp.log(xp.where(mean > 0, mean, xp.ones_like(mean)))
    divergence = xp.sum(plogp(samples) - samples * logs[:, None, :], axis=2)
    return xp.max(divergence, axis=1)


@score(
    cite="Kampffmeyer, Salberg and Jenssen 2016, CVPRW, section 3; Gal, Islam and Ghahramani 2017, Deep Bayesian Active"
    " Learning with Image Data, ICML, section 4",
)
def mean_std(samples: Array) -> Array:
    """Standard deviation over draws, averaged over classes: (m, k, c) -> (m,) in [0, 1/2].

    The deviation divides by k. Cost O(mkc), no logarithm. Shines as a cheap stand-in for BALD. Fails with many
    classes: the mean over classes that nobody considers hides those in doubt.

    >>> import numpy as np
    >>> mean_std(np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]]))
    array([0.5, 0. ])
    """
    samples = double(samples)
    xp = namespace(samples)
    return xp.mean(xp.std(samples, axis=1), axis=1)


@score(
    cite="Kendall and Gal 2017, What Uncertainties Do We Need, NeurIPS, section 2 (aleatoric); Houlsby et al. 2011",
    aliases=("aleatoric_entropy",),
)
def expected_entropy(samples: Array) -> Array:
    """Mean entropy of the draws: (m, k, c) -> (m,) in [0, log c], nats.

    The part of the consensus' entropy that remains when the model is known: entropy = bald + expected_entropy. Cost
    O(mkc) logarithms. Shines as an audit of noisy or mislabelled rows. Fails as a strategy, by design: labels do not
    reduce it. It is here for comparisons.

    >>> import numpy as np
    >>> expected_entropy(np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]])).round(4) + 0
    array([0.    , 0.6931])
    """
    return mean_entropy(samples)


@score(cite="Freeman 1965, Elementary Applied Statistics; Gal, Islam and Ghahramani 2017, ICML, section 4")
def variation_ratio(votes: Array) -> Array:
    """Share of the members that do not vote for the most frequent class: (m, k) -> (m,) in [0, 1 - 1/k].

    Cost O(mk^2) comparisons. Shines with members that give labels and no probabilities. Fails with few members: k
    give few different values, and ties are then drawn by lot. On one model it would be least confidence, which some
    libraries call by this name.

    >>> import numpy as np
    >>> variation_ratio(np.array([[0, 0, 1, 2], [1, 1, 1, 1]]))
    array([0.5, 0. ])
    """
    xp = namespace(votes)
    support = [_support(votes, j) for j in range(int(votes.shape[1]))]
    return 1 - xp.max(xp.stack(support, axis=1), axis=1)


@score(cite="Dagan and Engelson 1995, Committee-Based Sampling for Training Probabilistic Classifiers, ICML, section 3")
def vote_entropy(votes: Array) -> Array:
    """Entropy of the distribution of votes: (m, k) -> (m,) in [0, log min(k, c)], nats.

    Cost O(mk^2) comparisons. Shines with members that give labels and no probabilities. Fails where members are
    unsure and would say so: BALD uses their probabilities.

    >>> import numpy as np
    >>> vote_entropy(np.array([[0, 0, 1, 1], [2, 2, 2, 2]])).round(4) + 0
    array([0.6931, 0.    ])
    """
    xp = namespace(votes)
    k = int(votes.shape[1])
    # A class with n of k votes is met n times, each time with log(n / k): together n log(n / k).
    return -sum(xp.log(_support(votes, j)) for j in range(k)) / k


def _support(votes: Array, j: int) -> Array:
    """Share (m,) of the members who vote as member j does."""
    xp = namespace(votes)
    same = xp.astype(votes == votes[:, j : j + 1], xp.float64)
    return xp.mean(same, axis=1)


@score(
    cite="Walmsley et al. 2020, Galaxy Zoo: Probabilistic Morphology through Bayesian CNNs and Active Learning, MNRAS"
    " 491, section 4.1",
    aliases=("galaxy_zoo",),
)
def counts_bald(samples: Array, *, answers: int = 10, target: int = -1) -> Array:
    """Mutual information of model and how many of some answers say yes: (m, k, c) -> (m,) in [0, log k], nats.

    Draw j gives the chance r_j that one volunteer says yes (class `target`); out of n = `answers` volunteers the
    number of yes is Binomial(n, r_j), and the score is H(mean_j Binomial) - mean_j H(Binomial). One answer makes it
    the BALD of two classes. Cost O(mkn) exponentials. Shines where a query returns k of n votes rather than one
    label. Fails where annotators agree for other reasons than chance: their votes are then worth fewer than n.

    Raises BadInput for fewer than one answer or an index that is no class.

    >>> import numpy as np
    >>> S = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]])
    >>> counts_bald(S).round(4) + 0
    array([0.6931, 0.    ])
    """
    if answers < 1:
        raise BadInput(
            f"counts_bald: answers={answers} tells nothing; give the number of answers a query brings, from 1"
        )
    samples = double(samples)
    chance = samples[:, :, class_index(target, int(samples.shape[2]), "counts_bald: target")]
    k = int(samples.shape[1])
    mean, noise = 0.0, 0.0
    for j in range(k):
        yes = _binomial(chance[:, j], answers)
        mean = mean + yes / k
        noise = noise + entropy(yes) / k
    xp = namespace(samples)
    value = entropy(mean) - noise
    return xp.maximum(value, xp.zeros_like(value))


def _binomial(chance: Array, n: int) -> Array:
    """Binomial probabilities of 0..n successes (m, n + 1), exact for chances of 0 and 1."""
    xp = namespace(chance)
    one = xp.ones_like(chance)
    columns = []
    for i in range(n + 1):
        # A chance of 0 to the power 0 counts 1; to any other power it makes the outcome impossible.
        yes = i * xp.log(xp.where(chance > 0, chance, one)) if i else 0 * chance
        no = (n - i) * xp.log(xp.where(chance < 1, 1 - chance, one)) if i < n else 0 * chance
        possible = ((chance > 0) | (i == 0)) & ((chance < 1) | (i == n))
        columns.append(xp.where(possible, xp.exp(log(comb(n, i)) + yes + no), xp.zeros_like(chance)))
    return xp.stack(columns, axis=1)


@score(
    cite="Kye, Choi, Lee and Lee 2023, TiDAL: Learning Training Dynamics for Active Learning, ICCV, section"
    " 3.3 (entropy of the mean over epochs)",
    aliases=("tidal",),
)
def dynamics_entropy(dynamics: Array) -> Array:
    """Entropy of the probabilities averaged over training epochs: (m, e, c) -> (m,) in [0, log c], nats.

    A row that was undecided for long is uncertain, however sure the last epoch is. The paper predicts the dynamics of
    unlabelled rows by a module of the network; here they are what the learner gives. Cost O(mec). Shines with networks
    that end up overconfident. Fails when early epochs, which know nothing, outweigh the late ones.

    >>> import numpy as np
    >>> dynamics_entropy(np.array([[[0.5, 0.5], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]])).round(4)
    array([0.5623, 0.6931])
    """
    return entropy(namespace(dynamics).mean(double(dynamics), axis=1))
