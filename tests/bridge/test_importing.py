"""`askwise import` and `askwise export --format`: sessions from other tools' files and back."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from askwise.bridge.formats import Losses, find, read
from askwise.bridge.formats.survival import examples_of
from askwise.bridge.importing import import_file
from askwise.cli import app
from askwise.cli.label import Wanted, begin, remembered
from askwise.core.errors import BadInput
from askwise.session import Session


@pytest.fixture
def labelled(tmp_path):
    task, examples = examples_of("choice")
    find("label_studio").module.write(examples, task, tmp_path / "in.json", Losses())
    return tmp_path / "in.json"


def test_a_file_becomes_a_session_once(labelled, tmp_path):
    found = import_file(labelled, tmp_path / "s.aw", format="label_studio")
    assert (found.items, found.answers, found.new) == (3, 5, 5)
    again = import_file(labelled, tmp_path / "s.aw", format="label_studio")
    assert (again.answers, again.new) == (5, 0)
    record = Session.open(tmp_path / "s.aw")
    assert {answer.annotator for answer in record.answers} == {"ana", "ben", "cleo"}
    assert record.labels == {0: "pos", 1: "neg", 2: "pos"}
    assert [answer.kind for answer in record.answers].count("abstain") == 1
    assert record.answers[0].seconds == 2.5


def test_new_answers_are_added_to_a_session(labelled, tmp_path):
    import_file(labelled, tmp_path / "s.aw", format="label_studio")
    tasks = json.loads(labelled.read_text())
    tasks[2]["annotations"].append({"completed_by": "dan", "result": tasks[1]["annotations"][0]["result"]})
    labelled.write_text(json.dumps(tasks))
    assert import_file(labelled, tmp_path / "s.aw", format="label_studio").new == 1


def test_nothing_is_written_when_an_answer_does_not_fit(tmp_path):
    task, examples = deepcopy(examples_of("span"))
    examples[1].answers[0].label.append({"start": 0, "end": 999, "label": "person"})
    find("label_studio").module.write(examples, task, tmp_path / "in.json", Losses())
    with pytest.raises(
        BadInput, match=r"nothing was imported.*item 2 .'item-1'., annotator 'ana': .* ends beyond the text"
    ):
        import_file(tmp_path / "in.json", tmp_path / "s.aw", format="label_studio")
    assert not (tmp_path / "s.aw").exists()
    found = import_file(tmp_path / "in.json", tmp_path / "s.aw", format="label_studio", dry_run=True)
    assert len(found.problems) == 1


def test_regions_come_with_their_images(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    task, examples = examples_of("region")
    find("coco").module.write(examples, task, tmp_path / "in.json", Losses())
    with pytest.raises(BadInput, match="give --images FOLDER"):
        import_file(tmp_path / "in.json", tmp_path / "s.aw", format="coco")
    for i in range(3):
        Image.new("RGB", (200, 100), (i, 0, 0)).save(tmp_path / f"{i}.png")
    found = import_file(tmp_path / "in.json", tmp_path / "s.aw", format="coco", images=tmp_path)
    assert found.new == 3
    assert len(Session.open(tmp_path / "s.aw").labels) == 3


def test_a_path_out_of_the_folder_of_images_is_no_file(tmp_path):
    task, examples = examples_of("region")
    find("coco").module.write(examples, task, tmp_path / "in.json", Losses())
    content = json.loads((tmp_path / "in.json").read_text())
    content["images"][0]["file_name"] = "../secret.png"
    (tmp_path / "in.json").write_text(json.dumps(content))
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "images").mkdir()
    with pytest.raises(BadInput, match=r"there is no file '../secret.png'"):
        import_file(tmp_path / "in.json", tmp_path / "s.aw", format="coco", images=tmp_path / "images")


def test_the_command_line_there_and_back(labelled, tmp_path):
    run = CliRunner()
    dry = run.invoke(app, ["import", str(labelled), str(tmp_path / "s.aw"), "--format", "label_studio", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "3 items, 5 answers of 3 annotators; task: choice" in dry.output
    assert not (tmp_path / "s.aw").exists()
    done = run.invoke(app, ["import", str(labelled), str(tmp_path / "s.aw"), "--format", "label_studio", "--json"])
    assert json.loads(done.output)["new"] == 5
    out = run.invoke(app, ["export", str(tmp_path / "s.aw"), str(tmp_path / "out.jsonl"), "--format", "prodigy"])
    assert out.exit_code == 0, out.output
    assert "not kept by this format: 5 x the seconds of an answer" in out.output
    found = list(read(tmp_path / "out.jsonl", "prodigy"))
    assert [[given.label for given in one.answers] for one in found] == [["pos"], ["neg", "pos", None], ["pos"]]
    wrong = run.invoke(app, ["export", str(tmp_path / "s.aw"), str(tmp_path / "x.json"), "--format", "coco"])
    assert wrong.exit_code == 2
    assert "coco holds no answers of the kind 'choice'" in wrong.output


def test_an_imported_session_of_spans_goes_on_in_the_room(tmp_path):
    task, examples = examples_of("span")
    find("label_studio").module.write(examples, task, tmp_path / "in.json", Losses())
    found = import_file(tmp_path / "in.json", tmp_path / "s.aw", format="label_studio")
    with begin(remembered(Wanted(Path(found.items_file), tmp_path / "s.aw"))) as session:
        assert (session.task.kind, session.classes, len(session.answers)) == ("span", list(task.classes), 5)
