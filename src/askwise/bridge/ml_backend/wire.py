"""What Label Studio sends, taken apart: its labelling config, annotations in webhooks, tasks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from askwise.bridge.formats.example import Given, Losses
from askwise.bridge.formats.label_studio import given_of
from askwise.core.errors import BadInput

CREATED = frozenset({"ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED", "ANNOTATION_SUBMITTED"})
DELETED = frozenset({"ANNOTATIONS_DELETED", "ANNOTATION_DELETED"})
TRAIN = "START_TRAINING"

_CONTROLS = {"Choices": ("choice", "multilabel"), "Number": ("number",), "Labels": ("span",)}
_VALUES = {"Choices": "Choice", "Labels": "Label"}
LARGEST_CONFIG = 1_000_000


@dataclass(frozen=True)
class Control:
    """Where predictions go: the name of the control, the object it labels, the classes that it offers."""

    name: str = "label"
    to: str = "text"
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """One annotation: its id, the key of the answer that it is, the data of its task, and what was answered."""

    annotation: str
    key: str
    data: Mapping[str, Any]
    given: Given


def control_of(config: str, kind: str) -> Control:
    """The first control of a labelling config that fits a task of this kind. Raises BadInput for none, or no XML.

    >>> control_of('<View><Text name="t"/><Choices name="c" toName="t"><Choice value="a"/></Choices></View>', "choice")
    Control(name='c', to='t', classes=('a',))
    """
    if len(config) > LARGEST_CONFIG or "<!DOCTYPE" in config or "<!ENTITY" in config:
        raise BadInput(
            "a labelling config with a document type, or of more than a megabyte, is not read; leave that out"
        )
    try:
        root = ElementTree.fromstring(config)
    except ElementTree.ParseError as error:
        raise BadInput(f"the labelling config is no XML ({error}); mend it in Label Studio") from error
    for element in root.iter():
        if kind in _CONTROLS.get(element.tag, ()):
            inner = _VALUES.get(element.tag, "")
            classes = tuple(str(one.get("alias") or one.get("value")) for one in element.iter(inner)) if inner else ()
            return Control(element.get("name", "label"), element.get("toName", "text"), classes)
    raise BadInput(
        f"the labelling config has no control for answers of the kind {kind!r}; use one of"
        f" {', '.join(name for name, kinds in _CONTROLS.items() if kind in kinds) or 'none that this backend knows'}"
    )


def taken_of(body: Mapping[str, Any], several: bool) -> Iterator[Taken]:
    """The annotations of a webhook's body, one or a list with a list of their tasks. Raises BadInput for odd ones."""
    found, tasks = body.get("annotation"), body.get("task")
    pairs = (
        list(zip(found, tasks, strict=False))
        if isinstance(found, list) and isinstance(tasks, list)
        else [(found, tasks)]
    )
    project = str((body.get("project") or {}).get("id", ""))
    for annotation, task in pairs:
        if not isinstance(annotation, Mapping) or not isinstance(task, Mapping) or "id" not in annotation:
            raise BadInput("the webhook holds no annotation with its task; let it send the payload")
        name = f"ls-{project}-{annotation['id']}"
        given = given_of(_named(annotation), f"annotation {annotation['id']}", several, Losses())
        # When it was changed is part of the key: a label changed back is a change, a repeated message is none.
        state = json.dumps([annotation.get("updated_at"), given.label], sort_keys=True)
        key = f"{name}-{hashlib.sha256(state.encode()).hexdigest()[:16]}"
        yield Taken(name, key, task.get("data") or {}, given)


def deleted(body: Mapping[str, Any]) -> Iterator[str]:
    """The names of annotations that were deleted."""
    project = str((body.get("project") or {}).get("id", ""))
    found = body.get("annotations", body.get("annotation", ()))
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, Mapping) and "id" in one:
            yield f"ls-{project}-{one['id']}"


def _named(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """The annotation with a name for who gave it; the server sends a number, a person, or neither."""
    who = annotation.get("completed_by")
    name = (who.get("email") or who.get("id")) if isinstance(who, Mapping) else who
    return {**annotation, "completed_by": f"label-studio:{'unknown' if name is None else name}"}
