"""A machine in a session: checked, priced, paid once, held to its budget, leaving rows to people."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from askwise.annotate import Annotator, Endpoint, Ledger, Prices, Question, annotate, examples
from askwise.annotate.check import by_people, checkable
from askwise.annotate.run import show_of
from askwise.cli import app
from askwise.cli.label import Wanted, begin
from askwise.core.errors import BadInput, StoreError
from askwise.crowd import annotators, majority, table
from askwise.net import Unreachable
from askwise.session import Answer, Budget, Proposal, Session
from askwise.task import as_task

from .conftest import TOKENS, Model

CLASSES = ["food", "sport"]
TASK = as_task("choice", CLASSES)
PRICES = Prices(1000.0, 10_000.0)
CALL = 0.2
"""100 tokens of prompt and 10 of reply, at these prices."""


def texts(n: int) -> list[str]:
    """Every other row names its class; the rest name neither."""
    words = itertools.cycle(["some food", "a goal", "the sport", "some soup"])
    return [f"{word}, number {i}" for i, word in zip(range(n), words, strict=False)]


def truth(row: int) -> str:
    return ("food", "sport", "sport", "food")[row % 4]


def given_by(session: Session, who: str) -> list[Answer]:
    return [answer for answer in session.answers if answer.annotator == who]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Sixty labels by a person, of two hundred rows."""
    path = tmp_path / "s.aw"
    with Session(path, pool=texts(200), classes=CLASSES, strategy="random", control=0.2, lease=None) as made:
        for _ in range(3):
            made.tell(Answer(q.row, truth(q.row), annotator="ana", query=q.number) for q in made.ask(20))
        yield made


@pytest.fixture
def machine(model: Model) -> Callable[..., Annotator]:
    def make(ledger: Ledger | None = None, question: Question | None = None, **settings: Any) -> Annotator:
        endpoint = Endpoint(model.url, "small", tries=2, sleep=lambda wait: None)
        return Annotator(endpoint, question or Question(TASK), ledger or Ledger(), **settings)

    return make


def test_answers_are_in_the_session_and_known_as_the_machines(session: Session, machine: Any) -> None:
    before = len(session.answers)
    found = annotate(session, machine(), 30)
    mine = given_by(session, "llm:small")
    assert all(answer.cost is None for answer in mine)  # no price was stated
    assert found.told == len(mine) == len(session.answers) - before and found.told + found.left == 30
    assert {session.queries[a.query].arm for a in mine if a.query is not None} == {"strategy"}
    # It is right about rows that name their class and about half of the others: three of four.
    check = found.check
    assert check is not None and check.calibration.accuracy.n == 60
    assert 0.6 < check.calibration.accuracy.value < 0.9
    drawn = set(session.control_rows.tolist())
    assert check.random is not None and check.random.n == len(drawn & set(checkable(session, 60)))
    assert check.skill is not None and check.skill[1, 1] > check.skill[0, 0]  # "sport" whenever it does not know
    assert json.loads(json.dumps(found.to_dict()))["check"]["rows"] == 60


def test_control_rows_are_left_to_people(session: Session, machine: Any) -> None:
    found = annotate(session, machine(), 20)
    left = [query.number for query in session.open_queries if query.arm == "control"]
    assert len(left) == found.left > 0
    assert {query.number for query in session.ask(len(left), "ana")} == set(left)
    assert not {query.number for query in session.ask(5, "llm:small")} & set(left)
    assert annotate(session, machine(), 10, control=True).told == 10


def test_unsure_rows_are_left_to_people_by_the_calibrated_chance(session: Session, machine: Any) -> None:
    found = annotate(session, machine(), 20, least=0.8, control=True)
    assert found.told > 0 and found.left > 0 and found.check is not None
    assert all(answer.label in texts(200)[answer.row] for answer in given_by(session, "llm:small"))
    sure, hardly = found.check.calibration([0.9, 0.55])
    assert sure > 0.8 > hardly


def test_least_needs_people(tmp_path: Path, machine: Any, model: Model) -> None:
    with Session(tmp_path / "new.aw", pool=texts(20), classes=CLASSES) as fresh:
        with pytest.raises(BadInput, match="needs rows that people labelled"):
            annotate(fresh, machine(), 5, least=0.9)
        assert model.requests == []
        found = annotate(fresh, machine(), 5, control=True)
        assert found.told == 5 and found.check is None


