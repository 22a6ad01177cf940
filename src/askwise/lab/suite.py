"""A suite: data sets x learners x strategies x batch x initial set x oracles x seeds, from a TOML file or in Python."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from askwise.catalogue import find
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import check_seed
from askwise.core.registry import Method, get
from askwise.lab.cell import Cell, Initial, Role, check_whole
from askwise.lab.data import DataSpec
from askwise.lab.measures import measure
from askwise.lab.oracle_spec import OracleSpec
from askwise.lab.own import bring, found_in
from askwise.lab.seeds import repeat_seed
from askwise.strategy import Strategy

FORMAT = 1
LEVELS = ("quick", "full")
FULL, BOUND = "full data", "best order"
"""Names of the two reference arms that are no strategies."""


@dataclass(frozen=True)
class Bound:
    """For which cells the best order is searched: pools of at most `rows`, this many seeds, so many proposals."""

    rows: int = 300
    seeds: int = 1
    proposals: int = 50

    @classmethod
    def of(cls, given: Any) -> Bound:
        """From a table with these names. Raises BadInput for another name, and for what is no whole number from 0 on.

        >>> Bound.of({"rows": 0})
        Bound(rows=0, seeds=1, proposals=50)
        """
        if isinstance(given, Bound):
            return given
        if not isinstance(given, Mapping):
            raise BadInput(f"bound={given!r}; give a table such as {{rows = 300, seeds = 1, proposals = 50}}")
        known = [one.name for one in fields(cls)]
        for name, value in given.items():
            if name not in known:
                raise BadInput(f"bound has no setting {name!r}.{did_you_mean(str(name), known)}")
            check_whole(f"{name} of bound", value)
        return cls(**given)


@dataclass(frozen=True)
class Suite:
    """An experiment as a value. `learners` and `strategies` by the name that they have in tables.

    The learners of `evaluate_with` choose nothing: they are fitted on the labels that the others have chosen, and
    measured beside them, since labels outlive the model that asked for them.

    `budget` counts answers: a number, a share of the pool up to 1.0, or a table of answers, cost and seconds. The
    `measures` (all of the task if none is named) are taken after each batch; the first is what the suite is about.
    `imports` names modules of one's own, whose methods are then known by name; what they say is part of what names a
    cell. `split` is 'fixed' (the data's own test part, or `test_share` of it drawn once) or 'per_seed' (drawn anew for
    every seed).
    """

    name: str
    datasets: tuple[DataSpec, ...]
    strategies: Mapping[str, Strategy | Method]
    learners: Mapping[str, Any] = field(default_factory=lambda: {"default": None})
    batch: tuple[int, ...] = (10,)
    initial: tuple[Initial, ...] = (Initial(),)
    oracles: tuple[OracleSpec, ...] = (OracleSpec(),)
    budget: Any = 200
    seeds: int = 5
    seed: int = 0
    measures: tuple[str, ...] = ()
    split: str = "fixed"
    test_share: float = 0.2
    bound: Bound = field(default_factory=Bound)
    about: str = ""
    imports: tuple[str, ...] = ()
    evaluate_with: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any], *, level: str = "full", folder: Path | None = None) -> Suite:
        """A suite from a mapping as a TOML file gives it; the table of the level replaces what stands above it.

        Raises BadInput for a key or a value that cannot be, before any data is read.

        >>> suite = Suite.of({"name": "mine", "datasets": ["iris"], "strategies": ["margin"], "quick": {"seeds": 2}},
        ...                  level="quick")
        >>> suite.seeds, list(suite.strategies)
        (2, ['margin', 'random'])
        """
        if level not in LEVELS:
            raise BadInput(f"there is no level {level!r}.{did_you_mean(str(level), LEVELS)}")
        merged = {name: value for name, value in given.items() if name not in (*LEVELS, "format")}
        merged |= _table(given, level)
        if given.get("format", FORMAT) != FORMAT:
            raise BadInput(f"the suite is of format {given['format']!r}; this version of askwise reads format {FORMAT}")
        known = [one.name for one in fields(cls)]
        for name in merged:
            if name not in known:
                raise BadInput(f"a suite has no key {name!r}.{did_you_mean(str(name), [*known, *LEVELS])}")
        for name in ("name", "datasets", "strategies"):
            if not merged.get(name):
                raise BadInput(f"the suite has no {name!r}; give at least name, datasets and strategies")
        with found_in(folder):
            bring(_listed(merged.get("imports", ())))
            return cls(**_read(merged, folder))

    def __post_init__(self) -> None:
        for name in ("seeds", *("batch",) * bool(self.batch)):
            values = getattr(self, name) if name == "batch" else (getattr(self, name),)
            for value in values:
                if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                    raise BadInput(f"{name}={value!r} of suite {self.name!r} does nothing; give at least 1")
        if check_seed(self.seed) < 0:
            raise BadInput(f"seed={self.seed} is negative; give 0 or a larger whole number")
        if self.split not in ("fixed", "per_seed"):
            raise BadInput(f"split={self.split!r}.{did_you_mean(str(self.split), ('fixed', 'per_seed'))}")
        if not (isinstance(self.test_share, float) and 0.0 < self.test_share < 1.0):
            raise BadInput(f"test_share={self.test_share!r} is no share; give a number between 0 and 1")
        for name in self.measures:
            measure(name)
        for name, learner in self.evaluate_with.items():
            if learner_form(self.learners.get(name, learner)) != learner_form(learner):
                raise BadInput(f"two learners are called {name!r}, one of them in evaluate_with; give another name=")
        _distinct("data set", [one.name for one in self.datasets])
        _distinct("oracle", [one.name for one in self.oracles])
        _distinct("initial set", [one.name for one in self.initial])

    def cells(self, dataset: DataSpec, measures: tuple[str, ...], small: bool) -> Iterator[Cell]:
        """The cells of one data set, seeds outermost: what finishes first can be compared first.

        `small` says whether the pool is one of those for which the best order is searched.
        """
        for learner in self.learners:
            for repeat in range(self.seeds):
                for oracle in dataset.oracles or self.oracles:
                    yield from self._of_seed(dataset, learner, repeat, oracle, measures, small)

    def _of_seed(
        self, dataset: DataSpec, learner: str, repeat: int, oracle: OracleSpec, measures: tuple[str, ...], small: bool
    ) -> Iterator[Cell]:
        seed = repeat_seed(self.seed, repeat)
        split = seed if self.split == "per_seed" else self.seed
        given: dict[str, Any] = {"repeat": repeat, "seed": seed, "split": split, "measures": measures}
        given |= {"budget": self.budget if dataset.budget is None else dataset.budget}
        heirs = tuple(name for name in self.evaluate_with if name != learner)

        def cell(name: str, method: Strategy | Method, role: Role, batch: int, initial: Initial, **more: Any) -> Cell:
            terms = {**given, "initial": initial, "oracle": oracle, "evaluate_with": heirs, **more}
            return Cell(dataset.name, learner, name, method, batch, role=role, **terms)

        chance = Strategy("random")
        if repeat == 0 or split != self.seed or oracle.varies:
            yield cell(FULL, chance, "full", self.batch[0], Initial())
        for initial in self.initial:
            for batch in self.batch:
                for name, method in self.strategies.items():
                    yield cell(name, method, "random" if name == "random" else "strategy", batch, initial)
                if small and repeat < self.bound.seeds and not oracle.varies:
                    terms: dict[str, Any] = {"proposals": self.bound.proposals, "evaluate_with": ()}
                    yield cell(BOUND, chance, "bound", batch, initial, **terms)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: what was run, for the folder of results."""
        return {
            "name": self.name,
            "about": self.about,
            "datasets": [one.to_dict() for one in self.datasets],
            "strategies": {name: one.to_dict() for name, one in self.strategies.items()},
            "learners": {name: learner_form(one) for name, one in self.learners.items()},
            "evaluate_with": {name: learner_form(one) for name, one in self.evaluate_with.items()},
            "batch": self.batch,
            "initial": [one.name for one in self.initial],
            "oracles": [{"name": one.name, **one.to_dict()} for one in self.oracles],
            **{name: getattr(self, name) for name in ("budget", "seeds", "seed", "measures", "split", "test_share")},
            **({"imports": self.imports} if self.imports else {}),
            "bound": self.bound.__dict__,
        }


