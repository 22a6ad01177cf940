"""Experiments: real sessions against simulated annotators, suites of them, curves, labels saved, reports."""

from __future__ import annotations

from askwise.lab.bench import labelled
from askwise.lab.cell import Initial
from askwise.lab.data import DataSpec
from askwise.lab.experiment import run_suite
from askwise.lab.measures import MEASURES, Measure
from askwise.lab.oracle import SimulatedOracle
from askwise.lab.oracle_spec import OracleSpec
from askwise.lab.results import Results
from askwise.lab.simulate import simulate
from askwise.lab.study import Setting, Study
from askwise.lab.suite import Bound, Suite, read_suite, suites

__all__ = [
    "MEASURES",
    "Bound",
    "DataSpec",
    "Initial",
    "Measure",
    "OracleSpec",
    "Results",
    "Setting",
    "SimulatedOracle",
    "Study",
    "Suite",
    "labelled",
    "read_suite",
    "run_suite",
    "simulate",
    "suites",
]
