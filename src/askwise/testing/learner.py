"""What every learner must do, as checks that a learner's author runs on it.

Each check takes a Case: ``make()`` gives a learner that has not been fitted, with rows, labels and the number of
classes (None for a regressor). Run them all with `check_learner`, or one by one in pytest::

    @pytest.mark.parametrize("check", LEARNER_CHECKS)
    def test_contract(check):
        check(Case(lambda: MyLearner(n_classes=3), X, y, 3))
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.evidence import VOCABULARY
from askwise.core.protocols import Learner
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner.rows import row_count, take

SUMS_TO_ONE = 1e-5
CLOSE = 1e-4
"""Absolute tolerance where only rounding may differ: matrix products of other shapes, float32 networks."""


@dataclass(frozen=True)
class Case:
    """A learner to be made, and data that it can be fitted on: every class at least twice, at least 12 rows."""

    make: Callable[[], Learner]
    rows: Rows
    labels: Any
    n_classes: int | None

    def fitted(self, index: IntArray | None = None, weights: FloatArray | None = None, seed: int = 7) -> Learner:
        """A fresh learner, fitted on all rows or on these."""
        learner = self.make()
        rows = self.rows if index is None else take(self.rows, index)
        labels = np.asarray(self.labels if index is None else np.asarray(self.labels)[index])
        learner.fit(rows, labels, weights, seed=seed)
        return learner


def check_learner(
    make: Callable[[], Learner], rows: Rows, labels: Any, n_classes: int | None, *, one_class: bool = True
) -> None:
    """Run every check; `one_class` False leaves out those with labels of one class only.

    Raises AssertionError saying which promise is broken, with what was got and what was wanted.
    """
    case = Case(make, rows, labels, n_classes)
    for check in LEARNER_CHECKS:
        if (n_classes is not None or check not in CLASS_CHECKS) and (one_class or check is not check_one_class):
            check(case)


def check_protocol(case: Case) -> None:
    """The object is a Learner, and it provides names of the vocabulary."""
    learner = case.make()
    _true(isinstance(learner, Learner), f"{learner!r} has provides, fit and evidence")
    _true(
        isinstance(learner.provides, frozenset),
        f"provides is a frozenset, not {type(learner.provides).__name__}",
    )
    unknown = sorted(learner.provides - set(VOCABULARY))
    _true(not unknown, f"provides holds only evidence, not {unknown}")


def check_shapes(case: Case) -> None:
    """Evidence after a fit is exactly what `provides` says, of the right shape, finite, probabilities sum to one."""
    learner = case.fitted()
    evidence = learner.evidence(case.rows, learner.provides)
    check_evidence(evidence, learner.provides, row_count(case.rows), case.n_classes)


def check_one_by_one(case: Case) -> None:
    """Each name asked for alone gives what it gives together with all others."""
    learner = case.fitted()
    together = learner.evidence(case.rows, learner.provides)
    for name in sorted(learner.provides):
        alone = learner.evidence(case.rows, frozenset({name}))
        _true(set(alone) == {name}, f"asking for {name} alone gives {name}, not {sorted(alone)}")
        _close(alone[name], together[name], f"{name} asked for alone")
    _true(learner.evidence(case.rows, frozenset()) == {}, "asking for nothing gives nothing")


def check_refit(case: Case) -> None:
    """`fit` starts afresh: the same arguments give the same evidence, whatever was fitted between."""
    learner = case.fitted()
    first = learner.evidence(case.rows, learner.provides)
    m = row_count(case.rows)
    back = np.arange(m)[::-1][: max(6, m // 2)]
    learner.fit(take(case.rows, back), np.asarray(case.labels)[back], None, seed=99)
    learner.fit(case.rows, np.asarray(case.labels), None, seed=7)
    again = learner.evidence(case.rows, learner.provides)
    for name in sorted(first):
        _close(again[name], first[name], f"{name} after a second fit with the same seed")


def check_chunks(case: Case) -> None:
    """Row evidence of chunks, down to a single row, equals that of the whole."""
    learner = case.fitted()
    names = frozenset(name for name in learner.provides if VOCABULARY[name].per == "row")
    whole = learner.evidence(case.rows, names)
    m = row_count(case.rows)
    cuts = [np.arange(1), np.arange(1, m // 2), np.arange(m // 2, m)]
    parts = [learner.evidence(take(case.rows, cut), names) for cut in cuts]
    for name in sorted(names):
        _close(np.concatenate([part[name] for part in parts]), whole[name], f"{name} in chunks")


def check_inputs_untouched(case: Case) -> None:
    """Neither `fit` nor `evidence` changes rows or labels."""
    rows, labels = copy.deepcopy(case.rows), np.array(case.labels)
    learner = case.make()
    learner.fit(rows, labels, None, seed=7)
    learner.evidence(rows, learner.provides)
    _true(bool(np.array_equal(labels, np.asarray(case.labels))), "labels are untouched")
    _true(_same_rows(rows, case.rows), "rows are untouched")


def check_unknown_evidence(case: Case) -> None:
    """Asking for what is not provided raises MissingEvidence."""
    learner = case.fitted()
    _raises(MissingEvidence, lambda: learner.evidence(case.rows, frozenset({"skill"})), "asking for skill")


def check_wrong_labels(case: Case) -> None:
    """Labels of another length, no rows at all, and class indices outside 0..c-1 raise BadInput."""
    labels = np.asarray(case.labels)
    learner = case.make()
    _raises(BadInput, lambda: learner.fit(case.rows, labels[:-1], None, seed=0), "one label too few")
    none = take(case.rows, np.arange(0))
    _raises(BadInput, lambda: learner.fit(none, labels[:0], None, seed=0), "no rows")
    if case.n_classes is None:
        return
    outside = labels.copy()
    outside[0] = case.n_classes
    _raises(BadInput, lambda: learner.fit(case.rows, outside, None, seed=0), f"the label {case.n_classes}")


def check_missing_class(case: Case) -> None:
    """A class that no label has keeps its column."""
    assert case.n_classes is not None
    if case.n_classes < 3:
        return
    kept = np.flatnonzero(np.asarray(case.labels) != 1)
    learner = case.fitted(kept)
    evidence = learner.evidence(case.rows, learner.provides)
    check_evidence(evidence, learner.provides, row_count(case.rows), case.n_classes)
    there = evidence["probs"][kept, 1].mean()
    _true(
        there < 1 / case.n_classes,
        f"a class never seen has a mean probability of {there} on rows of the others",
    )


def check_one_class(case: Case) -> None:
    """Labels of one class only, even a single one, are enough to fit; that class is the likeliest."""
    assert case.n_classes is not None
    labels = np.asarray(case.labels)
    of_last = np.flatnonzero(labels == case.n_classes - 1)
    for index in (of_last, of_last[:1]):
        learner = case.fitted(index)
        evidence = learner.evidence(case.rows, learner.provides)
        check_evidence(evidence, learner.provides, row_count(case.rows), case.n_classes)
        likeliest = evidence["probs"].mean(0).argmax()
        _true(likeliest == case.n_classes - 1, f"the one class seen is the likeliest, not class {likeliest}")


def check_weights(case: Case) -> None:
    """Sample weights are refused by BadInput, or they count: a class that weighs 20 times more does not lose."""
    assert case.n_classes is not None
    labels = np.asarray(case.labels)
    weights = np.where(labels == 0, 20.0, 1.0)
    try:
        heavy = case.fitted(weights=weights)
    except BadInput as error:
        _true("weights" in str(error), f"the refusal of weights says so: {error}")
        return
    evidence = heavy.evidence(case.rows, frozenset({"probs"}))
    check_evidence(evidence, frozenset({"probs"}), row_count(case.rows), case.n_classes)
    plain = case.fitted().evidence(case.rows, frozenset({"probs"}))["probs"][:, 0].mean()
    with_weights = evidence["probs"][:, 0].mean()
    _true(with_weights > plain - 0.05, f"a class 20 times heavier fell from {plain:.3f} to {with_weights:.3f}")
    _raises(BadInput, lambda: case.fitted(weights=-weights), "negative weights")


CLASS_CHECKS = (check_missing_class, check_one_class, check_weights)

LEARNER_CHECKS: tuple[Callable[[Case], None], ...] = (
    check_protocol,
    check_shapes,
    check_one_by_one,
    check_refit,
    check_chunks,
    check_inputs_untouched,
    check_unknown_evidence,
    check_wrong_labels,
    *CLASS_CHECKS,
)


def check_evidence(evidence: dict[str, Array], provides: frozenset[str], m: int, c: int | None) -> None:
    """Evidence of m rows: the names provided and no others, shapes, finite values, sums of probabilities."""
    _true(set(evidence) == provides, f"evidence gives {sorted(evidence)}, provides says {sorted(provides)}")
    for name, value in evidence.items():
        if name == "head":
            _check_head(value, evidence.get("embeddings"), c)
            continue
        _true(isinstance(value, np.ndarray), f"{name} is a NumPy array, not {type(value).__name__}")
        _true(value.shape[0] == m, f"{name} has {value.shape[0]} rows for {m}")
        _true(bool(np.isfinite(value).all()), f"{name} is finite")
        if name in ("probs", "samples"):
            _true(value.shape[-1] == c, f"{name} has {value.shape[-1]} classes, wanted {c}")
            _true(bool(np.allclose(value.sum(-1), 1, atol=SUMS_TO_ONE)), f"rows of {name} sum to one")
            _true(bool((value >= 0).all()), f"{name} is not negative")
        axes = {"samples": 3, "mean": 1, "std": 1}.get(name, 2)
        _true(value.ndim == axes, f"{name} has {value.ndim} axes, wanted {axes}")


def _check_head(head: Any, embeddings: Array | None, c: int | None) -> None:
    weights, bias = head[0], head[1]
    _true(
        weights.shape[1] == c and bias.shape == (c,),
        f"head has shapes {weights.shape}, {bias.shape} for {c} classes",
    )
    _true(bool(np.isfinite(weights).all()), "head weights are finite")
    _true(bool((bias < np.inf).all()), "head bias is finite, or -inf for a class never seen")
    if embeddings is not None:
        _true(embeddings.shape[1] == weights.shape[0], "the head takes what the embeddings are")


def _true(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(f"broken promise: {what}")


def _raises(kind: type[Exception], act: Callable[[], Any], what: str) -> None:
    try:
        act()
    except kind:
        return
    raise AssertionError(f"broken promise: {what} raises {kind.__name__}; nothing was raised")


def _close(got: Any, wanted: Any, what: str) -> None:
    if isinstance(wanted, tuple):
        for a, b in zip(got, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=CLOSE, atol=CLOSE, err_msg=f"broken promise: {what}")
        return
    np.testing.assert_allclose(got, wanted, rtol=CLOSE, atol=CLOSE, err_msg=f"broken promise: {what}")


def _same_rows(a: Rows, b: Rows) -> bool:
    if hasattr(a, "tocsr"):
        return bool((a != b).nnz == 0)
    if hasattr(a, "equals"):
        return bool(a.equals(b))
    return bool(a == b) if isinstance(a, list) else bool(np.array_equal(np.asarray(a), np.asarray(b)))
