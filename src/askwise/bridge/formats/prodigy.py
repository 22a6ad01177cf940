"""Prodigy's JSONL: one task a line, with `answer`, `accept` and `spans`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from askwise.bridge.formats.example import Example, Given, Losses, Reading, in_order, json_lines
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

_OURS = frozenset({"answer", "accept", "options", "spans", "label", "tokens", "relations", "meta"})


def read(path: Path, losses: Losses) -> Reading:
    """Lines of a data set; lines of one `_input_hash` (else of one text) are one item answered several times."""
    return Reading(_task(path), lambda: _examples(path, losses))


def _task(path: Path) -> Task:
    options: dict[Any, None] = {}
    spans: dict[Any, None] = {}
    labels: dict[Any, None] = {}
    several = regions = False
    for _, line in json_lines(path):
        options |= dict.fromkeys(one["id"] for one in line.get("options", ()))
        several = several or ("options" in line and line.get("answer") == "accept" and len(line.get("accept", ())) != 1)
        spans |= dict.fromkeys(one["label"] for one in line.get("spans", ()) if "label" in one)
        regions = regions or any("points" in one or "width" in one for one in line.get("spans", ()))
        labels |= dict.fromkeys([line["label"]] if "label" in line else ())
    if options:
        return as_task("multilabel" if several or len(options) < 2 else "choice", in_order(options))
    if spans:
        return as_task("region" if regions else "span", in_order(spans))
    if labels:
        # One class that is accepted or rejected: the other is its absence.
        names = in_order(labels)
        return as_task("verify", names if len(names) > 1 else [*names, f"not {names[0]}"])
    raise BadInput(
        f"{path.name} has neither options, nor spans, nor labels; this is no data set of Prodigy with answers"
    )


def _examples(path: Path, losses: Losses) -> Iterator[Example]:
    task = _task(path)
    held: Example | None = None
    before: Any = None
    for number, line in json_lines(path):
        key = line.get("_input_hash", line.get("text", line.get("image", number)))
        data = {name: value for name, value in line.items() if name not in _OURS and not name.startswith("_")}
        answers = _given(line, task, f"line {number} of {path.name}", losses)
        if held is not None and key == before:
            held = Example(held.id, held.data, (*held.answers, *answers))
            continue
        if held is not None:
            yield held
        held, before = Example(line.get("meta", {}).get("id", number), data, answers), key
    if held is not None:
        yield held


def _given(line: Mapping[str, Any], task: Task, where: str, losses: Losses) -> tuple[Given, ...]:
    if line.get("relations"):
        losses.add("a relation", len(line["relations"]))
    answer = line.get("answer")
    if answer is None:
        return ()
    if answer not in ("accept", "reject", "ignore"):
        raise BadInput(f"{where}: the answer {answer!r} is none of accept, reject, ignore")
    about: dict[str, Any] = {
        "annotator": str(line.get("_annotator_id", line.get("_session_id", "import"))),
        "at": None if line.get("_timestamp") is None else float(line["_timestamp"]),
    }
    if answer == "ignore":
        return (Given(None, **about),)
    if task.kind == "verify":
        return (Given(line["label"] if answer == "accept" else {"not": [line["label"]]}, **about),)
    if answer == "reject":
        losses.add("a rejected task")
        return ()
    if task.kind == "choice":
        return (Given(line["accept"][0], **about),)
    if task.kind == "multilabel":
        return (Given(list(line.get("accept", ())), **about),)
    return (Given([_part(one) for one in line.get("spans", ())], **about),)


def _part(span: Mapping[str, Any]) -> dict[str, Any]:
    if "points" in span and span.get("type") == "polygon":
        return {"label": span["label"], "polygon": [list(point) for point in span["points"]]}
    if "width" in span:
        return {"label": span["label"], "box": [span["x"], span["y"], span["width"], span["height"]]}
    return {name: span[name] for name in ("start", "end", "label")}


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """One line for each answer (for each item, where it has none)."""
    with path.open("w", encoding="utf-8") as file:
        for number, example in enumerate(examples):
            base = {**example.data, "meta": {"id": example.id}, "_input_hash": number}
            for given in example.answers:
                json.dump({**base, **_line(given, task, losses)}, file, ensure_ascii=False)
                file.write("\n")
            if not example.answers:
                json.dump(base, file, ensure_ascii=False)
                file.write("\n")


def _line(given: Given, task: Task, losses: Losses) -> dict[str, Any]:
    who: dict[str, Any] = {"_annotator_id": given.annotator, "_session_id": given.annotator}
    who |= {} if given.at is None else {"_timestamp": given.at}
    if given.seconds is not None:
        losses.add("the seconds of an answer")
    label = given.label
    options = {"options": [{"id": str(one), "text": str(one)} for one in task.classes]}
    if task.kind in ("choice", "multilabel"):
        accepted = [] if label is None else [str(one) for one in (label if isinstance(label, list) else [label])]
        return {**options, "accept": accepted, "answer": "ignore" if label is None else "accept", **who}
    if label is None:
        return {"answer": "ignore", **who}
    if task.kind == "verify":
        refused = isinstance(label, Mapping)
        return {"label": str(label["not"][0] if refused else label), "answer": "reject" if refused else "accept", **who}
    return {"spans": [_written(one) for one in label], "answer": "accept", **who}


def _written(part: Mapping[str, Any]) -> dict[str, Any]:
    if "box" in part:
        x, y, width, height = part["box"]
        corners = [[x, y], [x, y + height], [x + width, y + height], [x + width, y]]
        return {
            "label": part["label"],
            "type": "rect",
            "x": x,
            "y": y,
            "width": width,
            "height": height,
            "points": corners,
        }
    if "polygon" in part:
        return {"label": part["label"], "type": "polygon", "points": part["polygon"]}
    return dict(part)
