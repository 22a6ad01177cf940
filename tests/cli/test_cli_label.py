"""`askwise label`: made, resumed, refused; the page itself is tested in tests/server."""

from __future__ import annotations

import importlib.util

import pytest
from typer.testing import CliRunner

from askwise.cli import app
from askwise.cli.kinds import parse_classes
from askwise.cli.label import Wanted, begin, default_session, remembered
from askwise.core.errors import BadInput
from askwise.session import Session

ROWS = [f"the {word} of day {i}" for i in range(10) for word in ("soup", "match", "bread", "goal")]


def table(path, rows):
    path.write_text("text,note\n" + "".join(f"{row},n{i}\n" for i, row in enumerate(rows)), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return table(tmp_path / "reviews.csv", ROWS)


@pytest.fixture
def served(monkeypatch):
    """Instead of a server: labels three items in the room, and tells the link as the server would."""
    links = []

    def serve(room, *, port, opened):
        room.start()
        try:
            opened("http://127.0.0.1:1/?token=x")
            links.append((port, room.annotator, room.export_command))
            for item in room.next(n=3, wait=20).items[:3]:
                room.answer(f"event-{item.query:05d}", item.query, room.task.classes[0], 1.0)
        finally:
            room.close()

    monkeypatch.setattr("askwise.server.serve.serve", serve)
    return links


def run(*words):
    return CliRunner().invoke(app, ["label", *map(str, words), "--no-browser"])


def test_a_file_becomes_a_session_and_resumes_without_being_told_again(file, served, tmp_path):
    first = run(file, "--text", "text", "--classes", "food, sport", "--annotator", "ana", "--port", 7)
    assert first.exit_code == 0, first.output
    assert "a new session over 40 rows" in first.output
    assert "http://127.0.0.1:1/?token=x" in first.output
    assert "askwise label" in first.output and "askwise export reviews.aw reviews.labels.jsonl" in first.output
    assert served == [(7, "ana", "askwise export reviews.aw reviews.labels.jsonl")]
    again = run(file)
    assert again.exit_code == 0, again.output
    assert "resumed with 3 answers over 40 rows" in again.output
    answers = Session.open(tmp_path / "reviews.aw").answers
    assert len(answers) == len({answer.row for answer in answers}) == 6
    assert [answer.annotator for answer in answers] == ["ana"] * 3 + ["me"] * 3


def test_rows_added_at_the_end_are_taken_in_and_said(file, served):
    run(file, "--text", "text", "--classes", "food,sport")
    table(file, [*ROWS, "a new one", "another one"])
    again = run(file)
    assert again.exit_code == 0, again.output
    assert "2 rows were added at the end of the file" in again.output


def test_a_changed_file_is_refused_with_what_changed(file, served, tmp_path):
    run(file, "--text", "text", "--classes", "food,sport")
    table(file, [*ROWS[:5], "something else", *ROWS[6:]])
    again = run(file)
    assert again.exit_code == 2
    assert "row 5" in again.output and "start another session file" in again.output
    assert len(Session.open(tmp_path / "reviews.aw").answers) == 3


def test_other_classes_are_refused_and_another_budget_is_taken(file, served, tmp_path):
    run(file, "--text", "text", "--classes", "food,sport", "--budget", 10)
    assert run(file, "--classes", "food,drink").exit_code == 2
    assert run(file, "--budget", 20).exit_code == 0
    assert Session.open(tmp_path / "reviews.aw").config["budget"]["answers"] == 20


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--text", "texts", "--classes", "a,b"], "Did you mean 'text'?"),
        (["--text", "text"], "needs its classes"),
        (["--text", "text", "--classes", "a"], "at least two"),
        (["--text", "text", "--classes", "a,b,a"], "twice"),
        (["--text", "text", "--classes", "@none.txt"], "there is no file 'none.txt'"),
        (["--text", "text", "--classes", "a,b", "--strategy", "margn"], "Did you mean 'margin'?"),
        (["--text", "text", "--classes", "a,b", "--budget", "4000"], "larger than the pool"),
        (["--text", "text", "--classes", "a,b", "--budget", "0"], "allows nothing"),
    ],
)
def test_bad_input_names_the_fix_and_leaves_no_session(file, served, tmp_path, words, says):
    result = run(file, *words)
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
    assert not (tmp_path / "reviews.aw").exists()


