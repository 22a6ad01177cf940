"""What every store must do, as checks that a store's author runs on it.

Each check takes ``make_store(name)``: it opens the log called `name`, empty the first time; the same name
after a `close` opens the same log. Run them all with `check_store`, or one by one in pytest::

    @pytest.mark.parametrize("check", STORE_CHECKS)
    def test_contract(check, tmp_path):
        check(lambda name: MyStore(tmp_path / name))
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.event import Event
from askwise.core.protocols import Grouping, Store

MakeStore = Callable[[str], Store]


def check_store(make_store: MakeStore, *, durable: bool = True) -> None:
    """Run every check; `durable` False leaves out those that open a log again (for stores in memory).

    Raises AssertionError saying which promise is broken, with what was got and what was wanted.
    """
    for check in STORE_CHECKS:
        if durable or check not in DURABLE_CHECKS:
            check(make_store)


def check_protocol(make_store: MakeStore) -> None:
    """The object is a Store, its log starts empty, and appending nothing is allowed."""
    store = make_store("protocol")
    _same(isinstance(store, Store), True, "isinstance(store, Store)")
    _same(list(store.read()), [], "events of a new log")
    _same(store.append(), 0, "append() of nothing to an empty log")
    store.close()


def check_order(make_store: MakeStore) -> None:
    """Events come back in the order of appending, equal to what went in, with rising sequence numbers."""
    store = make_store("order")
    events = [_event(i) for i in range(7)]
    last = store.append(*events[:3])
    for event in events[3:]:
        grown = store.append(event)
        _same(grown > last, True, "append returns a larger number when the log grows")
        last = grown
    got = list(store.read())
    _same([_content(e) for e in got], [_content(e) for e in events], "events read")
    _same(got[-1].seq, last, "sequence number of the last event")
    _same(all(a.seq < b.seq for a, b in itertools.pairwise(got)), True, "sequence numbers rise")
    store.close()


def check_idempotent(make_store: MakeStore) -> None:
    """A key that is there already, or twice in a batch, is written once, and the first one stays."""
    store = make_store("idempotent")
    first = Event("told", {"label": "cat"}, key="a", at=1.0)
    again = Event("told", {"label": "dog"}, key="a", at=2.0)
    fresh = Event("told", {"label": "cow"}, key="b", at=3.0)
    last = store.append(first, again)
    _same(store.append(again), last, "append of a known key")
    _same(store.append(again, fresh, fresh) > last, True, "the log grows by the new key")
    _same([_content(e) for e in store.read()], [_content(first), _content(fresh)], "events read")
    store.close()


def check_read_after(make_store: MakeStore) -> None:
    """`read(after)` gives what lies above; readers do not disturb each other, nor follow appends for ever."""
    store = make_store("after")
    store.append(*(_event(i) for i in range(10)))
    seqs = [e.seq for e in store.read()]
    for i, seq in enumerate(seqs):
        _same([e.seq for e in store.read(seq)], seqs[i + 1 :], f"read(after={seq})")
    one, two = store.read(), store.read(seqs[4])
    _same([next(one).seq, next(two).seq, next(one).seq], [seqs[0], seqs[5], seqs[1]], "two readers in turn")
    seen = 0
    for event in store.read():
        store.append(Event("echo", {}, key=f"echo of {event.key}"))
        seen += 1
    _same(seen, 10, "events seen by a reader that appends as it reads")
    _same(len(list(store.read())), 20, "events after that")
    store.close()


def check_atomic(make_store: MakeStore) -> None:
    """A batch with one event that cannot be written is BadInput and leaves nothing behind."""
    store = make_store("atomic")
    store.append(_event(0))
    unfit: list[Any] = [
        object(),
        {1, 2},
        float("nan"),
        np.array([np.inf]),
        b"bytes",
        {1: "a key that is no text"},
    ]
    for value in unfit:
        _refused(store, Event("told", {"value": value}), value)
    _same([_content(e) for e in store.read()], [_content(_event(0))], "events after refused batches")
    store.append(_event(1))
    _same(len(list(store.read())), 2, "events after one more append")
    store.close()


def check_bodies(make_store: MakeStore) -> None:
    """Text of any script, nested bodies, exact numbers and NumPy values come back as plain JSON values."""
    store = make_store("bodies")
    plain = {"text": "naïve 日本語 🐈 \u0000 \"'\\ \n", "nested": {"a": [1, {"b": None}], "": True}}
    numbers = {"big": 2**70, "small": 5e-324, "third": 1 / 3, "minus": -0.0}
    arrays = {"i": np.int64(3), "f": np.float32(0.5), "t": np.bool_(True), "m": np.arange(4).reshape(2, 2)}
    bodies: list[dict[str, Any]] = [{}, plain, numbers, arrays]
    for i, body in enumerate(bodies):
        store.append(Event("told", body, key=f"ключ {i}", at=0.1 + i))
    got = [e.body for e in store.read()]
    _same(got[:3], bodies[:3], "bodies read")
    _same(got[3], {"i": 3, "f": 0.5, "t": True, "m": [[0, 1], [2, 3]]}, "NumPy body read")
    _same({type(v) for v in got[3].values()}, {int, float, bool, list}, "types of a NumPy body read")
    _same(next(store.read()).key, "ключ 0", "key read")
    store.close()


def check_large_body(make_store: MakeStore) -> None:
    """A body of 8 million characters comes back whole."""
    store = make_store("large")
    text = "åß∂ƒ 0123" * 900_000
    store.append(Event("told", {"text": text}, key="large"), _event(1))
    got = [e.body for e in store.read()]
    _same(got[0]["text"] == text, True, "a large body comes back equal")
    _same(got[1], _event(1).body, "the event after it")
    store.close()


def check_many(make_store: MakeStore) -> None:
    """Ten thousand events go in and stream out; a reader can stop halfway."""
    store = make_store("many")
    for start in range(0, 10_000, 500):
        last = store.append(*(_event(i) for i in range(start, start + 500)))
    stream = store.read()
    head = [next(stream).key for _ in range(3)]
    _same(head, [_event(i).key for i in range(3)], "the first three of a stream")
    keys = [e.key for e in store.read()]
    _same(keys == [_event(i).key for i in range(10_000)], True, "10,000 events in order")
    _same(store.append(), last, "the log did not grow by reading")
    store.close()


def check_durable(make_store: MakeStore) -> None:
    """What `append` acknowledged is there after closing and opening, keys are remembered, numbers go on."""
    store = make_store("durable")
    last = store.append(*(_event(i) for i in range(5)))
    before = list(store.read())
    store.close()
    store = make_store("durable")
    _same(list(store.read()), before, "events after reopening")
    _same(store.append(_event(2)), last, "append of a key from before")
    _same(store.append(_event(5)) > last, True, "the log goes on after reopening")
    store.close()
    store.close()


def check_apart(make_store: MakeStore) -> None:
    """Two names are two logs."""
    one, two = make_store("one"), make_store("two")
    one.append(_event(0))
    _same(list(two.read()), [], "events of the other log")
    one.close()
    two.close()


def check_group(make_store: MakeStore) -> None:
    """Appends of a group are read in it, kept together when it ends, and undone together by an error."""
    store = make_store("group")
    if not isinstance(store, Grouping):
        store.close()
        return
    store.append(_event(0))
    with store.group():
        store.append(_event(1), _event(2))
        store.append(_event(1), _event(3))
        _same([e.body["row"] for e in store.read(1)], [1, 2, 3], "rows read inside a group")
    _same([e.body["row"] for e in store.read()], [0, 1, 2, 3], "rows after a group")
    with suppress(ZeroDivisionError), store.group():
        store.append(_event(4))
        raise ZeroDivisionError
    _same([e.body["row"] for e in store.read()], [0, 1, 2, 3], "rows after a group that failed")
    with store.group():
        store.append(_event(5))
        _refused(store, Event("told", {"value": object()}), object())
        store.append(_event(6))
    with store.group():
        pass
    _same([e.body["row"] for e in store.read()], [0, 1, 2, 3, 5, 6], "rows after a group in which one was refused")
    _same(store.append(_event(7)), list(store.read())[-1].seq, "sequence number after groups")
    store.close()


def _event(i: int) -> Event:
    return Event("told", {"row": i, "label": f"class {i % 3}"}, key=f"event {i}", at=1_700_000_000.0 + i / 3)


def _content(event: Event) -> tuple[str, dict[str, Any], str, float]:
    return event.kind, dict(event.body), event.key, event.at


def _refused(store: Store, event: Event, value: Any) -> None:
    try:
        store.append(_event(1), event)
    except BadInput as error:
        _same(repr(event.kind) in str(error), True, f"BadInput for {value!r} names the kind ({error})")
        return
    raise AssertionError(f"a body that holds {value!r} must be refused with BadInput")


def _same(got: Any, wanted: Any, what: str) -> None:
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


STORE_CHECKS: tuple[Callable[[MakeStore], None], ...] = (
    check_protocol,
    check_order,
    check_idempotent,
    check_read_after,
    check_atomic,
    check_bodies,
    check_large_body,
    check_many,
    check_durable,
    check_apart,
    check_group,
)
"""Every check, for `pytest.mark.parametrize`."""

DURABLE_CHECKS = frozenset({check_durable})
"""Those that need a log which outlives its store object."""
