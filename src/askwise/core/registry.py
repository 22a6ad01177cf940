"""The registry: a method is a function; its positional parameters are evidence, its keyword-only ones settings.

`@score`, `@pick`, `@among`, `@limit`, `@stop` and `@policy` read the signature, so that the engine, the command line,
the contract suite, the documentation and the lab all find a method as soon as its module is imported.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple, overload

import numpy as np

from askwise.core.arrays import rows_in
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.evidence import VOCABULARY, Taken, check_name
from askwise.core.noise import Noise, as_noise
from askwise.core.types import Array, FloatArray, IntArray

KINDS = ("score", "pick", "among", "limit", "stop", "policy")

RESERVED = {
    "score": frozenset[str](),
    "pick": frozenset({"n", "rng", "taken"}),
    "among": frozenset({"n", "rng", "taken"}),
    "limit": frozenset({"chosen"}),
    "stop": frozenset[str](),
    "policy": frozenset[str](),
}
"""Keyword-only parameters that the engine fills in; every other one is a setting."""


class Sifted(NamedTuple):
    """What a sieve lets through: positions (k,) ascending, and scores (k,) that are off by `rounding` at most."""

    rows: IntArray
    scores: FloatArray
    rounding: float


Sieve = Callable[[Array, "float | FloatArray", int], "Sifted | None"]
"""sieve(evidence, floor, n): the rows that may score at least the floor, but for some that are not among the n best of
the block; None if a row must be checked. Floors (m,) are for each row, and then `n` is 0 and all these come through."""


class Race(NamedTuple):
    """A pick that takes the n largest of a value of each row's score and noise, which rises with the score.

    values(scores, noise, **settings) -> (m,), for scores that are not negative; least(floor, noise, **settings) -> (m,)
    scores below which a row's value is below the floor.
    """

    values: Callable[..., FloatArray]
    least: Callable[..., FloatArray]


_METHODS: dict[str, dict[str, Method]] = {kind: {} for kind in KINDS}


@dataclass(frozen=True)
class Method:
    """A registered function: callable as it is, and a value that goes to JSON with its settings.

    `needs` must be on offer, `wishes` (evidence with a default of None) are passed when they are. `sieve`, of a score
    of one piece of evidence, is a faster way to the rows that may reach a floor, under the default settings. A pick
    that `streams` takes embeddings and probabilities of a large pool as `Stored` rows, to be read in blocks, and makes
    the picks of a pool in memory; one that streams "estimated" makes those of estimates, unless the strategy is exact;
    one that streams "exact" does so if the strategy is exact, for it takes a pass a pick. Another one, and that one
    otherwise, chooses among the rows of `sub_pool` there. No value of a score is below `lowest`. A pick with a `race`
    needs few scores where the score has a sieve.
    """

    kind: str
    name: str
    fn: Callable[..., Any] = field(repr=False)
    needs: tuple[str, ...]
    wishes: tuple[str, ...]
    defaults: Mapping[str, Any]
    cite: str = ""
    aliases: tuple[str, ...] = ()
    streams: bool | str = False
    sub_pool: str = "random_subset"
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    sieve: Sieve | None = field(default=None, repr=False)
    lowest: float = -np.inf
    race: Race | None = field(default=None, repr=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function, with the settings of this value as defaults."""
        return self.run(*args, **kwargs)

    def run(self, *evidence: Any, **given: Any) -> Any:
        """Run the function on evidence, with the settings of this value."""
        return self.fn(*evidence, **{**self.settings, **given})

    def using(self, **settings: Any) -> Method:
        """The same method with these settings. Raises BadInput for a setting that it does not have.

        >>> import askwise as aw
        >>> aw.pick.power.using(beta=4.0).to_dict()
        {'name': 'power', 'settings': {'beta': 4.0}}
        """
        for name in settings:
            if name not in self.defaults:
                raise BadInput(f"{self.kind} {self.name!r} has no setting {name!r}.{did_you_mean(name, self.defaults)}")
        return replace(self, settings=MappingProxyType({**self.settings, **settings}))

    @property
    def as_registered(self) -> bool:
        """Whether every setting is at its default."""
        return not self._changed()

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.fn) or "").split("\n", 1)[0]

    @property
    def doc(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.fn) or ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-able value: the name, and the settings where they differ from the defaults."""
        changed = self._changed()
        return {"name": self.name, "settings": changed} if changed else {"name": self.name}

    def _changed(self) -> dict[str, Any]:
        return {k: v for k, v in self.settings.items() if v != self.defaults[k]}

    def __eq__(self, other: object) -> bool:
        # A setting at its default is no difference, so that a value is equal to itself after JSON and back.
        return isinstance(other, Method) and (self.kind, self.name, self.fn, self._changed()) == (
            other.kind,
            other.name,
            other.fn,
            other._changed(),
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.name, tuple(sorted((k, repr(v)) for k, v in self._changed().items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        # By name: a worker process looks the function up, so no code travels.
        return _restore, (self.kind, self.name, dict(self.settings), self.fn.__module__)


def _row_count(names: tuple[str, ...], values: tuple[Any, ...]) -> int:
    """Rows of the first evidence that is per row; factorised evidence (probs, embeddings) has those of its factors."""
    for name, value in zip(names, values, strict=False):
        if value is not None and VOCABULARY[name].per == "row":
            return rows_in(value[0] if isinstance(value, tuple) else value)
    return 0


def _check_shapes(pick: str, names: tuple[str, ...], values: tuple[Any, ...], m: int, taken: Taken) -> None:
    """Raise BadInput when evidence has different numbers of rows, or taken rows have others of values."""
    for name, value in zip(names, values, strict=False):
        if VOCABULARY[name].per != "row" or not hasattr(value, "shape"):
            continue
        if value.shape[0] != m:
            raise BadInput(f"pick {pick!r}: {name} has {value.shape[0]} rows, but the evidence before it has {m}")
        held = taken.get(name)
        if held is not None and hasattr(held, "shape") and tuple(held.shape[1:]) != tuple(value.shape[1:]):
            raise BadInput(
                f"pick {pick!r}: {name} of the taken rows has {tuple(held.shape[1:])} values a row, but {name} of the"
                f" pool has {tuple(value.shape[1:])}; both must come from the same model"
            )


class Pick(Method):
    """A pick or a sub-pool: called on arrays by hand, `rng` may be a seed, and `taken` may be left out."""

    def __call__(self, *evidence: Any, n: int, rng: Any = 0, taken: Taken | None = None, **settings: Any) -> Any:
        m = len(rng) if isinstance(rng, Noise) and not evidence else _row_count((*self.needs, *self.wishes), evidence)
        if not 0 <= n <= m:
            raise BadInput(f"{self.kind} {self.name!r} was asked for {n} rows out of {m}; ask for 0 to {m}")
        if n == 0:
            return np.zeros(0, dtype=np.int64)
        taken = Taken() if taken is None else taken
        _check_shapes(self.name, (*self.needs, *self.wishes), evidence, m, taken)
        return self.fn(*evidence, n=n, rng=as_noise(rng, m), taken=taken, **{**self.settings, **settings})

    __hash__ = Method.__hash__


class Bound(Method):
    """A limit or a stopping rule: calling it sets its settings, in order or by name.

    >>> import askwise as aw
    >>> aw.limit.at_most(3, per="patient").to_dict()
    {'name': 'at_most', 'settings': {'count': 3, 'per': 'patient'}}
    """

    def __call__(self, *args: Any, **settings: Any) -> Any:
        names = list(self.defaults)
        if len(args) > len(names):
            raise BadInput(
                f"{self.kind} {self.name!r} takes {len(names)} settings ({', '.join(names)}), got {len(args)}"
            )
        return self.using(**dict(zip(names, args, strict=False)), **settings)

    __hash__ = Method.__hash__


def _restore(kind: str, name: str, settings: dict[str, Any], module: str) -> Method:
    importlib.import_module(module)
    return get(kind, name).using(**settings)


def _describe(kind: str, fn: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Any]]:
    needs, wishes, defaults = [], [], {}
    where = f"{kind} {fn.__name__!r}"
    for name, parameter in inspect.signature(fn).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            if name not in RESERVED[kind]:
                defaults[name] = parameter.default
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise BadInput(f"{where} has *{name}; name each evidence and each setting")
        elif parameter.default is parameter.empty:
            needs.append(name)
        else:
            wishes.append(name)
    if kind != "policy":
        for name in (*needs, *wishes):
            check_name(name, where)
    if kind == "among" and "scores" in (*needs, *wishes):
        raise BadInput(f"{where} looks at 'scores', but a sub-pool is drawn before anything is scored; write a pick")
    return tuple(needs), tuple(wishes), defaults


def _register(kind: str, fn: Callable[..., Any], name: str | None, given: dict[str, Any]) -> Method:
    needs, wishes, defaults = _describe(kind, fn)
    if not inspect.getdoc(fn):
        raise BadInput(f"{kind} {fn.__name__!r} has no docstring; its first line is its help text")
    classes: dict[str, type[Method]] = {"pick": Pick, "among": Pick, "limit": Bound, "stop": Bound}
    method = classes.get(kind, Method)(
        kind, name or fn.__name__, fn, needs, wishes, MappingProxyType(defaults), **given
    )
    if method.sieve is not None and (kind, len(needs), len(wishes)) != ("score", 1, 0):
        raise BadInput(f"{kind} {method.name!r} reads {(*needs, *wishes)}; a sieve is for a score of one evidence")
    for known in (method.name, *method.aliases):
        other = _METHODS[kind].get(known)
        # The same function again is a reload of its module; another one would silently replace the first.
        if other is not None and _home(other.fn) != _home(fn):
            raise BadInput(f"{kind} {known!r} is already registered by {_home(other.fn)}; choose another name")
        _METHODS[kind][known] = method
    return method


def _home(fn: Callable[..., Any]) -> str:
    return f"{fn.__module__}.{fn.__qualname__}"


class _Decorator:
    """`@score` and `@score(cite=...)` alike."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @overload
    def __call__(self, fn: Callable[..., Any], /) -> Method: ...
    @overload
    def __call__(
        self,
        fn: None = None,
        /,
        *,
        cite: str = "",
        aliases: tuple[str, ...] = (),
        name: str | None = None,
        streams: bool | str = False,
        sub_pool: str = "random_subset",
        sieve: Sieve | None = None,
        lowest: float = -np.inf,
        race: Race | None = None,
    ) -> Callable[[Callable[..., Any]], Method]: ...
    def __call__(
        self,
        fn: Callable[..., Any] | None = None,
        /,
        *,
        cite: str = "",
        aliases: tuple[str, ...] = (),
        name: str | None = None,
        streams: bool | str = False,
        sub_pool: str = "random_subset",
        sieve: Sieve | None = None,
        lowest: float = -np.inf,
        race: Race | None = None,
    ) -> Any:
        given: dict[str, Any] = {"cite": cite, "aliases": aliases, "streams": streams, "sub_pool": sub_pool}
        given |= {"sieve": sieve, "lowest": lowest, "race": race}
        if fn is not None:
            return _register(self.kind, fn, name, given)
        return lambda function: _register(self.kind, function, name, given)


