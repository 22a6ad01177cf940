"""One event as one row of the log: canonical JSON, its checksum, and back again."""

from __future__ import annotations

import json
import math
import operator
import zlib
from collections.abc import Mapping
from typing import Any, SupportsIndex

import numpy as np

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event

Row = tuple[int, str, str, float, str, int]
"""(seq, key, kind, at, body, crc): one row of the event table."""

_AS_THEY_ARE = frozenset({int, str, bool, type(None)})
"""Types whose values are JSON as they stand: long lists of them need no look at each."""

_PLAIN_ARRAYS = "biuU"
"""Dtype kinds whose `tolist` is JSON as it stands; floats are looked at one by one for NaN and infinity."""


def encode(event: Event) -> str:
    """Canonical JSON of an event's body: keys sorted, no spaces, NumPy as plain numbers and lists.

    Tuples become lists. Raises BadInput, naming the kind, the place and the value, for what JSON cannot hold:
    other objects, keys that are not text, NaN, infinity, and bodies that contain themselves.

    >>> encode(Event("told", {"row": np.int64(3), "labels": np.array([1.0, 0.5])}))
    '{"labels":[1.0,0.5],"row":3}'
    """
    _check_envelope(event)
    try:
        body = _plain(event.body, event.kind, "body")
    except RecursionError as fault:
        raise BadInput(
            f"the body of a {event.kind!r} event contains itself, or is nested too deep; flatten it"
        ) from fault
    text = _dumps(body, ascii_only=False)
    # A lone surrogate (a file name that is not UTF-8) has no UTF-8 form, but has a JSON escape.
    return text if _is_utf8(text) else _dumps(body, ascii_only=True)


def checksum(seq: int, key: str, kind: str, at: float, body: str) -> int:
    r"""CRC-32 of ``seq\nkey\nkind\nat\nbody`` in UTF-8, the time as Python's shortest exact decimal.

    >>> checksum(1, "a", "told", 0.5, "{}")
    1072497661
    """
    return zlib.crc32(f"{seq}\n{key}\n{kind}\n{at!r}\n{body}".encode())


def decode(row: Row, place: str) -> Event:
    """The event that a row holds. Raises StoreError naming its number when the checksum disagrees."""
    seq, key, kind, at, body, crc = row
    if checksum(seq, key, kind, at, body) != crc:
        raise StoreError(
            f"event {seq} of {place} is damaged: its checksum does not match. The events before it are "
            "intact and can be read. Restore the newest backup (askwise.store.backup, "
            "askwise.store.restore)."
        )
    return Event(kind=kind, body=json.loads(body), key=key, at=at, seq=seq)


def position(after: SupportsIndex) -> int:
    """A place in a log: 0 or a sequence number. Raises BadInput."""
    try:
        start = operator.index(after)
    except TypeError as fault:
        raise BadInput(f"after must be a sequence number such as 0, not {after!r}") from fault
    if start < 0:
        raise BadInput(f"after must be 0 or a sequence number, not {start}")
    return start


def _check_envelope(event: Event) -> None:
    for name in ("kind", "key"):
        value = getattr(event, name)
        if not isinstance(value, str) or not value or not _is_utf8(value):
            raise BadInput(f"the {name} of an event must be a non-empty text, not {value!r}")
    if isinstance(event.at, bool) or not isinstance(event.at, (int, float)) or not math.isfinite(event.at):
        raise BadInput(f"the time of a {event.kind!r} event must be finite seconds, not {event.at!r}")
    if not isinstance(event.body, Mapping):
        raise BadInput(f"the body of a {event.kind!r} event must be a mapping, not {event.body!r}; give a dict")


def _dumps(body: Any, *, ascii_only: bool) -> str:
    return json.dumps(
        body,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=ascii_only,
        allow_nan=False,
        check_circular=False,
    )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any, kind: str, where: str) -> Any:
    """The value as dict, list, str, int, float, bool and None, or BadInput that says where it is not."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float, np.generic)):
        return _plain_number(value, kind, where)
    if isinstance(value, Mapping):
        return {_plain_key(name, kind, where): _plain(item, kind, f"{where}[{name!r}]") for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in _PLAIN_ARRAYS else _plain_array(value, kind, where)
    if isinstance(value, (list, tuple)):
        if _AS_THEY_ARE.issuperset(map(type, value)):
            return list(value)
        return [_plain(item, kind, f"{where}[{i}]") for i, item in enumerate(value)]
    raise _not_json(value, kind, where)


def _plain_array(value: np.ndarray[Any, Any], kind: str, where: str) -> Any:
    if value.dtype.kind == "f" and np.isfinite(value).all():
        return value.astype(np.float64).tolist()
    if value.ndim == 0:
        return _plain(value.item() if value.dtype.kind == "O" else value[()], kind, where)
    return [_plain(item, kind, f"{where}[{i}]") for i, item in enumerate(value)]


def _plain_number(value: Any, kind: str, where: str) -> Any:
    if isinstance(value, np.timedelta64):  # NumPy counts it among the integers
        raise _not_json(value, kind, where)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)) and math.isfinite(value):
        return float(value)
    raise _not_json(value, kind, where)


def _plain_key(name: Any, kind: str, where: str) -> str:
    if not isinstance(name, str):
        raise BadInput(
            f"{where} of a {kind!r} event has the key {name!r}; keys must be text, as JSON has no others: "
            f"give {str(name)!r}"
        )
    return name


def _not_json(value: Any, kind: str, where: str) -> BadInput:
    return BadInput(
        f"{where} of a {kind!r} event is {value!r} ({type(value).__name__}), which JSON cannot hold; "
        "give finite numbers, text, booleans, None, lists, dicts or NumPy arrays of these"
    )
