"""Several learners as one: their predictions are draws of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Learner
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.learner.rows import check_names, checked_lengths, member_seeds, row_count, take


@dataclass(frozen=True)
class Committee:
    """Estimators, modules or learners that vote; `as_learner` makes a CommitteeLearner of it.

    With `bootstrap` each member is trained on its own resample of the labels: needed when the members are
    copies of one deterministic estimator, which would agree otherwise.
    """

    members: Sequence[Any]
    bootstrap: bool = False


class CommitteeLearner:
    """k learners that all classify (``samples`` (m, k, c), ``probs`` their mean) or all regress (``draws``
    (m, k), ``mean``, ``std``). Each is fitted with its own seed. Seung et al., Query by Committee (COLT
    1992)."""

    def __init__(self, members: Sequence[Learner], *, bootstrap: bool = False) -> None:
        if len(members) < 2:
            raise BadInput(f"a committee of {len(members)} cannot disagree; give at least 2 members")
        self.members = list(members)
        self.bootstrap = bootstrap
        self._part = self._common()
        together = {"probs": ("samples", "probs"), "mean": ("draws", "mean", "std")}
        self.provides = frozenset(together[self._part])

    def _common(self) -> str:
        for name in ("probs", "mean"):
            if all(name in member.provides for member in self.members):
                return name
        offers = "; ".join(", ".join(sorted(member.provides)) for member in self.members)
        raise BadInput(f"the members provide {offers}; give only classifiers, or only regressors")

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None = None, *, seed: int = 0) -> None:
        """Train every member afresh, on all rows or on its bootstrap of them."""
        checked_lengths(rows, labels)
        for member, own in zip(self.members, member_seeds(seed, len(self.members)), strict=True):
            if not self.bootstrap:
                member.fit(rows, labels, weights, seed=own)
                continue
            m = row_count(rows)
            index = np.random.default_rng(own).integers(0, m, m)
            part = None if weights is None else np.asarray(weights)[index]
            member.fit(take(rows, index), np.asarray(labels)[index], part, seed=own)

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Members stacked on axis 1, each asked once. Raises MissingEvidence for what is not provided, and BadInput for
        members of unlike numbers of classes."""
        check_names(names, self.provides, "a committee")
        if not names:
            return {}
        wanted = frozenset({self._part})
        parts = [member.evidence(rows, wanted)[self._part] for member in self.members]
        widths = sorted({part.shape[1:] for part in parts})
        if len(widths) > 1:
            told = ", ".join(str(width[0]) for width in widths)
            raise BadInput(f"the members of the committee speak of {told} classes; make them for the same classes")
        stack = np.stack(parts, axis=1)
        found = {"samples": stack, "probs": stack.mean(1), "draws": stack, "mean": stack.mean(1)}
        if "std" in names:
            found["std"] = stack.std(1)
        return {name: found[name] for name in names}
