"""Stopping rules: functions of history. Calling a rule sets it: ``agreement(threshold=0.99)``."""

from __future__ import annotations

from askwise.stop.agreement import agreement
from askwise.stop.budget import budget
from askwise.stop.change import classification_change, delta_f
from askwise.stop.doubt import max_confidence, overall_uncertainty, remaining_gain
from askwise.stop.error_bound import error_bound
from askwise.stop.forecast_gain import forecast_gain
from askwise.stop.plateau import metric_plateau
from askwise.stop.price import gain_below_price
from askwise.stop.screening import consecutive_irrelevant

__all__ = [
    "agreement",
    "budget",
    "classification_change",
    "consecutive_irrelevant",
    "delta_f",
    "error_bound",
    "forecast_gain",
    "gain_below_price",
    "max_confidence",
    "metric_plateau",
    "overall_uncertainty",
    "remaining_gain",
]
