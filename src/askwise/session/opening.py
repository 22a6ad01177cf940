"""What a session is made of, checked before any work; and the step that creates or resumes its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from askwise._version import __version__
from askwise.catalogue import find
from askwise.core.arrays import check_finite
from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.core.noise import check_seed
from askwise.core.protocols import Learner, Pool, Store
from askwise.core.registry import Bound, Method, get
from askwise.core.types import FloatArray
from askwise.session.again import check_relabel
from askwise.session.belief import check_truth
from askwise.session.defaults import prepare
from askwise.session.prices import check_prices
from askwise.session.state import State, fold
from askwise.session.training import RefitPolicy
from askwise.session.values import Budget
from askwise.strategy import Strategy
from askwise.task import Task, as_task


@dataclass(frozen=True)
class Setup:
    """The checked ingredients of a session."""

    pool: Pool
    learner: Learner
    task: Task
    strategy: Strategy | Method
    start: Strategy | Method
    budget: Budget
    seed: int
    control: float
    refit: str | int
    stop: tuple[Bound, ...]
    costs: FloatArray
    priced: bool
    lease: float | None
    guard: bool
    overlap: int
    truth: str
    soft: bool
    relabel: int | None
    note: dict[str, Any]
    prices: dict[str, dict[str, float]] | None = None

    @classmethod
    def of(
        cls,
        pool: Any,
        learner: Any,
        classes: Iterable[Any] | None,
        task: Task | Mapping[str, Any] | str | None,
        strategy: Strategy | Method | str | Mapping[str, Any],
        start: Strategy | Method | str | Mapping[str, Any],
        budget: Budget | None,
        seed: int,
        control: float,
        refit: str | int,
        stop: Method | str | Sequence[Method | str],
        costs: Any,
        lease: float | None,
        guard: bool,
        overlap: int,
        truth: str,
        soft: bool,
        relabel: int | None,
        note: Mapping[str, Any] | None,
        prices: Any = None,
    ) -> Setup:
        """Check everything. Raises BadInput quoting what does not fit."""
        answer = as_task(task, classes)
        truth, found = check_truth(truth, soft, answer), _strategy(strategy)
        pool, learner = prepare(pool, learner, answer)
        RefitPolicy(refit)
        if not isinstance(control, int | float) or not 0.0 <= control <= 1.0:
            raise BadInput(f"control={control!r} is no share; give a number from 0 to 1 (0.1 by default)")
        if lease is not None and not lease > 0:
            raise BadInput(f"lease={lease} seconds would run out at once; give a positive number, or None for no end")
        if not isinstance(overlap, int) or isinstance(overlap, bool) or overlap < 1:
            raise BadInput(f"overlap={overlap!r} annotators for each row; give a whole number of at least 1")
        return cls(
            pool=pool,
            learner=learner,
            task=answer,
            strategy=found,
            start=_strategy(start),
            budget=_budget(budget, len(pool), max(overlap, relabel or 1)),
            seed=check_seed(seed),
            control=control,
            refit=refit,
            stop=tuple(_stop_rule(one) for one in ([stop] if isinstance(stop, Method | str) else stop)),
            costs=_costs(costs, pool),
            priced=costs is not None,
            lease=lease,
            guard=bool(guard),
            overlap=overlap,
            truth=truth,
            soft=bool(soft) or truth == "voices",
            relabel=check_relabel(relabel, found, answer),
            note=dict(note or {}),
            prices=check_prices(prices),
        )

    def created(self) -> dict[str, Any]:
        """Body of the first event: all that decides what will be asked."""
        return {
            "format": 1,
            "askwise": __version__,
            "classes": list(self.task.classes),
            "task": self.task.to_dict(),
            "seed": self.seed,
            "strategy": describe(self.strategy),
            "start": describe(self.start),
            "budget": self.budget.to_dict(),
            "control": self.control,
            "refit": self.refit,
            "stop": [one.to_dict() for one in self.stop],
            "lease": self.lease,
            "guard": self.guard,
            "overlap": self.overlap,
            "truth": self.truth,
            "soft": self.soft,
            "relabel": self.relabel,
            "learner": _name(self.learner),
            "costs": _digest(self.costs),
            "pool": self.pool.fingerprint(),
            "note": self.note,
            "prices": self.prices or {},
        }


def _budget(budget: Budget | None, rows: int, each: int) -> Budget:
    budget = Budget() if budget is None else budget
    if not isinstance(budget, Budget):
        raise BadInput(f"budget={budget!r} is no Budget; give aw.Budget(answers=200), or cost= or seconds=")
    if budget.answers is not None and budget.answers > rows * each:
        take = f", of {each} answers each" if each > 1 else ""
        raise BadInput(
            f"a budget of {budget.answers} answers is larger than the pool of {rows} rows{take};"
            f" use Budget(answers={rows * each}) or fewer, or None to ask every row"
        )
    return budget


def _strategy(value: Strategy | Method | str | Mapping[str, Any]) -> Strategy | Method:
    """What `describe` writes down is taken as well, so that one session's configuration starts another."""
    if not isinstance(value, Mapping):
        return find(value)
    if "policy" not in value:
        return Strategy.from_dict(value)
    return get("policy", value["policy"]["name"]).using(**value["policy"].get("settings", {}))


