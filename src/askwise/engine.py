"""The engine: plan what is needed, map it over chunks, merge, pick. No input or output of its own.

A selection holds one chunk of evidence, the shortlist, and a few numbers per row. Rows reach the methods in the
order of their keys, so that the order of the pool cannot change a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from askwise.core.arrays import check_finite, host, take
from askwise.core.errors import BadInput
from askwise.core.evidence import VOCABULARY, plan, reachable
from askwise.core.history import History
from askwise.core.noise import Noise
from askwise.core.protocols import Execute
from askwise.core.registry import Method
from askwise.core.source import Source
from askwise.core.topn import TopN
from askwise.core.types import Array, FloatArray, IntArray
from askwise.strategy import Mixture, Strategy

SIEVE_FROM = 100_000
"""Rows from which a score's sieve repays its compilation."""

_FIRST_SPAN = 2048


@dataclass(frozen=True)
class Why:
    """Why a row was asked: its place in the batch, its score and tie noise, and under which strategy and seed."""

    row: int
    rank: int
    score: float | None
    tie_noise: float
    arm: str
    strategy: str
    limits: tuple[str, ...]
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**self.__dict__, "limits": list(self.limits)}


@dataclass(frozen=True)
class Picked:
    """The rows to ask, in order. `rows` are int64 positions into what was given; `scores` are NaN without a score."""

    rows: IntArray
    scores: FloatArray
    noise: FloatArray
    arms: tuple[str, ...]
    strategy: Strategy
    seed: int
    reason: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def why(self, i: int) -> Why:
        """Why the i-th row of the batch was chosen."""
        score = float(self.scores[i])
        return Why(
            row=int(self.rows[i]),
            rank=i,
            score=None if np.isnan(score) else score,
            tie_noise=float(self.noise[i]),
            arm=self.arms[i],
            strategy=self.strategy.label,
            limits=tuple(f"{one.name}({_settings(one)})" for one in self.strategy.limits),
            seed=self.seed,
        )


@dataclass(frozen=True)
class MixedWhy(Why):
    """Why a mixture asked a row: `by`, the strategies that had it next, and `share`, the chance that it was drawn."""

    by: tuple[str, ...] = ()
    share: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {**super().to_dict(), "by": list(self.by)}


@dataclass(frozen=True)
class MixedPicked(Picked):
    """The batch of a mixture: beside each row the strategies that had it next, and its share."""

    by: tuple[tuple[str, ...], ...] = ()
    shares: FloatArray = field(default_factory=lambda: np.zeros(0))

    def why(self, i: int) -> MixedWhy:
        """Why the i-th row of the batch was chosen."""
        return MixedWhy(**super().why(i).__dict__, by=self.by[i], share=float(self.shares[i]))


def resolve(strategy: Strategy | Method | str, history: History) -> tuple[Strategy, str]:
    """The strategy of this round and the reason: policies are asked, names looked up, methods wrapped."""
    from askwise.catalogue import find

    found = find(strategy)
    if isinstance(found, Strategy):
        return found, ""
    chosen, reason = found(history)
    return replace(chosen, name=f"{found.name}: {chosen.label}"), reason


def check_n(n: int, candidates: int) -> None:
    """Raise BadInput unless n is a whole number from 0 to the number of candidates."""
    if not isinstance(n, int | np.integer) or isinstance(n, bool):
        raise BadInput(f"n={n!r} is no whole number; say how many rows to choose")
    if not 0 <= n <= candidates:
        raise BadInput(f"cannot choose {n} rows from {candidates} candidates; ask for 0 to {candidates}")


