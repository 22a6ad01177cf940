"""A data set folder as the Hugging Face hub has it: Parquet shards in `data/`, and a card (README.md) about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from askwise.bridge.formats.example import Example, Given, Losses, Reading, in_order
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

SHARD = 50_000
"""Items in one Parquet file."""

_CATEGORY = {
    "choice": "text-classification",
    "multilabel": "text-classification",
    "number": "text-regression",
    "span": "token-classification",
}
_CARD = "askwise_task"


def read(path: Path, losses: Losses) -> Reading:
    """Items of a folder's `data/*.parquet`: those written here, and others with a column `label`."""
    files = sorted(path.glob("data/*.parquet")) or sorted(path.glob("**/*.parquet"))
    if not path.is_dir() or not files:
        raise BadInput(f"{str(path)!r} is no folder with Parquet files; give the folder of a data set")
    task, names = _task(path, files)
    return Reading(task, lambda: _examples(files, names))


def _task(path: Path, files: list[Path]) -> tuple[Task, list[str] | None]:
    """The task, and the class names where the labels are their positions (a ClassLabel)."""
    card = path / "README.md"
    settings = _settings(card.read_text(encoding="utf-8")) if card.exists() else {}
    if _CARD in settings:
        return as_task(json.loads(settings[_CARD])), None
    labels = [row.get("label") for row in rows_of(files) if row.get("label") is not None]
    if not labels:
        raise BadInput(f"{str(path)!r} has no column 'label' and no card of ours; say which column holds the labels")
    if all(isinstance(label, float) for label in labels):
        return as_task("number"), None
    names = json.loads(settings["class_names"]) if "class_names" in settings else None
    return as_task("choice", names or in_order(labels)), names


def _settings(card: str) -> dict[str, str]:
    """Lines `name: value` of the card's head that hold JSON of ours."""
    found = {}
    for line in card.split("---")[1].splitlines() if card.startswith("---") else ():
        name, colon, value = line.partition(": ")
        if colon and value.strip()[:1] in "[{":
            found[name.strip()] = value.strip()
    return found


def rows_of(files: list[Path]) -> Iterator[dict[str, Any]]:
    """Rows of Parquet files, a batch in memory at a time."""
    from pyarrow import parquet

    for file in files:
        with parquet.ParquetFile(file) as opened:
            for batch in opened.iter_batches(1024):
                yield from batch.to_pylist()


def _examples(files: list[Path], names: list[str] | None) -> Iterator[Example]:
    ours = {"id", "label", "answers"}
    for number, row in enumerate(rows_of(files)):
        data = {name: value for name, value in row.items() if name not in ours}
        if "answers" in row:
            answers = tuple(
                Given(json.loads(one["label"]), one["annotator"], one["seconds"], one["at"]) for one in row["answers"]
            )
        else:
            label = row.get("label")
            answers = () if label is None else (Given(names[label] if names else label),)
        yield Example(row.get("id", number), data, answers)


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """The folder: shards in which every annotator's answer is kept, the task's belief as `label`, and the card."""
    folder = path / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.parquet"):
        old.unlink()
    source, count = iter(examples), 0
    while shard := [_row(example, task) for example in islice(source, SHARD)]:
        _write_shard(shard, folder / f"train-{count:05d}.parquet", task)
        count += 1
    (path / "README.md").write_text(_card(task), encoding="utf-8")


def _row(example: Example, task: Task) -> dict[str, Any]:
    labels = [given.label for given in example.answers if given.label is not None]
    answers = [
        {"label": json.dumps(one.label), "annotator": one.annotator, "seconds": one.seconds, "at": one.at}
        for one in example.answers
    ]
    return {"id": example.id, **example.data, "label": task.believe(labels) if labels else None, "answers": answers}


def _write_shard(rows: Sequence[Mapping[str, Any]], file: Path, task: Task) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    answer = pa.struct(
        [("label", pa.string()), ("annotator", pa.string()), ("seconds", pa.float64()), ("at", pa.float64())]
    )
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {
        name: pa.array([row.get(name) for row in rows], pa.list_(answer) if name == "answers" else None)
        for name in names
    }
    parquet.write_table(pa.table(columns), file, compression="zstd")


def _card(task: Task) -> str:
    classes = f"class_names: {json.dumps([str(one) for one in task.classes])}\n" if task.classes else ""
    return (
        "---\n"
        "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*.parquet\n"
        f"task_categories:\n- {_CATEGORY[task.kind]}\n"
        f"{classes}{_CARD}: {json.dumps(task.to_dict())}\n"
        "---\n\n"
        "# Labels\n\n`label` is what all annotators' answers come to; `answers` has every one of them: label (JSON),"
        " annotator, seconds of work, and when (Unix time).\n"
    )
