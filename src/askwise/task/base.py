"""What every kind of answer can do, and how a task is named in Python, on disk and on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import Array


@runtime_checkable
class Task(Protocol):
    """A kind of answer: what it must be, what the learner is told, and how a person gives it.

    A label is whatever `check` returns: plain JSON. `classes` are the names that answers are made of, empty for a task
    without any.
    """

    kind: str

    @property
    def classes(self) -> tuple[Any, ...]: ...

    def check(self, label: Any) -> Any:
        """The label in its one form. Raises BadInput saying what it should be."""
        ...

    def believe(self, labels: Sequence[Any]) -> Any:
        """One label from those of several annotators (at least one), each annotator's latest, oldest first."""
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


def named(classes: Iterable[Any]) -> tuple[Any, ...]:
    """Classes in order, as plain values. Raises BadInput for none, one, or one that is there twice."""
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
    return labels


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
    missing = [name for name in ("classes",) if name in known and name not in given]
    if missing:
        raise BadInput(f"the task {kind!r} needs classes; give classes=['a', 'b', ...]")
    made: Task = KINDS[kind](**given)
    return made
