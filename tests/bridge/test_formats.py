"""Formats of other tools: what survives a round trip, files as the tools write them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askwise.bridge.formats import FORMATS, Losses, find, read
from askwise.bridge.formats.conll import spans_of
from askwise.bridge.formats.example import Example, Given, at_of
from askwise.bridge.formats.label_studio import label_config
from askwise.bridge.formats.survival import ASPECTS, as_markdown, examples_of, survival, table
from askwise.core.errors import BadInput
from askwise.task import KINDS, as_task

BELIEF = ("belief",)
LOST = {
    "lines": set(),
    "label_studio": set(),
    "hugging_face": set(),
    "argilla": {"seconds", "times"},
    "prodigy": {"seconds"},
    "conll": {*ASPECTS} - {"belief"},
    "coco": {*ASPECTS} - {"items", "columns", "belief"},
    "docbin": {*ASPECTS} - {"items", "belief"},
}
PATHS = [(name, kind) for name, one in FORMATS.items() for kind in one.kinds if one.writes]


@pytest.mark.parametrize(("name", "kind"), PATHS)
def test_what_survives_is_what_is_said(name, kind, tmp_path):
    if name == "docbin":
        pytest.importorskip("spacy")
    found = survival(find(name), kind, tmp_path)
    assert {aspect for aspect, kept in found.kept.items() if not kept} == LOST[name]
    assert (found.losses == "nothing") == (not LOST[name])


def test_the_page_of_formats_is_what_the_code_does(tmp_path):
    pytest.importorskip("spacy")
    page = Path(__file__).parents[2] / "docs" / "results" / "formats.md"
    assert as_markdown(table(tmp_path)) in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_our_own_lines_keep_everything_in_every_table(kind, suffix, tmp_path):
    task, examples = examples_of(kind)
    path = tmp_path / f"x{suffix}"
    find("lines").module.write(examples, task, path, Losses())
    reading = read(path, "lines")
    assert reading.task == task
    found = list(reading)
    assert [one.answers for one in found] == [one.answers for one in examples]
    assert [one.data["text"] for one in found if "text" in one.data] == [
        one.data["text"] for one in examples if "text" in one.data
    ]
    assert list(reading) == found  # a second pass reads the file anew


def test_label_studio_as_it_exports(tmp_path):
    region = {
        "type": "rectanglelabels",
        "original_width": 200,
        "original_height": 50,
        "value": {"x": 10, "y": 20, "width": 50, "height": 40, "rotation": 30, "rectanglelabels": ["car"]},
    }
    task = {
        "id": 7,
        "data": {"image": "a.png"},
        "predictions": [{"score": 0.5}],
        "annotations": [
            {
                "completed_by": {"id": 3, "email": "a@example.org"},
                "lead_time": 4.5,
                "created_at": "2026-01-02T03:04:05Z",
                "result": [region],
            },
            {"completed_by": 4, "was_cancelled": True, "result": []},
        ],
    }
    (tmp_path / "x.json").write_text(json.dumps([task]))
    losses = Losses()
    reading = read(tmp_path / "x.json", "label_studio", losses)
    (example,) = reading
    assert reading.task == as_task("region", ["car"])
    # By hand: 10 % of 200, 20 % of 50, 50 % of 200, 40 % of 50 pixels.
    assert example.answers[0] == Given(
        [{"label": "car", "box": [20.0, 10.0, 100.0, 20.0]}], "a@example.org", 4.5, 1767323045.0
    )
    assert example.answers[1] == Given(None, "4")
    assert str(losses) == "1 x predictions of a model; 1 x the rotation of a box"


def test_label_studio_configs_escape_names():
    assert 'value="a &amp; &lt;b&gt;"' in label_config(as_task("choice", ["a & <b>", "c"]))
    assert 'choice="multiple"' in label_config(as_task("multilabel", ["a"]))


def test_prodigy_as_it_writes(tmp_path):
    lines = [
        {"text": "Ada", "label": "NAME", "answer": "accept", "_input_hash": 1, "_annotator_id": "x", "_timestamp": 5},
        {"text": "Ada", "label": "NAME", "answer": "reject", "_input_hash": 1, "_annotator_id": "y"},
        {"text": "Bob", "label": "NAME", "answer": "ignore", "_input_hash": 2},
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, lines)))
    reading = read(tmp_path / "x.jsonl", "prodigy")
    assert reading.task.classes == ("NAME", "not NAME")
    first, second = reading
    assert [given.label for given in first.answers] == ["NAME", {"not": ["NAME"]}]
    assert [given.annotator for given in first.answers] == ["x", "y"]
    assert second.answers == (Given(None, "import"),)


def test_iob_tags_become_character_offsets():
    # A tag that goes on from nothing begins a span; B- begins one beside another of its class.
    tokens = ["New", "York", "is", "Paris", "Rome"]
    assert spans_of(tokens, ["I-loc", "I-loc", "O", "B-loc", "B-loc"]) == [
        {"start": 0, "end": 8, "label": "loc"},
        {"start": 12, "end": 17, "label": "loc"},
        {"start": 18, "end": 22, "label": "loc"},
    ]


def test_conll_says_which_spans_do_not_fit_tokens(tmp_path):
    task = as_task({"kind": "span", "classes": ["x"]})
    spans = [{"start": 1, "end": 3, "label": "x"}, {"start": 0, "end": 4, "label": "x"}]
    losses = Losses()
    find("conll").module.write([Example(0, {"text": "cats run"}, (Given(spans),))], task, tmp_path / "x.conll", losses)
    assert losses.found["a span that does not begin and end with a token"] == 1
    assert losses.found["a span that overlaps another"] == 1
    assert (tmp_path / "x.conll").read_text() == "cats B-x\nrun O\n\n"


def test_coco_reads_masks_as_boxes_and_says_so(tmp_path):
    content = {
        "images": [{"id": 9, "file_name": "a.png", "width": 10, "height": 10}, {"id": 8, "file_name": "b.png"}],
        "categories": [{"id": 90, "name": "dog"}, {"id": 3, "name": "cat"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 9,
                "category_id": 90,
                "bbox": [1, 2, 3, 4],
                "segmentation": {"counts": [1], "size": [2, 2]},
            },
            {"id": 2, "image_id": 9, "category_id": 3, "bbox": [0, 0, 4, 3], "segmentation": [[0, 0, 4, 0, 4, 3]]},
        ],
    }
    (tmp_path / "x.json").write_text(json.dumps(content))
    losses = Losses()
    reading = read(tmp_path / "x.json", "coco", losses)
    a, b = reading
    assert reading.task.classes == ("cat", "dog")  # by the numbers of the categories
    assert a.answers[0].label == [
        {"label": "dog", "box": [1, 2, 3, 4]},
        {"label": "cat", "polygon": [[0, 0], [4, 0], [4, 3]]},
    ]
    assert b.answers == ()
    assert losses.found["a mask in run lengths, kept as its box"] == 1
    find("coco").module.write(reading, reading.task, tmp_path / "y.json", Losses())
    written = json.loads((tmp_path / "y.json").read_text())["annotations"]
    assert [one["area"] for one in written] == [12, 6.0]


def test_a_hugging_face_folder_of_somebody_else(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    (tmp_path / "data").mkdir()
    parquet.write_table(pa.table({"text": ["good", "bad"], "label": [1, 0]}), tmp_path / "data" / "train-0.parquet")
    assert [one.answers[0].label for one in read(tmp_path, "hugging_face")] == [1, 0]
    (tmp_path / "README.md").write_text('---\nclass_names: ["neg", "pos"]\n---\n')
    reading = read(tmp_path, "hugging_face")
    assert reading.task.classes == ("neg", "pos")
    assert [one.answers[0].label for one in reading] == ["pos", "neg"]


@pytest.mark.parametrize(
    ("name", "file", "content", "said"),
    [
        ("label_studio", "x.json", "{", "x.json is no JSON"),
        ("label_studio", "x.json", "{}", "is a list at the top"),
        ("label_studio", "x.json", '[{"id": 1}]', "holds no annotation"),
        ("prodigy", "x.jsonl", '{"text": "a"}\n{"tex', "line 2 of x.jsonl is no JSON"),
        ("prodigy", "x.jsonl", '{"text": "a"}', "neither options, nor spans, nor labels"),
        ("prodigy", "x.jsonl", "[1]", "line 1 of x.jsonl is list"),
        ("conll", "x.conll", "Ada B-per\nlived\n", "line 2 of x.conll: 'lived' is no token with a tag"),
        ("conll", "x.conll", "Ada O\n", "holds no tag but O"),
        ("coco", "x.json", "{}", "has no list 'images'"),
        ("lines", "x.jsonl", '{"id": 1, "label": ["a"]}', "is no class, and no column 'task'"),
    ],
)
def test_damaged_files_are_refused_with_the_place(name, file, content, said, tmp_path):
    (tmp_path / file).write_text(content)
    with pytest.raises(BadInput, match=said):
        list(read(tmp_path / file, name))


@pytest.mark.parametrize("name", ["prodigy", "lines", "conll", "label_studio"])
def test_a_file_that_is_no_text_is_refused(name, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"PAR1\x15\x04\xa6\xff\x00")
    with pytest.raises(BadInput, match=r"x\.jsonl is not UTF-8 .*; save it as UTF-8"):
        list(read(tmp_path / "x.jsonl", name))


def test_unknown_formats_and_missing_files():
    with pytest.raises(BadInput, match=r"no format 'labelstudio'.*'label_studio'"):
        find("labelstudio")
    with pytest.raises(BadInput, match=r"there is no file 'nowhere\.json'"):
        read("nowhere.json", "coco")
    assert find("Label-Studio").name == "label_studio"


def test_times():
    assert at_of("2026-01-02T03:04:05+01:00", "x") == at_of("2026-01-02T02:04:05", "x") == 1767319445.0
    assert at_of(None, "x") is None
    with pytest.raises(BadInput, match="line 3: 'soon' is no time"):
        at_of("soon", "line 3")
