"""Every kind of task: a label is what `check` says, to JSON and back; beliefs and targets by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.task import KINDS, Choice, Multilabel, Number, Task, as_task

MADE = [Choice(["cat", "dog"]), Number(low=0, high=10, unit="kg"), Multilabel(["sad", "calm", "loud"])]


@pytest.mark.parametrize("task", MADE, ids=lambda task: task.kind)
def test_a_task_goes_to_json_and_back(task):
    assert isinstance(task, Task)
    assert as_task(json.loads(json.dumps(task.to_dict()))) == task
    assert as_task(task) is task
    assert task.render()["kind"] == task.kind
    json.dumps(task.schema())


def test_every_kind_is_tested_here():
    assert {task.kind for task in MADE} <= set(KINDS)


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
        (({"kind": "multilabel", "classes": []}, None), "leaves nothing to say"),
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