def test_a_missing_file_is_said(served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("nothing.csv", "--text", "text", "--classes", "a,b")
    assert result.exit_code == 2
    assert "there is no file 'nothing.csv'" in result.output


def test_without_the_server_extra_the_message_names_it(file, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "fastapi" else find(name))
    result = run(file, "--text", "text", "--classes", "a,b")
    assert result.exit_code == 2
    assert 'pip install "askwise[server]"' in result.output


def test_table_rows_are_labelled_by_their_features(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "table.csv"
    path.write_text("a,b,c\n" + "".join(f"{i},{i % 7},x{i % 3}\n" for i in range(40)), encoding="utf-8")
    wanted = Wanted(path, tmp_path / "table.aw", features="a, c", classes="low,high", strategy="random")
    with begin(wanted) as session:
        assert session.pool.show(0) == {"kind": "row", "cells": {"a": 0, "c": "x0"}}
        assert session.config["note"]["features"] == "a, c"
    assert remembered(Wanted(path, tmp_path / "table.aw")).features == "a, c"


def test_prices_are_stated_with_a_flag_and_remembered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "table.csv"
    path.write_text("a\n" + "".join(f"{i}\n" for i in range(40)), encoding="utf-8")
    prices = ("ana=0.08", "18/hour")
    with begin(Wanted(path, tmp_path / "t.aw", features="a", classes="low,high", prices=prices)) as session:
        session.tell([{"row": 0, "label": "low", "annotator": "ana"}, {"row": 1, "label": "low", "seconds": 10.0}])
    with begin(remembered(Wanted(path, tmp_path / "t.aw"))) as session:
        assert session.config["prices"] == {"ana": {"answer": 0.08}, "*": {"hour": 18.0}}
        assert session.spent["cost"] == pytest.approx(0.08 + 0.05)
    with pytest.raises(BadInput, match="the price 'dear' is none"):
        begin(remembered(Wanted(path, tmp_path / "t.aw", prices=("ana=dear",))))


def test_classes_come_from_commas_or_from_the_lines_of_a_file(tmp_path):
    assert parse_classes("a, b,,c d") == ["a", "b", "c d"]
    (tmp_path / "classes.txt").write_text("one, with comma\ntwo\n\n", encoding="utf-8")
    assert parse_classes(f"@{tmp_path / 'classes.txt'}") == ["one, with comma", "two"]
    with pytest.raises(BadInput, match="--classes positive,negative"):
        parse_classes(None)


def test_commands_to_resume_and_export_can_be_pasted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my file.csv"
    plain = Wanted(file, default_session(file))
    assert plain.resume_command == f"askwise label '{file}'"
    assert plain.export_command == "askwise export 'my file.aw' 'my file.labels.jsonl'"
    assert Wanted(file, tmp_path / "x.aw").resume_command.endswith(f"--session {tmp_path / 'x.aw'}")


def test_a_file_of_classes_may_have_a_byte_order_mark_and_must_be_utf8(tmp_path):
    lines = tmp_path / "classes.txt"
    lines.write_bytes("\ufeffgood, so far\r\nbad\r\n".encode())
    assert parse_classes(f"@{lines}") == ["good, so far", "bad"]
    lines.write_bytes("caf\u00e9\nbar\n".encode("latin-1"))
    with pytest.raises(BadInput, match=r"classes\.txt' is not UTF-8.*save it as UTF-8"):
        parse_classes(f"@{lines}")


def test_an_annotator_has_a_name(file, served):
    result = run(file, "--text", "text", "--classes", "food,sport", "--annotator", " ")
    assert result.exit_code == 2 and "--annotator ' ' has no name" in result.output
    assert not (file.parent / "reviews.aw").exists()
