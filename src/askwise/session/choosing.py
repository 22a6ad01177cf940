"""One batch of a session: the control arm's share at random, the rest by the strategy of the round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import MissingEvidence
from askwise.core.evidence import plan, reachable
from askwise.core.history import History
from askwise.core.noise import stream_key
from askwise.core.protocols import Execute, Learner
from askwise.core.registry import Method
from askwise.core.stored import MEMORY
from askwise.core.types import FloatArray, IntArray, KeyArray
from askwise.engine import resolve, run
from askwise.picked import Picked
from askwise.session import control
from askwise.session.again import NEED, Heard
from askwise.session.opening import Setup
from askwise.session.proposing import Calibration, foresee, point_out, predictions
from askwise.session.source import ModelSource
from askwise.session.values import plain
from askwise.strategy import Strategy
from askwise.task import Pixel


class Chooser:
    """Chooses batches for a session, as the body of an ``asked`` event: a function of its arguments and the seed."""

    def __init__(self, setup: Setup, keys: KeyArray, execute: Execute | None) -> None:
        self.setup, self.keys, self.execute = setup, keys, execute

    def choose(
        self,
        n: int,
        candidates: IntArray,
        *,
        history: History,
        learner: Learner | None,
        labelled: tuple[IntArray, IntArray],
        pending: IntArray,
        refused: IntArray,
        asked: list[str],
        first: int,
        round_number: int,
        left: float,
        foreseen: FloatArray,
        whole: bool,
        again: Mapping[int, int],
        heard: Heard | None,
        known: Calibration | None = None,
    ) -> dict[str, Any]:
        """The next n queries among the candidates, as many as the money left pays for, numbered from `first`.

        An answer to each row is `foreseen` to cost so much (all rows of the pool).

        `pending` rows are out, `refused` ones were answered and got no label: asking beside either again would repeat.
        `asked` has the arms of earlier queries; `whole` says whether the candidates are all rows not asked yet;
        `known` is what candidate sets are calibrated on. Rows `again` have answers already, and may be asked for so
        many, by what is `heard` of them.
        """
        seed = int(stream_key(self.setup.seed, f"round/{round_number}") >> np.uint64(1))
        controls = control.how_many(self.setup.control, len(asked), asked.count("control"), n)
        drawn = control.draw(self.setup.seed, self.keys, candidates, controls)
        rest = np.concatenate([candidates[~np.isin(candidates, drawn)], np.fromiter(again, dtype=np.int64)])
        prices = self.setup.costs if self.setup.priced else None
        out = np.concatenate([pending, refused, drawn])
        source = ModelSource(self.setup.pool, self.keys, learner, *labelled, out, prices, heard, refused)
        history = replace(history, batch=n - len(drawn), offers=source.offers)
        strategy, reason = self._strategy(history, source)
        if NEED not in strategy.wants():
            rest = rest[: len(rest) - len(again)]
        picked = run(n - len(drawn), strategy, source, rest, seed, self.execute, fewer=True, memory=MEMORY)
        chosen = [self._query(int(row), picked.why(i).to_dict(), "strategy") for i, row in enumerate(picked.rows)]
        chances = [1.0 / (len(candidates) - i) if whole else None for i in range(len(drawn))]
        chosen += [
            self._query(int(row), {**self._why_control(picked, int(row)), "chance": chance}, "control")
            for row, chance in zip(drawn, chances, strict=True)
        ]
        chosen = chosen[: _within(left, foreseen[[one["row"] for one in chosen]])]
        self._foresee(source, chosen, known)
        for number, one in enumerate(chosen, start=first):
            one["number"] = number
            if one["row"] in again:
                one["wants"] = again[one["row"]]
        return {"round": round_number, "strategy": strategy.to_dict(), "reason": reason, "queries": chosen}

    def _strategy(self, history: History, source: ModelSource) -> tuple[Strategy, str]:
        """The strategy of this round; the start strategy while the named one lacks a model."""
        strategy, reason = resolve(self.setup.strategy, history)
        if source.learner is not None or (
            isinstance(self.setup.strategy, Method) and self.setup.strategy.kind == "policy"
        ):
            return strategy, reason
        try:
            plan(strategy.wants(), source.offers)
        except MissingEvidence:
            started, _ = resolve(self.setup.start, history)
            plan(started.wants(), source.offers)
            return started, f"no model yet, so {strategy.label} cannot choose: {started.label} starts"
        return strategy, reason

    def _query(self, row: int, why: dict[str, Any], arm: str) -> dict[str, Any]:
        return {"row": row, "id": plain(self.setup.pool.ids[row]), "arm": arm, "kind": self.setup.task.kind, "why": why}

    def _why_control(self, picked: Picked, row: int) -> dict[str, Any]:
        return {"row": row, "arm": "control", "strategy": "random", "seed": picked.seed, "score": None, "rank": None}

    def _foresee(self, source: ModelSource, chosen: list[dict[str, Any]], known: Calibration | None) -> None:
        """Note what the model says of each query before it is answered: on control queries, an honest test."""
        if isinstance(self.setup.task, Pixel):
            point_out(self.setup.task, self.setup.pool, self.keys, self.setup.seed, source.learner, chosen)
        if source.learner is None or not chosen:
            return
        rows = np.array([one["row"] for one in chosen], dtype=np.int64)
        if not self.setup.task.one_class:
            for one, label in zip(
                chosen, predictions(self.setup.task, source.learner, self.setup.pool.take(rows)), strict=False
            ):
                one["why"]["predicted"] = label
            return
        if not reachable("probs", source.offers):
            return
        resolved = plan({"probs": "prediction"}, source.offers)
        probs = host(resolved.complete(source.rows(rows, resolved.ask))["probs"])
        foresee(self.setup.task, probs, chosen, known)


def _within(left: float, prices: FloatArray) -> int:
    """How many of these are paid for, in order, by the money left."""
    return int(np.searchsorted(np.cumsum(prices), left, side="right"))