def _costs(costs: Any, pool: Pool) -> FloatArray:
    """Price of each row (n,): 1 where none is given."""
    if costs is None:
        return np.ones(len(pool))
    array = np.asarray(costs, dtype=np.float64)
    if array.shape != (len(pool),):
        raise BadInput(f"costs has shape {array.shape}; give one number for each of the {len(pool)} rows")
    check_finite("costs", array, pool.ids)
    if (array < 0).any():
        raise BadInput(f"costs holds {array.min()}; a cost cannot be negative")
    return array


def _digest(costs: FloatArray) -> str:
    return hashlib.blake2b(costs.tobytes(), digest_size=8).hexdigest()


def _stop_rule(rule: Method | str) -> Bound:
    found = get("stop", rule) if isinstance(rule, str) else rule
    if not isinstance(found, Bound) or found.kind != "stop":
        raise BadInput(f"{rule!r} is no stopping rule; give one such as aw.stop.agreement(threshold=0.99)")
    return found


def describe(strategy: Strategy | Method) -> dict[str, Any]:
    """JSON-able form of a strategy or of a policy."""
    return {"policy": strategy.to_dict()} if isinstance(strategy, Method) else strategy.to_dict()


def _name(learner: Learner) -> str:
    # A repr may hold a memory address, which differs at each start.
    text = f"{type(learner).__name__}({getattr(learner, 'estimator', '')})"
    return text if " at 0x" not in text else type(learner).__name__


def place_of(path: str | Path | None) -> str | Path | None:
    """A path as a Path, the URL of a database as it is."""
    from askwise.store.url import is_url

    return path if path is None or is_url(path) else Path(path)


def begin(path: str | Path | None, setup: Setup) -> tuple[Store, State]:
    """Open the file and fold it; create the session in an empty one, or check that an old one is the same session."""
    from askwise.store import open_store

    store = open_store(path)
    try:
        state = fold(store.read())
        if not state.config:
            store.append(Event("created", setup.created(), key="created"))
            return store, fold(store.read())
        changes = _resume(state, setup, path)
        if changes:
            store.append(*changes)
            state = fold(store.read())
    except (BadInput, StoreError):
        store.close()
        raise
    return store, state


_DECIDING = (
    "classes",
    "task",
    "seed",
    "strategy",
    "start",
    "control",
    "refit",
    "learner",
    "overlap",
    "guard",
    "truth",
    "soft",
    "relabel",
)
"""What must not change between runs of one session: it decides what is asked next."""


def _resume(state: State, setup: Setup, path: str | Path | None) -> list[Event]:
    """Events that bring an old session up to date: rows added to the pool, another budget or stopping rule."""
    from askwise.store.record import encode

    now = json.loads(encode(Event("created", setup.created())))
    # A task may have gained settings since the file was written: they are at their defaults then.
    before = {**state.config, "task": json.loads(encode(Event("task", state.task.to_dict())))}
    for name in _DECIDING:
        if before.get(name) != now[name]:
            raise BadInput(
                f"the session {path} was created with {name}={before.get(name)!r}, and is now opened with"
                f" {now[name]!r}; open it as it was, or start another file"
            )
    events = _pool_changes(state, setup, now["pool"], path)
    known = int(state.config["pool"]["n"])
    if state.config["costs"] != _digest(setup.costs[:known]):
        raise BadInput(f"the costs of the first {known} rows of the session {path} have changed; give the old ones")
    terms = {name: now[name] for name in ("budget", "stop")}
    if setup.prices is not None:  # where nothing is said of prices, those that were stated hold
        terms["prices"] = now["prices"]
    if any(state.config[name] != value for name, value in terms.items()):
        events.append(Event("budgeted", terms))
    return events


def _pool_changes(state: State, setup: Setup, fingerprint: dict[str, Any], path: str | Path | None) -> list[Event]:
    from askwise.pool import Changed, Extended, compare

    if state.fingerprint == fingerprint:
        return []
    raw: Any = getattr(setup.pool, "raw", setup.pool)
    difference = compare(state.fingerprint, raw)
    if isinstance(difference, Changed):
        raise BadInput(
            f"the pool is not the one that the session {path} was created with: {difference.description};"
            " give the old pool (rows may be added at its end), or start another session file"
        )
    if isinstance(difference, Extended):
        return [Event("extended", {"pool": fingerprint, "added": difference.added})]
    return []
