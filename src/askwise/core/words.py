"""Numbers in sentences."""

from __future__ import annotations


def counted(n: int, one: str, many: str = "") -> str:
    """A number with its noun; `many` is the plural where it is not `one` with an s.

    >>> counted(1, "annotator"), counted(0, "query", "queries"), counted(1200, "row")
    ('1 annotator', '0 queries', '1,200 rows')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
