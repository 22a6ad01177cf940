"""`askwise export`: what is written, in which format, and that it is written wholly or not at all."""

from __future__ import annotations

import csv
import json

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from askwise.bridge import export as bridge
from askwise.bridge.export import COLUMNS, answer_lines, write
from askwise.cli import app
from askwise.core.errors import BadInput, StoreError
from askwise.session import Answer, Session

TEXTS = ["soup, hot", 'a "match"', "bread\nfresh", "goal ⚽", "=1+1", "race"]


def run(*words):
    return CliRunner().invoke(app, ["export", *map(str, words)])


@pytest.fixture
def made(tmp_path):
    """A session over a CSV with a gold column called label, four labels (one revised, one undone), one unsure."""
    file = tmp_path / "rows.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "label", "source"])
        writer.writerows((text, "gold", i) for i, text in enumerate(TEXTS))
    from askwise.pool import open_pool

    note = {"file": str(file), "text": "text", "features": None, "images": None, "ids": None}
    pool = open_pool(file, text="text").pool
    with Session(tmp_path / "rows.aw", pool=pool, classes=["food", "sport"], strategy="random", note=note) as session:
        queries = session.ask(4)
        for query in queries[:3]:
            session.tell(Answer(row=query.row, label="food", query=query.number, seconds=2.0, annotator="ana"))
        session.tell(Answer(row=queries[0].row, label="sport", annotator="ana"))
        session.undo(1)
        session.tell(Answer(row=queries[1].row, label="sport", annotator="ana"))
        session.abstain(queries[3])
        rows = [query.row for query in queries]
    return tmp_path / "rows.aw", rows


def test_current_labels_one_line_a_row(made, tmp_path):
    session, rows = made
    result = run(session, tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["row"] for line in lines] == sorted(rows[:3])
    assert {line["row"]: line["label"] for line in lines} == {rows[0]: "food", rows[1]: "sport", rows[2]: "food"}
    first = next(line for line in lines if line["row"] == rows[0])
    assert tuple(first)[: len(COLUMNS)] == COLUMNS
    assert (first["annotator"], first["seconds"], first["kind"]) == ("ana", 2.0, "label")
    assert first["arm"] in ("strategy", "control") and first["strategy"] == "random"
    assert first["at"].endswith("+00:00")
    assert first["text"] == TEXTS[rows[0]]
    assert first["item_label"] == "gold"
    assert first["source"] == rows[0]


def test_all_answers_with_those_taken_back_and_unsure(made, tmp_path):
    session, _ = made
    assert run(session, tmp_path / "all.jsonl", "--all").exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]
    assert [line["label"] for line in lines] == ["food", "food", "food", "sport", "sport", None]
    assert [line["undone"] for line in lines] == [False, False, False, True, False, False]
    assert lines[-1]["kind"] == "abstain"


def test_csv_and_parquet_say_the_same_as_jsonl(made, tmp_path):
    session, _ = made
    for ending in ("jsonl", "csv", "parquet"):
        assert run(session, tmp_path / f"out.{ending}").exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert parquet.read_table(tmp_path / "out.parquet").to_pylist() == lines
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [line["text"] for line in lines]
    assert [int(row["row"]) for row in rows] == [line["row"] for line in lines]


def test_a_moved_file_is_said_and_left_out_unless_named(made, tmp_path):
    session, _ = made
    (tmp_path / "rows.csv").rename(tmp_path / "moved.csv")
    result = run(session, tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert "The items are left out" in result.output and "--pool" in result.output
    assert "text" not in json.loads((tmp_path / "out.jsonl").read_text("utf-8").splitlines()[0])
    assert run(session, tmp_path / "out.jsonl", "--pool", tmp_path / "moved.csv").exit_code == 0
    assert "text" in json.loads((tmp_path / "out.jsonl").read_text("utf-8").splitlines()[0])


def test_another_file_under_pool_is_refused(made, tmp_path):
    session, _ = made
    other = tmp_path / "other.csv"
    other.write_text("text,label\n" + "x,y\n" * 6, encoding="utf-8")
    result = run(session, tmp_path / "out.jsonl", "--pool", other)
    assert result.exit_code == 2
    assert "not the file that was labelled" in result.output
    assert not (tmp_path / "out.jsonl").exists()


def test_a_changed_recorded_file_is_left_out(made, tmp_path):
    session, _ = made
    text = (tmp_path / "rows.csv").read_text("utf-8")
    (tmp_path / "rows.csv").write_text(text.replace("race", "rice"), encoding="utf-8")
    result = run(session, tmp_path / "out.jsonl")
    assert result.exit_code == 0
    assert "not the file that was labelled" in result.output and "without their items" in result.output


def test_other_endings_and_missing_sessions_are_refused(made, tmp_path):
    session, _ = made
    result = run(session, tmp_path / "out.jsn")
    assert result.exit_code == 2
    assert "'.jsn'" in result.output and "Did you mean '.jsonl'?" in result.output
    assert run(tmp_path / "none.aw", tmp_path / "out.jsonl").exit_code == 2
    with pytest.raises(StoreError, match="cannot be written"):
        write([], tmp_path / "no" / "folder.jsonl")


def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "out.jsonl"
    write([{"row": 1}], target, ["row"])

    def failing(lines, names, file):
        file.write(b"half a line")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(bridge._WRITERS, ".jsonl", failing)
    with pytest.raises(StoreError, match="No space left on device"):
        write([{"row": 2}], target, ["row"])
    assert target.read_text("utf-8") == '{"row": 1}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_without_labels_the_columns_are_there(tmp_path, ending):
    write([], tmp_path / f"out.{ending}")
    if ending == "csv":
        assert (tmp_path / "out.csv").read_text("utf-8").strip() == ",".join(COLUMNS)
    if ending == "parquet":
        assert tuple(parquet.read_table(tmp_path / "out.parquet").column_names) == COLUMNS


def test_labels_of_several_types_become_text_in_parquet(tmp_path):
    write([{"label": 1}, {"label": "one"}, {"label": None}], tmp_path / "out.parquet", ["label"])
    assert parquet.read_table(tmp_path / "out.parquet").column("label").to_pylist() == ["1", "one", None]


def test_labels_of_an_array_come_with_its_cells(tmp_path):
    import numpy as np

    with Session(None, pool=np.arange(12.0).reshape(6, 2), classes=[0, 1], strategy="random") as session:
        session.tell([Answer(row=2, label=1), Answer(row=4, label=0)])
        lines = bridge.with_items(answer_lines(session), session.pool)
    assert [(line["row"], line["label"], line["x0"], line["x1"]) for line in lines] == [
        (2, 1, 4.0, 5.0),
        (4, 0, 8.0, 9.0),
    ]


def test_bad_lines_are_not_half_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write([{"row": 1}, {"row": float("nan")}], tmp_path / "out.jsonl", ["row"])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput):
        write([], tmp_path / "out")
