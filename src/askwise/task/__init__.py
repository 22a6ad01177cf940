"""Kinds of answer: schema, validation, keys and how each is offered to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askwise.task.base import Task, as_task
from askwise.task.choice import Choice
from askwise.task.multilabel import Multilabel
from askwise.task.number import Number
from askwise.task.pair import Pair
from askwise.task.partial import Candidates, Verify
from askwise.task.pixel import Pixel
from askwise.task.ranking import Ranking
from askwise.task.region import Region
from askwise.task.span import Span

_TASKS = (Candidates, Choice, Multilabel, Number, Pair, Pixel, Ranking, Region, Span, Verify)
KINDS: Mapping[str, Any] = {one.kind: one for one in _TASKS}
"""Every task by the name of its kind."""

__all__ = [
    "KINDS",
    "Candidates",
    "Choice",
    "Multilabel",
    "Number",
    "Pair",
    "Pixel",
    "Ranking",
    "Region",
    "Span",
    "Task",
    "Verify",
    "as_task",
]
