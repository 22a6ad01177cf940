"""The contract on a real PostgreSQL, and what only a server can do: locks, shared logs, lost connections."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.session import Session
from askwise.store import open_store
from askwise.store.url import named, parse
from askwise.testing.store import STORE_CHECKS, MakeStore

_names = itertools.count()


@pytest.fixture
def url(postgres: str) -> str:
    """The URL of a log that nobody has opened yet."""
    return f"{postgres}#log {next(_names)}"


def told(i: int) -> Event:
    return Event("told", {"row": i}, key=f"event {i}", at=float(i))


@pytest.mark.parametrize("check", STORE_CHECKS, ids=lambda check: check.__name__)
def test_contract(check: Callable[[MakeStore], None], url: str) -> None:
    check(lambda name: open_store(f"{url} {name}"))


def test_a_second_writer_is_refused_until_the_first_has_closed(url: str) -> None:
    first = open_store(url)
    with pytest.raises(StoreError, match="is open for writing elsewhere"):
        open_store(url)
    first.append(told(0))
    reader = open_store(url, readonly=True)
    assert [event.body["row"] for event in reader.read()] == [0]
    with pytest.raises(StoreError, match="opened to read"):
        reader.append(told(1))
    reader.close()
    first.close()
    open_store(url).close()


def test_a_reader_needs_a_log_that_is_there(url: str) -> None:
    with pytest.raises(StoreError, match="holds no log yet"):
        open_store(url, readonly=True)


def test_shared_writers_interleave_without_gaps_or_doubles(url: str) -> None:
    from askwise.store.postgres import PostgresStore

    def work(writer: int) -> None:
        with PostgresStore(url, shared=True) as store:
            for i in range(50):
                store.append(Event("told", {"row": i}, key=f"{writer} {i}"), Event("told", {}, key=f"both {i}"))

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with PostgresStore(url) as store:
        events = list(store.read())
    assert [event.seq for event in events] == list(range(1, 251))
    assert len({event.key for event in events}) == 250


def test_a_lost_connection_is_opened_anew_and_a_repeat_writes_nothing_twice(url: str) -> None:
    store = open_store(url)
    store.append(told(0))
    with open_store(f"{url} other") as other:  # type: ignore[attr-defined]
        pid = store._connection.info.backend_pid  # type: ignore[attr-defined]
        other._connection.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(StoreError, match="acknowledged earlier are safe"):
        store.append(told(1))
    store.append(told(0), told(1))
    assert [event.body["row"] for event in store.read()] == [0, 1]
    store.close()


def test_a_killed_writer_leaves_whole_batches_and_no_lock(url: str) -> None:
    script = (
        "import sys\nfrom askwise.core.event import Event\nfrom askwise.store import open_store\n"
        "store = open_store(sys.argv[1])\n"
        "for i in range(100000):\n"
        "    batch = [Event('told', {'i': i}, key=f'{i}.{j}') for j in range(3)]\n"
        "    store.append(*batch)\n    print(i, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        seen = [int(writer.stdout.readline()) for _ in range(40)]
        writer.kill()
        seen += [int(line) for line in writer.stdout.read().splitlines() if line]
    with open_store(url) as store:  # type: ignore[attr-defined]
        kept = [event.key for event in store.read()]
    assert len(kept) % 3 == 0 and [key for i in seen for key in (f"{i}.0", f"{i}.1", f"{i}.2")] == kept[: 3 * len(seen)]


def test_damage_is_found(url: str) -> None:
    with open_store(url) as store:  # type: ignore[attr-defined]
        store.append(*(told(i) for i in range(5)))
        store._connection.execute("UPDATE askwise_event SET body = '{\"row\":9}' WHERE key = 'event 2' AND log = %s",
                                  [store._log])  # fmt: skip
        with pytest.raises(StoreError, match=r"event 3 of .* is damaged"):
            list(store.read())
        store._connection.execute("DELETE FROM askwise_event WHERE key = 'event 2' AND log = %s", [store._log])
        with pytest.raises(StoreError, match=r"event 3 of .* is lost"):
            list(store.read())


@pytest.mark.parametrize("key", ["a" * 1001, "nul \0 in it"])
def test_keys_that_the_database_cannot_hold_are_refused(url: str, key: str) -> None:
    with open_store(url) as store:  # type: ignore[attr-defined]
        with pytest.raises(BadInput, match="PostgreSQL cannot keep"):
            store.append(told(0), Event("told", {}, key=key))
        assert list(store.read()) == []


def test_passwords_stay_out_of_messages_and_addresses_are_checked(tmp_path: Path) -> None:
    bad = f"postgresql://ana:geheim@/labels?host={tmp_path}&password=geheim2#x"
    with pytest.raises(StoreError) as refused:
        open_store(bad)
    assert "geheim" not in str(refused.value) and "ana" in str(refused.value)
    assert "geheim" not in repr(parse(bad)) and "geheim" not in str(parse(bad))
    with pytest.raises(BadInput, match="does not say which log"):
        open_store("postgresql://ana:geheim@localhost/labels")
    with pytest.raises(BadInput, match="a store at mysql:// is unknown"):
        open_store("mysql://localhost/labels#x")
    assert named("postgresql://h/d#mine", "other") == "postgresql://h/d#mine"


def test_a_session_lives_in_the_database_and_resumes_there(url: str) -> None:
    given = {"pool": [[float(i)] for i in range(30)], "classes": [0, 1], "strategy": "margin", "guard": False}
    with Session(url, **given) as session, Session(None, **given) as twin:
        for one in (session, twin):
            for query in one.ask(6):
                one.tell({"row": query.row, "label": int(query.row > 12), "query": query.number})
        expected = [query.row for query in twin.ask(6)]
    with Session(url, **given) as again:
        assert [query.row for query in again.ask(6)] == expected and len(again.labels) == 6
        assert Session.open(url).labels == again.labels
    with pytest.raises(BadInput, match="created with seed=0"):
        Session(url, seed=3, **given)
