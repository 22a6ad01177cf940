"""The common first rounds, fitted once: a learner that takes over a fit which another run has done on the same rows."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from typing import Any

import numpy as np

from askwise.core.protocols import Learner
from askwise.core.types import Array, FloatArray, Rows

_KEPT = 4
_OF_PARTS = ("answers", "segment", "name_at")


class FirstFits:
    """Fitted learners by what they were fitted on, the last few; one for each process and learner."""

    def __init__(self) -> None:
        self.kept: dict[str, Learner] = {}

    def put(self, key: str, learner: Learner) -> None:
        """Keep a copy."""
        while len(self.kept) >= _KEPT:
            del self.kept[next(iter(self.kept))]
        self.kept[key] = deepcopy(learner)


class SharedFirstFit:
    """A learner whose first fit is taken over where another run has done it: same rows, labels and seed, same model.

    All strategies of a seed start from the same rows, so that all but one of them find theirs done. Later fits are its
    own. Fits are functions of their arguments, so nothing changes but the time.
    """

    def __init__(self, learner: Learner, fits: FirstFits) -> None:
        self._learner, self._fits, self._first = learner, fits, True
        self.estimator = getattr(learner, "estimator", "")
        self.provides = learner.provides

    def fit(self, rows: Rows, labels: Any, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Fit, or take over."""
        first, self._first = self._first, False
        key = _key(rows, labels, seed) if first and weights is None else None
        if key is not None and key in self._fits.kept:
            self._learner = deepcopy(self._fits.kept[key])
        else:
            self._learner.fit(rows, labels, weights, seed=seed)
            if key is not None:
                self._fits.put(key, self._learner)
        self.provides = self._learner.provides

    def __getattr__(self, name: str) -> Any:
        # What learners of parts give beside evidence; nothing else of a learner is to be seen.
        if name not in _OF_PARTS:
            raise AttributeError(f"a shared first fit has no {name}")
        return getattr(self._learner, name)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Evidence of the learner within."""
        return self._learner.evidence(rows, names)


def _key(rows: Rows, labels: Any, seed: int) -> str | None:
    """A name for what is fitted on; None for rows whose bytes cannot be read off."""
    if isinstance(rows, list) and all(isinstance(one, str | bytes) for one in rows):
        # Raw texts and images, whose labels are lists of parts.
        told = [list(rows), json.dumps([one if isinstance(one, list) else str(one) for one in labels], sort_keys=True)]
        return hashlib.blake2b(repr((seed, told)).encode(), digest_size=16).hexdigest()
    parts = [rows] if isinstance(rows, np.ndarray) else [getattr(rows, name, None) for name in ("data", "indices")]
    if hasattr(rows, "indptr"):
        parts.append(rows.indptr)
    if not all(isinstance(part, np.ndarray) and part.dtype.kind in "biuf" for part in parts):
        return None
    found = hashlib.blake2b(f"{seed}/{np.shape(rows)}".encode(), digest_size=16)
    for part in (*parts, np.asarray(labels)):
        found.update(np.ascontiguousarray(part).tobytes())
    return found.hexdigest()
