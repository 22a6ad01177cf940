"""Fingerprints tell same, extended and changed pools apart, and say what changed."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askwise.core.errors import BadInput
from askwise.pool import ArrayPool, Changed, Extended, FramePool, Same, TextPool, compare


def texts(n: int) -> list[str]:
    return [f"text {i}" for i in range(n)]


def through_json(mark: dict[str, object]) -> dict[str, object]:
    return json.loads(json.dumps(mark))  # type: ignore[no-any-return]


def said(old: list[str], new: list[str]) -> str:
    difference = compare(through_json(TextPool(old).fingerprint()), TextPool(new))
    assert isinstance(difference, Changed)
    return str(difference)


@pytest.mark.parametrize("n", [1, 4095, 4096, 4097, 10_000])
def test_same_and_extended_at_any_size(n: int) -> None:
    mark = through_json(TextPool(texts(n)).fingerprint())
    assert mark["block"] == -(-n // 4096)
    assert compare(mark, TextPool(texts(n))) == Same()
    for more in (1, 2, 5000):
        assert compare(mark, TextPool(texts(n + more))) == Extended(more)


def test_one_changed_row_is_named() -> None:
    new = texts(100)
    new[17] = "other"
    assert said(texts(100), new) == "row 17 changed"
    new[18] = new[40] = "other"
    assert said(texts(100), new) == "rows 17-18, 40 changed"


def test_a_changed_row_of_an_extended_pool_is_no_extension() -> None:
    new = texts(105)
    new[99] = "other"
    assert said(texts(100), new) == "row 99 changed; 5 rows were added"


def test_large_pools_name_the_block() -> None:
    old, new = texts(10_000), texts(10_000)
    new[1025] = "other"
    assert said(old, new) == "rows 1023-1025 changed"
    new[9_999] = "other"
    assert said(old, new) == "rows 1023-1025, 9999 changed"


@pytest.mark.parametrize("n", [9_999, 9_998, 5_000])
def test_rows_removed_from_the_end_of_a_large_pool(n: int) -> None:
    assert said(texts(10_000), texts(n)).startswith(f"{10_000 - n} row")
    assert said(texts(10_000), texts(n)).endswith("removed, at or near the end")


def test_removed_inserted_and_reordered_rows_are_told_apart() -> None:
    old = texts(50)
    assert said(old, old[:47]) == "3 rows were removed, the first was row 47"
    assert said(old, old[:10] + old[11:]) == "1 row was removed, the first was row 10"
    assert said(old, [*old[:5], "new", *old[5:]]) == "1 row was added, not only at the end: the first is row 5"
    assert said(old, [old[1], old[0], *old[2:]]) == "the rows are in another order, from row 0 on"
    assert said(texts(10_000), texts(10_000)[7:]) == "7 rows were removed; the first difference is in rows 0-2"
    assert said(old, ["new", *old[1:40]]) == "10 rows were removed; the first difference is in row 0"


def test_ids_are_content() -> None:
    mark = TextPool(["a", "b"], ids=["x", "y"]).fingerprint()
    assert str(compare(mark, TextPool(["a", "b"], ids=["x", "z"]))) == "row 1 changed"
    assert "ids was 'strings', is 'positions'" in str(compare(mark, TextPool(["a", "b"])))


def test_side_columns_are_not_content() -> None:
    mark = TextPool(["a", "b"], columns={"note": [1, 2]}).fingerprint()
    assert compare(mark, TextPool(["a", "b"], columns={"note": [3, 4]})) == Same()


def test_other_kinds_and_columns_are_named() -> None:
    mark = FramePool(pa.table({"a": [1], "b": ["x"]})).fingerprint()
    renamed = FramePool(pa.table({"a": [1], "c": ["x"]}))
    assert str(compare(mark, renamed)) == "columns differ: columns: gone b: string; new c: string"
    swapped = FramePool(pa.table({"b": ["x"], "a": [1]}))
    assert str(compare(mark, swapped)) == "columns differ: columns: in another order"
    assert str(compare(mark, TextPool(["x"]))) == "the pool was of kind table and is now of kind text"
    narrow = ArrayPool(np.ones((2, 3), dtype=np.float32)).fingerprint()
    wide = ArrayPool(np.ones((2, 4)))
    assert "dtype was '<f4', is '<f8'; shape was [3], is [4]" in str(compare(narrow, wide))


def test_another_version_is_refused() -> None:
    with pytest.raises(BadInput, match="version 2 is not 1"):
        compare({**TextPool(["a"]).fingerprint(), "version": 2}, TextPool(["a"]))


def test_text_boundaries_count() -> None:
    assert TextPool(["ab", "c"] * 3000).fingerprint() != TextPool(["a", "bc"] * 3000).fingerprint()


def test_spans_do_not_change_the_hash() -> None:
    X = np.arange(50_000.0).reshape(10_000, 5)
    small = ArrayPool(X)
    small.span_rows = 7
    assert small.fingerprint() == ArrayPool(X).fingerprint()


def test_difference_reads_as_a_sentence() -> None:
    assert str(Same()) == "the pool is the same"
    assert str(Extended(1)) == "1 row was added at the end; the old rows are unchanged"


rows = st.lists(st.sampled_from("abc"), min_size=1, max_size=12)


@given(old=rows, new=rows)
@settings(max_examples=200, deadline=None)
def test_compare_agrees_with_comparing_the_rows(old: list[str], new: list[str]) -> None:
    difference = compare(TextPool(old).fingerprint(), TextPool(new))
    if new == old:
        assert difference == Same()
    elif new[: len(old)] == old:
        assert difference == Extended(len(new) - len(old))
    else:
        assert isinstance(difference, Changed)
        assert difference.description
