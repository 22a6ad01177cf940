"""`askwise test`: rows written out, answers taken from a table, the page, and what is refused."""

from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from askwise.cli import app
from askwise.session import Answer, Session

WORDS = {"soup": "food", "bread": "food", "salad": "food", "match": "sport", "goal": "sport", "race": "sport"}
ROWS = [(f"r{i}", f"the {word} of day {i}", label) for i in range(30) for word, label in [list(WORDS.items())[i % 6]]]
ROWS += [(f"s{i}", f"some {word} on day {i}", label) for i in range(60) for word, label in [list(WORDS.items())[i % 6]]]
TRUTH = {name: label for name, _, label in ROWS}


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A session file with 30 labels, as `askwise label` leaves it."""
    from askwise.cli.label import Wanted, begin

    monkeypatch.chdir(tmp_path)
    with (tmp_path / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("name", "text"), *((name, text) for name, text, _ in ROWS)])
    wanted = Wanted(tmp_path / "texts.csv", tmp_path / "texts.aw", text="text", ids="name", classes="food,sport")
    with begin(wanted) as session:
        for _ in range(3):
            session.tell([Answer(row=q.row, id=q.id, label=TRUTH[q.id], query=q.number) for q in session.ask(10)])
    return tmp_path / "texts.aw"


def answers(path, names, label=TRUTH.__getitem__):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "label"), *((name, label(name)) for name in names)])
    return path


def test_answers_from_a_table(project, tmp_path):
    done = run("test", project, "--budget", 25, "--answers", answers(tmp_path / "a.csv", TRUTH))
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("accuracy ") and "rows drawn of 90" in done.stdout
    record = Session.open(project)
    assert len(record.test_labels) == 25 and len(record.labels) == 30
    assert not set(record.test_labels) & set(record.labels)
    again = run("test", project, "--budget", 25, "--answers", tmp_path / "a.csv", "--json")
    assert again.exit_code == 0 and json.loads(again.stdout)["accuracy"]["size"] == 90
    assert len(Session.open(project).test_labels) == 25  # the budget is for all runs together
    assert "How good the model is" in run("report", project).stdout


def test_rows_are_written_out_labelled_and_taken_back(project, tmp_path):
    out = run("test", project, "--budget", 12, "--ask", tmp_path / "todo.csv")
    assert out.exit_code == 0 and "12 rows written to" in out.output, out.output
    with (tmp_path / "todo.csv").open(encoding="utf-8") as file:
        todo = list(csv.DictReader(file))
    assert len(todo) == 12 and all(line["label"] == "" for line in todo)
    assert {line["item_text"] if "item_text" in line else line["text"] for line in todo} <= {
        text for _, text, _ in ROWS
    }
    half = run("test", project, "--budget", 12, "--answers", answers(tmp_path / "h.csv", [x["id"] for x in todo[:7]]))
    assert half.exit_code == 0 and "5 test rows without an answer" in half.output, half.output
    rest = run("test", project, "--budget", 12, "--answers", answers(tmp_path / "r.csv", [x["id"] for x in todo[7:]]))
    assert rest.exit_code == 0, rest.output
    assert {answer.id for answer in Session.open(project).answers[30:]} == {line["id"] for line in todo}


def test_what_was_typed_into_a_table_is_not_written_over(project, tmp_path):
    todo = tmp_path / "todo.csv"
    for _ in range(2):  # nothing is in it the second time
        assert run("test", project, "--budget", 6, "--ask", todo).exit_code == 0
    with todo.open(encoding="utf-8") as file:
        names = [line["id"] for line in csv.DictReader(file)]
    answers(todo, names[:2])
    before = todo.read_bytes()
    refused = run("test", project, "--budget", 6, "--ask", todo)
    assert refused.exit_code == 2 and "has 2 answers that would be lost; take them first" in refused.stderr
    assert todo.read_bytes() == before
    assert run("test", project, "--budget", 6, "--answers", todo).exit_code == 0
    assert run("test", project, "--budget", 6, "--ask", todo).exit_code == 0
    with todo.open(encoding="utf-8") as file:
        assert [line["id"] for line in csv.DictReader(file)] == names[2:]


def test_on_the_page_nothing_is_suggested_and_the_page_ends(project, monkeypatch):
    seen = []

    def serve(room, *, port, opened):
        room.start()
        try:
            opened("http://127.0.0.1:1/?token=x")
            while items := (page := room.next(n=6, wait=20)).items:
                for item in items:
                    seen.append(item)
                    room.answer(f"event-{item.query:05d}", item.query, TRUTH[item.id], 1.0)
            seen.append((page.finished, room.status()))
        finally:
            room.close()

    monkeypatch.setattr("askwise.server.serve.serve", serve)
    done = run("test", project, "--budget", 15, "--no-browser")
    assert done.exit_code == 0, done.output
    finished, status = seen.pop()
    assert finished == "15 test rows answered" and (status.answers, status.budget, status.labels) == (15, 15, 15)
    assert len(seen) == 15 and all(item.arm == "test" and item.suggestion is None for item in seen)
    assert "accuracy" in done.stdout


def test_labelling_goes_on_beside_an_unfinished_test(project, tmp_path):
    run("test", project, "--budget", 12, "--ask", tmp_path / "todo.csv")
    from askwise.cli.label import Wanted, begin, remembered

    with begin(remembered(Wanted(tmp_path / "texts.csv", project))) as session:
        assert {query.arm for query in session.ask(6)} <= {"strategy", "control"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.aw"], "there is no session 'nothing.aw'"),
        (["texts.aw", "--answers", "a.csv", "--ask", "b.csv"], "first write the rows"),
        (["texts.aw", "--answers", "none.csv"], "there is no file 'none.csv'"),
        (["texts.aw", "--answers", "texts.csv"], "answers need id (or row) and label"),
        (["texts.aw", "--answers", "twice.csv"], "gives 'r0' the labels 'food' and 'sport'"),
        (["texts.aw", "--answers", "wrong.csv"], "is none of the 2 classes"),
    ],
)
def test_refused(project, tmp_path, words, said):
    (tmp_path / "twice.csv").write_text("id,label\nr0,food\nr0,sport\n", encoding="utf-8")
    answers(tmp_path / "wrong.csv", TRUTH, lambda name: "fod")
    done = run("test", *words)
    assert done.exit_code == 2 and said in done.output, done.output


def test_a_session_made_in_python_names_no_file(tmp_path):
    import numpy as np
    from sklearn.naive_bayes import GaussianNB

    with Session(tmp_path / "s.aw", pool=np.arange(20.0)[:, None], learner=GaussianNB(), classes=[0, 1]) as session:
        session.tell([{"row": 0, "label": 0}])
    done = run("test", tmp_path / "s.aw")
    assert done.exit_code == 2 and "made in Python: use session.test(n)" in done.output
