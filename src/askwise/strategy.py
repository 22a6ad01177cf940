"""The strategy: a value that composes a score, a shortlist, a pick, limits and a share of chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from askwise.core import registry
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.registry import Method

AnyMethod = Method
_FIELDS = ("score", "shortlist", "pick", "limits", "mix_random", "name", "among", "exact")


@dataclass(frozen=True)
class Strategy:
    """How one batch is chosen. Goes to JSON and back; equal values choose equal rows.

    With a score and no pick, the pick is ``top``. `shortlist` keeps that many best rows by score for the pick to choose
    from. `mix_random` is the share of the batch drawn uniformly at random. `among` draws a sub-pool before anything is
    scored: only its rows are, and a learner is asked for no others unless the sub-pool is used up. A pick that must
    hold its rows chooses among a part of a pool that is too large to hold; `exact` True holds the pool all the same,
    False makes any pick choose among a part of a large pool.

    >>> import askwise as aw
    >>> Strategy(aw.score.margin, shortlist=1000, pick=aw.pick.k_center).to_dict()
    {'score': {'name': 'margin'}, 'shortlist': 1000, 'pick': {'name': 'k_center'}}
    """

    score: AnyMethod | str | None = None
    shortlist: int | None = None
    pick: AnyMethod | str = "top"
    limits: tuple[AnyMethod, ...] = field(default=())
    mix_random: float = 0.0
    name: str | None = None
    among: AnyMethod | str | None = None
    exact: bool | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        if self.score is not None:
            set_(self, "score", _method("score", self.score))
        set_(self, "pick", _method("pick", self.pick))
        if self.among is not None:
            set_(self, "among", _method("among", self.among))
        set_(self, "limits", tuple(_method("limit", one) for one in self.limits))
        if self.score is None and "scores" in self.pick_method.needs:
            raise BadInput(f"pick {self.pick_method.name!r} ranks by score; give the strategy one, e.g. score='margin'")
        if self.shortlist is not None and (self.score is None or self.shortlist < 1):
            raise BadInput(f"shortlist={self.shortlist} needs a score to rank by and at least one row")
        if self.exact not in (None, True, False):
            raise BadInput(f"exact={self.exact!r} is no choice; give True, False, or None to let the size decide")
        if not 0.0 <= self.mix_random <= 1.0:
            raise BadInput(f"mix_random={self.mix_random} is no share; give a number from 0 to 1")

    @property
    def score_method(self) -> AnyMethod | None:
        """The score as a registered method."""
        return self.score  # type: ignore[return-value]

    @property
    def pick_method(self) -> AnyMethod:
        """The pick as a registered method."""
        return self.pick  # type: ignore[return-value]

    @property
    def among_method(self) -> AnyMethod | None:
        """The sub-pool as a registered method."""
        return self.among  # type: ignore[return-value]

    @property
    def label(self) -> str:
        """A short name for tables and plots."""
        if self.name:
            return self.name
        score, pick, among = self.score_method, self.pick_method.name, self.among_method
        plain = pick if score is None else score.name if pick == "top" else f"{score.name}+{pick}"
        return plain if among is None else f"{plain} among {among.name}"

    def wants(self) -> dict[str, str]:
        """Row evidence that must be on offer, with the method that wants it."""
        methods = [m for m in (self.among_method, self.score_method, self.pick_method, *self.limits) if m is not None]
        return {name: f"{m.kind} {m.name!r}" for m in methods for name in m.needs if name != "scores"}

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form; only what differs from the defaults."""
        out: dict[str, Any] = {}
        if self.score_method is not None:
            out["score"] = self.score_method.to_dict()
        if self.shortlist is not None:
            out["shortlist"] = self.shortlist
        out["pick"] = self.pick_method.to_dict()
        if self.limits:
            out["limits"] = [one.to_dict() for one in self.limits]
        if self.mix_random:
            out["mix_random"] = self.mix_random
        if self.name:
            out["name"] = self.name
        if self.among_method is not None:
            out["among"] = self.among_method.to_dict()
        if self.exact is not None:
            out["exact"] = self.exact
        return out

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Strategy:
        """The strategy of a JSON form. Raises BadInput for a key or a method that does not exist."""
        if "mixture" in value:
            return Mixture.from_dict(value)
        for key in value:
            if key not in _FIELDS:
                raise BadInput(f"a strategy has no field {key!r}.{did_you_mean(key, _FIELDS)}")
        given = dict(value)
        for kind in ("score", "pick", "among"):
            if isinstance(given.get(kind), Mapping):
                given[kind] = _from_dict(kind, given[kind])
        given["limits"] = tuple(_from_dict("limit", one) for one in given.get("limits", ()))
        return cls(**given)


