"""Kinds of answer: schema, validation, keys and how each is offered to a person."""

from __future__ import annotations

from askwise.task.choice import Choice

__all__ = ["Choice"]
