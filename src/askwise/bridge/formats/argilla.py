"""Argilla's data set form: Parquet with a column for each field and for each question's responses, and its settings.

What `dataset.records.to_datasets()` writes and `dataset.records.log(...)` takes, beside what `Settings.to_json` writes;
no server and no client is needed. Read off argilla 2.8.0.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from askwise.bridge.formats.example import Example, Given, Losses, Reading, in_order, json_file
from askwise.bridge.formats.hugging_face import SHARD, rows_of
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

SETTINGS = Path(".argilla") / "settings.json"
NAMES = Path(".argilla") / "askwise.json"
"""Ours: which user is which annotator, for users there are UUIDs."""

QUESTION = "label"
_TYPES = {
    "choice": "label_selection",
    "multilabel": "multi_label_selection",
    "span": "span",
    "number": "text",
    "ranking": "ranking",
}
_OWN = frozenset({"id", "status", "_server_id", "inserted_at", "updated_at", "external_id", "score"})


def read(path: Path, losses: Losses) -> Reading:
    """Records of a folder's Parquet files with their responses; the first question that is understood here."""
    files = sorted(path.glob("data/*.parquet")) or sorted(path.glob("**/*.parquet"))
    if not path.is_dir() or not files:
        raise BadInput(f"{str(path)!r} is no folder with Parquet files; give the folder of a data set")
    settings = json_file(path / SETTINGS, dict) if (path / SETTINGS).exists() else {}
    names = json_file(path / NAMES, dict) if (path / NAMES).exists() else {}
    question, task = _task(path, files, settings, losses)
    return Reading(task, lambda: _examples(files, question, task, names, losses))


def _task(path: Path, files: list[Path], settings: Mapping[str, Any], losses: Losses) -> tuple[str, Task]:
    known = {type_: kind for kind, type_ in _TYPES.items()}
    found = [one for one in settings.get("questions", ()) if one.get("settings", {}).get("type") in known]
    if found:
        if len(settings["questions"]) > 1:
            losses.add("a question beside the one that is read", len(settings["questions"]) - 1)
        about = found[0]["settings"]
        return str(found[0]["name"]), _made(known[about["type"]], about)
    return _guessed(path, files)


def _made(kind: str, about: Mapping[str, Any]) -> Task:
    classes = [one["value"] for one in about.get("options", ())]
    if kind == "span":
        return as_task({"kind": kind, "classes": classes, "overlap": bool(about.get("allow_overlapping"))})
    if kind == "ranking":
        return as_task({"kind": kind, "of": len(classes)})
    return as_task(kind) if kind == "number" else as_task(kind, classes)


def _guessed(path: Path, files: list[Path]) -> tuple[str, Task]:
    """Without settings: a choice among the labels that there are."""
    rows = list(islice(rows_of(files), 1)) or [{}]
    question = next((name.removesuffix(".responses") for name in rows[0] if name.endswith(".responses")), None)
    if question is None:
        raise BadInput(
            f"{str(path)!r} has no column that ends in '.responses'; export the records of Argilla with them"
        )
    values = [value for row in rows_of(files) for value in row.get(f"{question}.responses") or ()]
    if not all(isinstance(value, str | None) for value in values):
        raise BadInput(
            f"the responses to {question!r} are no labels; put Argilla's settings.json into {path / SETTINGS}"
        )
    return question, as_task("choice", in_order(value for value in values if value is not None))


def _examples(
    files: list[Path], question: str, task: Task, names: Mapping[str, str], losses: Losses
) -> Iterator[Example]:
    for number, row in enumerate(rows_of(files)):
        data = {name: value for name, value in row.items() if name not in _OWN and not _about_question(name, row)}
        data = {name: value for name, value in data.items() if value is not None}
        if row.get(f"{question}.suggestion") is not None:
            losses.add("a suggestion")
        answers = _answers(row, question, task, names, losses)
        yield Example(row.get("id", number), data, tuple(answers))


def _about_question(name: str, row: Mapping[str, Any]) -> bool:
    base = name.partition(".")[0]
    return "." in name and any(f"{base}.{end}" in row for end in ("responses", "suggestion"))


def _answers(
    row: Mapping[str, Any], question: str, task: Task, names: Mapping[str, str], losses: Losses
) -> Iterator[Given]:
    values = row.get(f"{question}.responses") or []
    users = row.get(f"{question}.responses.users") or ["import"] * len(values)
    states = row.get(f"{question}.responses.status") or ["submitted"] * len(values)
    for value, user, state in zip(values, users, states, strict=True):
        if state == "draft":
            losses.add("a draft")
            continue
        label = None if state == "discarded" or value is None else _read(value, task)
        yield Given(label, names.get(str(user), str(user)))