score = _Decorator("score")
pick = _Decorator("pick")
among = _Decorator("among")
limit = _Decorator("limit")
stop = _Decorator("stop")
policy = _Decorator("policy")

_ROOMS = {
    "score": "score",
    "pick": "pick",
    "among": "among",
    "limit": "limit",
    "stop": "stop",
    "policy": "catalogue",
}


def _load(kind: str) -> dict[str, Method]:
    if kind not in _METHODS:
        raise BadInput(f"there is no kind of method called {kind!r}.{did_you_mean(kind, KINDS)}")
    importlib.import_module(f"askwise.{_ROOMS[kind]}")
    return _METHODS[kind]


def get(kind: str, name: str) -> Method:
    """The registered method of this kind and name (or alias). Raises BadInput with the nearest name."""
    methods = _load(kind)
    if name not in methods:
        raise BadInput(f"there is no {kind} called {name!r}.{did_you_mean(name, methods)}")
    return methods[name]


def has(kind: str, name: str) -> bool:
    """Whether there is a method of this kind and name."""
    return name in _load(kind)


def methods(kind: str | None = None) -> Iterator[Method]:
    """Every registered method once, by kind and then by name."""
    for one in KINDS if kind is None else (kind,):
        found = _load(one)
        yield from (found[name] for name in sorted(found) if found[name].name == name)
