"""A pipeline as its transformers and its last step."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, Rows


def last_step(estimator: Any) -> Any:
    """The classifier or regressor itself: a pipeline's last step, however deep; else BadInput."""
    steps = getattr(estimator, "steps", None)
    if steps is None:
        return estimator
    if not hasattr(steps[-1][1], "fit"):
        raise BadInput(f"the pipeline ends in {steps[-1][1]!r}; end it in a classifier or regressor")
    return last_step(steps[-1][1])


def has_transformers(estimator: Any) -> bool:
    """Whether rows are transformed before the last step sees them."""
    steps = getattr(estimator, "steps", None)
    if steps is None:
        return False
    return any(hasattr(step, "transform") for _, step in steps[:-1]) or has_transformers(steps[-1][1])


def split(estimator: Any) -> tuple[list[Any], Any]:
    """Transforming pipelines from the outside in, and the last step."""
    steps = getattr(estimator, "steps", None)
    if steps is None:
        return [], estimator
    inner, last = split(steps[-1][1])
    return ([estimator[:-1], *inner] if len(steps) > 1 else inner), last


def transform(before: list[Any], rows: Rows) -> Rows:
    """What the last step sees."""
    for part in before:
        rows = part.transform(rows)
    return rows


def dense(rows: Rows) -> FloatArray | None:
    """Rows as a float32 matrix (m, d), or None when they are sparse, texts or more than two axes."""
    if hasattr(rows, "tocsr") or isinstance(rows, list):
        return None
    array = np.asarray(rows)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        return None
    return array.astype(np.float32)
