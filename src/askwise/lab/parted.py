"""Benches of tasks whose labels have parts: learners by name, encodings for coverage, truth to measure against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.protocols import Learner, Pool
from askwise.core.types import FloatArray, Rows
from askwise.encode import CoveredPool, encode
from askwise.lab.masked import Asked, Masked, MaskTruth
from askwise.lab.tagged import Tagged, TagTruth

HEADS = {"span": ("linear",), "pixel": ("forest", "logistic", "boosting")}
"""Learners of each task by name, the default first."""

_TREES, _MOST = 30, 200
"""Trees of the lab's forest, and labelled pixels that it learns from an image: it is fitted hundreds of times."""


def kind_of_labels(labels: Any) -> str | None:
    """'span' or 'pixel' where that is what the labels are, else None."""
    first = next((one for one in (() if labels is None else labels)), None)
    return first.kind if isinstance(first, Tagged | Masked) else None


def truth_of(labels: Sequence[Any], classes: Sequence[Any], asked: Asked) -> TagTruth | MaskTruth:
    """What predictions on rows with these labels are measured against."""
    if isinstance(labels[0], Tagged):
        return TagTruth(labels)
    return MaskTruth(labels, len(classes), asked.side)


def lengths_of(labels: Sequence[Any]) -> FloatArray | None:
    """Words of each text (n,); None for images, of which as many pixels are asked as of any other."""
    if kind_of_labels(labels) != "span":
        return None
    return np.array([max(one.length, 1) for one in labels], dtype=np.float64)


def part_learner(name: Any, kind: str, classes: Sequence[Any], asked: Asked, memory: Any = None) -> Learner:
    """A fresh learner: by name, the default for None, or the one given (anything with provides, fit and evidence).

    Raises BadInput for another name, and for what is no learner of parts.
    """
    from askwise.learner import PixelLearner, SpanLearner

    if name is not None and not isinstance(name, str):
        if not all(hasattr(name, one) for one in ("provides", "fit", "evidence")):
            raise BadInput(f"{name!r} does not learn {kind}s; give one of {HEADS[kind]}, or an object that does")
        found: Learner = name
        return found
    if name is not None and name not in HEADS[kind]:
        raise BadInput(f"there is no learner {name!r} of {kind}s.{did_you_mean(name, HEADS[kind])}")
    if kind == "span":
        return SpanLearner(classes, memory=memory)
    estimator = None if name in (None, "forest") else _estimator(str(name))
    return PixelLearner(
        classes, asked.side, _TREES, estimator=estimator, place=True, most=_MOST, doubt=True, memory=memory
    )


def _estimator(name: str) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if name == "boosting":
        return HistGradientBoostingClassifier(max_iter=50, early_stopping=False)
    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500, tol=1e-3))


def encoded_parts(
    pool: Pool,
    held: Pool,
    learner: Any,
    kind: str,
    classes: Sequence[Any],
    asked: Asked,
    encodings: dict[str, Any] | None,
) -> tuple[Pool, Rows, Callable[[], Learner], str]:
    """The pool with embeddings to cover it by, the test rows, what makes a learner, and what it is called.

    Learners read raw rows; what they see in them before they learn is kept, once for all learners of these rows.
    """
    from copy import deepcopy

    from askwise.learner import recipe

    known: dict[str, Any] = {} if encodings is None else encodings
    if "parts" not in known:
        covered = CoveredPool(pool, encode(pool, recipe("text" if kind == "span" else "image")).embeddings)
        memory: dict[Any, Any] = {}
        held_rows = held.take(np.arange(len(held)))
        one: Any = part_learner(None, kind, classes, asked, memory)
        for rows in (pool.take(np.arange(len(pool))), held_rows):
            one.look(rows)
        known["parts"] = covered, held_rows, memory
    covered, held_rows, memory = known["parts"]
    if learner is None or isinstance(learner, str):
        about = repr(part_learner(learner, kind, classes, asked))
        return covered, held_rows, lambda: part_learner(learner, kind, classes, asked, memory), about
    part_learner(learner, kind, classes, asked)
    return covered, held_rows, lambda: deepcopy(learner), type(learner).__name__


class ByChance:
    """A learner of pixels that does not say which it doubts: the pixels of an image are then drawn at random."""

    def __init__(self, learner: Any) -> None:
        self._learner = learner
        self.provides = frozenset(learner.provides - {"units"})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._learner, name)
