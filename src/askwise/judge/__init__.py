"""Measuring with few labels: learning curves, labels saved, the control arm. Arrays in, numbers out."""

from __future__ import annotations

from askwise.judge.active import (
    Draws,
    draw,
    expected_loss,
    expected_squared_error,
    importance_weighted,
    lure,
    lure_weights,
    proposal,
)
from askwise.judge.control import Estimate, accuracy, advantage, prequential, wilson
from askwise.judge.curve import Band, Curve, difference
from askwise.judge.forecast import Batch, Forecast, Needed, forecast
from askwise.judge.gained import Amount, Arm, Gained, gained
from askwise.judge.measured import Measured, measured
from askwise.judge.outlook import outlook
from askwise.judge.pooled import Known, Means, pool_means
from askwise.judge.resample import Interval
from askwise.judge.risk import Risk, risk, simulated
from askwise.judge.savings import Saving, savings

__all__ = [
    "Amount",
    "Arm",
    "Band",
    "Batch",
    "Curve",
    "Draws",
    "Estimate",
    "Forecast",
    "Gained",
    "Interval",
    "Known",
    "Means",
    "Measured",
    "Needed",
    "Risk",
    "Saving",
    "accuracy",
    "advantage",
    "difference",
    "draw",
    "expected_loss",
    "expected_squared_error",
    "forecast",
    "gained",
    "importance_weighted",
    "lure",
    "lure_weights",
    "measured",
    "outlook",
    "pool_means",
    "prequential",
    "proposal",
    "risk",
    "savings",
    "simulated",
    "wilson",
]
