"""The contract of a pool, as a suite that whoever writes a pool runs on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.protocols import Pool
from askwise.core.types import IntArray


def check_pool(
    make_pool: Callable[[], Pool],
    *,
    make_changed: Callable[[int], Pool] | None = None,
    snapshot: Callable[[], bytes] | None = None,
) -> None:
    """Assert that the pools of `make_pool`, of equal content at every call, keep the contract.

    `make_changed(row)` makes the same pool with the content of that one row changed: its fingerprint must
    differ. `snapshot` gives the bytes of what the pool was made from: reading must leave them as they were.
    Raises AssertionError that says what was broken.
    """
    before = snapshot() if snapshot is not None else b""
    pool = make_pool()
    assert isinstance(pool, Pool), f"{type(pool).__name__} lacks a part of the Pool protocol"
    assert len(pool) >= 3, "the suite needs a pool of at least 3 rows"
    check_ids(pool)
    check_take(pool)
    check_evidence(pool)
    check_show(pool)
    check_fingerprint(make_pool, make_changed)
    if snapshot is not None:
        assert snapshot() == before, "reading the pool changed what it was made from"


def check_ids(pool: Pool) -> None:
    """Ids are a 1-D array, one a row, unique, of whole numbers or strings."""
    ids = np.asarray(pool.ids)
    assert ids.shape == (len(pool),), f"ids have shape {ids.shape}, the pool has {len(pool)} rows"
    assert ids.dtype.kind in "iU", f"ids are {ids.dtype}, not int64 or strings"
    assert len(np.unique(ids)) == len(pool), "ids are not unique"


def check_take(pool: Pool) -> None:
    """Rows come in the order asked, repeats included, as in the whole; a wrong position is refused."""
    n = len(pool)
    whole = pool.take(np.arange(n))
    for rows in _row_lists(n):
        assert same_rows(pool.take(rows), rows_at(whole, rows)), f"take({rows.tolist()}) is not the whole, sliced"
    for wrong in (np.array([n]), np.array([-1])):
        _refuses(pool, wrong)


def _refuses(pool: Pool, rows: IntArray) -> None:
    try:
        pool.take(rows)
    except BadInput as error:
        assert str(rows[0]) in str(error), f"the message {str(error)!r} does not quote the position {rows[0]}"
    else:
        raise AssertionError(f"take({rows.tolist()}) of {len(pool)} rows was not refused with BadInput")


def check_evidence(pool: Pool) -> None:
    """What is offered comes aligned, finite and the same twice; the rest is refused."""
    n = len(pool)
    whole = pool.evidence(np.arange(n), pool.offers)
    assert set(whole) == set(pool.offers), f"evidence gave {sorted(whole)}, offers are {sorted(pool.offers)}"
    for name, values in whole.items():
        assert len(values) == n, f"{name} has {len(values)} rows, {n} were asked for"
        assert np.isfinite(np.asarray(values)).all(), f"{name} is not finite"
        for rows in _row_lists(n):
            part = pool.evidence(rows, frozenset({name}))
            assert set(part) == {name}, f"asked for {name}, got {sorted(part)}"
            assert same_rows(part[name], rows_at(values, rows)), f"{name} is not aligned with rows {rows.tolist()}"
    try:
        pool.evidence(np.arange(1), frozenset({"no_such_evidence"}))
    except MissingEvidence as error:
        assert "no_such_evidence" in str(error), f"the message {str(error)!r} does not name the evidence"
    else:
        raise AssertionError("evidence that the pool does not offer was not refused with MissingEvidence")


def check_show(pool: Pool) -> None:
    """What a person sees has a kind, survives JSON, and is the same twice."""
    for row in (0, len(pool) - 1):
        shown = pool.show(row)
        assert isinstance(shown.get("kind"), str), f"show({row}) has no kind: {shown}"
        back = json.loads(json.dumps(shown, allow_nan=False))
        assert back == shown, f"show({row}) does not survive JSON: {shown}"
        assert pool.show(row) == shown, f"show({row}) differs the second time"


def check_fingerprint(make_pool: Callable[[], Pool], make_changed: Callable[[int], Pool] | None) -> None:
    """Equal content, equal fingerprint; another row content, another fingerprint; JSON keeps it."""
    mark = make_pool().fingerprint()
    assert json.loads(json.dumps(mark)) == mark, "the fingerprint does not survive JSON"
    assert make_pool().fingerprint() == mark, "two pools of equal content have different fingerprints"
    if make_changed is not None:
        for row in range(len(make_pool())):
            assert make_changed(row).fingerprint() != mark, f"row {row} changed and the fingerprint did not"


def _row_lists(n: int) -> list[IntArray]:
    last = n - 1
    lists = [[], [0], [last, 0], [1, 1, 0, 1], list(range(n))[::-1]]
    return [np.asarray(rows, dtype=np.int64) for rows in lists]


def rows_at(rows: Any, positions: IntArray) -> Any:
    """Rows of a list, array, CSR matrix, DataFrame or Arrow Table at these positions."""
    if isinstance(rows, list):
        return [rows[i] for i in positions.tolist()]
    if hasattr(rows, "iloc"):
        return rows.iloc[positions]
    return rows.take(positions) if hasattr(rows, "column_names") else rows[positions]


def same_rows(a: Any, b: Any) -> bool:
    """Whether two values are the same rows: the same type, shape and content (a gap equals a gap)."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return bool(a == b)
    if hasattr(a, "equals"):
        return bool(a.equals(b)) or _equal_cells(a, b)
    if hasattr(a, "tocsr"):
        a, b = a.toarray(), b.toarray()
    return a.dtype == b.dtype and np.array_equal(a, b)


def _equal_cells(a: Any, b: Any) -> bool:
    """Arrow holds NaN unequal to NaN; compare as text where it says that the tables differ."""
    return hasattr(a, "to_pylist") and a.schema == b.schema and repr(a.to_pylist()) == repr(b.to_pylist())
