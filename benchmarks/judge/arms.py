"""Sessions that are asked what they saved and whether they do harm: random, good ones, and ones that choose badly."""

from __future__ import annotations

import itertools
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.judge.runs import TABLES, TEXTS, load

STRATEGIES = ("random", "margin", "auto", "sure", "one_cluster", "one_class")
NULLS = 3
"""Sessions whose strategy is random, for each data set and size of the control arm."""


@dataclass(frozen=True)
class Plan:
    """One session: of `budget` answers, one in `control` ones at random."""

    data: str
    strategy: str
    control: float
    seed: int
    batch: int = 20
    budget: int = 400


@dataclass(frozen=True)
class Said:
    """What a session said: its savings at the end, and (labels, worse) of each look of its guard.

    `curve` has (labels, accuracy on test rows) at the start of every fourth batch and at the end.
    """

    plan: Plan
    saved: dict[str, Any]
    guard: list[tuple[int, bool]]
    curve: list[tuple[int, float]]


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

    named = {name: name for name in ("random", "margin", "auto")}
    return {
        **named,
        "sure": aw.Strategy("sure"),
        "one_class": aw.Strategy("one_class"),
        "one_cluster": aw.Strategy(pick="one_cluster"),
    }


def perform(plan: Plan) -> Said:
    """Run one session to its budget, and ask it what it saved."""
    import askwise as aw

    X, y, test, truth, make = load(plan.data)
    keep = np.random.default_rng(plan.seed).permutation(len(y))[:4000]
    X, y = X[keep].astype(np.float32), y[keep]
    oracle = aw.Oracle(y)
    session = aw.Session(
        pool=X,
        learner=make(),
        classes=list(range(int(max(y.max(), truth.max())) + 1)),
        strategy=strategies()[plan.strategy],
        budget=aw.Budget(answers=min(plan.budget, len(y) // 2)),
        control=plan.control,
        seed=plan.seed,
    )
    curve: list[tuple[int, float]] = []
    batches = 0
    while queries := session.ask(plan.batch):
        session.tell(oracle(queries))
        batches += 1
        if batches % 4 == 0:
            curve.append(_score(session, test, truth))
    curve.append(_score(session, test, truth))
    looks = [(int(one["labels"]), bool(one["guard"]["worse"])) for one in session.measures if "guard" in one]
    return Said(plan, session.savings().to_dict(), looks, curve)


def _score(session: Any, test: Any, truth: Any) -> tuple[int, float]:
    return len(session.labels), float((session.predict(test.astype(np.float32)).argmax(axis=1) == truth).mean())


def plans(repeats: int = NULLS, names: tuple[str, ...] = STRATEGIES) -> list[Plan]:
    """Every data set and strategy, with control arms of a tenth and of a third, each session with its own seed.

    Random sessions `repeats` times, the others once.
    """
    cells = itertools.product(range(repeats), (*TABLES, *TEXTS), STRATEGIES, (0.1, 0.33))
    made = [(i, Plan(data, strategy, control, seed)) for seed, (i, data, strategy, control) in enumerate(cells)]
    return [one for i, one in made if one.strategy in names and (i == 0 or one.strategy == "random")]


def gather(wanted: list[Plan], cache: Path | None = None, workers: int = 2) -> list[Said]:
    """Perform every plan, side by side; with a cache (a line for each session), only those that it lacks."""
    lines = cache.read_text("utf-8").splitlines() if cache is not None and cache.exists() else []
    known = {json.dumps(one["plan"]): one for one in map(json.loads, lines)}
    todo = [plan for plan in wanted if json.dumps(asdict(plan)) not in known]
    with ProcessPoolExecutor(workers) as pool:
        for said in pool.map(perform, todo):
            known[json.dumps(asdict(said.plan))] = json.loads(json.dumps(asdict(said)))
            if cache is not None:
                with cache.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(said)) + "\n")
    found = [known[json.dumps(asdict(plan))] for plan in wanted]
    return [Said(Plan(**one["plan"]), one["saved"], one["guard"], one["curve"]) for one in found]
