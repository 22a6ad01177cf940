"""Sessions of every kind of answer from the command line: begun, resumed without saying it again, exported."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet
from typer.testing import CliRunner

from askwise.cli import app
from askwise.cli.kinds import kind_of
from askwise.cli.label import Wanted, begin, remembered
from askwise.core.errors import BadInput
from askwise.session import Session
from askwise.task import KINDS, Candidates, Choice, Number, Pair, Pixel, Ranking, Region, Span, Verify

WORDS = ("soup", "match", "bread", "goal")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"the {word} of day {i},a {WORDS[i % 4]} again,{i}" for i in range(6) for word in WORDS]
    (tmp_path / "rows.csv").write_text("\n".join(["text,other,key", *lines]) + "\n", encoding="utf-8")
    (tmp_path / "images").mkdir()
    for i in range(8):
        image = Image.fromarray(np.full((20, 30, 3), 30 * i, dtype=np.uint8))
        image.save(tmp_path / "images" / f"{i}.png")
    return tmp_path


SPAN = [{"start": 0, "end": 3, "label": "PER"}]
CASES = {
    "choice": (["--text", "text", "--classes", "a,b"], Choice(["a", "b"]), "a"),
    "multilabel": (["--text", "text", "--labels", "a,b"], KINDS["multilabel"](["a", "b"]), ["a", "b"]),
    "number": (["--text", "text", "--low", "0", "--high", "9", "--unit", "kg"], Number(0, 9, "kg"), 3.0),
    "span": (["--text", "text", "--labels", "PER,ORG", "--flat"], Span(["PER", "ORG"], overlap=False), SPAN),
    "region": (
        ["--labels", "car", "--shapes", "box"],
        Region(["car"], ["box"]),
        [{"label": "car", "box": [0, 0, 5, 5]}],
    ),
    "pixel": (["--labels", "sky,sea", "--pixels", "4"], Pixel(["sky", "sea"], 4), [{"x": 1, "y": 2, "label": "sky"}]),
    "pair": (["--text", "text,other", "--question", "Same?"], Pair("Same?"), "same"),
    "ranking": (["--text", "text, other"], Ranking(2), [1, 0]),
    "candidates": (["--text", "text", "--classes", "a,b,c", "--eps", "0.1"], Candidates(["a", "b", "c"], 0.1), "b"),
    "verify": (["--text", "text", "--classes", "a,b,c"], Verify(["a", "b", "c"]), "c"),
}


@pytest.fixture
def served(monkeypatch):
    """Instead of a server: answers two items in the room."""
    labels = {}

    def serve(room, *, port, opened):
        room.start()
        try:
            opened("http://127.0.0.1:1/?token=x")
            for item in room.next(n=2, wait=20).items[:2]:
                room.answer(f"event-{item.query:05d}", item.query, labels["label"], 1.0)
        finally:
            room.close()

    monkeypatch.setattr("askwise.server.serve.serve", serve)
    return labels


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_every_kind_is_here():
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", CASES)
def test_a_session_of_each_kind_is_begun_resumed_and_exported(folder, served, kind):
    flags, task, served["label"] = CASES[kind]
    file = folder / ("images" if task.item == "image" else "rows.csv")
    first = run("label", file, "--task", kind, *flags, "--session", "s.aw", "--no-browser")
    assert first.exit_code == 0, first.output
    record = Session.open("s.aw")
    assert record.task == task
    assert [answer.label for answer in record.answers] == [served["label"]] * 2
    again = run("label", file, "--session", "s.aw", "--no-browser")
    assert again.exit_code == 0, again.output
    assert len(Session.open("s.aw").answers) == 4
    for ending in ("jsonl", "csv", "parquet"):
        out = run("export", "s.aw", f"out.{ending}")
        assert out.exit_code == 0, out.output
        assert "without their items" not in out.output
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["label"] for line in lines] == [served["label"]] * 4
    if "text" in flags or task.item == "pair":
        assert all("the" in line["text"] for line in lines)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        cells = [row["label"] for row in csv.DictReader(file)]
    plain = isinstance(served["label"], str)
    assert [cell if plain else json.loads(cell) for cell in cells] == [served["label"]] * 4
    assert parquet.read_table("out.parquet").num_rows == 4
    lossless = run("export", "s.aw", "ours.jsonl", "--format", "lines")
    assert lossless.exit_code == 0, lossless.output
    from askwise.bridge.formats import read

    back = read(folder / "ours.jsonl", "lines")
    assert back.task == task
    assert [given.label for one in back for given in one.answers] == [served["label"]] * 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--task", "spam", "--text", "text", "--labels", "a"], "no task of the kind 'spam'. Did you mean 'span'?"),
        (["--task", "span", "--text", "text"], "needs its classes"),
        (["--task", "number", "--text", "text", "--labels", "a,b"], "has no setting 'classes'"),
        (["--task", "number", "--text", "text", "--low", "9", "--high", "1"], "the other way round"),
        (["--task", "pair", "--text", "text"], "name two or more"),
        (["--task", "pair"], "compares the columns of a row; name them"),
        (["--task", "pair", "--text", "text,other,key"], "hold 3 things, and this pair is of 2"),
        (["--task", "region", "--labels", "a", "--shapes", "circle", "--text", "text"], "no shape 'circle'"),
        (["--text", "text", "--classes", "a,b", "--low", "3"], "'choice' has no setting 'low'"),
    ],
)
def test_flags_that_do_not_fit_are_refused_and_leave_no_session(folder, served, words, says):
    result = run("label", "rows.csv", *words, "--no-browser")
    assert result.exit_code == 2
    assert says in " ".join(result.output.split())
    assert not (folder / "rows.aw").exists()


def test_another_kind_than_the_files_is_refused(folder):
    wanted = Wanted(folder / "rows.csv", folder / "s.aw", text="text", kind=kind_of("number"))
    begin(wanted).close()
    with pytest.raises(BadInput, match="created with task="):
        begin(remembered(Wanted(folder / "rows.csv", folder / "s.aw", kind=kind_of("number", low=0.0))))
    with begin(remembered(Wanted(folder / "rows.csv", folder / "s.aw"))) as session:
        assert session.task == Number()


def test_a_belief_that_nobody_gave_is_exported_without_a_name(tmp_path):
    session = Session(tmp_path / "n.aw", pool=["a b", "c d"], task="number", overlap=2)
    for name, label in (("ana", 1.0), ("ben", 4.0)):
        session.tell({"row": 0, "label": label, "annotator": name})
    session.close()
    assert run("export", tmp_path / "n.aw", tmp_path / "n.jsonl").exit_code == 0
    (line,) = [json.loads(line) for line in (tmp_path / "n.jsonl").read_text("utf-8").splitlines()]
    assert (line["label"], line["annotator"]) == (2.5, None)


def test_images_in_columns_are_compared(tmp_path):
    import pyarrow as pa

    def png(shade):
        out = io.BytesIO()
        Image.fromarray(np.full((4, 4), shade, dtype=np.uint8)).save(out, "PNG")
        return out.getvalue()

    table = pa.table({"a": [png(i) for i in range(6)], "b": [png(100 + i) for i in range(6)]})
    parquet.write_table(table, tmp_path / "images.parquet")
    wanted = Wanted(tmp_path / "images.parquet", tmp_path / "s.aw", images="a,b", kind=kind_of("pair"))
    with begin(wanted) as session:
        assert [one["kind"] for one in session.pool.show(0)["items"]] == ["image", "image"]
        assert len(session.ask(2)) == 2


def test_a_session_made_in_python_goes_on_as_it_was_made(folder):
    from askwise.pool import open_pool

    pool = open_pool(folder / "rows.csv", text="text").pool
    given = {"classes": ["a", "b"], "strategy": "margin", "seed": 7, "control": 0.3, "overlap": 2, "start": "k_center"}
    Session(folder / "s.aw", pool=pool, **given).close()
    with begin(remembered(Wanted(folder / "rows.csv", folder / "s.aw", text="text"))) as session:
        assert (session.config["seed"], session.config["control"], session.config["overlap"]) == (7, 0.3, 2)
        assert session.config["strategy"]["score"] == {"name": "margin"}
        assert len(session.ask(2)) == 2
