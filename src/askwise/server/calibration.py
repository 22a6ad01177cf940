"""Probabilities that mean what they say: the model's own, set right by the random items that it was asked about."""

from __future__ import annotations

import functools
import math

from askwise.session import Session

LEAST = 30
"""Random items before their outcomes say more than the model itself."""

Outcomes = tuple[tuple[float, bool], ...]

_EDGE = 1e-6


def calibrated(known: Outcomes, probability: float) -> tuple[float, int]:
    """A probability of the model, calibrated, and on how many random items; (as it is, 0) while there are too few."""
    fitted = platt(known)
    if fitted is None:
        return probability, 0
    slope, offset = fitted
    return 1.0 / (1.0 + math.exp(-(slope * _logit(probability) + offset))), len(known)


def outcomes(session: Session) -> Outcomes:
    """For each random item that a model predicted and somebody labelled: its probability, and whether it was right."""
    state = session.state
    found = []
    for number in state.controls:
        query = state.queries[number]
        if "probability" in query.why and query.row in state.labels:
            found.append((float(query.why["probability"]), state.labels[query.row] == query.why["predicted"]))
    return tuple(found)


@functools.lru_cache(maxsize=4)
def platt(known: Outcomes) -> tuple[float, float] | None:
    """Slope and offset on the scale of log odds; None for too few outcomes, and where they make no sense.

    Logistic regression of being right on the model's log odds, with a ridge of one (Platt 1999, Probabilistic Outputs
    for Support Vector Machines). Random items only: those that a strategy chose are the hard ones.
    """
    from sklearn.linear_model import LogisticRegression

    if len(known) < LEAST or len({right for _, right in known}) < 2:
        return None
    odds = [[_logit(probability)] for probability, _ in known]
    fitted = LogisticRegression(C=1.0).fit(odds, [right for _, right in known])
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    return (slope, offset) if slope > 0 else None


def _logit(probability: float) -> float:
    p = min(max(probability, _EDGE), 1.0 - _EDGE)
    return math.log(p / (1.0 - p))