def test_nothing_is_paid_twice(session: Session, machine: Any, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    first = annotate(session, machine(Ledger(path), prices=PRICES), 10, check=20)
    calls = len(model.requests)
    assert calls == 20 + first.told and first.cost == pytest.approx(calls * CALL)
    # The calls of the check are in the ledger alone; each answer brings what its own call cost.
    mine = given_by(session, "llm:small")
    assert [answer.cost for answer in mine] == pytest.approx([CALL] * first.told)
    assert session.paid() == {"llm:small": (pytest.approx(CALL * first.told), 0)}
    second = annotate(session, machine(Ledger(path), prices=PRICES), 0, check=20)
    assert len(model.requests) == calls and second.cost == 0.0 and second.spent == pytest.approx(first.spent)
    assert second.check is not None and second.check.calibration.n == 20
    kept = sqlite3.connect(path).execute("SELECT reply FROM call").fetchall()
    assert len(kept) == calls and json.loads(kept[0][0])["choices"][0]["message"]["content"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_prompt_is_another_call(session: Session, machine: Any, model: Model) -> None:
    ledger, show = Ledger(), show_of(session)
    machine(ledger).read([0, 1], show)
    machine(ledger, Question(TASK, "Soup is food.")).read([0, 1], show)
    machine(ledger, votes=2).read([0], show)
    assert len(model.requests) == 6


def test_a_dry_run_counts_and_calls_nothing(session: Session, machine: Any, model: Model) -> None:
    events = len(list(session.events()))
    found = annotate(session, machine(prices=PRICES), 50, check=40, dry_run=True).preview
    assert model.requests == [] and len(list(session.events())) == events
    assert (found.rows, found.calls, found.kept) == (90, 90, 0) and found.most > found.cost > 0
    ledger = Ledger()
    machine(ledger).read(checkable(session, 40), show_of(session))
    later = annotate(session, machine(ledger, prices=PRICES), 50, check=40, dry_run=True).preview
    assert later.calls < 60 and later.kept > 30
    assert later.written_tokens == later.calls * TOKENS  # as counted by now


@pytest.mark.parametrize("workers", [1, 8])
def test_the_budget_holds_with_many_at_once(session: Session, machine: Any, model: Model, workers: int) -> None:
    model.delay = 0.01
    small = machine(prices=PRICES, budget=20.0, workers=workers)
    small.endpoint.max_tokens = 20
    found = annotate(session, small, 150, check=0)
    assert found.spent == pytest.approx(len(model.requests) * CALL) and found.spent <= 20.0
    assert found.spent > 15.0  # what is left is less than what the calls that were out could have cost
    assert found.stopped == "the budget of 20 is spent" and found.told == len(model.requests)


def test_a_budget_holds_over_runs(session: Session, machine: Any, model: Model) -> None:
    ledger = Ledger()
    annotate(session, machine(ledger, prices=PRICES, budget=10.0), 100, check=0)
    calls = len(model.requests)
    again = annotate(session, machine(ledger, prices=PRICES, budget=10.0), 100, check=0)
    assert again.told == 0 and len(model.requests) == calls and "is spent" in again.stopped
    with pytest.raises(BadInput, match="needs prices to be kept"):
        machine(ledger, budget=10.0)


def test_votes_give_the_confidence_and_cost_each(session: Session, machine: Any, model: Model) -> None:
    model.answer = lambda item, options, seed: (json.dumps({"label": options[seed % 3 == 0]}), 0.9)
    (one,) = machine(votes=5, prices=PRICES).read([0], show_of(session))
    # seeds 0 to 4: sport, food, food, sport, food
    assert (one.label, one.confidence, one.source) == ("food", 0.6, "votes")
    assert one.cost == pytest.approx(5 * CALL)
    assert {request["temperature"] for request in model.requests} == {1.0}


def test_without_probabilities_it_does_not_say_how_sure_it_is(session: Session, machine: Any, model: Model) -> None:
    model.silent = {"logprobs"}
    readings = machine().read([0, 2], show_of(session))
    assert [(one.label, one.confidence, one.source) for one in readings] == [("food", None, ""), ("sport", None, "")]
    found = annotate(session, machine(), 5, check=30)
    assert "does not say how sure it is" in str(found.check)


def test_an_endpoint_that_lacks_all_is_still_understood(session: Session, machine: Any, model: Model) -> None:
    model.refuses = {"logprobs", "json_schema", "json_object"}
    found = annotate(session, machine(), 5, check=10)
    assert found.told + found.left == 5 and found.lacks == ("json_object", "json_schema", "logprobs")


def test_a_reply_that_cannot_be_read_is_asked_for_again(session: Session, machine: Any, model: Model) -> None:
    model.script.extend(["I think", '{"label": "cow"}'])
    (one,) = machine(workers=1).read([0], show_of(session))
    assert one.label == "food" and [request["seed"] for request in model.requests] == [0, 1, 2]
    model.script.extend(["I think"] * 3)
    (two,) = machine(workers=1).read([0], show_of(session))
    assert two.label is None and "is no answer" in two.trouble


def test_rows_that_fail_are_left_to_people_and_said(session: Session, machine: Any, model: Model) -> None:
    model.script.extend([(500, {"error": {"message": "out of memory"}})] * 4)
    found = annotate(session, machine(workers=1), 10, check=0, control=True)
    assert found.left == 2 and found.told == 8
    assert len(found.unread) == 1 and "out of memory" in found.unread[0]


def test_a_wrong_key_ends_the_run(session: Session, machine: Any, model: Model) -> None:
    model.script.extend([(401, {"error": {"message": "bad key"}})] * 20)
    with pytest.raises(BadInput, match="refuses the key"):
        annotate(session, machine(workers=1), 10, check=0)
    assert len(model.requests) <= 2  # the others were called off


@pytest.mark.parametrize("check", [0, 20])
def test_where_nothing_answers_the_run_ends_and_no_row_is_declined(
    session: Session, machine: Any, model: Model, check: int
) -> None:
    model.server.shutdown()
    model.server.server_close()
    answers, open_before = len(session.answers), len(session.open_queries)
    with pytest.raises(Unreachable, match=r"nothing answers at .* at all"):
        annotate(session, machine(), 10, check=check)
    assert len(session.answers) == answers and not [e for e in session.events() if e.kind == "declined"]
    mine = session.open_queries[open_before:]
    assert {q.number for q in session.ask(10, "llm:small")} >= {q.number for q in mine}  # handed back, free for all


def test_an_endpoint_that_dies_in_the_middle_keeps_what_it_said(session: Session, machine: Any, model: Model) -> None:
    ledger, gone = Ledger(), (503, {"error": {"message": "no backend"}})
    model.script.extend(['{"label": "food"}'] * 25 + [gone] * 50)
    with pytest.raises(Unreachable, match="any more: 3 calls in a row got no answer"):
        annotate(session, machine(ledger, workers=1), 60, check=0, control=True)
    assert len(given_by(session, "llm:small")) == 20  # the first batch
    assert not [event for event in session.events() if event.kind == "declined"]
    model.script.clear()
    calls = len(model.requests)
    assert annotate(session, machine(ledger, workers=1), 20, check=0, control=True).told == 20
    assert len(model.requests) == calls + 15  # five of the second batch had been read


def test_workers_call_at_once(session: Session, machine: Any, model: Model) -> None:
    model.delay = 0.1
    readings = machine(workers=4).read(range(8), show_of(session))
    assert model.most_at_once == 4 and [one.row for one in readings] == list(range(8))


def test_cannot_tell_is_an_abstention(session: Session, machine: Any, model: Model) -> None:
    model.answer = lambda item, options, seed: (json.dumps({"label": "(cannot tell)"}), 0.9)
    annotate(session, machine(question=Question(TASK, unsure=True)), 5, check=0, control=True)
    assert [answer.kind for answer in given_by(session, "llm:small")] == ["abstain"] * 5


def test_proposals_are_shown_and_not_counted(session: Session, machine: Any, tmp_path: Path) -> None:
    answers = len(session.answers)
    found = annotate(session, machine(), 25, propose=True)
    assert len(session.answers) == answers and found.proposed == 25 and found.check is not None
    made = session.state.proposed.values()
    assert {one.by for one in made} == {"llm:small"} and {one.label for one in made} == set(CLASSES)
    stated = [round(float(chance), 9) for chance in found.check.calibration([0.9, 0.55])]
    assert {round(one.probability or 0, 9) for one in made} == set(stated)
    session.close()
    assert len(Session.open(tmp_path / "s.aw").state.proposed) == 25


def test_proposals_are_checked(session: Session) -> None:
    for bad, said in (
        (Proposal(0, "cow", "llm:x"), "none of the 2 classes"),
        (Proposal(0, "food", "llm:x", 1.5), "is no chance"),
        (Proposal(999, "food", "llm:x"), "the pool has rows"),
    ):
        with pytest.raises(BadInput, match=said):
            session.propose([bad])
    assert session.state.proposed == {}


def test_only_people_are_the_measure(session: Session) -> None:
    row = session.answers[0].row
    session.tell(Answer(row, "food" if truth(row) == "sport" else "sport", annotator="llm:other"))
    assert by_people(session)[row] == truth(row)
    shown = examples(session, 6)
    assert [by_people(session)[row] for row in shown] == ["food", "sport"] * 3
    drawn = set(session.control_rows.tolist())
    assert not drawn & set(shown) and set(checkable(session, 100)) >= drawn & set(by_people(session))
    assert not set(checkable(session, 100, shown)) & set(shown)


def test_one_of_two_annotators_of_each_row(tmp_path: Path, machine: Any) -> None:
    settings = {"pool": texts(40), "classes": CLASSES, "overlap": 2, "budget": Budget(answers=40), "control": 0.0}
    with Session(tmp_path / "two.aw", **settings) as both:
        annotate(both, machine(), 10)
        both.tell(Answer(q.row, truth(q.row), annotator="ana", query=q.number) for q in both.ask(10, "ana"))
        assert len(both.open_queries) == 0
        said = [(a.row, a.annotator, CLASSES.index(a.label)) for a in both.answers]
        item, who, label = (list(column) for column in zip(*said, strict=True))
        made = table({"item": item, "annotator": who, "label": label}, rows=40, classes=2)
        assert annotators(made, majority(made)).names.tolist() == ["ana", "llm:small"]


def test_a_foreign_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all, but long enough to look like one" * 50)
    with pytest.raises(StoreError, match="cannot be used"):
        Ledger(tmp_path / "x.db")
    other = sqlite3.connect(tmp_path / "y.db")
    other.execute("PRAGMA user_version = 9")
    other.close()
    with pytest.raises(StoreError, match="has format 9"):
        Ledger(tmp_path / "y.db")


def test_the_command(tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("texts.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in texts(80)))
    with begin(Wanted(tmp_path / "texts.jsonl", tmp_path / "t.aw", "text", classes="food,sport")) as made:
        made.tell(Answer(q.row, truth(q.row), query=q.number) for q in made.ask(20))

    def run(*more: str) -> Any:
        base = ["annotate", "t.aw", "--llm", model.url, "--model", "small", "--price-in", "1000"]
        return CliRunner().invoke(app, [*base, *more])

    dry = run("--n", "30", "--dry-run")
    assert dry.exit_code == 0 and "50 rows: 50 calls to pay" in dry.stdout and model.requests == []
    monkeypatch.setenv("ASKWISE_LLM_KEY", "sk-1")
    found = json.loads(run("--n", "10", "--budget", "9", "--shots", "2", "--json").stdout)
    assert found["told"] + found["left"] == 10 and found["check"]["rows"] == 18
    assert model.headers[-1]["authorization"] == "Bearer sk-1" and len(model.requests[-1]["messages"]) == 6
    assert Path("t.aw.llm.db").exists()
    bad = run("--n", "10", "--guidelines", "none.md")
    assert bad.exit_code == 2 and "there is no file 'none.md'" in bad.stderr
    model.script.extend([(500, {"error": {"message": "out of memory"}})] * 100)
    lost = run("--n", "1", "--check", "1", "--workers", "1", "--model", "large")
    assert lost.exit_code == 0 and "it named no class in 1 row that people labelled" in lost.stdout