def run(
    n: int,
    strategy: Strategy,
    source: Source,
    candidates: IntArray,
    seed: int,
    execute: Execute | None = None,
    fewer: bool = False,
    ordered: bool = False,
) -> Picked:
    """Choose n of the candidate rows, chunks of scores run by `execute` (serially without one).

    The evidence is resolved before any work is done. Where the limits let fewer than n rows through, `fewer` says
    whether these are returned or BadInput is raised. `ordered` promises that the candidates are in key order.
    """
    check_n(n, len(candidates))
    plan(strategy.wants(), source.offers)
    if not ordered:
        candidates = _in_key_order(candidates, source)
    if isinstance(strategy, Mixture):
        batches = [run(n, one, source, candidates, seed, execute, fewer, True) for one in strategy.strategies]
        return _mixed(n, strategy, batches, seed, fewer)
    job = _Job(strategy, source, seed, execute, fewer)
    share = round(strategy.mix_random * n)
    drawn = job.draw_random(share, candidates) if share else np.zeros(0, dtype=np.int64)
    rest = _without(candidates, drawn)
    picked, scores = job.choose_within_limits(n - len(drawn), rest)
    rows = np.concatenate([picked, drawn])
    return Picked(
        rows=rows,
        scores=np.concatenate([scores, np.full(len(drawn), np.nan)]),
        noise=Noise(seed, source.keys[rows]).uniform("ties"),
        arms=("strategy",) * len(picked) + ("random",) * len(drawn),
        strategy=strategy,
        seed=seed,
    )


def _mixed(n: int, mixture: Mixture, batches: list[Picked], seed: int, fewer: bool) -> MixedPicked:
    """One batch from those of the members: for each place a member is drawn, and gives its next row not yet taken."""
    generator = Noise(seed, 0).generator("mixture")
    queues = [list(range(len(batch)))[::-1] for batch in batches]
    taken: dict[int, tuple[Picked, int, tuple[str, ...], float]] = {}
    while len(taken) < n:
        for batch, queue in zip(batches, queues, strict=True):
            while queue and int(batch.rows[queue[-1]]) in taken:
                queue.pop()
        live = [k for k, queue in enumerate(queues) if queue and mixture.shares[k] > 0]
        if not live:
            break
        odds = np.array([mixture.shares[k] for k in live]) / sum(mixture.shares[k] for k in live)
        k = live[int(generator.choice(len(live), p=odds))]
        row = int(batches[k].rows[queues[k][-1]])
        same = [i for i, other in enumerate(live) if batches[other].rows[queues[other][-1]] == row]
        by = tuple(mixture.strategies[live[i]].label for i in same)
        taken[row] = (batches[k], queues[k][-1], by, float(odds[same].sum()))
    if len(taken) < n and not fewer:
        raise BadInput(f"the strategies of the mixture have only {len(taken)} rows for {n} places; ask for fewer")
    chosen = list(taken.values())
    return MixedPicked(
        rows=np.array(list(taken), dtype=np.int64),
        scores=np.array([batch.scores[i] for batch, i, _, _ in chosen]),
        noise=np.array([batch.noise[i] for batch, i, _, _ in chosen]),
        arms=tuple(batch.arms[i] for batch, i, _, _ in chosen),
        strategy=mixture,
        seed=seed,
        by=tuple(by for _, _, by, _ in chosen),
        shares=np.array([share for _, _, _, share in chosen]),
    )


def _in_key_order(rows: IntArray, source: Source) -> IntArray:
    keys = take(source.keys, rows)
    if len(keys) > 1 and (keys[1:] < keys[:-1]).any():  # a sorted pool is never copied
        return rows[np.argsort(keys, kind="stable")]
    return rows


