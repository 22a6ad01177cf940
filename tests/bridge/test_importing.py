"""`askwise import` and `askwise export --format`: sessions from other tools' files and back."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from askwise.bridge import importing
from askwise.bridge.formats import Losses, example, find, read
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
    assert record.labels == {0: "pos", 2: "pos"}  # of the second, one says the one and one the other
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


@pytest.mark.parametrize("chunk", [1, 7, 64, 2**20])
def test_a_list_is_read_one_item_at_a_time(chunk, tmp_path, monkeypatch):
    monkeypatch.setattr(example, "CHUNK", chunk)
    items = [{"id": i, "text": 'ä, [x] {y} \\ "z" 😀' * (i % 5), "deep": [{"a": [1, 2]}]} for i in range(40)]
    path = tmp_path / "x.json"
    for indent in (None, 2):
        path.write_text("\n  " + json.dumps(items, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")
        assert list(example.json_items(path)) == items
    path.write_text("[]")
    assert list(example.json_items(path)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "is a list at the top"),
        ("", "is no JSON"),
        ("[", "is no JSON"),
        ('[{"a": 1}, {"b"', "is no JSON"),
        ('[{"a": 1}, 3]', "holds '3' where an object should be"),
    ],
)
def test_a_list_that_is_none_is_said(text, said, tmp_path):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BadInput, match=said):
        list(example.json_items(tmp_path / "x.json"))


def test_an_import_that_was_stopped_goes_on(labelled, tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    told = Session.tell
    calls = []

    def dies(self, answers):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return told(self, answers)

    monkeypatch.setattr(Session, "tell", dies)
    with pytest.raises(KeyboardInterrupt):
        import_file(labelled, tmp_path / "s.aw", format="label_studio")
    assert len(Session.open(tmp_path / "s.aw").answers) == 2
    found = import_file(labelled, tmp_path / "s.aw", format="label_studio")
    assert (found.answers, found.new) == (5, 3)
    assert len(Session.open(tmp_path / "s.aw").answers) == 5


def test_a_dry_run_counts_labels(labelled, tmp_path):
    found = import_file(labelled, tmp_path / "s.aw", format="label_studio", dry_run=True)
    assert found.labels == {"pos": 3, "neg": 1} and not (tmp_path / "s.aw").exists()


def folder_of_images(root):
    Image = pytest.importorskip("PIL.Image")
    for i, name in enumerate(["cat/a.png", "cat/b.png", "dog/deep/c.png", "_unlabelled/d.png", "e.png"]):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (40 * i, 0, 0)).save(root / name)


def test_an_image_folder_becomes_a_session(tmp_path):
    folder_of_images(tmp_path / "photos")
    dry = import_file(tmp_path / "photos", tmp_path / "s.aw", format="image_folder", dry_run=True)
    assert (dry.items, dry.answers, dry.labels, dry.problems) == (5, 3, {"cat": 2, "dog": 1}, ())
    found = import_file(tmp_path / "photos", tmp_path / "s.aw", format="image_folder")
    assert found.new == 3 and found.items_file == tmp_path / "s.items.parquet"
    record = Session.open(tmp_path / "s.aw")
    assert sorted(record.labels.values()) == ["cat", "cat", "dog"] and record.task.classes == ("cat", "dog")
    assert import_file(tmp_path / "photos", tmp_path / "s.aw", format="image_folder").new == 0


def test_an_image_folder_needs_classes(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(BadInput, match=r"holds images of 0 classes \(no folders\)"):
        import_file(tmp_path, tmp_path / "s.aw", format="image_folder")
    with pytest.raises(BadInput, match="an image folder is read only"):
        find("image_folder").module.write([], None, tmp_path, Losses())
