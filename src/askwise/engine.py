"""The engine: plan what is needed, map it over chunks, merge, pick. No input or output of its own.

A selection holds one chunk of evidence, the shortlist, and a few numbers per row. Rows reach the methods in the
order of their keys, so that the order of the pool cannot change a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from askwise.core import registry
from askwise.core.arrays import check_finite, host, take
from askwise.core.errors import BadInput
from askwise.core.evidence import VOCABULARY, plan, reachable
from askwise.core.gather import Gather
from askwise.core.history import History
from askwise.core.noise import Noise
from askwise.core.protocols import Execute
from askwise.core.registry import Method, Sieve, Sifted
from askwise.core.source import Source
from askwise.core.stored import MEMORY
from askwise.core.topn import RoughTop, TopN
from askwise.core.types import FloatArray, IntArray
from askwise.picked import MixedPicked, Picked, settings_of
from askwise.strategy import Mixture, Strategy

_PART = {"random_subset": 20_000, "varied": 10_000}
"""Rows that a pick chooses among when it cannot hold the pool, by how they are drawn; at least four times the batch."""

SIEVE_FROM = 100_000
"""Rows from which a score's sieve repays its compilation."""

_FIRST_SPAN = 2048


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
    memory: int = MEMORY,
) -> Picked:
    """Choose n of the candidate rows, chunks of scores run by `execute` (serially without one).

    The evidence is resolved before any work is done. Where the limits let fewer than n rows through, `fewer` says
    whether these are returned or BadInput is raised. `ordered` promises that the candidates are in key order. Evidence
    that is not in memory and would take more than `memory` bytes there reaches the pick in blocks.
    """
    check_n(n, len(candidates))
    plan(strategy.wants(), source.offers)
    if not ordered:
        candidates = _in_key_order(candidates, source)
    if isinstance(strategy, Mixture):
        batches = [run(n, one, source, candidates, seed, execute, fewer, True, memory) for one in strategy.strategies]
        return _mixed(n, strategy, batches, seed, fewer)
    job = _Job(strategy, source, seed, execute, fewer, memory)
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
        notes=tuple(job.gather.notes),
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
        notes=tuple(dict.fromkeys(note for batch in batches for note in batch.notes)),
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

    def __init__(
        self, strategy: Strategy, source: Source, seed: int, execute: Execute | None, fewer: bool, memory: int
    ) -> None:
        self.strategy, self.source, self.seed, self.fewer = strategy, source, seed, fewer
        self.gather = Gather(source, strategy.label, seed, memory, strategy.exact)
        self.map: Callable[..., Iterable[Any]] = map if execute is None else execute.map

    def draw_random(self, n: int, rows: IntArray) -> IntArray:
        best = TopN(n, self.seed)
        best.push(Noise(self.seed, self.source.keys[rows]).uniform("mix_random"), self.source.keys[rows], rows)
        return best.result()[0]

    def choose_within_limits(self, n: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """Pick, keep what the limits allow, drop what they forbid from now on, and pick again for the rest.

        A strategy with a sub-pool does so inside it, and among the other rows once it is used up.
        """
        if not self.strategy.limits and self.strategy.among_method is None:
            return self.choose(n, rows)
        kept: list[tuple[int, float]] = []
        for pool in self._pools(n, rows):
            self._fill(kept, n, self._still_allowed(kept, pool) if kept else pool)
            if len(kept) == n:
                break
        if len(kept) < n and not self.fewer:
            names = ", ".join(f"{one.name}({settings_of(one)})" for one in self.strategy.limits)
            raise BadInput(f"only {len(kept)} of {n} rows pass the limits [{names}]; ask for fewer or loosen them")
        return np.array([row for row, _ in kept], dtype=np.int64), np.array([score for _, score in kept])

    def _pools(self, n: int, rows: IntArray) -> Iterator[IntArray]:
        """The rows to choose from first, and those to turn to when they do not suffice."""
        method = self.strategy.among_method
        if method is None or n == 0:
            yield rows
            return
        at = self._inside(method, n, rows)
        self.gather.note(f"{method.name} left {len(at):,} of {len(rows):,} rows to choose from")
        yield rows[at]
        yield np.delete(rows, at)

    def _fill(self, kept: list[tuple[int, float]], n: int, rows: IntArray) -> None:
        """Add rows to those kept until there are n, or nothing is left that the limits allow."""
        while len(kept) < n and len(rows):
            picked, scores = self.choose(min(n - len(kept), len(rows)), rows)
            self._admit(kept, picked, scores)
            if len(kept) < n:
                rows = self._still_allowed(kept, _without(rows, picked))

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
                values[name] = self.gather.evidence(rows, frozenset({name}))[name]
            else:
                values[name] = None
        return values

    def choose(self, n: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """n rows by score, shortlist and pick, limits aside."""
        if n == 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        part = self._part(n, rows)
        if self._races(rows):
            rows, scores = self._raced(n, rows)
        elif self.strategy.score_method is not None:
            rows, scores = self._scored(n, rows, part and part[1])
        else:
            rows = rows if part is None else rows[self._inside(part[0], n, rows)]
            scores = np.full(len(rows), np.nan)
        at = self._pick(n, rows, scores)
        return rows[at], scores[at]

    def _part(self, n: int, rows: IntArray) -> tuple[Method, int] | None:
        """The sub-pool and its size, for a pick that cannot hold what it would have to; None when it can."""
        pick, exact = self.strategy.pick_method, self.strategy.exact
        size = max(_PART[pick.sub_pool], 4 * n)
        shortlist = self.strategy.shortlist
        if exact is True or pick.name == "top" or (shortlist or len(rows)) <= size:
            return None
        reason = "exact=False"
        if exact is None:
            names = [name for name in (*pick.needs, *pick.wishes) if name != "scores"]
            wide = self.gather.wide(rows, [name for name in names if reachable(name, self.source.offers)])
            if self.gather.streams(pick) or not wide:
                return None
            widths = ", ".join(f"{name} {(len(rows), *one.shape[1:])}" for name, one in wide.items())
            reason = f"it must hold its rows, and {widths} is too much"
        how = "with the highest scores" if self.strategy.score_method is not None else f"of {pick.sub_pool}"
        self.gather.note(f"{pick.name} chooses among {size:,} rows {how}: {reason}")
        return registry.get("among", pick.sub_pool).using(size=size), size

    def _inside(self, method: Method, n: int, rows: IntArray) -> IntArray:
        """Positions, ascending, of the rows of a sub-pool."""
        given, rng = self.gather.arguments(method, rows), self.gather.noise(rows)
        return np.unique(np.asarray(method(*given, n=n, rng=rng, taken=self.gather.taken(method)), dtype=np.int64))

    def _scored(self, n: int, rows: IntArray, most: int | None) -> tuple[IntArray, FloatArray]:
        """Rows to pick from with their scores: the shortlist (of `most` rows) in key order, or all rows."""
        size = n if self.strategy.pick_method.name == "top" else most or self.strategy.shortlist
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
        values = host(method(*(self.gather.arguments(method, rows) if given is None else given)))
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
        elif self.source.place(name) == "memory":
            yield from self._sifted(rows, name, sieve, best.n)
        else:
            yield from self._sifted_and_scored(rows, name, sieve, best)

    def _sifted(self, rows: IntArray, name: str, sieve: Sieve, n: int) -> Iterator[tuple[IntArray, FloatArray]]:
        """Of rows in memory roughly the n best, and then those few by their scores."""
        rough = RoughTop(n)

        def sift(span: slice) -> tuple[IntArray, Sifted | FloatArray]:
            # The floor may have risen since: then a few rows more come through, and are dropped by `rough`.
            part = rows[span]
            found = sieve(self.source.rows(part, frozenset({name}), checked=False)[name], rough.floor, n)
            return part, self._values(part) if found is None else found

        for part, found in self.map(sift, _equal(len(rows), self.source.chunk * self.source.wide)):
            if isinstance(found, Sifted):
                rough.push(part[found.rows], found.scores, found.rounding)
            else:
                yield part, found
        near = rough.rows()
        for start, values in self._scores(near):
            yield near[start : start + len(values)], values

    def _sifted_and_scored(
        self, rows: IntArray, name: str, sieve: Sieve, best: TopN
    ) -> Iterable[tuple[IntArray, FloatArray]]:
        """What comes through the sieve of each block, scored while the block is at hand."""

        def sift(span: slice) -> tuple[IntArray, FloatArray]:
            part = rows[span]
            given = self.source.rows(part, frozenset({name}), checked=False)[name]
            found = sieve(given, best.floor, best.n)
            if found is None:
                return part, self._values(part)
            kept = found.rows
            return part[kept], self._values(part[kept], [take(given, kept)]) if len(kept) else np.zeros(0)

        return self.map(sift, _growing(len(rows), 2 * best.n + 1, self.source.chunk * self.source.wide))

    def _races(self, rows: IntArray) -> bool:
        """Whether the rows that win the race of the pick are found without the scores of all."""
        method, race = self.strategy.score_method, self.strategy.pick_method.race
        if method is None or method.sieve is None or race is None or self.strategy.shortlist is not None:
            return False
        known = method.lowest >= 0.0 and method.as_registered and method.needs[0] in self.source.offers
        return known and len(rows) >= SIEVE_FROM

    def _raced(self, n: int, rows: IntArray) -> tuple[IntArray, FloatArray]:
        """The n rows that the pick will choose, in key order, with their scores: each has a floor by its own noise."""
        method, pick = self.strategy.score_method, self.strategy.pick_method
        assert method is not None and method.sieve is not None and pick.race is not None
        race, sieve, name, settings = pick.race, method.sieve, method.needs[0], pick.settings
        best = TopN(n, self.seed)

        def run(span: slice) -> tuple[IntArray, FloatArray]:
            part = rows[span]
            noise = self.gather.noise(part)
            given = self.source.rows(part, frozenset({name}), checked=False)[name]
            found = sieve(given, race.least(best.floor, noise, **settings), 0)
            kept = np.arange(len(part)) if found is None else found.rows
            if len(kept) == 0:
                return part[kept], np.zeros(0)
            values = self._values(part[kept], None if found is None else [take(given, kept)])
            return part[kept], race.values(values, noise.take(kept), **settings)

        for part, values in self.map(run, _growing(len(rows), 2 * n + 1, self.source.chunk * self.source.wide)):
            best.push(values, take(self.source.keys, part), part)
        won = best.result()[0]
        won = won[np.argsort(self.source.keys[won], kind="stable")]
        return won, self._values(won)

    def _pick(self, n: int, rows: IntArray, scores: FloatArray) -> IntArray:
        method = self.strategy.pick_method
        given = self.gather.arguments(method, rows, scores if self.strategy.score_method is not None else None)
        at = np.asarray(method(*given, n=n, rng=self.gather.noise(rows), taken=self.gather.taken(method)))
        if len(at) != n or len(np.unique(at)) != n:
            raise BadInput(
                f"pick {method.name!r} returned {len(np.unique(at))} distinct rows of {n}; this is a bug in it"
            )
        return at


def _equal(size: int, step: int) -> Iterator[slice]:
    """Spans of a range."""
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


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