def learner_form(learner: Any) -> str:
    """A learner as text that is the same in every process."""
    text = repr(learner)
    return type(learner).__name__ if " at 0x" in text else text


def _table(given: Mapping[str, Any], level: str) -> Mapping[str, Any]:
    table = given.get(level, {})
    if not isinstance(table, Mapping):
        raise BadInput(f"{level}={table!r} of the suite is no table; write [{level}] above what differs at that level")
    return table


def _read(given: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    out = dict(given)
    out["datasets"] = tuple(DataSpec.of(one, folder) for one in _listed(given["datasets"]))
    out["strategies"] = with_random(_strategies(given["strategies"]))
    if "learners" in given:
        out["learners"] = _learners(given["learners"])
    if "evaluate_with" in given:
        out["evaluate_with"] = _learners(given["evaluate_with"], out.get("learners", {}))
    for name, kind in (("initial", Initial), ("oracles", OracleSpec)):
        if name in given:
            out[name] = tuple(kind.of(one) for one in _listed(given[name]))
    for name in ("batch", "measures", "imports"):
        if name in given:
            out[name] = tuple(_listed(given[name]))
    if "bound" in given:
        out["bound"] = Bound.of(given["bound"])
    return out


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def with_random(strategies: Mapping[str, Strategy | Method]) -> dict[str, Strategy | Method]:
    """The strategies, with random among them: nothing is worth knowing without it."""
    return dict(strategies) if "random" in strategies else {**strategies, "random": find("random")}


def _strategies(given: Any) -> dict[str, Strategy | Method]:
    named: dict[str, Strategy | Method] = {}
    for one in _listed(given):
        found = _strategy(one)
        name = found.label if isinstance(found, Strategy) else _policy_name(one, found)
        if name in named:
            raise BadInput(f"the strategy {name!r} is given twice; give each once, or another name=")
        named[name] = found
    return named


def _strategy(given: Any) -> Strategy | Method:
    """A name, a strategy, or a table: of a strategy's fields, or a name of the registry with its settings.

    Scores and picks in a table may be names, too.
    """
    if not isinstance(given, Mapping):
        return find(given)
    if "policy" in given:
        return get("policy", given["policy"]).using(**given.get("settings", {}))
    form = {k: {"name": v} if k in ("score", "pick") and isinstance(v, str) else v for k, v in given.items()}
    return Strategy.from_dict(form)


def _policy_name(given: Any, found: Method) -> str:
    return str(given["name"]) if isinstance(given, Mapping) and "name" in given else found.name


def _learners(given: Any, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Learners by name: recipes by name, a table with `class` (a path such as 'sklearn.svm.SVC') and `settings`.

    A name of those `known` is that learner.
    """
    if isinstance(given, Mapping) and "class" not in given:
        return dict(given)
    named: dict[str, Any] = {}
    for one in _listed(given):
        name, made = (one, known[one]) if isinstance(one, str) and known and one in known else _learner(one)
        if name in named:
            raise BadInput(f"the learner {name!r} is given twice; give each once, or another name=")
        named[name] = made
    return named


def _learner(given: Any) -> tuple[str, Any]:
    if given == "default":
        return "default", None
    if isinstance(given, str):
        return given, given
    if not isinstance(given, Mapping):
        return type(given).__name__, given
    if "class" not in given or not set(given) <= {"class", "settings", "name"}:
        raise BadInput(f"the learner {dict(given)!r}; give a name, or a table of `class`, `settings` and `name`")
    path = str(given["class"])
    module, _, attribute = path.rpartition(".")
    try:
        made = getattr(import_module(module), attribute)(**given.get("settings", {}))
    except (ImportError, AttributeError, TypeError, ValueError) as fault:
        raise BadInput(
            f"the learner {path!r} cannot be made: {fault}; give the path of a class, and its settings"
        ) from fault
    return str(given.get("name", attribute)), made


def _distinct(what: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"the {what} {twice!r} is given twice; give each once, or another name")


def suites() -> dict[str, str]:
    """The suites that ship with askwise: names, with what each is about."""
    return {path.stem: _toml(path.read_text("utf-8"), path.name).get("about", "") for path in _shipped()}


def _shipped() -> list[Path]:
    folder = resources.files("askwise.lab") / "suites"
    return sorted((Path(str(path)) for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda p: p.name)


def read_suite(path: str | Path, level: str = "full") -> Suite:
    """A suite from a TOML file, or one that ships with askwise by its name. Raises BadInput for what cannot be read."""
    shipped = {one.stem: one for one in _shipped()}
    place = shipped.get(str(path), Path(path)) if not Path(path).is_file() else Path(path)
    if not place.is_file():
        hint = did_you_mean(str(path), shipped)
        raise BadInput(f"there is no suite {str(path)!r}: neither a TOML file nor one that ships with askwise.{hint}")
    try:
        text = place.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput(f"the suite {str(path)!r} cannot be read: {fault}; give a TOML file in UTF-8") from fault
    given = _toml(text, str(path))
    return Suite.of({"name": place.stem, **given}, level=level, folder=place.parent)


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"{name!r} is no TOML: {fault}; correct it") from fault