class _Job:
    """One selection: a strategy, a source and a seed."""

    def __init__(self, strategy: Strategy, source: Source, seed: int, execute: Execute | None, fewer: bool) -> None:
        self.strategy, self.source, self.seed, self.fewer = strategy, source, seed, fewer
        self.map: Callable[..., Iterable[Any]] = map if execute is None else execute.map

    def draw_random(self, n: int, rows: IntArray) -> IntArray:
        best = TopN(n, self.seed)
        best.push(Noise(self.seed, self.source.keys[rows]).uniform("mix_random"), self.source.keys[rows], rows)
        return best.result()[0]

    def choose_within_limits(self, n: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """Pick, keep what the limits allow, drop what they forbid from now on, and pick again for the rest."""
        if not self.strategy.limits:
            return self.choose(n, rows)
        kept: list[tuple[int, float]] = []
        while len(kept) < n and len(rows):
            picked, scores = self.choose(min(n - len(kept), len(rows)), rows)
            self._admit(kept, picked, scores)
            if len(kept) < n:
                rows = self._still_allowed(kept, _without(rows, picked))
        if len(kept) < n and not self.fewer:
            names = ", ".join(f"{one.name}({_settings(one)})" for one in self.strategy.limits)
            raise BadInput(f"only {len(kept)} of {n} rows pass the limits [{names}]; ask for fewer or loosen them")
        return np.array([row for row, _ in kept], dtype=np.int64), np.array([score for _, score in kept])

    def _admit(self, kept: list[tuple[int, float]], picked: IntArray, scores: FloatArray) -> None:
        before = [row for row, _ in kept]
        both = np.concatenate([np.array(before, dtype=np.int64), picked])
        held = [(one, self._of_limit(one, both)) for one in self.strategy.limits]
        inside = list(range(len(before)))
        for at, (row, score) in enumerate(zip(picked.tolist(), scores.tolist(), strict=True), start=len(before)):
            if all(_allows(one, values, np.array([*inside, at])) for one, values in held):
                kept.append((row, score))
                inside.append(at)

    def _still_allowed(self, kept: list[tuple[int, float]], rows: IntArray) -> IntArray:
        chosen = np.array([r for r, _ in kept], dtype=np.int64)
        for one in self.strategy.limits:
            parts = [rows[start : start + self.source.chunk] for start in range(0, len(rows), self.source.chunk)]
            rows = np.concatenate([part[self._mask(one, chosen, part)] for part in parts] or [rows])
        return rows

    def _mask(self, one: Any, chosen: IntArray, rows: IntArray) -> Any:
        """Which of the rows the limit allows, given what is chosen."""
        values = self._of_limit(one, np.concatenate([chosen, rows]))
        return np.asarray(one.run(*values.values(), chosen=np.arange(len(chosen))))[len(chosen) :]

    def _of_limit(self, one: Method, rows: IntArray) -> dict[str, Any]:
        """Evidence of these rows in the order of the limit's parameters; wishes that nobody grants are None."""
        values: dict[str, Any] = {}
        for name in (*one.needs, *one.wishes):
            if name == "groups":
                per = one.settings.get("per", one.defaults.get("per", "groups"))
                values[name] = self.source.column(per, rows)
            elif name in one.needs or reachable(name, self.source.offers):
                values[name] = self._evidence(rows, frozenset({name}))[name]
            else:
                values[name] = None
        return values

    def choose(self, n: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """n rows by score, shortlist and pick, limits aside."""
        if n == 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        if self.strategy.score_method is not None:
            return self._pick_from(n, *self._scored(n, rows))
        return self._pick_from(n, rows, np.full(len(rows), np.nan))

    def _pick_from(self, n: int, rows: IntArray, scores: FloatArray) -> tuple[IntArray, FloatArray]:
        at = self._pick(n, rows, scores)
        return rows[at], scores[at]

    def _scored(self, n: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """Rows to pick from with their scores: the shortlist in key order, or all rows."""
        size = n if self.strategy.pick_method.name == "top" else self.strategy.shortlist
        if size is None or size >= len(rows):
            everything = np.empty(len(rows))
            for start, values in self._scores(rows):
                everything[start : start + len(values)] = values
            return rows, everything
        best = TopN(max(size, n), self.seed)
        for part, values in self._contenders(rows, best):
            best.push(values, take(self.source.keys, part), part)
        short, scores = best.result()
        order = np.argsort(self.source.keys[short], kind="stable")
        return short[order], scores[order]

    def _scores(self, rows: IntArray) -> Iterable[tuple[int, FloatArray]]:
        """(start, scores) of each chunk of the rows, in any order."""

        def score_chunk(start: int) -> tuple[int, FloatArray]:
            return start, self._values(rows[start : start + self.source.chunk])

        return self.map(score_chunk, range(0, len(rows), self.source.chunk))

    def _values(self, rows: IntArray, given: list[Any] | None = None) -> FloatArray:
        """Scores of rows, from their evidence if it is there already."""
        method = self.strategy.score_method
        assert method is not None
        values = host(method(*(self._arguments(method, rows) if given is None else given)))
        check_finite(f"score {method.name!r}", values, self.source.identity(rows))
        return values

    def _contenders(self, rows: IntArray, best: TopN) -> Iterable[tuple[IntArray, FloatArray]]:
        """Rows that may be among the best, with their scores, chunk by chunk in any order: all rows at the worst."""
        method = self.strategy.score_method
        assert method is not None
        name, sieve = method.needs[0] if method.needs else "", method.sieve
        if sieve is None or not method.as_registered or name not in self.source.offers or len(rows) < SIEVE_FROM:
            for start, values in self._scores(rows):
                yield rows[start : start + len(values)], values
            return

        def sift(span: slice) -> tuple[IntArray, FloatArray]:
            # The floor may have risen since: then a few rows more come through, and are dropped by `best`.
            part = rows[span]
            given = self.source.rows(part, frozenset({name}), checked=False)[name]
            kept = sieve(given, best.floor)
            if kept is None:
                return part, self._values(part)
            return part[kept], self._values(part[kept], [take(given, kept)]) if len(kept) else np.zeros(0)

        yield from self.map(sift, _growing(len(rows), 2 * best.n + 1, self.source.chunk * self.source.wide))

    def _pick(self, n: int, rows: IntArray, scores: FloatArray) -> IntArray:
        method = self.strategy.pick_method
        rng = Noise(self.seed, self.source.keys[rows])
        names = frozenset(name for name in (*method.needs, *method.wishes) if name != "scores")
        taken = self.source.taken(frozenset(name for name in names if reachable(name, self.source.offers)))
        at = np.asarray(method(*self._arguments(method, rows, scores), n=n, rng=rng, taken=taken))
        if len(at) != n or len(np.unique(at)) != n:
            raise BadInput(
                f"pick {method.name!r} returned {len(np.unique(at))} distinct rows of {n}; this is a bug in it"
            )
        return at

    def _arguments(self, method: Method, rows: IntArray, scores: FloatArray | None = None) -> list[Any]:
        """The method's evidence in the order of its parameters; wishes that nobody grants are None."""
        offers = self.source.offers
        wanted = [*method.needs, *method.wishes]
        there = [name for name in wanted if name != "scores" and (name in method.needs or reachable(name, offers))]
        given = self._evidence(rows, frozenset(there))
        if scores is not None and self.strategy.score_method is not None:
            given["scores"] = scores
        return [given.get(name) for name in wanted]

    def _evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        resolved = plan(dict.fromkeys(names, self.strategy.label), self.source.offers)
        whole = {name for name in resolved.ask if VOCABULARY[name].per != "row"}
        given = self.source.rows(rows, resolved.ask - whole - {"noise"})
        given |= {name: self.source.whole(name) for name in whole}
        if "noise" in resolved.ask:
            given["noise"] = Noise(self.seed, self.source.keys[rows]).uniform("score")
        return resolved.complete(given)


def _growing(size: int, first: int, most: int) -> Iterator[slice]:
    """Spans of a range, the first one short and each twice the one before: a floor is known before much is read."""
    start, step = 0, max(first, _FIRST_SPAN)
    while start < size:
        step = min(step, most)
        yield slice(start, min(start + step, size))
        start, step = start + step, 2 * step


def _allows(one: Method, values: dict[str, Any], at: IntArray) -> bool:
    """Whether the limit allows the last of these rows, the others being chosen."""
    own = [take(value, at) if VOCABULARY[name].per == "row" else value for name, value in values.items()]
    return bool(np.asarray(one.run(*own, chosen=np.arange(len(at) - 1)))[-1])


def _without(rows: IntArray, dropped: IntArray) -> IntArray:
    return rows if len(dropped) == 0 else rows[~np.isin(rows, dropped)]


def _settings(one: Method) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in one.settings.items())
