"""Evidence of a pool under the current model: what the engine reads in a session."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken, plan, reachable
from askwise.core.protocols import Learner, Pool
from askwise.core.source import TARGETS, Place, check, target_rows
from askwise.core.types import Array, FloatArray, IntArray, KeyArray
from askwise.session.again import Heard


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
        heard: Heard | None = None,
        refused: IntArray | None = None,
    ) -> None:
        self.pool, self.keys, self.learner = pool, keys, learner
        self._labelled, self._labels, self._pending, self._costs = labelled, labels, pending, costs
        self._refused = np.zeros(0, dtype=np.int64) if refused is None else refused
        # Without a model of the pool, what models say of answered rows compares with nothing.
        self._heard = heard if learner is not None and reachable("probs", learner.provides) else None
        rows = pool.offers | (learner.provides if learner is not None else frozenset())
        # Several labels a row are `label_sets`; `labels` is one class or number a row.
        self._name = "label_sets" if labels.ndim == 2 else "labels"
        # Spans, outlines and orders are neither classes nor numbers: no method reads them.
        held = {self._name} if len(labelled) and labels.dtype.kind in "biuf" else set()
        held |= {f"labelled_{name}" for name in _LABELLED if len(labelled) and name in rows}
        held |= {"refused_embeddings"} if len(labelled) and "embeddings" in rows else set()
        held |= {f"target_{name}" for name in TARGETS if name in rows}
        held |= {"what_if"} if _can_refit(pool, learner, rows) else set()
        columns = {"groups"} if getattr(pool, "column_names", ()) else set()
        priced = set() if costs is None else {"costs"}
        several = set() if self._heard is None else {"answer_sums", "trust", "probs"}
        self.offers = frozenset({*rows, *held, *columns, *priced, *several, "noise"})
        self._held: dict[str, Any] = {}

    def rows(self, rows: IntArray, names: frozenset[str], checked: bool = True) -> dict[str, Array]:
        from_model = names & (self.learner.provides if self.learner is not None else frozenset())
        given = self._of_answers(rows, names)
        from_model -= given.keys()
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

    def _of_answers(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Where answered rows may be asked again: their answers, and what models that have not seen them say."""
        given: dict[str, Array] = {}
        if self._heard is None or self.learner is None:
            return given
        if "answer_sums" in names:
            given["answer_sums"] = self._heard.sums_of(rows)
        if "probs" in names:
            resolved = plan({"probs": "prediction"}, self.learner.provides)
            seen = host(resolved.complete(self.learner.evidence(self.pool.take(rows), resolved.ask))["probs"])
            given["probs"] = self._heard.over(rows, seen)
        return given

    def whole(self, name: str) -> Any:
        if name == self._name:
            return self._labels
        if name == "trust" and self._heard is not None:
            return self._heard.trust
        if name not in self._held:  # asked again for every chunk
            self._held[name] = self._about_all(name)
        return self._held[name]

    def _about_all(self, name: str) -> Any:
        arms = {"labelled_": self._labelled, "refused_": self._refused, "target_": target_rows(self.keys)}
        for prefix, rows in arms.items():
            if name.startswith(prefix):
                base = name.removeprefix(prefix)
                if not len(rows):  # the shape of one row, of no rows
                    return self._of(self._labelled[:1], frozenset({base}))[base][:0]
                return self._of(rows, frozenset({base}))[base]
        if name == "what_if":
            return self.learner.what_if(self.pool.take(target_rows(self.keys)))  # type: ignore[union-attr]
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

    def place(self, name: str) -> Place:
        return "computed" if self.learner is not None and name in self.learner.provides else "disk"

    def _of(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Row evidence, derived where need be, chunk by chunk."""
        resolved = plan({name: "what is taken" for name in names if name in _ROW_NAMES}, self.offers)
        parts = [
            resolved.complete(self.rows(rows[start : start + self.chunk], resolved.ask))
            for start in range(0, len(rows), self.chunk)
        ]
        return {name: np.concatenate([host(part[name]) for part in parts]) for name in names if name in _ROW_NAMES}


def _can_refit(pool: Pool, learner: Learner | None, rows: frozenset[str]) -> bool:
    """Whether the learner can be refitted on embeddings: it has `what_if`, and its rows are the embeddings."""
    if not hasattr(learner, "what_if") or "embeddings" not in pool.offers or "probs" not in rows:
        return False
    first = np.zeros(1, dtype=np.int64)
    seen, known = pool.take(first), host(pool.evidence(first, frozenset({"embeddings"}))["embeddings"])
    if not isinstance(seen, np.ndarray) or seen.shape != known.shape or seen.dtype.kind not in "fiub":
        return False
    return np.array_equal(seen.astype(known.dtype), known, equal_nan=True)


_LABELLED = ("embeddings", "probs", "marginals", "dynamics")
"""Row evidence that is offered of labelled rows too."""

_ROW_NAMES = frozenset({"probs", "samples", "mean", "std", "draws", "embeddings", "votes", "previous_probs", "density"})
_ROW_NAMES |= {"marginals", "dynamics"}
"""Row evidence that a model or a pool can give about rows that are taken."""