def _read(value: Any, task: Task) -> Any:
    if task.kind == "number":
        return float(value)
    if task.kind == "span":
        return [{name: one[name] for name in ("start", "end", "label")} for one in value]
    if task.kind == "ranking":
        return [int(one["value"]) for one in sorted(value, key=lambda one: one["rank"])]
    return value


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """The folder: Parquet in the flat form, Argilla's settings, and who its users are."""
    folder = path / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.parquet"):
        old.unlink()
    source, count = iter(examples), 0
    users: dict[str, str] = {}
    columns: dict[str, type] = {}
    while shard := list(islice(source, SHARD)):
        rows = [_row(example, task, users, columns, losses) for example in shard]
        _write_shard(rows, folder / f"train-{count:05d}.parquet", task)
        count += 1
    (path / ".argilla").mkdir(exist_ok=True)
    (path / SETTINGS).write_text(json.dumps(settings_of(task, columns), indent=1), encoding="utf-8")
    (path / NAMES).write_text(json.dumps(users, indent=1, ensure_ascii=False), encoding="utf-8")


def _row(
    example: Example, task: Task, users: dict[str, str], columns: dict[str, type], losses: Losses
) -> dict[str, Any]:
    for name, value in example.data.items():
        columns.setdefault(name, type(value))
    if any(given.seconds is not None or given.at is not None for given in example.answers):
        losses.add("seconds and times of an item")
    row: dict[str, Any] = {
        "id": str(example.id),
        "status": "completed" if example.answers else "pending",
        **example.data,
    }
    row[f"{QUESTION}.responses"] = [_written(one.label, task) for one in example.answers]
    row[f"{QUESTION}.responses.users"] = [_user(one.annotator, users) for one in example.answers]
    states = ["discarded" if one.label is None else "submitted" for one in example.answers]
    return {**row, f"{QUESTION}.responses.status": states}


def _written(label: Any, task: Task) -> Any:
    if label is None:
        return None
    if task.kind == "number":
        return repr(float(label))
    if task.kind == "ranking":
        return [{"value": str(place), "rank": rank} for rank, place in enumerate(label, start=1)]
    if task.kind == "choice":
        return str(label)
    return [str(one) for one in label] if task.kind == "multilabel" else label


def _user(annotator: str, users: dict[str, str]) -> str:
    """A UUID for an annotator, always the same; those who have one keep it."""
    try:
        return str(uuid.UUID(annotator))
    except ValueError:
        made = str(uuid.uuid5(uuid.NAMESPACE_URL, f"askwise:{annotator}"))
        users[made] = annotator
        return made


def _write_shard(rows: Sequence[Mapping[str, Any]], file: Path, task: Task) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    text = pa.string()
    value = {
        "multilabel": pa.list_(text),
        "span": pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64()), ("label", text)])),
        "ranking": pa.list_(pa.struct([("value", text), ("rank", pa.int64())])),
    }.get(task.kind, text)
    types = {f"{QUESTION}.responses": pa.list_(value)}
    types |= {f"{QUESTION}.responses.{end}": pa.list_(text) for end in ("users", "status")}
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: pa.array([row.get(name) for row in rows], types.get(name)) for name in names}
    parquet.write_table(pa.table(columns), file, compression="zstd")


def settings_of(task: Task, columns: Mapping[str, type]) -> dict[str, Any]:
    """Argilla's settings for a task over these columns: texts are fields, numbers are metadata.

    >>> found = settings_of(as_task("choice", ["a", "b"]), {"text": str, "stars": int})
    >>> [one["name"] for one in found["fields"]], found["questions"][0]["settings"]["type"]
    (['text'], 'label_selection')
    """
    fields = [name for name, kind in columns.items() if kind is str]
    numbers = {int: "integer", float: "float"}
    return {
        "guidelines": None,
        "questions": [_question(task)],
        "fields": [
            {"name": name, "title": name, "required": i == 0, "settings": {"type": "text", "use_markdown": False}}
            for i, name in enumerate(fields)
        ],
        "vectors": [],
        "metadata": [
            {"name": name, "title": name, "settings": {"type": numbers[kind]}, "visible_for_annotators": True}
            for name, kind in columns.items()
            if kind in numbers
        ],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }


def _question(task: Task) -> dict[str, Any]:
    about: dict[str, Any] = {"type": _TYPES[task.kind]}
    if task.kind == "number":
        about["use_markdown"] = False
    else:
        names = [str(i) for i in range(getattr(task, "of", 2))] if task.kind == "ranking" else map(str, task.classes)
        about["options"] = [{"text": name, "value": name} for name in names]
    if task.kind == "span":
        about |= {"field": "text", "allow_overlapping": bool(getattr(task, "overlap", False))}
    return {"name": QUESTION, "title": QUESTION, "required": True, "description": None, "settings": about}
