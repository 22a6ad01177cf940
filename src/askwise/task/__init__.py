"""Kinds of answer: schema, validation, keys and how each is offered to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askwise.task.base import Task, as_task
from askwise.task.choice import Choice
from askwise.task.multilabel import Multilabel
from askwise.task.number import Number

KINDS: Mapping[str, Any] = {one.kind: one for one in (Choice, Multilabel, Number)}
"""Every task by the name of its kind."""

__all__ = ["KINDS", "Choice", "Multilabel", "Number", "Task", "as_task"]
