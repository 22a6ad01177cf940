"""Stopping rules: functions of history. Calling a rule sets it: ``agreement(threshold=0.99)``."""

from __future__ import annotations

from askwise.stop.agreement import agreement
from askwise.stop.budget import budget

__all__ = ["agreement", "budget"]
