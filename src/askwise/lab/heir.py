"""Learners that take over labels: what a model makes of rows that another one chose.

Labels outlive the model that asked for them. Margin of one learner may be worth less than random rows to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from askwise.lab.bench import Bench
from askwise.session.training import Trainer

_OF_THE_MODEL = ("choose_seconds", "fit_seconds", "seconds", "inherited")
"""Columns of a round that belong to the learner that chose."""


class Heir:
    """A learner on a bench of its own over the same pool, fitted on labels that somebody else's queries brought."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self._trainer = Trainer(bench.pool, bench.facts().keys, bench.learner(), seed)

    def measured(self, labels: Mapping[int, Any], names: tuple[str, ...]) -> dict[str, float | None]:
        """Measures on the test rows, by name, of a model of these labels by row; None for what is not defined."""
        rows = np.array(sorted(labels), dtype=np.int64)
        self._trainer.fit(rows, self.bench.targets_of([labels[row] for row in rows.tolist()]))
        found = self.bench.evaluate(self._trainer.predict(self.bench.test), names)
        return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}


def taken_over(line: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A line of a round as it is for the heir of that name: its measures, and none of the first learner's seconds."""
    kept = {key: value for key, value in line.items() if key not in _OF_THE_MODEL}
    return {**kept, **line["inherited"][name]}
