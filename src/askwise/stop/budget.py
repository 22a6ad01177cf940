"""Stop when the budget is spent."""

from __future__ import annotations

from askwise.core.history import History, Verdict
from askwise.core.registry import stop


@stop
def budget(history: History) -> Verdict:
    """Stop as soon as answers, cost or seconds reach what was allowed.

    Always in force in a session. Source: none needed.

    >>> budget.run(History(rows=9, batch=1, spent={"answers": 5}, budget={"answers": 5})).stop
    True
    """
    for name, allowed in history.budget.items():
        spent = history.spent.get(name, 0)
        if allowed is not None and spent >= allowed:
            return Verdict(True, f"budget spent: {spent:g} of {allowed:g} {name}")
    return Verdict(False, "budget left")
