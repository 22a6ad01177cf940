"""small-text 1.4.1."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np
from benchmarks.peers.cases.common import Bug, counted, of, pick, taken
from benchmarks.peers.compare import Case
from benchmarks.peers.inputs import PLAIN, World

import askwise as aw
from askwise.core.history import History, Round
from askwise.kernels.gradient import Gradients
from askwise.session.training import changes, kappa


def _best(scores: Callable[[World], np.ndarray], n: int) -> Callable[[World], np.ndarray]:
    return lambda world: np.argsort(-scores(world), kind="stable")[:n]


def _nearest_by_angle(world: World) -> np.ndarray:
    """The row of each blob with the largest cosine to its mean."""
    rows, blob = world["blobs"], world["blobs"].argmax(axis=1)
    chosen = []
    for b in np.unique(blob):
        at = np.flatnonzero(blob == b)
        centre = rows[at].mean(axis=0)
        chosen.append(at[np.argmax(rows[at] @ centre / np.linalg.norm(rows[at], axis=1))])
    return np.array(chosen)


def _lightweight_by_angle(world: World) -> np.ndarray:
    """Draws by the squared angle to the mean, as a share of pi."""
    rows, mean = world["embeddings"], world["embeddings"].mean(axis=0)
    cosine = rows @ mean / np.linalg.norm(rows, axis=1) / np.linalg.norm(mean)
    far = (np.arccos(cosine) / np.pi) ** 2
    chance = 0.5 / len(rows) + 0.5 * far / far.sum()
    return np.random.default_rng(0).multinomial(4000, chance / chance.sum())


def _contrastive_among_all(world: World) -> np.ndarray:
    """The score if the pool's rows, the row itself among them, were neighbours like labelled ones."""
    rows = np.concatenate([world["embeddings"], world["labelled_embeddings"]])
    probs = np.concatenate([world["probs"], world["labelled_probs"]])
    return np.asarray(aw.score.contrastive(world["probs"], world["embeddings"], rows, probs))


def _unsure(world: World) -> np.ndarray:
    return np.asarray(aw.score.least_confidence(world["probs"]))


def _best_among(world: World, inside: np.ndarray) -> np.ndarray:
    """The four least certain rows of a sub-pool."""
    return np.asarray(inside)[np.argsort(-_unsure(world)[np.asarray(inside)], kind="stable")[:4]]


def _seals(world: World) -> np.ndarray:
    known = taken(world, embeddings="labelled_embeddings")
    return _best_among(world, aw.among.seals(world["embeddings"], n=4, rng=0, taken=known, neighbours=5))


def _anchors(world: World) -> np.ndarray:
    held = world["labelled_embeddings"], world["labels"].astype(float)
    return _best_among(world, aw.among.anchor_al(world["embeddings"], *held, n=4, rng=0, neighbours=5, size=20))


def _cvirs(world: World) -> np.ndarray:
    """Our factors, before they are ranked."""
    from askwise.pick.cvirs import _borda, _inconsistency

    return _inconsistency(world["marginals"] > 0.5, world["label_sets"] > 0.5) * _borda(world["marginals"])


def _cvirs_of_theirs(world: World) -> np.ndarray:
    """Hamming distance, summed over labelled rows and divided by the pool, times a sort order read as ranks."""
    p, known = world["marginals"], world["label_sets"]
    m, q = p.shape
    apart = np.abs((p > 0.5)[:, None] - known[None].astype(float)).mean(axis=2).sum(axis=1) / m
    order = np.argsort(np.abs(p - p.sum(axis=1, keepdims=True)), axis=0)
    return np.asarray(apart * (m - order).sum(axis=1) / (q * (m - 1)))


def _gradients(world: World, classes: int, keep: bool) -> np.ndarray:
    """Gradient embeddings, class after class; `keep` takes -p at the predicted class as everywhere else."""
    probs = world["probs"][:, :classes]
    grads = Gradients.of(probs, world["embeddings"])
    factors = -probs if keep else -grads.a.astype(np.float64)
    return (factors[:, :, None] * world["embeddings"][:, None, :]).reshape(len(probs), -1)


