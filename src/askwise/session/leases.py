"""Who holds which query until when. Leases live in memory: after a restart every open query is free again."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator

from askwise.session.state import TEST, State
from askwise.session.values import Query

ANYONE = ""
"""The holder of queries that were asked for without a name."""


class Leases:
    """Leases of queries by annotator; `seconds` is how long one lasts, None without end."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._until: dict[int, dict[str, float]] = {}

    def grant(self, queries: Iterable[Query], annotator: str) -> None:
        """Hand the queries to an annotator, or start her leases anew."""
        until = math.inf if self.seconds is None else time.time() + self.seconds
        for query in queries:
            self._until.setdefault(query.number, {})[annotator] = until

    def release(self, number: int, annotator: str) -> None:
        """End the lease under which the annotator answered or put aside a query: her own, else the nameless one."""
        held = self._until.get(number, {})
        held.pop(annotator if annotator in held else ANYONE, None)
        if not held:
            self._until.pop(number, None)

    def forget(self, number: int) -> None:
        """End every lease of a query."""
        self._until.pop(number, None)

    def holders(self, number: int) -> set[str]:
        """Annotators who hold the query now."""
        now = time.time()
        return {name for name, until in self._until.get(number, {}).items() if until > now}

    def free(self, annotator: str, state: State, *, test: bool) -> Iterator[Query]:
        """Open queries, of the arm ``test`` or of the others, that may be handed to an annotator, the oldest first."""
        now = time.time()
        for number, query in list(state.open.items()):
            held = self._until.get(number)
            # The commonest case first, at little cost: somebody holds it, and one answer is enough.
            if held and state.overlap == 1 and max(held.values()) > now:
                continue
            if (query.arm == TEST) == test and self._is_for(annotator, query, state):
                yield query

    def keeps(self, annotator: str, query: Query, state: State) -> bool:
        """Whether an annotator holds an open query, or may have it again."""
        if query.number not in state.open:
            return False
        return annotator in self.holders(query.number) or self._is_for(annotator, query, state)

    def _is_for(self, annotator: str, query: Query, state: State) -> bool:
        done = state.answered_by(query.row)
        holders = self.holders(query.number) - done
        mine = annotator in done or annotator in holders or annotator in state.passed.get(query.number, ())
        return not mine and len(holders) < state.owed(query)

    def may(self, annotator: str, query: Query, state: State) -> bool:
        """Whether an open query may be handed to an annotator who does not hold it."""
        return query.number in state.open and self._is_for(annotator, query, state)

    def load(self, annotator: str) -> int:
        """How many queries an annotator holds now."""
        now = time.time()
        return sum(held.get(annotator, 0.0) > now for held in self._until.values())

    def expired(self, number: int, annotator: str) -> bool:
        """Whether the annotator's lease of the query has run out; a query that nobody was handed has none."""
        held = self._until.get(number, {})
        return held.get(annotator, held.get(ANYONE, math.inf)) < time.time()