_MEMBERS = ("mixture", "name")


@dataclass(frozen=True)
class Mixture(Strategy):
    """Several strategies, one of which is drawn for each place of a batch: (strategy, weight) pairs.

    Each strategy chooses a whole batch; a place goes to the next row, not yet taken, of the strategy drawn with its
    weight's share. `why` says which strategies had the row next (`by`) and with what probability it was drawn
    (`share`): enough to weight its label (1 / share), or to judge the strategies. Weights are divided by their sum. A
    bandit such as ``albl`` is a policy that makes one from history.

    Raises BadInput without members, for weights that are no shares, and for a mixture inside a mixture.

    >>> both = Mixture(members=(("margin", 3.0), ("random", 1.0)))
    >>> both.shares, both.label
    ((0.75, 0.25), 'mixture of margin, random')
    """

    members: tuple[tuple[Any, float], ...] = ()

    def __post_init__(self) -> None:
        from askwise.catalogue import find

        pairs = [(find(one), float(weight)) for one, weight in self.members]
        for one, _ in pairs:
            if isinstance(one, Mixture) or not isinstance(one, Strategy):
                raise BadInput(f"a mixture is made of strategies, not of {one!r}; name scores, picks or strategies")
        total = sum(weight for _, weight in pairs)
        if not pairs or not total > 0 or min(weight for _, weight in pairs) < 0 or total == float("inf"):
            raise BadInput(f"mixture of {list(self.members)!r}: give strategies with weights >= 0, not all of them 0")
        object.__setattr__(self, "members", tuple((one, weight / total) for one, weight in pairs))

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies, in order."""
        return tuple(one for one, _ in self.members)

    @property
    def shares(self) -> tuple[float, ...]:
        """Their weights, with the sum 1."""
        return tuple(weight for _, weight in self.members)

    @property
    def label(self) -> str:
        """A short name for tables and plots."""
        return self.name or f"mixture of {', '.join(one.label for one in self.strategies)}"

    def wants(self) -> dict[str, str]:
        """Row evidence of all members."""
        return {name: who for one in self.strategies for name, who in one.wants().items()}

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        out: dict[str, Any] = {"mixture": [{"strategy": one.to_dict(), "weight": w} for one, w in self.members]}
        return out | ({"name": self.name} if self.name else {})

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Mixture:
        """The mixture of a JSON form."""
        for key in value:
            if key not in _MEMBERS:
                raise BadInput(f"a mixture has no field {key!r}.{did_you_mean(key, _MEMBERS)}")
        pairs = tuple((Strategy.from_dict(one["strategy"]), one["weight"]) for one in value["mixture"])
        return cls(members=pairs, name=value.get("name"))


def _method(kind: str, value: AnyMethod | str) -> AnyMethod:
    if isinstance(value, str):
        return registry.get(kind, value)
    if isinstance(value, Method) and value.kind == kind:
        return value
    found = f"the {value.kind} {value.name!r}" if isinstance(value, Method) else repr(value)
    raise BadInput(f"a {kind} is wanted here, got {found}; give a registered {kind} or its name")


def _from_dict(kind: str, value: Mapping[str, Any]) -> AnyMethod:
    return registry.get(kind, value["name"]).using(**value.get("settings", {}))