def _softmax(world: World) -> np.ndarray:
    logits = world["embeddings"] @ world["head_weights"] + world["head_bias"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _absolute_length(world: World) -> np.ndarray:
    """Expected sum of absolute gradients."""
    p = _softmax(world)
    rows = np.abs(world["embeddings"]).sum(axis=1) + 1.0
    return np.asarray((p * np.abs(p[:, None, :] - np.eye(3)[None]).sum(axis=2)).sum(axis=1) * rows)


def _stops(rule: Any, binary: bool = False, of_one: bool = False, **settings: Any) -> Callable[[World], np.ndarray]:
    """Whether our rule would stop after each of eight models."""

    def run(world: World) -> np.ndarray:
        samples, before = world["samples"], None
        rounds: list[Round] = []
        out = []
        for t in range(samples.shape[1]):
            probs = samples[:, : t + 1].mean(axis=1)
            now = (probs.argmax(axis=1) == 1).astype(int).tolist() if binary else probs.argmax(axis=1).tolist()
            doubt = {"entropy": float(np.asarray(aw.score.entropy(probs)).mean()) / log(probs.shape[1])}
            moved = _change_of_one(before, now) if of_one else changes(before, now)
            rounds.append(Round(t, 10 * t, kappa(before, now), len(set(now)), {**doubt, **moved}))
            out.append(rule.run(History(rows=len(probs), batch=1, rounds=tuple(rounds)), **settings).stop)
            before = now
        return np.array(out)

    return run


def _change_of_one(before: list[int] | None, now: list[int]) -> dict[str, float]:
    """Predicted change of F of the class 1."""
    if before is None:
        return {}
    a, b = np.array(before), np.array(now)
    return {"delta_f": 1.0 - 2.0 * float((a & b).sum()) / float(a.sum() + b.sum())}


CASES = [
    Case(
        "least_confidence",
        "LeastConfidence",
        "scores",
        of(aw.score.least_confidence, "probs", scale=-1.0, shift=1.0),
        note="theirs is 1 - ours",
    ),
    Case("margin", "BreakingTies", "scores", of(aw.score.margin, "probs", scale=-1.0), note="theirs is minus ours"),
    Case("entropy", "PredictionEntropy", "scores", of(aw.score.entropy, "probs")),
    Case(
        "bald",
        "BALD",
        "scores",
        of(aw.score.bald, "samples", scale=1 / log(2)),
        rtol=1e-4,
        worlds=PLAIN,
        note="theirs is in bits, with 1e-8 added to each probability",
    ),
    Case(
        "k_center",
        "GreedyCoreset(normalize=False)",
        "picks",
        pick(aw.pick.k_center, "embeddings", labelled="labelled_embeddings"),
        worlds=PLAIN,
    ),
    Case(
        "k_center",
        "GreedyCoreset()",
        "picks",
        pick(aw.pick.k_center, "embeddings", labelled="labelled_embeddings"),
        reason='their default: rows are brought to length one first; ours with metric="cosine"',
        shown=pick(aw.pick.k_center, "embeddings", labelled="labelled_embeddings", metric="cosine"),
        worlds=PLAIN,
    ),
    Case(
        "k_means",
        "EmbeddingKMeans(normalize=False)",
        "set",
        pick(aw.pick.k_means, "blobs", n=6),
        reason="their default: the row nearest to a centre is found by the angle, also where k-means went by distance",
        shown=_nearest_by_angle,
        worlds=PLAIN,
    ),
    Case(
        "contrastive",
        "ContrastiveActiveLearning(normalize=False)",
        "set",
        _best(of(aw.score.contrastive, "probs", "embeddings", "labelled_embeddings", "labelled_probs"), 10),
        reason="their bug: the neighbours are those among all rows, the pool's and the row itself, and not the labelled"
        " ones of the paper",
        shown=_best(_contrastive_among_all, 10),
        worlds=PLAIN,
    ),
    Case(
        "lightweight",
        "LightweightCoreset(normalize=False), law of the first pick",
        "counts",
        lambda w: counted(lambda seed: int(aw.pick.lightweight(w["embeddings"], n=1, rng=seed)[0]), len(w["probs"])),
        reason="their bug: the distance to the mean is an angle, where the bound of the paper is for squared distances",
        shown=_lightweight_by_angle,
        worlds=PLAIN,
    ),
    Case(
        "discriminative",
        "DiscriminativeActiveLearning",
        "picks",
        pick(aw.pick.discriminative, "embeddings", labelled="labelled_embeddings", batches=4),
        worlds=PLAIN,
    ),
    Case("seals", "SEALS(LeastConfidence, k=5)", "set", _seals, worlds=PLAIN),
    Case("anchor_al", "AnchorSubsampling(LeastConfidence, k=5, subsample_size=20)", "set", _anchors, worlds=PLAIN),
    Case(
        "cvirs",
        "CategoryVectorInconsistencyAndRanking",
        "scores",
        _cvirs,
        reason="their bugs: the entropy distance is computed and thrown away, the Hamming distance stays; the sort"
        " order is read as ranks; certainty is |p - sum p|; a sum over labelled rows is divided by the pool's size",
        shown=_cvirs_of_theirs,
        worlds=PLAIN,
    ),
    Case(
        "badge",
        "BADGE, gradient embeddings",
        "scores",
        lambda w: _gradients(w, 3, keep=False),
        reason="their bug: the predicted class keeps -p in place of 1 - p, so that sure rows are the longest",
        shown=lambda w: _gradients(w, 3, keep=True),
        worlds=PLAIN,
    ),
    Case(
        "badge",
        "BADGE, gradient embeddings of two classes",
        "scores",
        lambda w: _gradients(w, 2, keep=False)[:, :6],
        reason="their bug: with two classes the probabilities are left out, and it is k-means++ of the embeddings",
        shown=lambda w: w["embeddings"],
        worlds=PLAIN,
    ),
    Case(
        "expected_gradient_length",
        "ExpectedGradientLength",
        "scores",
        lambda w: np.asarray(aw.score.expected_gradient_length(_softmax(w), w["embeddings"])),
        reason="their bug: the sum of absolute values (the root of each square) in place of the Euclidean length",
        shown=_absolute_length,
        rtol=1e-4,
        worlds=PLAIN,
    ),
    Case(
        "agreement",
        "KappaAverage(kappa=0.8)",
        "picks",
        _stops(aw.stop.agreement, threshold=0.8),
        note="stop or not, round by round",
    ),
    Case(
        "classification_change",
        "ClassificationChange(threshold=0.15)",
        "picks",
        _stops(aw.stop.classification_change, threshold=0.15, window=1),
        note="stop or not, round by round",
    ),
    Case(
        "overall_uncertainty",
        "OverallUncertainty(threshold=0.8)",
        "picks",
        _stops(aw.stop.overall_uncertainty, threshold=0.8),
        note="stop or not, round by round",
    ),
    Case(
        "delta_f",
        "DeltaFScore(threshold=0.3)",
        "picks",
        _stops(aw.stop.delta_f, binary=True, threshold=0.3, window=3),
        reason="their default: the change of F of the class 1 alone (two classes only); ours averages over the classes",
        shown=_stops(aw.stop.delta_f, binary=True, of_one=True, threshold=0.3, window=3),
        note="stop or not, round by round",
    ),
]

BUGS = [
    Bug(
        "labelled_first",
        "`greedy_coreset` takes positions among the unlabelled rows for positions in the data",
        given="rows 0, 1, 2, 9, 10, 50 on a line, the first two labelled; three picks",
        shows=lambda said: not np.array_equal(said, [5, 4, 3]) and not np.array_equal(said, [5, 4, 2]),
        ours="k_center asks the rows at 50, 10 and 2 (distances 49, 9 and 1)",
    ),
    Bug(
        "one_class",
        "`KappaAverage` stops a model that names one class for every row: kappa is 0/0 there and counted as 1",
        given="the same class for ten rows, four models",
        shows=lambda said: bool(said[-1]),
        ours="agreement goes on: the model predicts one single class",
    ),
    Bug(
        "no_positives",
        "`DeltaFScore` divides 0 by 0 where neither model predicts the class, and can never stop",
        given="no positive prediction in ten rows, two models",
        shows=lambda said: not bool(said[-1]),
        ours="delta_f averages over the classes that are predicted",
    ),
]
