"""The shipped contract suite on the stores of this package, and on stores that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from askwise.core.event import Event
from askwise.core.protocols import Store
from askwise.store import SqliteStore, open_store
from askwise.testing.store import DURABLE_CHECKS, STORE_CHECKS, MakeStore, check_store


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
def test_file(check: Callable[[MakeStore], None], tmp_path: Path) -> None:
    check(lambda name: open_store(tmp_path / name))


def test_memory() -> None:
    check_store(lambda name: SqliteStore(), durable=False)


def test_a_store_in_memory_does_not_pass_as_durable() -> None:
    (check,) = DURABLE_CHECKS
    with pytest.raises(AssertionError, match=r"events after reopening: got \[\]"):
        check(lambda name: SqliteStore(":memory:"))


class Forgetful:
    """Keeps everything in a list and breaks one promise: it does not look at keys."""

    def __init__(self) -> None:
        self._store = SqliteStore()

    def append(self, *events: Event) -> int:
        return self._store.append(*(Event(e.kind, e.body, at=e.at) for e in events))

    def read(self, after: int = 0) -> Iterator[Event]:
        return self._store.read(after)

    def close(self) -> None:
        self._store.close()


def test_a_broken_store_is_found_out() -> None:
    assert isinstance(Forgetful(), Store)
    with pytest.raises(AssertionError, match=r"got .*, wanted"):
        check_store(lambda name: Forgetful(), durable=False)
