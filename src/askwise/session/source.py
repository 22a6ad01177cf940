"""Evidence of a pool under the current model: what the engine reads in a session."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken, plan
from askwise.core.protocols import Learner, Pool
from askwise.core.source import TARGETS, check, target_rows
from askwise.core.types import Array, FloatArray, IntArray, KeyArray


class ModelSource:
    """Evidence from a pool and, once there is one, a fitted learner: asked once per chunk for all that is needed."""

    chunk = 8192
    wide = 1

    def __init__(
        self,
        pool: Pool,
        keys: KeyArray,
        learner: Learner | None,
        labelled: IntArray,
        labels: IntArray,
        pending: IntArray,
        costs: FloatArray | None = None,
    ) -> None:
        self.pool, self.keys, self.learner = pool, keys, learner
        self._labelled, self._labels, self._pending, self._costs = labelled, labels, pending, costs
        rows = pool.offers | (learner.provides if learner is not None else frozenset())
        # Several labels a row are `label_sets`; `labels` is one class or number a row.
        self._name = "label_sets" if labels.ndim == 2 else "labels"
        held = {self._name} if len(labelled) else set()
        held |= {f"labelled_{name}" for name in ("embeddings", "probs") if len(labelled) and name in rows}
        held |= {f"target_{name}" for name in TARGETS if name in rows}
        columns = {"groups"} if getattr(pool, "column_names", ()) else set()
        priced = set() if costs is None else {"costs"}
        self.offers = frozenset({*rows, *held, *columns, *priced, "noise"})
        self._targets: dict[str, Array] = {}

    def rows(self, rows: IntArray, names: frozenset[str], checked: bool = True) -> dict[str, Array]:
        from_model = names & (self.learner.provides if self.learner is not None else frozenset())
        given: dict[str, Array] = {}
        if from_model and self.learner is not None:
            given |= self.learner.evidence(self.pool.take(rows), from_model)
        if self._costs is not None and "costs" in names:
            given["costs"] = self._costs[rows]
        if names - from_model - given.keys():
            given |= self.pool.evidence(rows, names - from_model - given.keys())
        if not checked:
            return given
        ids = self.identity(rows)
        return {name: check(name, given[name], ids) for name in names}

    def whole(self, name: str) -> Any:
        if name == self._name:
            return self._labels
        if name.startswith("labelled_"):
            return self._of(self._labelled, frozenset({name.removeprefix("labelled_")}))[name.removeprefix("labelled_")]
        if name.startswith("target_"):
            base = name.removeprefix("target_")
            if name not in self._targets:  # asked again for every chunk
                self._targets[name] = self._of(target_rows(self.keys), frozenset({base}))[base]
            return self._targets[name]
        if self.learner is not None and name in self.learner.provides:
            return self.learner.evidence(self.pool.take(self._labelled[:1]), frozenset({name}))[name]
        raise BadInput(f"nobody in this session gives {name!r}")

    def taken(self, names: frozenset[str]) -> Taken:
        names = frozenset(name for name in names if name not in ("noise", "scores", "groups", "costs"))
        rows = np.concatenate([self._labelled, self._pending])
        if len(rows) == 0 or not names:
            return Taken()
        pending = np.arange(len(rows)) >= len(self._labelled)
        return Taken({name: host(array) for name, array in self._of(rows, names).items()}, pending)

    def column(self, name: str, rows: IntArray) -> Array:
        column = getattr(self.pool, "column", None)
        if column is None:
            raise BadInput(
                f"the pool has no columns, so there is no group {name!r}; give as_pool(..., columns={{...}})"
            )
        return np.asarray(column(name))[rows]

    def identity(self, rows: IntArray) -> Any:
        return self.pool.ids[rows]

    def _of(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Row evidence, derived where need be, chunk by chunk."""
        resolved = plan({name: "what is taken" for name in names if name in _ROW_NAMES}, self.offers)
        parts = [
            resolved.complete(self.rows(rows[start : start + self.chunk], resolved.ask))
            for start in range(0, len(rows), self.chunk)
        ]
        return {name: np.concatenate([host(part[name]) for part in parts]) for name in names if name in _ROW_NAMES}


_ROW_NAMES = frozenset({"probs", "samples", "mean", "std", "draws", "embeddings", "votes", "previous_probs", "density"})
"""Row evidence that a model or a pool can give about rows that are taken."""
