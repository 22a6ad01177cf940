"""The choice task: what counts as an answer, which key gives it, how it is offered."""

from __future__ import annotations

import pytest

from askwise.core.errors import BadInput
from askwise.task import Choice
from askwise.task.keys import KEYS, RESERVED


def test_labels_are_checked_with_did_you_mean():
    task = Choice(["positive", "negative"])
    assert task.check("positive") == "positive"
    with pytest.raises(BadInput, match=r"'postive' is none of the 2 classes. Did you mean 'positive'\?"):
        task.check("postive")
    with pytest.raises(BadInput, match=r"None is none of the 2 classes"):
        task.check(None)


@pytest.mark.parametrize(("classes", "label"), [([1, 2], "1"), ([1, 2], True), (["1", "2"], 1), ([True, False], 1)])
def test_a_label_of_another_type_is_no_label(classes, label):
    with pytest.raises(BadInput):
        Choice(classes).check(label)


def test_a_wrong_type_says_what_the_class_is():
    with pytest.raises(BadInput, match=r"the label '1' is none of the 2 classes\. Did you mean 1, of type int\?"):
        Choice([1, 2]).check("1")


def test_many_classes_point_to_the_search_and_do_not_list_everything():
    with pytest.raises(BadInput, match=r"none of the 150 classes. Look it up with the search") as caught:
        Choice([f"c{i}" for i in range(150)]).check("zzzzzz")
    assert len(str(caught.value)) < 150


def test_keys_are_digits_then_letters_and_never_an_action():
    keys = Choice([f"c{i}" for i in range(40)]).keys
    assert list(keys.values())[:12] == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "a", "b"]
    assert len(keys) == len(KEYS) == 29
    assert not RESERVED & set(keys.values())
    assert len(set(keys.values())) == len(keys)


def test_the_key_of_a_class_depends_on_the_order_of_the_classes_only():
    few, more = Choice(["x", "y"]), Choice(["x", "y", "z"])
    assert few.keys.items() <= more.keys.items()


def test_a_class_called_by_a_digit_has_that_key():
    assert Choice(range(10)).keys == {digit: str(digit) for digit in range(10)}
    assert Choice(["none", "1", "2", "many"]).keys == {"none": "3", "1": "1", "2": "2", "many": "4"}
    many = Choice(range(40)).keys
    assert (many[0], many[9], many[10]) == ("0", "9", "a") and len(set(many.values())) == len(many) == len(KEYS)


def test_rendering_gives_text_key_and_search():
    shown = Choice(range(11)).render()
    assert shown["search"] is True and shown["kind"] == "choice"
    assert shown["options"][9] == {"label": 9, "text": "9", "key": "9"}
    assert Choice(range(10)).render()["search"] is False
    assert Choice(["a", "b"]).schema() == {"enum": ["a", "b"]}


@pytest.mark.parametrize("classes", [[], ["one"]])
def test_too_few_classes_are_refused(classes):
    with pytest.raises(BadInput, match="at least two"):
        Choice(classes)


@pytest.mark.parametrize("classes", [["a", "b", "a"], [1, "1"]])
def test_classes_that_look_the_same_are_refused(classes):
    with pytest.raises(BadInput, match="given twice"):
        Choice(classes)
