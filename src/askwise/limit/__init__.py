"""Masks and quotas on what a batch may hold. Calling a limit sets it: ``at_most(3, per="patient")``."""

from __future__ import annotations

from askwise.limit.at_most import at_most
from askwise.limit.learnable import learnable
from askwise.limit.near_duplicates import near_duplicates

__all__ = ["at_most", "learnable", "near_duplicates"]
