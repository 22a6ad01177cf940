"""Measuring with few labels: learning curves, labels saved, the control arm. Arrays in, numbers out."""

from __future__ import annotations

from askwise.judge.control import Estimate, RandomNeeds, accuracy, advantage, prequential, random_needs, wilson
from askwise.judge.curve import Band, Curve, difference
from askwise.judge.resample import Interval
from askwise.judge.savings import Saving, savings

__all__ = [
    "Band",
    "Curve",
    "Estimate",
    "Interval",
    "RandomNeeds",
    "Saving",
    "accuracy",
    "advantage",
    "difference",
    "prequential",
    "random_needs",
    "savings",
    "wilson",
]
