"""Webhooks: signatures by another's library, messages as a function of the log, deliveries that are never lost."""

from __future__ import annotations

import datetime
import itertools
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.net.conftest import Site, reply
from typer.testing import CliRunner

from askwise.bridge.webhooks import Dispatcher, Outbox, Teller, beside, new_secret, sign
from askwise.bridge.webhooks.dispatch import WAITS, dispatcher_of
from askwise.cli import app
from askwise.cli.label import telling
from askwise.core.errors import BadInput, StoreError
from askwise.net import Fetcher
from askwise.session import Answer, Session
from askwise.store import open_store

library = pytest.importorskip("standardwebhooks")

NOW = 1_790_000_000.0


class Receiver(Site):
    """Takes messages; `statuses` says what the next ones are answered with, 204 once it has run out."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: Iterator[int] = iter(())
        self.headers: dict[str, str] = {}
        self.play = self.take
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        reply(handler, next(self.statuses, 204), **self.headers)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, _, body in self.seen]

    def types(self) -> list[str]:
        return [body["type"] for body in self.bodies()]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, _, headers, _ in self.seen]


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session(
        tmp_path / "s.aw", pool=[f"text {i}" for i in range(30)], classes=["a", "b"], strategy="random", lease=None
    ) as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliver(session: Session, tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Dispatcher]]:
    made: list[Dispatcher] = []

    def open_dispatcher() -> Dispatcher:
        path = tmp_path / "s.aw"
        log = lambda: open_store(path, readonly=True)  # noqa: E731
        made.append(Dispatcher(Outbox(beside(path)), log, "s.aw", Fetcher(seconds=2), clock))
        return made[-1]

    yield open_dispatcher
    for one in made:
        one.close()


def answer(session: Session, n: int = 1, label: str = "a") -> list[int]:
    queries = session.ask(n)
    session.tell(Answer(q.row, label, query=q.number) for q in queries)
    return [q.row for q in queries]


# ---- signatures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["{}", '{"a": "é, 日本, 😀"}', "x" * 10_000])
def test_signatures_are_those_of_the_reference_library(body: str) -> None:
    secret, at = new_secret(), int(datetime.datetime.now(datetime.UTC).timestamp())
    headers = sign(secret, "msg_1", at, body.encode())
    hook = library.Webhook(secret)
    when = datetime.datetime.fromtimestamp(at, datetime.UTC)
    assert headers["webhook-signature"] == hook.sign("msg_1", when, body)
    hook.verify(body, headers, json_parse=False)
    with pytest.raises(library.webhooks.WebhookVerificationError):
        hook.verify(body + " ", headers, json_parse=False)
    with pytest.raises(library.webhooks.WebhookVerificationError):
        hook.verify(body, {**headers, "webhook-id": "msg_2"}, json_parse=False)


@pytest.mark.parametrize(
    ("secret", "said"), [("whsec_!!", "is not base64"), ("whsec_YWJj", "is short"), ("", "is short")]
)
def test_secrets_that_are_none(secret: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        sign(secret, "msg_1", 0, b"")


# ---- messages ------------------------------------------------------------------------------------------------


def test_messages_follow_the_log(session: Session) -> None:
    (row,) = answer(session)
    session.refit()
    session.undo()
    answer(session, label="b")
    said = list(Teller("s.aw").follow(session.events()))
    assert [one.type for one in said] == [
        "answer.created",
        "item.resolved",
        "round.trained",
        "answer.withdrawn",
        "answer.created",
        "item.resolved",
    ]
    first = said[1].body()
    assert first["data"] == {"project": "s.aw", "row": row, "id": session.answers[0].id, "label": "a", "answers": 1}
    assert datetime.datetime.fromisoformat(first["timestamp"]).tzinfo is not None
    assert said[5].data["label"] == "b" and said[3].data["answer"] == said[0].data["answer"]


def test_the_same_log_gives_the_same_ids(session: Session, tmp_path: Path) -> None:
    answer(session, 5)
    one, two = (list(Teller("s.aw").follow(session.events())) for _ in range(2))
    assert one == two and len({message.id for message in one}) == len(one)
    other = Session(tmp_path / "o.aw", pool=["x", "y"], classes=["a", "b"], lease=None)
    answer(other)
    assert not {m.id for m in Teller("s.aw").follow(other.events())} & {m.id for m in one}
    other.close()


def test_an_item_is_resolved_when_nobody_is_owed(tmp_path: Path) -> None:
    with Session(tmp_path / "two.aw", pool=["x", "y", "z"], classes=["a", "b"], overlap=2, lease=None) as both:
        teller = Teller("two.aw")
        (query,) = both.ask(1, "ana")
        both.tell(Answer(query.row, "a", annotator="ana", query=query.number))
        assert [one.type for one in teller.follow(both.events())] == ["answer.created"]
        both.tell(Answer(query.row, "a", annotator="ben", query=query.number))
        later = list(teller.follow(both.events(after=teller.state.seq)))
        assert [one.type for one in later] == ["answer.created", "item.resolved"] and later[1].data["answers"] == 2


def test_a_session_that_stops(tmp_path: Path) -> None:
    with Session(tmp_path / "end.aw", pool=["x", "y"], classes=["a", "b"], lease=None) as short:
        answer(short, 2)
        assert short.ask(1) == []
        assert list(Teller("end.aw").follow(short.events()))[-1].body()["data"]["reason"] == "every row has been asked"


# ---- deliveries ----------------------------------------------------------------------------------------------


def test_messages_arrive_signed_and_once(session: Session, deliver: Any, receiver: Receiver, clock: Clock) -> None:
    dispatcher = deliver()
    endpoint = dispatcher.outbox.add(receiver.url, private=True)
    answer(session, 3)
    assert dispatcher.step() == 6 and dispatcher.step() == 0
    assert receiver.types() == ["answer.created", "item.resolved"] * 3
    assert [body["data"].get("answer") for body in receiver.bodies()][::2] == sorted(session.state.answers)
    _, path, headers, body = receiver.seen[0]
    assert path == "/hook" and headers["content-type"] == "application/json"
    assert headers["webhook-timestamp"] == str(int(NOW))
    expected = sign(endpoint.secret, headers["webhook-id"], int(NOW), body)
    assert headers["webhook-signature"] == expected["webhook-signature"]
    assert dispatcher.outbox.counts(endpoint.id) == {"waiting": 0, "done": 6, "dead": 0}


def test_only_what_was_asked_for_and_only_from_then_on(session: Session, deliver: Any, receiver: Receiver) -> None:
    answer(session, 2)
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["item.resolved"], cursor=session.state.seq, private=True)
    dispatcher.step()
    assert receiver.seen == []
    answer(session, 2)
    dispatcher.step()
    assert receiver.types() == ["item.resolved"] * 2
    dispatcher.outbox.add(receiver.url, ["answer.created"], cursor=0, private=True)  # from the start, and later
    dispatcher.step()
    assert receiver.types()[2:] == ["answer.created"] * 4


def test_failures_are_tried_again_with_the_same_id(
    session: Session, deliver: Any, receiver: Receiver, clock: Clock
) -> None:
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session, 2)
    receiver.statuses = iter([500, 429])
    assert dispatcher.step() == 0 and len(receiver.seen) == 1
    assert dispatcher.step() == 0 and len(receiver.seen) == 1  # the endpoint is left alone for a while
    clock.now += 6
    assert dispatcher.step() == 0 and len(receiver.seen) == 2
    clock.now += 70
    assert dispatcher.step() == 2
    first, again, third, second = receiver.ids()
    assert first == again == third != second


def test_retry_after_is_kept_to(session: Session, deliver: Any, receiver: Receiver, clock: Clock) -> None:
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session)
    receiver.statuses, receiver.headers = iter([503]), {"retry-after": "600"}
    dispatcher.step()
    clock.now += 590
    assert dispatcher.step() == 0
    clock.now += 20
    assert dispatcher.step() == 1


def test_what_is_given_up_is_seen_and_can_be_sent_again(
    session: Session, deliver: Any, receiver: Receiver, clock: Clock
) -> None:
    dispatcher = deliver()
    endpoint = dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session)
    receiver.statuses = itertools.repeat(500)
    for _ in range(len(WAITS) + 3):
        dispatcher.step()
        clock.now += 100_000
    assert len(receiver.seen) == len(WAITS) + 1
    (dead,) = dispatcher.outbox.dead()
    assert (dead.tries, dead.said, dead.type) == (len(WAITS) + 1, "500", "answer.created")
    receiver.statuses = iter(())
    assert dispatcher.outbox.retry(dead.id) == 1 and dispatcher.step() == 1
    assert dispatcher.outbox.counts(endpoint.id)["dead"] == 0
    assert set(receiver.ids()) == {dead.id}


def test_one_endpoint_that_is_down_does_not_hold_up_another(session: Session, deliver: Any, receiver: Receiver) -> None:
    dispatcher = deliver()
    dispatcher.outbox.add("http://127.0.0.1:1/", ["answer.created"], private=True)
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session, 3)
    assert dispatcher.step() == 3 and len(receiver.seen) == 3


def test_gone_is_gone_until_somebody_retries(session: Session, deliver: Any, receiver: Receiver, clock: Clock) -> None:
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session, 2)
    receiver.statuses = iter([410])
    dispatcher.step()
    clock.now += 1000
    assert dispatcher.step() == 0 and len(receiver.seen) == 1
    assert "410" in dispatcher.outbox.endpoints()[0].shut
    dispatcher.outbox.retry()
    clock.now += 1000
    assert dispatcher.step() == 2


def test_private_addresses_are_refused_when_sent_as_well(session: Session, deliver: Any, receiver: Receiver) -> None:
    """The name was public when it was added; now it leads inside."""
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["answer.created"])
    answer(session)
    assert dispatcher.step() == 0 and receiver.seen == []
    (dead,) = dispatcher.outbox.dead()
    assert "is a private address" in dead.said


def test_a_redirect_is_a_failure(session: Session, deliver: Any, receiver: Receiver) -> None:
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session)
    receiver.statuses, receiver.headers = iter([302]), {"location": receiver.url}
    assert dispatcher.step() == 0 and len(receiver.seen) == 1


@pytest.mark.parametrize("when", ["before it is sent", "after it is sent"])
def test_a_crash_loses_nothing_and_a_repeat_is_known(
    session: Session, deliver: Any, receiver: Receiver, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = deliver()
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session, 2)

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatcher.outbox, "put" if when == "before it is sent" else "mark", die)
    with pytest.raises(KeyboardInterrupt):
        dispatcher.step()
    assert deliver().step() == 2  # another process, later
    ids = receiver.ids()
    assert len(set(ids)) == 2 and len(ids) == (2 if when == "before it is sent" else 3)


def test_messages_are_put_in_once(session: Session, deliver: Any) -> None:
    outbox = deliver().outbox
    endpoint = outbox.add("https://example.org/", ["answer.created"])
    answer(session, 3)
    messages = list(Teller("s.aw").follow(session.events()))
    assert outbox.put(endpoint, messages, session.state.seq) == 3
    assert outbox.put(endpoint, messages, session.state.seq) == 0
    assert outbox.endpoints()[0].cursor == session.state.seq


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "x.db")
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600
    for url, said in (("ftp://x", "no web address"), ("https://u:p@x/", "leave that out")):
        with pytest.raises(BadInput, match=said):
            outbox.add(url)
    with pytest.raises(BadInput, match=r"Did you mean 'item.resolved'"):
        outbox.add("https://example.org/", ["item.resolve"])
    with pytest.raises(BadInput, match="there is no endpoint 'nobody'"):
        outbox.remove("nobody")
    outbox.close()
    (tmp_path / "y.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        Outbox(tmp_path / "y.db")


def test_a_room_delivers_while_it_runs(session: Session, tmp_path: Path, receiver: Receiver) -> None:
    with telling(tmp_path / "s.aw"):
        answer(session)  # nobody is told, and nothing is made
    assert not beside(tmp_path / "s.aw").exists()
    outbox = Outbox(beside(tmp_path / "s.aw"))
    outbox.add(receiver.url, ["item.resolved"], cursor=session.state.seq, private=True)
    outbox.close()
    until = time.monotonic() + 20
    with telling(tmp_path / "s.aw"):
        rows = answer(session, 2)
        while len(receiver.seen) < 2 and time.monotonic() < until:
            time.sleep(0.05)
    assert sorted(body["data"]["row"] for body in receiver.bodies()) == sorted(rows)


def test_a_log_that_cannot_be_read_is_tried_again(session: Session, tmp_path: Path, receiver: Receiver) -> None:
    tries = []

    def open_log() -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise StoreError("the database is away for a moment; try again")
        return open_store(tmp_path / "s.aw", readonly=True)

    dispatcher = Dispatcher(Outbox(beside(tmp_path / "s.aw")), open_log, "s.aw", Fetcher(seconds=2))
    dispatcher.outbox.add(receiver.url, ["answer.created"], private=True)
    answer(session)
    with pytest.raises(StoreError):
        dispatcher.step()
    assert dispatcher.step() == 1
    answer(session)
    assert dispatcher.step() == 1 and len(tries) == 2
    dispatcher.close()


def test_the_command(session: Session, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = lambda *words: CliRunner().invoke(app, ["webhooks", "s.aw", *words])  # noqa: E731
    assert dispatcher_of(Path("s.aw")) is None
    refused = run("add", receiver.url)
    assert refused.exit_code == 2 and "--allow-private" in refused.stderr
    made = run("add", receiver.url, "--allow-private", "--events", "answer.created")
    assert made.exit_code == 0 and "whsec_" in made.stdout
    assert "whsec_" not in run("list").stdout
    answer(session, 2)
    dispatcher = dispatcher_of(Path("s.aw"))
    assert dispatcher is not None
    dispatcher.start()
    until = datetime.datetime.now() + datetime.timedelta(seconds=20)
    while len(receiver.seen) < 2 and datetime.datetime.now() < until:
        dispatcher._stopping.wait(0.05)
    dispatcher.close()
    (one,) = json.loads(run("list", "--json").stdout)
    assert one["done"] == 2 and one["types"] == ["answer.created"]
    assert json.loads(run("dead", "--json").stdout) == []
    assert run("remove", one["id"]).exit_code == 0 and run("list").stdout == ""
    assert run("fly").exit_code == 2
