"""How long to wait before a request is sent again."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 60.0
"""Seconds of the longest wait that doubles."""


def backoff(attempt: int) -> float:
    """Seconds before the next try: 2^attempt, by a half more or less, so that many clients do not come back at once."""
    return min(LONGEST, 2.0**attempt) * random.uniform(0.5, 1.5)


def retry_after(text: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None for none or nonsense.

    >>> retry_after("7"), retry_after("0.5"), retry_after("soon"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT")
    (7.0, 0.5, None, 0.0)
    """
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
