"""modAL 0.4.2.1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from benchmarks.peers.cases.common import Bug, of, taken
from benchmarks.peers.compare import Case
from benchmarks.peers.inputs import PLAIN, World

import askwise as aw
from askwise.core.evidence import Taken
from askwise.kernels.parzen import class_counts
from askwise.score.reduction import expected_error_reduction


def _ranked(held: bool) -> Callable[[World], np.ndarray]:
    def run(world: World) -> np.ndarray:
        known = taken(world, embeddings="labelled_embeddings") if held else Taken()
        unsure = np.asarray(aw.score.least_confidence(world["probs"]))
        return np.asarray(aw.pick.ranked_batch(unsure, world["embeddings"], n=4, rng=0, taken=known))

    return run


def _ranked_from_medoid(world: World) -> np.ndarray:
    """Our picks if the first is the row with the least mean distance to all rows."""
    rows = world["embeddings"]
    apart = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    first = int(apart.mean(axis=0).argmin())
    unsure = np.asarray(aw.score.least_confidence(world["probs"]))
    unsure[first] = 0.0
    known = Taken({"embeddings": rows[[first]]}, np.array([False]))
    return np.append(first, aw.pick.ranked_batch(unsure, rows, n=3, rng=0, taken=known))


def _eer(loss: str, without_itself: bool) -> Callable[[World], np.ndarray]:
    """Expected error as they sign and sum it, over the whole pool or over the pool without the row asked."""

    def run(world: World) -> np.ndarray:
        rows, known, labels = (world[name] for name in ("embeddings", "labelled_embeddings", "labels"))
        counts = class_counts(rows, known, labels, 3)
        if not without_itself:
            return -len(rows) * np.asarray(expected_error_reduction(rows, counts, rows, known, labels, loss=loss))
        found = []
        for i in range(len(rows)):
            others = np.delete(rows, i, axis=0)
            one = expected_error_reduction(rows[[i]], counts[[i]], others, known, labels, loss=loss)
            found.append(-len(others) * float(one[0]))
        return np.array(found)

    return run


def _hard(world: World) -> np.ndarray:
    return (world["marginals"] > 0.5).astype(float)


def _hard_max_loss(world: World) -> np.ndarray:
    """Wrong labels, doubled, of the likeliest label alone against the predicted set."""
    hard, top = _hard(world), world["marginals"].argmax(axis=1)
    only = np.eye(hard.shape[1])[top]
    return np.asarray(2.0 * np.abs(hard - only).sum(axis=1))


def _dot_hinge(world: World) -> np.ndarray:
    """Mean over labels of the hinge of the dot product of two whole label vectors."""
    signs = 2.0 * _hard(world) - 1.0
    alone = 2.0 * np.eye(signs.shape[1]) - 1.0
    return np.asarray(np.maximum(1.0 - signs @ alone, 0.0).mean(axis=1))


def _half_signed(world: World) -> np.ndarray:
    """p / 2 of labels predicted, -p / 2 of others."""
    return np.asarray(world["marginals"] * (_hard(world) - 0.5))


CASES = [
    Case("least_confidence", "classifier_uncertainty", "scores", of(aw.score.least_confidence, "probs")),
    Case(
        "margin", "classifier_margin", "scores", of(aw.score.margin, "probs", scale=-1.0), note="theirs is minus ours"
    ),
    Case("entropy", "classifier_entropy", "scores", of(aw.score.entropy, "probs")),
    Case("vote_entropy", "vote_entropy", "scores", of(aw.score.vote_entropy, "votes")),
    Case(
        "entropy",
        "consensus_entropy",
        "scores",
        lambda w: np.asarray(aw.score.entropy(w["samples"].mean(axis=1))),
        note="consensus_entropy is an alias of entropy: probs are the mean of samples",
    ),
    Case("max_kl", "KL_max_disagreement", "scores", of(aw.score.max_kl, "samples")),
    Case("bald", "mc_dropout_bald", "scores", of(aw.score.bald, "samples")),
    Case("mean_std", "mc_dropout_mean_st", "scores", of(aw.score.mean_std, "samples")),
    Case(
        "entropy",
        "mc_dropout_max_entropy",
        "scores",
        lambda w: np.asarray(aw.score.entropy(w["samples"].mean(axis=1))),
        reason="their bug: sums p log p over passes and averages over classes, so that it is the expected entropy of"
        " the passes, scaled, and not the entropy of their mean",
        shown=lambda w: np.asarray(aw.score.expected_entropy(w["samples"])) * w["samples"].shape[1] / 3.0,
        worlds=PLAIN,
    ),
    Case(
        "variation_ratio",
        "mc_dropout_max_variationRatios",
        "scores",
        of(aw.score.variation_ratio, "votes"),
        reason="another definition: one minus the largest mean probability, which is least_confidence of the mean",
        shown=lambda w: np.asarray(aw.score.least_confidence(w["samples"].mean(axis=1))),
    ),
    Case("ranked_batch", "uncertainty_batch_sampling", "picks", _ranked(True), worlds=PLAIN),
    Case(
        "ranked_batch",
        "uncertainty_batch_sampling, nothing labelled",
        "picks",
        _ranked(False),
        reason="their default: the first row has the least mean distance to all others (m x m distances); ours is the"
        " row nearest to the mean",
        shown=_ranked_from_medoid,
        worlds=PLAIN,
    ),
    Case(
        "expected_error_reduction",
        "expected_error_reduction(binary)",
        "scores",
        _eer("zero_one", False),
        reason="their default: the error is summed over the pool without the row that is asked; ours over targets, the"
        " same for every row",
        shown=_eer("zero_one", True),
    ),
    Case(
        "expected_error_reduction",
        "expected_error_reduction(log)",
        "scores",
        _eer("log", False),
        reason="their default: the loss is summed over the pool without the row that is asked; ours over targets, the"
        " same for every row",
        shown=_eer("log", True),
    ),
    Case(
        "max_loss",
        "multilabel.max_loss",
        "scores",
        of(aw.score.max_loss, "marginals"),
        reason="their default: the hinge is taken of predicted labels, 0 or 1, and not of decision values, and is not"
        " halved; ours is the paper's over probabilities",
        shown=_hard_max_loss,
        worlds=PLAIN,
    ),
    Case(
        "mean_max_loss",
        "multilabel.mean_max_loss",
        "scores",
        of(aw.score.mean_max_loss, "marginals"),
        reason="their bug: the hinge of the dot product of whole label vectors in place of the sum of hinges, averaged"
        " over all labels in place of those predicted",
        shown=_dot_hinge,
        worlds=PLAIN,
    ),
    Case(
        "binary_minimum",
        "multilabel.min_confidence",
        "scores",
        of(aw.score.binary_minimum, "marginals", scale=-1.0),
        reason="another definition: the smallest label probability (a sure absence), not the smallest confidence",
        shown=lambda w: w["marginals"].min(axis=1),
    ),
    Case(
        "average_confidence",
        "multilabel.avg_confidence",
        "scores",
        of(aw.score.average_confidence, "marginals", scale=-1.0),
        reason="another definition: the mean label probability, which is average_score here",
        shown=of(aw.score.average_score, "marginals"),
    ),
    Case(
        "max_score",
        "multilabel.max_score",
        "scores",
        of(aw.score.max_score, "marginals"),
        reason="their signs: p / 2 for a predicted label and -p / 2 for another, so that a row without predicted labels"
        " leads the less the surer it is",
        shown=lambda w: _half_signed(w).max(axis=1),
        worlds=PLAIN,
    ),
    Case(
        "average_score",
        "multilabel.avg_score",
        "scores",
        of(aw.score.average_score, "marginals"),
        reason="their signs: p / 2 for a predicted label and -p / 2 for another, averaged",
        shown=lambda w: _half_signed(w).mean(axis=1),
        worlds=PLAIN,
    ),
    Case(
        "expected_improvement",
        "acquisition.EI",
        "scores",
        of(aw.score.expected_improvement, "mean", "std", "values", margin=0.1),
        worlds=PLAIN,
    ),
    Case(
        "probability_of_improvement",
        "acquisition.PI",
        "scores",
        of(aw.score.probability_of_improvement, "mean", "std", "values", margin=0.1),
        worlds=PLAIN,
    ),
    Case("upper_confidence_bound", "acquisition.UCB", "scores", of(aw.score.upper_confidence_bound, "mean", "std")),
]

BUGS = [
    Bug(
        "learner_fits",
        "A learner cannot be taught: `teach` calls scikit-learn with an argument that it removed",
        given="learner.teach(X, y) with scikit-learn 1.9",
        shows=lambda said: str(said).startswith("TypeError"),
        ours="Session and select() take unwrapped estimators",
    ),
    Bug(
        "two_picks",
        "A strategy that returns two positions yields one row: the pair is unpacked as (positions, values)",
        given="a query strategy that returns rows 1 and 3",
        shows=lambda said: np.size(said) == 1,
        ours="both rows",
    ),
    Bug(
        "svm_tie_break",
        "`SVM_binary_minimum(random_tie_break=True)` asks the row farthest from the boundary",
        given="decision values 0.1, 1 and 5",
        shows=lambda said: int(np.ravel(said)[0]) == 2,
        ours="binary_minimum asks row 0",
    ),
]
