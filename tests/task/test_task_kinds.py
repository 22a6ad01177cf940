"""Every kind of task: a label is what `check` says, to JSON and back; beliefs and targets by hand."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.task import (
    KINDS,
    Candidates,
    Choice,
    Multilabel,
    Number,
    Pair,
    Pixel,
    Ranking,
    Region,
    Span,
    Task,
    Verify,
    as_task,
)
from askwise.task.keys import RESERVED
from askwise.task.region import area

ABC = ["a", "b", "c"]
MADE = [
    Choice(["cat", "dog"]),
    Number(low=0, high=10, unit="kg"),
    Multilabel(["sad", "calm", "loud"]),
    Span(["person", "place"], overlap=False),
    Region(["car"], shapes=["box"]),
    Pixel(["road", "sky"]),
    Pair(),
    Ranking(of=3),
    Candidates(ABC),
    Verify(ABC),
]
EXAMPLES = {
    "choice": "dog",
    "number": 2.5,
    "multilabel": ["sad", "loud"],
    "span": [{"start": 0, "end": 3, "label": "place"}],
    "region": [{"label": "car", "box": [1.0, 2.0, 3.0, 4.0]}],
    "pixel": [{"x": 1, "y": 0, "label": "sky"}],
    "pair": "same",
    "ranking": [2, 0, 1],
    "candidates": {"not": ["b"]},
    "verify": "b",
}


@pytest.mark.parametrize("task", MADE, ids=lambda task: task.kind)
def test_a_task_goes_to_json_and_back(task):
    assert isinstance(task, Task)
    assert as_task(json.loads(json.dumps(task.to_dict()))) == task
    assert as_task(task) is task
    assert task.render()["kind"] == task.kind
    json.dumps(task.schema())


def test_every_kind_is_tested_here():
    assert [task.kind for task in MADE] == list(EXAMPLES)
    assert set(EXAMPLES) == set(KINDS)


@pytest.mark.parametrize("task", MADE, ids=lambda task: task.kind)
def test_a_label_in_its_form_stays_as_it_is_and_fits_the_schema(task):
    label = EXAMPLES[task.kind]
    assert task.check(json.loads(json.dumps(label))) == label
    assert task.believe([label]) == (None if label == {"not": ["b"]} else label)
    jsonschema.validate(label, task.schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate("nonsense", task.schema())
    with pytest.raises(BadInput):
        task.check("nonsense")


@pytest.mark.parametrize("task", MADE, ids=lambda task: task.kind)
def test_the_learner_gets_one_target_a_label(task):
    labels = ["b"] if task.kind == "candidates" else [EXAMPLES[task.kind]]
    assert len(task.targets(labels * 2)) == 2


@pytest.mark.parametrize("task", MADE, ids=lambda task: task.kind)
def test_no_two_buttons_share_a_key(task):
    keys = [one["key"] for one in task.render().get("options", ()) if one["key"]]
    assert len(keys) == len(set(keys))
    assert not set(keys) & RESERVED


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((None, None), "what is an answer"),
        (("nmber", None), "no task of the kind 'nmber'.*'number'"),
        (("choice", None), "'choice' needs classes"),
        (({"kind": "number", "lo": 1}, None), "has no setting 'lo'.*'low'"),
        ((Choice(["a", "b"]), ["a", "c"]), "differ; give one"),
        ((7, None), "task=7 is no task"),
        (({"kind": "number", "low": 3, "high": 3}, None), "low=3 is not below high=3"),
        (({"kind": "number", "low": "x"}, None), "low='x' is no finite number"),
        (({"kind": "multilabel", "classes": []}, None), "give at least one class"),
        (({"kind": "multilabel", "classes": ["a", "a"]}, None), "'a' is given twice"),
    ],
)
def test_bad_tasks_are_refused(given, said):
    with pytest.raises(BadInput, match=said):
        as_task(*given)


@pytest.mark.parametrize("bad", ["3", None, float("nan"), float("inf"), True, [3], 10.5, -0.1])
def test_numbers_out_of_form_or_bounds_are_refused(bad):
    with pytest.raises(BadInput, match=r"no finite number|out of bounds; give a number from 0 to 10"):
        MADE[1].check(bad)


def test_numbers():
    task = Number()
    assert task.check(np.float32(1.5)) == 1.5
    assert type(task.check(3)) is float
    assert task.believe([1.0, 100.0, 2.0]) == 2.0
    assert task.targets([1.0, 2.5]).tolist() == [1.0, 2.5]
    assert Number(low=0).schema() == {"type": "number", "minimum": 0.0}
    with pytest.raises(BadInput, match="from 0 to open"):
        Number(low=0).check(-1)


def test_several_labels_stand_in_the_order_of_the_classes():
    task = MADE[2]
    assert task.check(("loud", "sad", "sad")) == ["sad", "loud"]
    assert task.check([]) == []
    assert task.targets([["calm"], []]).tolist() == [[0, 1, 0], [0, 0, 0]]
    assert task.targets([]).shape == (0, 3)
    for bad, said in (("sad", "is no list"), (["glad"], "'glad' is none of the 3 classes"), (None, "is no list")):
        with pytest.raises(BadInput, match=said):
            task.check(bad)


def test_several_annotators_agree_label_by_label():
    task = MADE[2]
    assert task.believe([["sad", "calm"], ["calm"], ["loud"]]) == ["calm"]
    assert task.believe([["sad"], ["calm"]]) == ["sad"]  # an even split: the earliest says
    assert task.believe([[], ["calm"]]) == []


def test_one_and_one_point_zero_are_one_class_and_true_is_none():
    task = Choice([0, 1])
    assert (task.check(1.0), type(task.check(1.0))) == (1, int)
    for bad in ("1", True):
        with pytest.raises(BadInput, match="none of the 2 classes"):
            task.check(bad)


TEXT = {"kind": "text", "text": "Ada in Rome"}


@pytest.mark.parametrize(
    ("span", "said"),
    [
        ({"start": 0, "end": 3}, "give exactly 'start', 'end' and 'label'"),
        ({"start": 3, "end": 3, "label": "person"}, "is empty"),
        ({"start": -1, "end": 3, "label": "person"}, "start of the span .* is no whole number"),
        ({"start": 0.0, "end": 3, "label": "person"}, "is no whole number"),
        ({"start": 7, "end": 12, "label": "place"}, "ends beyond the text, which has 11 characters"),
        ({"start": 0, "end": 3, "label": "persn"}, "Did you mean 'person'"),
    ],
)
def test_bad_spans_are_refused(span, said):
    with pytest.raises(BadInput, match=said):
        Span(["person", "place"]).check([span], TEXT)


def test_spans_are_ordered_counted_once_and_may_overlap_only_where_allowed():
    a = {"start": 0, "end": 6, "label": "person"}
    b = {"start": 4, "end": 11, "label": "place"}
    assert Span(["person", "place"]).check([b, a, b], TEXT) == [a, b]
    with pytest.raises(BadInput, match="overlap, and this task does not allow that"):
        MADE[3].check([a, b])
    assert MADE[3].believe([[a], [b]]) == [a]
    assert Span(["person", "place"]).believe([[a, b], [b], [a, b]]) == [a, b]


IMAGE = {"kind": "image", "width": 20, "height": 10}


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ({"label": "car", "box": [1, 2, 3]}, "is not .x, y, width, height."),
        ({"label": "car", "box": [1, 2, 0, 3]}, "has no area"),
        ({"label": "car", "box": [1, 2, 30, 3]}, "outside the image of 20 x 10"),
        ({"label": "car", "polygon": [[0, 0], [1, 1], [2, 2]]}, "has no area"),
        ({"label": "car", "polygon": [[0, 0], [1, 1]]}, "has no area"),
        ({"label": "car", "polygon": [[0, 0], [1], [2, 5]]}, "is not .*x, y"),
        ({"label": "car", "box": [1, 2, 3, "4"]}, "'4' in the box"),
        ({"box": [1, 2, 3, 4]}, "is no region"),
        ({"label": "cat", "box": [1, 2, 3, 4]}, "'cat' is none of the 1 classes"),
    ],
)
def test_bad_regions_are_refused(region, said):
    with pytest.raises(BadInput, match=said):
        Region(["car"]).check([region], IMAGE)


def test_regions_and_their_area():
    triangle = {"label": "car", "polygon": [[0, 0], [4, 0], [4, 3]]}
    assert Region(["car"]).check([triangle], IMAGE) == [
        {"label": "car", "polygon": [[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]]}
    ]
    assert area([(0, 0), (2, 0), (2, 2), (0, 2)]) == 4.0
    with pytest.raises(BadInput, match="one of box"):
        MADE[4].check([triangle])
    with pytest.raises(BadInput, match="no shape 'circle'"):
        Region(["car"], shapes=["circle"])


def test_pixels_are_by_place_and_vote_one_by_one():
    task = Pixel(["road", "sky"])
    with pytest.raises(BadInput, match="x=1, y=2 is given twice"):
        task.check([{"x": 1, "y": 2, "label": "sky"}, {"x": 1, "y": 2, "label": "road"}])
    with pytest.raises(BadInput, match="outside the image of 20 x 10"):
        task.check([{"x": 20, "y": 2, "label": "sky"}], IMAGE)
    votes = [[{"x": 1, "y": 2, "label": name}] for name in ("sky", "road", "road")]
    assert task.believe(votes) == [{"x": 1, "y": 2, "label": "road"}]


def test_orders():
    task = Ranking(of=3)
    for bad in ([0, 1], [0, 1, 1], [1, 2, 3], "012", [0, 1, True]):
        with pytest.raises(BadInput, match=r"no order of 3 things|no whole number"):
            task.check(bad)
    # Mean ranks by hand: 0 has (0 + 0 + 2) / 3, 1 has (1 + 2 + 0) / 3, 2 has (2 + 1 + 1) / 3.
    assert task.believe([[0, 1, 2], [0, 2, 1], [1, 2, 0]]) == [0, 1, 2]
    with pytest.raises(BadInput, match="nothing to order"):
        Ranking(of=1)


def test_what_is_ruled_out_narrows_until_one_is_left():
    task = Candidates(ABC)
    assert task.check({"not": ["c", "a"]}) == "b"
    assert task.check({"not": ["c"]}) == {"not": ["c"]}
    assert task.believe([{"not": ["a"]}, {"not": ["c"]}]) == "b"
    assert task.believe([{"not": ["a"]}]) is None
    assert task.believe([{"not": ["a"]}, "a"]) == "a"
    for bad, said in (
        ({"not": ABC}, "rules out every class"),
        ({"not": []}, "is no answer"),
        ({"no": ["a"]}, "is no answer"),
    ):
        with pytest.raises(BadInput, match=said):
            task.check(bad)


def test_pairs_vote():
    assert Pair().believe(["same", "different", "different"]) == "different"
    assert Pair().believe(["same", "different"]) is None
    with pytest.raises(BadInput, match="neither 'same' nor 'different'"):
        Pair().check("sam")
