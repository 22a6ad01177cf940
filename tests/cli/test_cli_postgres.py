"""Commands on a session in PostgreSQL: opened by its URL, backed up, put back, told of."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from askwise.cli import app
from askwise.cli.common import file_of
from askwise.cli.label import Wanted, begin
from askwise.cli.test import opened_session
from askwise.core.errors import BadInput, StoreError
from askwise.session import Answer, Session
from askwise.store import open_store
from askwise.store.url import exists

_names = itertools.count()


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def url(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a session with six answers over a table of forty texts."""
    monkeypatch.chdir(tmp_path)
    Path("texts.csv").write_text("text\n" + "".join(f"text number {i}\n" for i in range(40)), encoding="utf-8")
    url = f"{postgres}#job {next(_names)}"
    wanted = Wanted(Path("texts.csv"), file_of(url), text="text", classes="x,y", strategy="random", store=url)
    with begin(wanted) as session:
        label(session, 6)
    return url


def label(session: Any, n: int) -> list[int]:
    queries = session.ask(n)
    session.tell(Answer(q.row, "x" if q.row % 2 else "y", query=q.number) for q in queries)
    return [q.row for q in queries]


def test_a_session_is_opened_by_its_url_as_it_was_begun(url: str) -> None:
    with opened_session(url, None) as session:
        assert len(session.answers) == 6 and session.pool.show(3)["text"] == "text number 3"
        assert len(label(session, 2)) == 2
    with pytest.raises(StoreError, match=r"there is no session .*#no job"):
        opened_session(url.replace("#job", "#no job"), None)


def test_into_a_file_and_back_and_to_a_moment(url: str) -> None:
    events = list(Session.open(url).events())
    done = run("backup", url, "safe.aw")
    assert done.exit_code == 0 and f"{len(events)} events written to safe.aw" in done.stdout, done.output
    with opened_session(url, None) as session:
        spoilt = label(session, 4)
    back = run("restore", url, "--from", "safe.aw")
    assert back.exit_code == 0, back.output
    assert list(Session.open(url).events()) == events
    aside = f"{url}.replaced"
    assert aside.partition("#")[2] in back.stderr and len(Session.open(aside).answers) == 10
    with opened_session(url, None) as session:
        assert label(session, 4) == spoilt  # asked anew, the same
    mark = events[-3].seq
    assert run("restore", url, "--at", mark, "--dry-run").stdout.startswith(f"{mark} events up to")
    assert run("restore", url, "--at", mark).exit_code == 0
    assert list(Session.open(url).events()) == events[:mark] and exists(f"{url}.replaced1")
    assert run("restore", "copy.aw", "--from", aside).exit_code == 0
    assert len(Session.open("copy.aw").answers) == 10


def test_a_log_that_somebody_writes_is_not_put_back(url: str) -> None:
    before = list(Session.open(url).events())
    assert run("backup", url, "safe.aw").exit_code == 0
    with open_store(url):
        refused = run("restore", url, "--from", "safe.aw")
    assert refused.exit_code == 2 and "is open for writing elsewhere" in refused.stderr
    assert list(Session.open(url).events()) == before and not exists(f"{url}.replaced")


def test_a_new_name_takes_a_backup(url: str, postgres: str) -> None:
    assert run("backup", url, "safe.aw").exit_code == 0
    target = f"{postgres}#copy {next(_names)}"
    done = run("restore", target, "--from", "safe.aw")
    assert done.exit_code == 0 and "what was there before" not in done.stderr
    with opened_session(target, None) as session:
        assert len(session.answers) == 6


def test_webhooks_lie_in_a_file_named_after_the_log(url: str) -> None:
    added = run("webhooks", url, "add", "https://example.org/", "--allow-private")
    if added.exit_code != 0:  # no names are known here: what an address is, is not what this is about
        added = run("webhooks", url, "add", "https://127.0.0.1/", "--allow-private")
    assert added.exit_code == 0, added.output
    assert file_of(url).with_name(f"{file_of(url).name}.webhooks.db").exists()
    assert "0 done, 0 waiting, 0 dead" in run("webhooks", url).stdout
    assert run("people", url, "add", "ana").exit_code == 0
    assert Path(f"{file_of(url)}.people.json").exists() and "ana" in run("people", url).stdout
    missing = run("webhooks", url.replace("#job", "#no job"))
    assert missing.exit_code == 2 and "there is no session" in missing.stderr


def test_a_password_is_in_no_message(postgres: str) -> None:
    secret = postgres.replace("askwise@", "askwise:very-secret@") + "#not there"
    for words in (
        ("test", secret, "--ask", "x.csv"),
        ("webhooks", secret),
        ("annotate", secret, "--llm", "http://x", "--model", "m"),
    ):
        found = run(*words)
        assert found.exit_code == 2 and "not there" in found.stderr and "very-secret" not in found.output
    with pytest.raises(BadInput, match="does not say which log"):
        file_of(postgres)
