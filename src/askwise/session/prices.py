"""What answers cost: by the price of whoever gave them, for an answer or an hour, or as a paid call has cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray
from askwise.session.values import Answer

EVERYBODY = "*"
"""The name whose price holds for whoever has none of their own."""

HOURLY = "/hour"
_HOUR = 3600.0


@dataclass(frozen=True)
class Price:
    """What an annotator is paid: money for an `answer`, for an `hour` of the seconds that answers take, or both.

    Raises BadInput for a price that is no number of at least 0.

    >>> Price(answer=0.5, hour=18.0).of_answer(seconds=50.0)
    0.75
    """

    answer: float = 0.0
    hour: float = 0.0

    def __post_init__(self) -> None:
        for name in ("answer", "hour"):
            value = getattr(self, name)
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not number or not 0 <= value < math.inf:
                raise BadInput(f"the price {name}={value!r} is none; give money such as 0.08, or 0 for nothing")

    @classmethod
    def of(cls, given: Any) -> Price:
        """From money for an answer, a text such as "0.08" or "18/hour", or a table of answer and hour.

        >>> Price.of(0.08), Price.of("18/hour")
        (Price(answer=0.08, hour=0.0), Price(answer=0.0, hour=18.0))
        """
        if isinstance(given, Price):
            return given
        if isinstance(given, Mapping):
            for name in given:
                if name not in ("answer", "hour"):
                    raise BadInput(f"a price has no {name!r}.{did_you_mean(str(name), ('answer', 'hour'))}")
            return cls(**given)
        if not isinstance(given, str):
            return cls(answer=given)
        money, hourly = given.strip().removesuffix(HOURLY), given.strip().endswith(HOURLY)
        try:
            amount = float(money)
        except ValueError as error:
            raise BadInput(f"the price {given!r} is none; give 0.08 for an answer, or 18{HOURLY}") from error
        return cls(hour=amount) if hourly else cls(answer=amount)

    def of_answer(self, seconds: float | None) -> float | None:
        """The price of an answer that took so long; None where an hour is paid and nobody took the time."""
        if self.hour and seconds is None:
            return None
        return float(self.answer + self.hour * (seconds or 0.0) / _HOUR)

    def to_dict(self) -> dict[str, float]:
        """JSON-able: what is not zero, or an answer for nothing."""
        given = {"answer": float(self.answer), "hour": float(self.hour)}
        return {name: value for name, value in given.items() if value} or {"answer": 0.0}


def check_prices(given: Any) -> dict[str, dict[str, float]] | None:
    """Prices by annotator as the log keeps them: of a table by name, or of one price for everybody. None stays None.

    >>> check_prices({"ana": 0.08, "bob": "18/hour"})
    {'ana': {'answer': 0.08}, 'bob': {'hour': 18.0}}
    >>> check_prices(0.05)
    {'*': {'answer': 0.05}}
    """
    if given is None:
        return None
    single = isinstance(given, Price) or not isinstance(given, Mapping) or set(given) <= {"answer", "hour"} != set()
    table = {EVERYBODY: given} if single and given != {} else given
    unnamed = next((name for name in table if not isinstance(name, str) or not name.strip()), None)
    if unnamed is not None:
        raise BadInput(f"prices names the annotator {unnamed!r}; give a name such as 'ana', or '*' for everybody else")
    return {name: Price.of(value).to_dict() for name, value in table.items()}


def parse_prices(flags: Iterable[str]) -> dict[str, str] | None:
    """Prices from a command line: NAME=0.08, NAME=18/hour, or 0.08 for everybody; None where nothing was said.

    >>> parse_prices(["ana=0.08", "18/hour"])
    {'ana': '0.08', '*': '18/hour'}
    """
    found: dict[str, str] = {}
    for flag in flags:
        name, equals, price = flag.rpartition("=")
        found[name.strip() if equals else EVERYBODY] = price.strip()
    return found or None


def stated(config: Mapping[str, Any]) -> dict[str, Price]:
    """The prices that a session was told, by annotator."""
    return {name: Price(**one) for name, one in (config.get("prices") or {}).items()}


def cost_of(answer: Answer, prices: Mapping[str, Price], row: float | None = None) -> float | None:
    """What an answer cost: what it says itself, else its annotator's price, else its row's; None if nobody knows."""
    if answer.cost is not None:
        return answer.cost
    price = prices.get(answer.annotator, prices.get(EVERYBODY))
    return row if price is None else price.of_answer(answer.seconds)


def paid(answers: Iterable[Answer], prices: Mapping[str, Price]) -> bool:
    """Whether it is annotators that cost money, not rows: one of them has a price, or an answer brings its own."""
    return bool(prices) or any(one.cost is not None for one in answers)


def money(answers: Sequence[Answer], prices: Mapping[str, Price], rows: FloatArray | None = None) -> FloatArray | None:
    """What each answer cost (n,), with the prices of the pool's `rows` where they have any; see `filled`."""
    return filled(answers, [cost_of(one, prices, None if rows is None else float(rows[one.row])) for one in answers])


def filled(answers: Sequence[Answer], amounts: Sequence[float | None]) -> FloatArray | None:
    """Amounts (n,), where one is missing the mean of the same annotator's, else of all; None where none is known."""
    known = np.array([np.nan if one is None else one for one in amounts], dtype=np.float64)
    if np.isnan(known).all():
        return None
    names = np.array([one.annotator for one in answers])
    missing = np.isnan(known)
    out = np.where(missing, np.nanmean(known), known)
    for name in np.unique(names[missing]):
        mine = known[(names == name) & ~missing]
        if len(mine):
            out[(names == name) & missing] = mine.mean()
    return out
