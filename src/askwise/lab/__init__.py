"""Experiments: real sessions against an oracle, curves, labels saved, one report."""

from __future__ import annotations

from askwise.lab.bench import labelled
from askwise.lab.results import Results
from askwise.lab.simulate import simulate

__all__ = ["Results", "labelled", "simulate"]
