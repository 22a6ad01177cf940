"""What every kind of answer can do, and how a task is named in Python, on disk and on the page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import Array


@runtime_checkable
class Task(Protocol):
    """A kind of answer: what it must be, what the learner is told, and how a person gives it.

    A label is whatever `check` returns: plain JSON. `classes` are the names that answers are made of, empty for a task
    without any.
    """

    kind: str
    item: str
    """What a row must hold: 'any', 'text', 'image', 'pair' or 'list'. Others than 'any' are shown to `check`."""
    one_class: bool
    """Whether a label, once believed, is one of `classes`: then a classifier learns it, and can be right or wrong."""

    @property
    def classes(self) -> tuple[Any, ...]: ...

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> Any:
        """The label in its one form, given what the pool shows of the row. Raises BadInput saying what it should be."""
        ...

    def names(self, label: Any) -> list[Any]:
        """The classes that a checked label names, once for each time: for counting; of a number or an order, none."""
        ...

    def believe(self, labels: Sequence[Any]) -> Any:
        """One label from those of several annotators (at least one), each annotator's latest, oldest first.

        None where they settle nothing.
        """
        ...

    def targets(self, labels: Sequence[Any]) -> Array:
        """What the learner is trained on, one entry a label."""
        ...

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        ...

    def render(self) -> dict[str, Any]:
        """What the page needs to offer it: plain JSON with its `kind`."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON: its kind and its settings."""
        ...


def named(classes: Iterable[Any], least: int = 1) -> tuple[Any, ...]:
    """Classes in order, as plain values. Raises BadInput for fewer than `least`, or one that is there twice."""
    if isinstance(classes, str):
        raise BadInput(f"classes={classes!r} is one text; give a list, such as {classes.split(',')!r}")
    if not isinstance(classes, Iterable):
        raise BadInput(f"classes={classes!r} is no list; give the possible labels, such as ['no', 'yes'] or range(10)")
    labels = tuple(label.item() if hasattr(label, "item") else label for label in classes)
    for label in labels:
        if not isinstance(label, str | int | float) or label != label:
            raise BadInput(f"the class {label!r} cannot be a label; give texts or numbers")
    names = [str(label) for label in labels]
    if len(set(names)) < len(names):
        twice = next(label for label, name in zip(labels, names, strict=True) if names.count(name) > 1)
        raise BadInput(f"the class {twice!r} is given twice; classes must be distinct")
    if len(labels) < least:
        few = "one class" if least == 1 else "two classes"
        raise BadInput(f"classes={list(labels)!r}: there is nothing to choose; give at least {few}")
    return labels


def one_of(label: Any, classes: Iterable[Any]) -> Any:
    """The class that a label is. Raises BadInput with the nearest class; 1, "1" and True differ, 1 and 1.0 do not."""
    label = label.item() if isinstance(label, np.generic) else label
    shown = {str(one): one for one in classes}
    known = shown.get(str(label))
    if known is None and isinstance(label, int | float):
        known = shown.get(f"{label:g}")
    if known is not None and _kind(known) is _kind(label) and known == label:
        return known
    what = f"the label {label!r} is none of the {len(shown)} classes."
    if known is not None:
        raise BadInput(f"{what} Did you mean {known!r}, of type {type(known).__name__}?")
    hint = did_you_mean(str(label), shown)
    raise BadInput(what + (hint if "mean" in hint or len(shown) <= 20 else " Look it up with the search (key /)."))


def _kind(label: Any) -> type:
    return float if isinstance(label, int | float) and not isinstance(label, bool) else type(label)


def finite(value: Any, what: str) -> float:
    """A finite number as a float. Raises BadInput naming `what` it is."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not math.isfinite(plain):
        raise BadInput(f"{what} is no finite number; give one such as 3.5")
    return float(plain)


def whole(value: Any, what: str) -> int:
    """A whole number of at least 0. Raises BadInput naming `what` it is."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, bool) or not isinstance(plain, int) or plain < 0:
        raise BadInput(f"{what} is no whole number of 0 or more")
    return plain


def plurality(labels: Iterable[Any]) -> Any:
    """The commonest label; None where several are equally common, for then they settle nothing.

    >>> plurality(["cat", "dog", "dog"]), plurality(["cat", "dog"])
    ('dog', None)
    """
    (first, most), *others = Counter(labels).most_common(2)
    return None if others and others[0][1] == most else first


def of_parts(label: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The class of each part of a label that is a list of them."""
    return [part["label"] for part in label]


def as_they_are(labels: Sequence[Any]) -> Array:
    """Labels that are no classes or numbers, one object each (l,): for a learner that reads them itself."""
    out = np.empty(len(labels), dtype=object)
    out[:] = list(labels)
    return out


def as_task(task: Task | Mapping[str, Any] | str | None, classes: Iterable[Any] | None = None) -> Task:
    """A task from a task, its JSON form, or its name; `classes` alone make a choice, and complete a name.

    Raises BadInput for an unknown kind or setting, and where nothing says what an answer is.

    >>> as_task(None, ["no", "yes"]).kind, as_task("number").kind, as_task({"kind": "number", "low": 0}).low
    ('choice', 'number', 0.0)
    """
    from askwise.task import KINDS

    if task is None and classes is None:
        raise BadInput("what is an answer? Give classes=['no', 'yes'] to choose from, or a task such as task='number'")
    if not isinstance(task, str | Mapping | None):
        if not isinstance(task, Task):
            raise BadInput(f"task={task!r} is no task; give one of {', '.join(KINDS)}, or an askwise.task")
        if classes is not None and list(classes) != list(task.classes):
            raise BadInput(f"classes={list(classes)!r} and the task's own {list(task.classes)!r} differ; give one")
        return task
    given = {"kind": "choice"} if task is None else {"kind": task} if isinstance(task, str) else dict(task)
    kind = given.pop("kind", None)
    if kind not in KINDS:
        raise BadInput(f"there is no task of the kind {kind!r}.{did_you_mean(str(kind), KINDS)}")
    if classes is not None:
        given["classes"] = classes
    known = KINDS[kind].__dataclass_fields__
    for name in given:
        if name not in known or not known[name].init:
            raise BadInput(f"the task {kind!r} has no setting {name!r}.{did_you_mean(name, known)}")
    if "classes" in known and "classes" not in given:
        raise BadInput(f"the task {kind!r} needs classes; give classes=['a', 'b', ...]")
    made: Task = KINDS[kind](**given)
    return made
