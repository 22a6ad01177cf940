"""The restore drill: a session is damaged, lost or spoilt, and comes back as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from askwise.bridge.webhooks import Outbox
from askwise.cli import app
from askwise.core.errors import BadInput, StoreError
from askwise.core.event import Event
from askwise.server.people import People
from askwise.session import Answer, Session
from askwise.store import SqliteStore
from askwise.store.rewind import copy_until, position


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def open_session() -> Session:
    return Session("job.aw", pool=np.arange(80.0).reshape(40, 2), classes=["x", "y"], strategy="random", lease=None)


def label(session: Session, n: int) -> list[int]:
    queries = session.ask(n)
    session.tell(Answer(q.row, "x" if q.row % 2 else "y", query=q.number) for q in queries)
    return [q.row for q in queries]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def copies() -> list[Path]:
    return sorted(Path("job.aw.backups").glob("*.aw"))


def test_the_drill_a_damaged_file_comes_back_and_the_session_goes_on() -> None:
    with open_session() as session:
        label(session, 10)
        assert run("backup", "job.aw").exit_code == 0  # while it is in use
        events = list(session.events())
    (kept,) = copies()
    content = Path("job.aw").read_bytes()
    Path("job.aw").write_bytes(content[: len(content) // 2])
    assert run("doctor", "job.aw").exit_code == 2
    done = run("restore", "job.aw", "--from", kept)
    assert done.exit_code == 0, done.output
    assert Path("job.aw.replaced").read_bytes() == content[: len(content) // 2]
    found = json.loads(run("doctor", "job.aw", "--json").stdout)["session"]
    assert found["account"]["sound"] and found["answers"] == 10
    with open_session() as session:
        assert list(session.events()) == events
        label(session, 5)
    assert len(Session.open("job.aw").answers) == 15


def test_back_to_an_event_and_forward_again() -> None:
    with open_session() as session:
        label(session, 4)
        mark, before = session.state.seq, list(session.events())
        spoilt = label(session, 6)
    dry = run("restore", "job.aw", "--at", mark, "--dry-run")
    assert dry.exit_code == 0 and f"{mark} events" in dry.stdout and "4 answers; " in dry.stdout
    assert len(Session.open("job.aw").answers) == 10
    done = run("restore", "job.aw", "--at", mark)
    assert done.exit_code == 0, done.output
    with open_session() as session:
        assert list(session.events()) == before
        assert label(session, 6) == spoilt  # asked anew, the same
    assert run("restore", "job.aw", "--from", "job.aw.replaced").exit_code == 0
    assert len(Session.open("job.aw").answers) == 10
    assert not list(Path().glob(".job.aw*"))


def test_back_to_a_time() -> None:
    with SqliteStore("t.aw") as store:
        store.append(*(Event("told", {"row": i}, f"k{i}", at=1000.0 + i) for i in range(5)))
        assert [position(store, at) for at in (1000.0, 1002.5, 9e9)] == [1, 3, 5]
        assert position(store, 4) == 4
        for at, said in ((999.0, "begins after that time"), (6, "there is no event 6; the log has the events 1 to 5")):
            with pytest.raises(BadInput, match=said):
                position(store, at)
        assert copy_until(store, "copy.aw", 3) == Path("copy.aw")
        with pytest.raises(StoreError, match="is there already"):
            copy_until(store, "copy.aw", 3)
        with SqliteStore("copy.aw", readonly=True) as copy:
            assert list(copy.read()) == [event for event in store.read() if event.seq <= 3]


def test_a_time_on_the_command_line() -> None:
    with open_session() as session:
        label(session, 3)
    now = datetime.now(UTC)
    assert "3 answers; 0 later" in run("restore", "job.aw", "--at", f"{now.year + 1}-01-01", "--dry-run").stdout
    early = run("restore", "job.aw", "--at", "1999-12-31T00:00Z")
    assert early.exit_code == 2 and "begins after that time" in early.stderr
    bad = run("restore", "job.aw", "--at", "yesterday")
    assert bad.exit_code == 2 and "'yesterday' is no time" in bad.stderr
    assert run("restore", "job.aw").exit_code == 2
    assert run("restore", "job.aw", "--from", "none.aw").exit_code == 2


def test_what_lies_beside_comes_along() -> None:
    with open_session() as session:
        label(session, 2)
    People("job.aw.people.json").add("ana", "annotator")
    outbox = Outbox("job.aw.webhooks.db")
    outbox.add("https://example.org/")
    done = run("backup", "job.aw", "safe.aw")
    assert done.exit_code == 0 and ".people.json, .webhooks.db" in done.stdout
    assert [one.name for one in People("safe.aw.people.json")] == ["ana"]
    assert [one.url for one in Outbox("safe.aw.webhooks.db").endpoints()] == ["https://example.org/"]
    assert Path("safe.aw.people.json").stat().st_mode & 0o777 == 0o600
    outbox.close()


def test_what_lies_beside_comes_back_where_it_is_gone_and_stays_where_it_is() -> None:
    with open_session() as session:
        label(session, 2)
    People("job.aw.people.json").add("ana", "annotator")
    run("backup", "job.aw", "safe.aw")
    People("job.aw.people.json").add("bo", "annotator")
    kept = run("restore", "job.aw", "--from", "safe.aw")
    assert kept.exit_code == 0 and ".people.json" not in kept.stdout
    assert [one.name for one in People("job.aw.people.json")] == ["ana", "bo"]
    fresh = run("restore", "new.aw", "--from", "safe.aw")
    assert fresh.exit_code == 0 and "with .people.json" in fresh.stdout and fresh.stderr == ""
    assert [one.name for one in People("new.aw.people.json")] == ["ana"]
    assert Path("new.aw.people.json").stat().st_mode & 0o777 == 0o600


def test_only_the_newest_are_kept() -> None:
    with open_session() as session:
        label(session, 1)
        for _ in range(4):
            assert run("backup", "job.aw", "--keep", "2").exit_code == 0
            label(session, 1)
    assert len(copies()) == 2
    assert [len(Session.open(path).answers) for path in copies()] == [3, 4]


def test_nothing_is_restored_over_a_session_in_use() -> None:
    with open_session() as session:
        label(session, 3)
        run("backup", "job.aw", "safe.aw")
        refused = run("restore", "job.aw", "--from", "safe.aw")
        assert refused.exit_code == 2 and "open for writing" in refused.stderr
        label(session, 1)
    assert not list(Path().glob(".job.aw*"))
