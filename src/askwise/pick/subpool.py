"""The best rows of a part of the pool: what lies near labelled rows, what was uncertain before, or what chance draws.

Sub-pools make large, imbalanced pools tractable: SEALS and AnchorAL look near labelled rows, where rare classes are.
"""

from __future__ import annotations

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.topn import top_order
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.cluster import distinct_nearest, k_means
from askwise.kernels.information import double
from askwise.kernels.nearest import most_similar
from askwise.kernels.rows import entropy
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space


def best_inside(scores: FloatArray, inside: IntArray, n: int, rng: Noise) -> IntArray:
    """The n best rows (n,) of a sub-pool (s,); when it has fewer, the best of the others follow."""
    values = np.asarray(scores, dtype=np.float64)
    chosen = inside[top_order(values[inside], rng.keys[inside], n, rng.seed)]
    if len(chosen) == n:
        return chosen
    others = np.setdiff1d(np.arange(len(values)), inside)
    return np.concatenate([chosen, others[top_order(values[others], rng.keys[others], n - len(chosen), rng.seed)]])


def _check_count(name: str, setting: str, value: int) -> None:
    if value < 1:
        raise BadInput(f"{name}: {setting}={value} leaves no sub-pool; give 1 or more")


@pick(cite="Ertekin et al. 2007, Learning on the Border, CIKM, section 4.2 (the best of a few random rows)")
def random_subset(scores: FloatArray, *, n: int, rng: Noise, taken: Taken, size: int = 10_000) -> IntArray:
    """The n highest scores of a random part of the pool: (m,) -> (n,) positions, best first.

    Draws max(size, n) rows, each batch anew. Ertekin: the best of 59 random rows is with 95 % among the best 5 %. Cost
    O(m). Shines on pools that repeat themselves, whose best rows are one row many times, and against outliers. Fails
    when what counts is rare: a small part does not hold it.

    Raises BadInput for a size below 1.

    >>> import numpy as np
    >>> random_subset(np.array([0.1, 0.9, 0.5]), n=2, rng=0, size=3)
    array([1, 2])
    """
    _check_count("random_subset", "size", size)
    drawn = np.sort(top_order(rng.uniform("random_subset"), rng.keys, max(size, n), rng.seed))
    return best_inside(scores, drawn, n, rng)


@pick(
    cite="Coleman et al. 2022, Similarity Search for Efficient Active Learning and Search of Rare Concepts, AAAI,"
    " algorithm 1"
)
def seals(
    scores: FloatArray, embeddings: Array, *, n: int, rng: Noise, taken: Taken, neighbours: int = 100
) -> IntArray:
    """The n highest scores among neighbours of labelled rows: (m,), (m, d) -> (n,) positions, best first.

    The sub-pool is the union of the `neighbours` candidates with the largest cosine to each labelled or pending row;
    with nothing labelled it is the whole pool, and when it holds fewer than n rows the best others follow. Cost
    O(t m d), an exact scan in blocks. Shines for rare classes, once a few rows of them are labelled. Fails when a class
    has no label at all: its rows are never near. Start with a sample of the pool.

    Raises BadInput for neighbours below 1.

    >>> import numpy as np
    >>> from askwise.core.evidence import Taken
    >>> rows = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    >>> known = Taken({"embeddings": np.array([[2.0, 0.0]])}, np.array([False]))
    >>> seals(np.array([0.1, 0.2, 0.9]), rows, n=2, rng=0, taken=known, neighbours=2)
    array([1, 0])
    """
    _check_count("seals", "neighbours", neighbours)
    held = taken.get("embeddings")
    if held is None:
        return best_inside(scores, np.arange(len(scores)), n, rng)
    found, _ = most_similar(host(embeddings), host(held), neighbours)
    return best_inside(scores, np.unique(found), n, rng)


@pick(cite="Lesci and Vlachos 2024, AnchorAL: Computationally Efficient Active Learning for Large Datasets, NAACL")
def anchor_al(
    scores: FloatArray,
    embeddings: Array,
    labelled_embeddings: Array,
    labels: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    anchors: int = 10,
    neighbours: int = 50,
    size: int = 10_000,
) -> IntArray:
    """The n highest scores near anchors of every class: (m,), (m, d), (l, d), (l,) -> (n,) positions, best first.

    Of each class at most `anchors` labelled rows are drawn by k-means++, anew each batch. Each anchor retrieves the
    `neighbours` candidates with the largest cosine; a candidate counts the mean cosine to the anchors that retrieved
    it, and the `size` best are the sub-pool. When it holds fewer than n rows the best others follow. Cost
    O(c anchors m d), an exact scan in blocks. Shines on large pools with rare classes: each class gets as many anchors
    as another. Fails when a class has no label yet.

    Raises BadInput for counts below 1.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [0.9, 0.1], [0.5, 0.5], [0.0, 1.0]])
    >>> known, labels = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 1.0])
    >>> anchor_al(np.array([0.1, 0.4, 0.9, 0.2]), rows, known, labels, n=2, rng=0, neighbours=1)
    array([3, 0])
    """
    for name, value in (("anchors", anchors), ("neighbours", neighbours), ("size", size)):
        _check_count("anchor_al", name, value)
    known = host(labelled_embeddings)
    at = draw_anchors(known, host(labels), anchors, rng.generator("anchor_al"))
    found, cosines = most_similar(host(embeddings), known[at], neighbours)
    near, means = mean_by_row(found, cosines)
    kept = np.sort(near[top_order(means, rng.keys[near], max(size, n), rng.seed)])
    return best_inside(scores, kept, n, rng)


