"""A session that is closed and opened again at any point does what the uninterrupted one does, event for event."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB

import askwise as aw

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask"] * 4 + ["tell"] * 4 + ["tell one", "undo", "skip", "abstain", "revise", "volunteer"]),
        st.integers(0, 2**16),
        st.booleans(),
    ),
    min_size=8,
    max_size=30,
)
TERMS = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(["margin", "margin", "auto", "k_center"]),
        "control": st.sampled_from([0.0, 0.25]),
        "refit": st.sampled_from([12, 6, "batch"]),
        "stop": st.sampled_from([(), (aw.stop.agreement(threshold=0.9, window=2),)]),
        "budget": st.sampled_from([None, aw.Budget(answers=20), aw.Budget(cost=15.0)]),
        "seed": st.integers(0, 3),
    }
)


class Client:
    """Plays steps on a session; `reopens` says whether the marked steps are followed by closing and opening again."""

    def __init__(self, path: Path | None, rows: Any, truth: Any, terms: dict[str, Any], reopens: bool) -> None:
        self.path, self.rows, self.truth, self.terms, self.reopens = path, rows, truth, terms, reopens
        self.held: set[int] = set()
        self.told = 0
        self.session = self._open()

    def _open(self) -> aw.Session:
        return aw.Session(
            self.path, pool=self.rows, learner=GaussianNB(), classes=["cat", "dog"], lease=None, **self.terms
        )

    def play(self, steps: list[tuple[str, int, bool]]) -> list[tuple[Any, ...]]:
        for kind, seed, reopen in steps:
            getattr(self, kind.replace(" ", "_"))(random.Random(seed))
            if reopen and self.reopens:
                self.session.close()
                self.session = self._open()
                # Leases live in memory: the annotators who are still at work say so.
                self.session.renew([query for query in self.session.open_queries if query.number in self.held])
        log = [_essence(event) for event in self.session.events()]
        self.session.close()
        return log

    def ask(self, rng: random.Random) -> None:
        self.held |= {query.number for query in self.session.ask(rng.randint(1, 7))}

    def _open_queries(self) -> list[aw.Query]:
        return [query for query in self.session.open_queries if query.number in self.held]

    def _answer(self, row: int, label: str | None, query: int | None = None, kind: Any = "label") -> aw.Answer:
        self.told += 1  # an event key of its own, the same in both runs
        return aw.Answer(row=row, label=label, query=query, kind=kind, event=f"answer-{self.told}")

    def tell(self, rng: random.Random) -> None:
        out = self._open_queries()
        some = rng.sample(out, rng.randint(0, len(out)))
        self.session.tell([self._answer(q.row, str(self.truth[q.row]), q.number) for q in some])

    def tell_one(self, rng: random.Random) -> None:
        for query in self._open_queries()[:1]:
            self.session.tell(self._answer(query.row, rng.choice(["cat", "dog"])))

    def undo(self, rng: random.Random) -> None:
        for answer in self.session.undo(rng.randint(1, 3)):
            self.held.discard(-1 if answer.query is None else answer.query)

    def skip(self, rng: random.Random) -> None:
        if out := self._open_queries():
            self.session.skip(rng.choice(out))

    def abstain(self, rng: random.Random) -> None:
        if out := self._open_queries():
            query = rng.choice(out)
            self.session.tell(self._answer(query.row, None, query.number, "abstain"))

    def revise(self, rng: random.Random) -> None:
        if answers := self.session.answers:
            self.session.tell(self._answer(rng.choice(answers).row, rng.choice(["cat", "dog"])))

    def volunteer(self, rng: random.Random) -> None:
        budget = self.session.history.budget["answers"]
        if budget is None or self.session.spent["answers"] + len(self.session.open_queries) < budget:
            self.session.tell(self._answer(rng.randrange(len(self.rows)), "cat"))


def _essence(event: Any) -> tuple[Any, ...]:
    """What an event says, but for the clock: random keys, times and durations."""
    clock = {"seconds"} if event.kind == "refit" else set()
    return event.seq, event.kind, {name: value for name, value in event.body.items() if name not in clock}


def check(clouds: Any, steps: list[tuple[str, int, bool]], terms: dict[str, Any]) -> None:
    rows, truth = clouds[0][:30], clouds[1]
    uninterrupted = Client(None, rows, truth, terms, reopens=False).play(steps)
    with tempfile.TemporaryDirectory() as folder:
        resumed = Client(Path(folder, "a.aw"), rows, truth, terms, reopens=True).play(steps)
    assert resumed == uninterrupted
    asked = [query["row"] for _, kind, body in resumed if kind == "asked" for query in body["queries"]]
    skipped = sum(kind == "skipped" for _, kind, _ in resumed)
    undone = sum(kind == "undone" for _, kind, _ in resumed)
    assert len(asked) - len(set(asked)) <= skipped + undone


@pytest.mark.parametrize("late", [["tell"], ["undo"], ["revise", "revise"]])
def test_the_last_model_is_rebuilt_from_the_labels_that_it_saw(clouds: Any, late: list[str]) -> None:
    """What was told, taken back or revised after the last refit must not leak into the model after a restart."""
    terms = {"strategy": "margin", "control": 0.0, "refit": 100}
    before = [("ask", 1, False), ("ask", 5, False), ("tell", 4, False), ("ask", 9, False)]
    for seed in range(6):
        after = [(step, seed, step is late[-1]) for step in late]
        check(clouds, [*before, *after, ("ask", 3, False)], terms)


COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture], "derandomize": True}


@settings(max_examples=20, **COMMON)
@given(steps=STEPS, terms=TERMS)
def test_resumed_is_uninterrupted(clouds: Any, steps: list[tuple[str, int, bool]], terms: dict[str, Any]) -> None:
    check(clouds, steps, terms)


@pytest.mark.slow
@settings(max_examples=200, **COMMON)
@given(steps=STEPS, terms=TERMS)
def test_resumed_is_uninterrupted_at_length(
    clouds: Any, steps: list[tuple[str, int, bool]], terms: dict[str, Any]
) -> None:
    check(clouds, steps, terms)
