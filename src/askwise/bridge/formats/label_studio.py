"""Label Studio's JSON: tasks with annotations, each a list of results.

Regions there are in per cent of the image; here in pixels, by `original_width` and `original_height`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from askwise.bridge.formats.example import (
    Example,
    Given,
    Losses,
    Reading,
    at_of,
    at_text,
    in_order,
    json_items,
    json_lines,
)
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

_SHAPES = {"rectanglelabels": "box", "polygonlabels": "polygon"}
_KINDS = {
    "choices": "choice",
    "labels": "span",
    "rectanglelabels": "region",
    "polygonlabels": "region",
    "number": "number",
    "rating": "number",
    "pairwise": "ranking",
}


def read(path: Path, losses: Losses) -> Reading:
    """Tasks of an export (a JSON list, or one task a line)."""
    return Reading(_task(path), lambda: _examples(path, losses))


def _tasks(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".jsonl":
        yield from (line for _, line in json_lines(path))
        return
    yield from json_items(path)


def _results(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for annotation in task.get("annotations", task.get("completions", ())):
        yield from annotation.get("result", ())


def _task(path: Path) -> Task:
    """The task that all results fit: one kind, and every class that is named."""
    kinds: dict[str, None] = {}
    classes: dict[Any, None] = {}
    several = False
    for task in _tasks(path):
        for one in _results(task):
            kind = _KINDS.get(one.get("type", ""))
            if kind is not None:
                kinds[kind] = None
                names = one["value"].get("choices" if kind == "choice" else one["type"], ())
                several = several or (kind == "choice" and len(names) != 1)
                classes |= dict.fromkeys(names if isinstance(names, list) else ())
    if len(kinds) > 1:
        raise BadInput(
            f"{path.name} holds results of {len(kinds)} kinds ({', '.join(kinds)}); export one control at a time"
        )
    kind = next(iter(kinds), "choice")
    if kind == "number":
        return as_task("number")
    if kind == "ranking":
        return as_task("ranking")
    if kind == "choice" and (several or len(classes) < 2):
        kind = "multilabel"
    if not classes:
        raise BadInput(
            f"{path.name} holds no annotation that is read here; give --task and --classes, or annotate some"
        )
    return as_task(kind, in_order(classes))


def _examples(path: Path, losses: Losses) -> Iterator[Example]:
    several = _task(path).kind == "multilabel"
    for number, task in enumerate(_tasks(path), start=1):
        where = f"task {task.get('id', number)} of {path.name}"
        if not isinstance(task.get("data"), Mapping):
            raise BadInput(f"{where} has no 'data'; this is no export of Label Studio")
        answers = [
            given_of(one, where, several, losses) for one in task.get("annotations", task.get("completions", ()))
        ]
        if task.get("predictions"):
            losses.add("predictions of a model", len(task["predictions"]))
        yield Example(task.get("id", number), dict(task["data"]), tuple(answers))


def given_of(annotation: Mapping[str, Any], where: str, several: bool, losses: Losses) -> Given:
    """What an annotation says, and who said it when; `several` where choices are lists."""
    who = annotation.get("completed_by", "import")
    who = who.get("email", who.get("id")) if isinstance(who, Mapping) else who
    about: dict[str, Any] = {
        "annotator": str(who),
        "seconds": annotation.get("lead_time"),
        "at": at_of(annotation.get("created_at"), where),
    }
    if annotation.get("was_cancelled"):
        return Given(None, **about)
    return Given(_label(annotation.get("result", ()), where, several, losses), **about)


def _label(results: Iterable[Mapping[str, Any]], where: str, several: bool, losses: Losses) -> Any:
    parts: list[Any] = []
    single: Any = None
    for one in results:
        kind, value = one.get("type", ""), one.get("value", {})
        if kind == "choices":
            single = list(value["choices"]) if several else value["choices"][0]
        elif kind in ("number", "rating"):
            single = float(value[kind])
        elif kind == "pairwise":
            single = [0, 1] if value["selected"] == "left" else [1, 0]
        elif kind == "labels":
            parts += [{"start": value["start"], "end": value["end"], "label": name} for name in value["labels"]]
        elif kind in _SHAPES:
            parts += _regions(kind, one, where, losses)
        else:
            losses.add(f"a result of the type {kind!r}")
    return single if single is not None else parts


def _regions(kind: str, one: Mapping[str, Any], where: str, losses: Losses) -> list[dict[str, Any]]:
    value = one["value"]
    try:
        width, height = one["original_width"] / 100, one["original_height"] / 100
    except KeyError as error:
        raise BadInput(f"{where}: a region lacks {error}, so per cent cannot become pixels; export it anew") from error
    if value.get("rotation"):
        losses.add("the rotation of a box")
    if kind == "rectanglelabels":
        shape: list[Any] = [value["x"] * width, value["y"] * height, value["width"] * width, value["height"] * height]
    else:
        shape = [[x * width, y * height] for x, y in value["points"]]
    return [{"label": name, _SHAPES[kind]: shape} for name in value[kind]]


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """A JSON list of tasks with annotations, one task at a time, and beside it the labelling config (.xml)."""
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for i, example in enumerate(examples):
            file.write(",\n" if i else "\n")
            json.dump(_written(example, task, losses), file, ensure_ascii=False)
        file.write("\n]\n")
    path.with_suffix(".xml").write_text(label_config(task), encoding="utf-8")


def _written(example: Example, task: Task, losses: Losses) -> dict[str, Any]:
    annotations = []
    for given in example.answers:
        made: dict[str, Any] = {
            "completed_by": given.annotator,
            "was_cancelled": given.label is None,
            "result": [] if given.label is None else results_of(given.label, task, example.data, losses),
        }
        made |= {} if given.seconds is None else {"lead_time": given.seconds}
        made |= {} if given.at is None else {"created_at": at_text(given.at)}
        annotations.append(made)
    return {"id": example.id, "data": dict(example.data), "annotations": annotations}


def results_of(label: Any, task: Task, data: Mapping[str, Any], losses: Losses) -> list[dict[str, Any]]:
    """The results of one annotation."""
    name = {"from_name": "label", "to_name": task.item if task.item in ("text", "image") else "text"}
    if task.kind in ("choice", "multilabel"):
        chosen = label if isinstance(label, list) else [label]
        return [{**name, "type": "choices", "value": {"choices": [str(one) for one in chosen]}}]
    if task.kind == "number":
        return [{**name, "type": "number", "value": {"number": label}}]
    if task.kind == "ranking":
        return [{**name, "type": "pairwise", "value": {"selected": "left" if label[0] == 0 else "right"}}]
    if task.kind == "span":
        text = data.get("text", "")
        return [
            {
                **name,
                "type": "labels",
                "value": {
                    "start": one["start"],
                    "end": one["end"],
                    "labels": [str(one["label"])],
                    "text": text[one["start"] : one["end"]],
                },
            }
            for one in label
        ]
    return [found for one in label if (found := _region_result(one, data, name, losses)) is not None]


def _region_result(
    region: Mapping[str, Any], data: Mapping[str, Any], name: Mapping[str, str], losses: Losses
) -> dict[str, Any] | None:
    if "width" not in data or "height" not in data:
        losses.add("a region on an image of unknown size")
        return None
    width, height = data["width"] / 100, data["height"] / 100
    sizes = {**name, "original_width": data["width"], "original_height": data["height"]}
    if "box" in region:
        x, y, w, h = region["box"]
        shape = {"x": x / width, "y": y / height, "width": w / width, "height": h / height, "rotation": 0}
        return {**sizes, "type": "rectanglelabels", "value": {**shape, "rectanglelabels": [str(region["label"])]}}
    points = [[x / width, y / height] for x, y in region["polygon"]]
    return {**sizes, "type": "polygonlabels", "value": {"points": points, "polygonlabels": [str(region["label"])]}}


def label_config(task: Task) -> str:
    """The labelling config of a project for this task.

    >>> label_config(as_task("choice", ["a", "b"]))[:55]
    '<View><Text name="text" value="$text"/><Choices name="l'
    """
    item = '<Image name="image" value="$image"/>' if task.item == "image" else '<Text name="text" value="$text"/>'
    to = "image" if task.item == "image" else "text"
    if task.kind == "number":
        return f'<View>{item}<Number name="label" toName="{to}"/></View>'
    if task.kind == "ranking":
        texts = '<Text name="left" value="$a"/><Text name="right" value="$b"/>'
        return f'<View><Pairwise name="label" toName="left,right"/>{texts}</View>'
    controls = {"span": [("Labels", "Label")], "region": [("RectangleLabels", "Label"), ("PolygonLabels", "Label")]}
    many = ' choice="multiple"' if task.kind == "multilabel" else ""
    parts = []
    for i, (outer, inner) in enumerate(controls.get(task.kind, [("Choices", "Choice")])):
        names = "".join(f"<{inner} value={quoteattr(str(one))}/>" for one in task.classes)
        parts.append(f'<{outer} name="label{i or ""}" toName="{to}"{many}>{names}</{outer}>')
    return f"<View>{item}{''.join(parts)}</View>"
