"""Machine annotators: a language model at an OpenAI-compatible endpoint answers, at a known price and reliability."""

from __future__ import annotations

from askwise.annotate.annotator import Annotator, Reading
from askwise.annotate.calibration import Calibration, calibrate
from askwise.annotate.check import Checked, examples
from askwise.annotate.endpoint import Endpoint
from askwise.annotate.ledger import Ledger, beside
from askwise.annotate.price import Preview, Prices
from askwise.annotate.question import Question
from askwise.annotate.run import Outcome, annotate

__all__ = [
    "Annotator",
    "Calibration",
    "Checked",
    "Endpoint",
    "Ledger",
    "Outcome",
    "Preview",
    "Prices",
    "Question",
    "Reading",
    "annotate",
    "beside",
    "calibrate",
    "examples",
]
