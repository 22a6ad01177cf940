"""What a row costs, and how long its answer takes: flat, drawn, by length, or a sum of terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import Noise
from askwise.core.types import FloatArray, KeyArray

TERMS = ("row", "length", "parts")
"""What a sum may be made of: each row, each unit of its length (word, character, named pixel), each part answered
(span, region)."""


def check_terms(what: str, terms: Any, name: str, allowed: Sequence[str] = TERMS) -> None:
    """Raise BadInput for a table with other terms, or numbers below 0; `what` is cost or seconds."""
    for term, value in terms.items():
        if term not in allowed:
            raise BadInput(f"{what} of oracle {name!r} has no term {term!r}.{did_you_mean(str(term), allowed)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise BadInput(f"{term}={value!r} in {what} of oracle {name!r}; give a number of at least 0")
    if not any(terms.values()):
        raise BadInput(f"{what}={dict(terms)!r} of oracle {name!r} comes to nothing; give a term above 0")


def check_seconds(seconds: Any, name: str) -> None:
    """Raise BadInput unless seconds are None, a number above 0, or a table of terms."""
    if isinstance(seconds, Mapping):
        check_terms("seconds", seconds, name)
    elif seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0):
        raise BadInput(f"seconds={seconds!r} of oracle {name!r}; give a number above 0, or a table of {TERMS}")


def mean_seconds(seconds: Any, length: float, parts: int) -> float | None:
    """Mean seconds of an answer to a row of this length with so many parts.

    >>> mean_seconds({"row": 3.0, "length": 0.25, "parts": 4.0}, length=20, parts=2)
    16.0
    """
    if not isinstance(seconds, Mapping):
        return None if seconds is None else float(seconds)
    amounts = {"row": 1.0, "length": length, "parts": float(parts)}
    return float(sum(value * amounts[term] for term, value in seconds.items()))


def prices(cost: Any, name: str, keys: KeyArray, lengths: FloatArray | None, seed: int) -> FloatArray:
    """Price of each row (n,), which is known before it is asked. Raises BadInput for a cost of none of the forms."""
    n = len(keys)
    if isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0:
        return np.full(n, float(cost))
    if cost == "length":
        known = _known(lengths, name)
        return np.asarray(known / known.mean())
    if isinstance(cost, Mapping):
        if "parts" in cost:
            raise BadInput(
                f"cost={dict(cost)!r} of oracle {name!r}: how many parts an answer has is not known before it is given,"
                " and strategies see prices; put `parts` into seconds"
            )
        check_terms("cost", cost, name, ("row", "length"))
        return np.asarray(cost.get("row", 0.0) + (cost["length"] * _known(lengths, name) if "length" in cost else 0.0))
    if isinstance(cost, Sequence) and len(cost) == 2 and 0 < cost[0] <= cost[1]:
        low, high = np.log(np.asarray(cost, dtype=np.float64))
        return np.asarray(np.exp(low + (high - low) * Noise(seed, keys).uniform("cost")))
    raise BadInput(f"cost={cost!r} of oracle {name!r}; give a number, [low, high] above 0, 'length', or a table")


def _known(lengths: FloatArray | None, name: str) -> FloatArray:
    if lengths is None:
        raise BadInput(f"a cost by length of oracle {name!r} needs texts, and there are none; give [low, high]")
    return lengths
