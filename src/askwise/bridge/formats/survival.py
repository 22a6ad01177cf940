"""What survives each format: found by writing examples of every task and reading them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askwise.bridge.formats import FORMATS, Format
from askwise.bridge.formats.example import Example, Given, Losses
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

ASPECTS = ("items", "ids", "columns", "belief", "answers", "annotators", "abstentions", "seconds", "times")
"""What is compared, in the order of the table."""

_TEXTS = ("Ada Lovelace lived in London.", "Grace wrote a compiler in 1952!", "Émile naïvely 漢字 said so.")
_IMAGES = tuple({"image": f"{i}.png", "width": 200, "height": 100} for i in range(3))
_LABELS: Mapping[str, tuple[dict[str, Any], list[Any]]] = {
    "choice": ({"kind": "choice", "classes": ["neg", "pos"]}, ["pos", "neg", "pos"]),
    "multilabel": ({"kind": "multilabel", "classes": ["a", "b", "c"]}, [["a", "c"], [], ["b"]]),
    "number": ({"kind": "number"}, [1.5, -2.0, 0.25]),
    "pair": ({"kind": "pair"}, ["same", "different", "same"]),
    "ranking": ({"kind": "ranking"}, [[1, 0], [0, 1], [1, 0]]),
    "candidates": ({"kind": "candidates", "classes": ["a", "b", "c"]}, ["a", {"not": ["b"]}, "c"]),
    "verify": ({"kind": "verify", "classes": ["a", "b", "c"]}, ["a", {"not": ["b"]}, "c"]),
    "span": (
        {"kind": "span", "classes": ["person", "place"], "overlap": False},
        [
            [{"start": 0, "end": 12, "label": "person"}, {"start": 22, "end": 28, "label": "place"}],
            [{"start": 0, "end": 5, "label": "person"}],
            [],
        ],
    ),
    "region": (
        {"kind": "region", "classes": ["car", "dog"]},
        [
            [{"label": "car", "box": [10.0, 20.0, 50.0, 40.0]}],
            [{"label": "dog", "polygon": [[0.0, 0.0], [40.0, 0.0], [40.0, 30.0]]}],
            [{"label": "dog", "box": [0.0, 0.0, 5.0, 5.0]}, {"label": "car", "box": [1.0, 1.0, 2.0, 2.0]}],
        ],
    ),
    "pixel": (
        {"kind": "pixel", "classes": ["road", "sky"]},
        [[{"x": 3, "y": 1, "label": "sky"}], [{"x": 0, "y": 0, "label": "road"}], [{"x": 9, "y": 9, "label": "sky"}]],
    ),
}


@dataclass(frozen=True)
class Survival:
    """What one path kept, by aspect, and what the format itself said that it lost."""

    format: str
    task: str
    kept: Mapping[str, bool]
    losses: str


def examples_of(kind: str) -> tuple[Task, list[Example]]:
    """A task of this kind and three examples: two annotators, one abstention, seconds and times."""
    settings, labels = _LABELS[kind]
    task = as_task(settings)
    made = []
    for i, label in enumerate(labels):
        data = dict(_IMAGES[i]) if task.item == "image" else {"text": _TEXTS[i]}
        answers = [Given(label, "ana", 2.5 + i, 1.7e9 + i)]
        if i == 1:
            answers += [Given(labels[2], "ben", 3.0, 1.7e9 + 50), Given(None, "cleo", 1.0, 1.7e9 + 60)]
        made.append(Example(f"item-{i}", {**data, "source": "web"} if task.item != "image" else data, tuple(answers)))
    return task, made


def survival(one: Format, kind: str, folder: Path) -> Survival:
    """Write and read back examples of a task in a format, in a folder of one's own."""
    task, before = examples_of(kind)
    path = folder / f"{kind}{one.suffixes[0]}"
    losses = Losses()
    one.module.write(before, task, path, losses)
    try:
        after = list(one.module.read(path, losses))
    except BadInput as error:
        return Survival(one.name, kind, dict.fromkeys(ASPECTS, False), f"not read back: {error}")
    kept = {aspect: bool(_view(aspect, before, task) == _view(aspect, after, task)) for aspect in ASPECTS}
    return Survival(one.name, kind, kept, str(losses))


def _view(aspect: str, examples: list[Example], task: Task) -> Any:
    labels = [[given.label for given in one.answers if given.label is not None] for one in examples]
    if aspect == "items":
        return [one.data.get("text", one.data.get("image")) for one in examples]
    if aspect == "ids":
        return [one.id for one in examples]
    if aspect == "columns":
        return [set(one.data) for one in examples]
    if aspect == "belief":
        return [task.believe(given) if given else None for given in labels]
    if aspect == "answers":
        return labels
    if aspect == "annotators":
        return [[given.annotator for given in one.answers] for one in examples]
    if aspect == "abstentions":
        return [sum(given.label is None for given in one.answers) for one in examples]
    if aspect == "seconds":
        return [[given.seconds for given in one.answers] for one in examples]
    return [[given.at for given in one.answers] for one in examples]


def table(folder: Path) -> list[Survival]:
    """Every format with every task that it can hold."""
    found = []
    for one in (one for one in FORMATS.values() if one.writes):
        for kind in one.kinds:
            place = folder / one.name
            place.mkdir(parents=True, exist_ok=True)
            found.append(survival(one, kind, place))
    return found


def as_markdown(rows: list[Survival]) -> str:
    """The table as Markdown."""
    head = ["format", "task", *ASPECTS, "what the format said it lost"]
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    for row in rows:
        marks = ["yes" if row.kept[aspect] else "–" for aspect in ASPECTS]
        lines.append("| " + " | ".join([row.format, row.task, *marks, row.losses]) + " |")
    return "\n".join(lines) + "\n"
