"""Bodies to canonical JSON and back: what is taken, what is refused and how it is said."""

from __future__ import annotations

import json
from collections import UserDict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.store.record import checksum, decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(body=st.dictionaries(st.text(), PLAIN, max_size=4), at=st.floats(allow_nan=False, allow_infinity=False))
def test_round_trip(body: dict[str, Any], at: float) -> None:
    text = encode(Event("told", body))
    event = decode((1, "k", "told", at, text, checksum(1, "k", "told", at, text)), "x")
    assert event == Event("told", body, key="k", at=at, seq=1)


def test_canonical() -> None:
    assert encode(Event("told", {"b": [1, 2.5], "a": "ü"})) == '{"a":"ü","b":[1,2.5]}'
    assert encode(Event("told", {"a": "ü", "b": (1, 2.5)})) == '{"a":"ü","b":[1,2.5]}'


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.float32(0.1), float(np.float32(0.1))),
        (np.array([0.1], dtype=np.float32), [float(np.float32(0.1))]),
        (np.float64(0.1), 0.1),
        (np.longdouble(0.5), 0.5),
        (np.array([0.5], dtype=np.longdouble), [0.5]),
        (np.uint8(255), 255),
        (np.array(7), 7),
        (np.zeros((2, 0)), [[], []]),
        (np.array([True, False]), [True, False]),
        (np.array(["a", "é"]), ["a", "é"]),
        (np.array([1, "a", None], dtype=object), [1, "a", None]),
        (np.str_("a"), "a"),
        (UserDict({"a": np.arange(2)}), {"a": [0, 1]}),
    ],
    ids=repr,
)
def test_numpy_becomes_plain(value: Any, wanted: Any) -> None:
    assert json.loads(encode(Event("told", {"v": value}))) == {"v": wanted}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "is nan"),
        (np.float32("inf"), r"is np\.float32\(inf\)"),
        (np.array([[0.0, np.nan]]), r"body\['v'\]\[0\]\[1\] of a 'told' event is np\.float64\(nan\)"),
        (1 + 2j, r"\(1\+2j\)"),
        (np.datetime64("2020-01-01"), "datetime64"),
        (np.array([3], dtype="m8[s]"), "timedelta64"),
        ({1, 2}, r"is \{1, 2\} \(set\)"),
        (b"x", r"is b'x' \(bytes\)"),
        ([{"deep": object}], r"body\['v'\]\[0\]\['deep'\] of a 'told' event is <class 'object'>"),
        ({3: "x"}, r"body\['v'\] of a 'told' event has the key 3; keys must be text.*give '3'"),
    ],
)
def test_refused(value: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        encode(Event("told", {"v": value}))


def test_a_body_that_contains_itself() -> None:
    body: dict[str, Any] = {}
    body["me"] = body
    with pytest.raises(BadInput, match="contains itself"):
        encode(Event("told", body))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Event("", {}), "kind of an event must be a non-empty text, not ''"),
        (Event("told", {}, key=""), "key of an event must be a non-empty text"),
        (Event("told", {}, key=3), "not 3"),  # type: ignore[arg-type]
        (Event("told", {}, key="\ud800"), "key of an event"),
        (Event("told", {}, at=float("nan")), "finite seconds, not nan"),
        (Event("told", {}, at="now"), "not 'now'"),  # type: ignore[arg-type]
        (Event("told", [1]), r"must be a mapping, not \[1\]"),  # type: ignore[arg-type]
    ],
)
def test_bad_envelope(event: Event, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        encode(event)


def test_text_without_a_utf8_form_survives() -> None:
    text = encode(Event("told", {"file": "caf\udce9.png"}))
    assert text == '{"file":"caf\\udce9.png"}'
    assert json.loads(text) == {"file": "caf\udce9.png"}


def test_the_checksum_covers_every_column() -> None:
    row = (3, "k", "told", 0.5, "{}", checksum(3, "k", "told", 0.5, "{}"))
    assert decode(row, "x").seq == 3
    changes: list[tuple[int, Any]] = [(0, 4), (1, "j"), (2, "sold"), (3, 0.25), (4, "[]"), (5, row[5] ^ 1)]
    for column, value in changes:
        bad: Any = tuple(value if i == column else old for i, old in enumerate(row))
        with pytest.raises(StoreError, match=f"event {bad[0]} of x is damaged.*before it are intact.*restore"):
            decode(bad, "x")
