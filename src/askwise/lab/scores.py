"""One number for each strategy, block and seed: what comparisons over many data sets start from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray


@dataclass(frozen=True)
class Scores:
    """A measure (s, b, r) of s strategies on b blocks with r seeds; higher is better, NaN where a run is missing.

    A block is what is held equal in a comparison: a data set with its learner, batch size and start. Runs of one block
    and seed are paired: they share the split, the start and the randomness.
    """

    strategies: tuple[str, ...]
    blocks: tuple[str, ...]
    values: FloatArray

    def __post_init__(self) -> None:
        want = (len(self.strategies), len(self.blocks))
        if self.values.ndim != 3 or self.values.shape[:2] != want or 0 in self.values.shape:
            raise BadInput(
                f"values {self.values.shape} must be (strategies, blocks, seeds) = {want} and seeds, not empty"
            )

    @classmethod
    def of(cls, runs: Iterable[tuple[str, str, int, float]]) -> Scores:
        """From (strategy, block, seed, value) of every run, in any order; names keep the order of their first run.

        Raises BadInput for a run that is given twice.

        >>> one = Scores.of([("margin", "iris", 0, 0.9), ("random", "iris", 0, 0.8), ("random", "wine", 0, 0.7)])
        >>> one.values[:, :, 0].tolist()
        [[0.9, nan], [0.8, 0.7]]
        """
        found = list(runs)
        if not found:
            raise BadInput("there is no run to compare; give at least one (strategy, block, seed, value)")
        names = (tuple(dict.fromkeys(run[0] for run in found)), tuple(dict.fromkeys(run[1] for run in found)))
        seeds = sorted({run[2] for run in found})
        at = [{name: i for i, name in enumerate(axis)} for axis in (*names, seeds)]
        values = np.full([len(axis) for axis in at], np.nan)
        for strategy, block, seed, value in found:
            place = at[0][strategy], at[1][block], at[2][seed]
            if not np.isnan(values[place]):
                raise BadInput(f"the run of {strategy!r} on {block!r} with seed {seed} is given twice; give each once")
            values[place] = value
        return cls(names[0], names[1], values)

    def index(self, strategy: str) -> int:
        """Position of a strategy. Raises BadInput with the nearest name."""
        if strategy not in self.strategies:
            raise BadInput(f"no run of strategy {strategy!r}.{did_you_mean(strategy, self.strategies)}")
        return self.strategies.index(strategy)

    def pairs(self, arm: str, reference: str) -> list[FloatArray]:
        """Differences arm - reference (r,) of the seeds that both have, for every block; empty where none is shared."""
        gap = self.values[self.index(arm)] - self.values[self.index(reference)]
        return [row[np.isfinite(row)] for row in gap]

    def means(self) -> FloatArray:
        """Mean (s, b) over the seeds that every strategy of the block has, so that the numbers are paired.

        NaN for a whole block in which no seed was run by all strategies.
        """
        shared = np.isfinite(self.values).all(axis=0)
        total = np.where(shared, self.values, 0.0).sum(axis=2)
        count = shared.sum(axis=1)
        return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))

    def complete(self) -> tuple[tuple[str, ...], FloatArray]:
        """Blocks with a mean for every strategy, and those means (s, b)."""
        means = self.means()
        whole = np.atleast_1d(np.isfinite(means).all(axis=0))
        return tuple(name for name, there in zip(self.blocks, whole, strict=True) if there), means[:, whole]

    def only(self, strategies: Sequence[str]) -> Scores:
        """The same of some strategies."""
        return Scores(tuple(strategies), self.blocks, self.values[[self.index(name) for name in strategies]])
