"""Sessions: ask, tell, refit, stop, over a durable log."""

from __future__ import annotations

from askwise.session.prices import Price
from askwise.session.record import Record
from askwise.session.session import Session
from askwise.session.values import Answer, Budget, Oracle, Proposal, Query

__all__ = ["Answer", "Budget", "Oracle", "Price", "Proposal", "Query", "Record", "Session"]