def draw_anchors(known: FloatArray, labels: Array, most: int, generator: np.random.Generator) -> IntArray:
    """Positions of at most this many labelled rows of each class, by k-means++ where there are more."""
    chosen = [np.zeros(0, dtype=np.int64)]
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) > most:
            members = members[sample_d2(Space.of(known[members]), most, generator)[0]]
        chosen.append(members)
    return np.concatenate(chosen)


def mean_by_row(found: IntArray, cosines: FloatArray) -> tuple[IntArray, FloatArray]:
    """Rows that were found (s,), ascending, and the mean cosine of each over the points that found it.

    >>> mean_by_row(np.array([[4, 2], [2, 7]]), np.array([[0.9, 0.5], [0.25, 0.125]]))
    (array([2, 4, 7]), array([0.375, 0.9  , 0.125]))
    """
    rows, which = np.unique(found.ravel(), return_inverse=True)
    means = np.bincount(which, weights=cosines.ravel(), minlength=len(rows)) / np.bincount(which, minlength=len(rows))
    return rows, np.round(means, 12)


@pick(cite="Tsvigun et al. 2022, Towards Computationally Feasible Deep Active Learning, NAACL Findings, section 3.2")
def ups(
    scores: FloatArray,
    previous_probs: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    gamma: float = 0.1,
    temperature: float = 0.01,
    floor: float = 0.01,
) -> IntArray:
    """The n highest scores among what was uncertain a round ago, and a few others: (m,), (m, c) -> (n,), best first.

    Uncertainty-preserving subsample: rows in order of the entropy of their previous probabilities, r = 0 to 1 being a
    row's place. Each row is in with probability max(exp(-max(0, r - gamma) / temperature), floor): all of the share
    `gamma`, and fast fewer beyond. The floor is not in the paper, whose certain rows never come back. When fewer than n
    rows are in, the best others follow. Cost O(m (c + log m)). Shines where yesterday's predictions are at hand: it
    keeps the batch out of what a new model finds odd of a sudden. Fails when the model changed much since.

    Raises BadInput for a share or a floor outside 0 to 1, a temperature that is not positive.

    >>> import numpy as np
    >>> before = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0], [0.6, 0.4]])
    >>> ups(np.array([0.1, 0.7, 0.9, 0.3]), before, n=2, rng=0, gamma=0.25, floor=0.0)
    array([3, 0])
    """
    for name, share in (("gamma", gamma), ("floor", floor)):
        if not 0 <= share <= 1:
            raise BadInput(f"ups: {name}={share} is no share; give 0 to 1")
    if not temperature > 0:
        raise BadInput(f"ups: temperature={temperature} lets nothing in; give a positive number, 0.01 by default")
    unsure = entropy(double(host(previous_probs))).round(12)
    m = len(unsure)
    place = np.empty(m)
    place[top_order(unsure, rng.keys, m, rng.seed)] = np.arange(m) / m
    odds = np.maximum(np.exp(-np.maximum(0.0, place - gamma) / temperature), floor)
    return best_inside(scores, np.flatnonzero(rng.uniform("ups") < odds), n, rng)


@pick(
    cite="Maekawa, Zhang, Kim, Rahman and Hruschka 2022, Low-resource Interactive Active Labeling for Fine-tuning"
    " Language Models, EMNLP Findings, section 3"
)
def tyrogue(
    scores: FloatArray,
    embeddings: Array,
    *,
    n: int,
    rng: Noise,
    taken: Taken,
    size: int = 10_000,
    multiple: float = 3.0,
) -> IntArray:
    """Random rows, of these varied ones, of these the best: (m,), (m, d) -> (n,) positions, best first.

    Draws max(size, n) rows, clusters them into `multiple` n clusters by k-means on embeddings of length one, takes the
    distinct row nearest to each centre, and of these the n highest scores (the paper: entropy). Diversity first and
    uncertainty second, the other way round than a shortlist with k-means. Cost of k-means, O(size multiple n d) a pass.
    Shines at low budgets, where the most uncertain rows are alike. Fails at high ones: a small part of the pool's
    uncertain rows comes through.

    Raises BadInput for a size below 1 or a multiple below 1.

    >>> import numpy as np
    >>> rows = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [-1.0, 0.0]])
    >>> tyrogue(np.array([0.1, 0.1, 0.9, 0.5]), rows, n=1, rng=0)
    array([2])
    """
    _check_count("tyrogue", "size", size)
    if not multiple >= 1:
        raise BadInput(f"tyrogue: multiple={multiple} leaves fewer than n rows to choose from; give 1 or more")
    drawn = np.sort(top_order(rng.uniform("tyrogue"), rng.keys, max(size, n), rng.seed))
    rows = Space.of(embeddings, "cosine").take(drawn).values().astype(np.float32)
    centres, _ = k_means(rows, max(n, round(multiple * n)), rng.generator("tyrogue"))
    varied = drawn[np.sort(distinct_nearest(rows, centres, np.arange(len(rows))))]
    return best_inside(scores, varied, n, rng)
