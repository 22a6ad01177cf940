"""Sessions that are asked what they saved and whether they do harm: random, good ones, covering ones, and bad ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.judge.sets import Source, opened, sources

GOOD = ("margin", "auto")
COVERING = ("k_center", "typiclust", "prob_cover", "lcmd")
BAD = ("sure", "one_cluster", "one_class")
STRATEGIES = ("random", *GOOD, *COVERING, *BAD)
CONTROLS = {0.33: STRATEGIES, 0.1: ("random", *GOOD)}
"""Who is asked with which share of random queries: with a tenth, a good strategy is hardly told from random."""

SETS = (
    ("noisy", "tab_spambase"),
    ("imbalance", "tab_page_blocks"),
    ("image-embeddings", "digits"),
    ("noisy", "tab_splice"),
    ("tabular", "tab_german"),
    ("low-budget", "tab_pendigits"),
    ("image-embeddings", "fashion_mnist"),
    ("text", "trec6"),
)
"""Sets of the shipped suites with room for 400 answers: images, tables of two and of ten classes, rare ones, texts."""

NULLS = 2
"""Sessions whose strategy is random, for each data set and size of the control arm; one of each other."""

BATCH, BUDGET = 20, 400


@dataclass(frozen=True)
class Plan:
    """One session: of 400 answers, one in `control` ones at random."""

    source: Source
    strategy: str
    control: float
    seed: int


@dataclass(frozen=True)
class Said:
    """What a session said: its savings at the end, and each look of its guard as the log has it.

    `curve` has (labels, accuracy on test rows) after every batch.
    """

    plan: Plan
    saved: dict[str, Any]
    guard: tuple[dict[str, Any], ...]
    curve: tuple[tuple[int, float], ...]


def strategies() -> dict[str, Any]:
    """The strategies by name; three of them choose badly, each in its way, and no label is wrong."""
    import askwise as aw
    from askwise.core import registry
    from askwise.core.evidence import Taken
    from askwise.core.noise import Noise

    if not registry.has("score", "sure"):

        @registry.score(cite="the opposite of least confidence")
        def sure(probs: Any) -> Any:
            """The largest probability: (m, c) -> (m,): rows that the model knows already."""
            return probs.max(axis=1)

        @registry.score(cite="as many rows of one class as possible")
        def one_class(probs: Any) -> Any:
            """The probability of the first class: (m, c) -> (m,)."""
            return probs[:, 0]

        @registry.pick(cite="rows of one corner of the pool")
        def one_cluster(embeddings: Any, *, n: int, rng: Noise, taken: Taken) -> Any:
            """The rows nearest to the row with the largest first component: (m, d) -> (n,) positions."""
            at = embeddings[int(np.argmax(embeddings[:, 0]))]
            return np.argsort(((embeddings - at) ** 2).sum(axis=1), kind="stable")[:n]

    named: dict[str, Any] = {name: name for name in ("random", *GOOD, *COVERING)}
    return {
        **named,
        "sure": aw.Strategy("sure"),
        "one_class": aw.Strategy("one_class"),
        "one_cluster": aw.Strategy(pick="one_cluster"),
    }


def perform(plan: Plan) -> Said:
    """Run one session to its budget, and ask it what it saved."""
    import askwise as aw

    bench, _ = opened(plan.source.suite, plan.source.data)
    oracle = aw.Oracle(bench.labels)
    session = aw.Session(
        pool=bench.pool,
        learner=bench.learner(),
        classes=bench.classes,
        strategy=strategies()[plan.strategy],
        budget=aw.Budget(answers=min(BUDGET, len(bench.pool) // 2)),
        control=plan.control,
        seed=plan.seed,
    )
    curve: list[tuple[int, float]] = []
    while queries := session.ask(BATCH):
        session.tell(oracle(queries))
        predicted = session.predict(bench.test)
        assert predicted is not None
        curve.append((len(session.labels), float((predicted.argmax(axis=1) == bench.truth).mean())))
    looks = tuple({**one["guard"], "labels": one["labels"]} for one in session.measures if "guard" in one)
    return Said(plan, session.savings().to_dict(), looks, tuple(curve))


def plans(first: int = 50_000) -> list[Plan]:
    """Every data set and strategy, with control arms of a third and of a tenth, each session with its own seed."""
    known = {(one.suite, one.data): one for one in sources() if one.oracle == "clean"}
    cells = [
        (known[place], name, control)
        for control, names in CONTROLS.items()
        for place in SETS
        for name in names
        for _ in range(NULLS if name == "random" else 1)
    ]
    return [Plan(*cell, first + number) for number, cell in enumerate(cells)]
