"""COCO's JSON: images, annotations with boxes and polygons in pixels, categories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from askwise.bridge.formats.example import Example, Given, Losses, Reading, json_file
from askwise.core.errors import BadInput
from askwise.task import Task, as_task
from askwise.task.region import area


def read(path: Path, losses: Losses) -> Reading:
    """Images in the order of the file, with the regions that they have."""
    content = json_file(path, dict)
    for name in ("images", "annotations", "categories"):
        if not isinstance(content.get(name), list):
            raise BadInput(f"{path.name} has no list {name!r}; this is no COCO file of detections")
    names = {one["id"]: one["name"] for one in content["categories"]}
    if not names:
        raise BadInput(f"{path.name} names no category; a task of regions needs classes")
    task = as_task("region", [names[one] for one in sorted(names)])
    return Reading(task, lambda: _examples(content, names, losses))


def _examples(content: Mapping[str, Any], names: Mapping[int, str], losses: Losses) -> Iterator[Example]:
    regions: dict[Any, list[dict[str, Any]]] = {}
    for one in content["annotations"]:
        if one["category_id"] not in names:
            raise BadInput(
                f"annotation {one.get('id')} is of category {one['category_id']}, which the file does not name"
            )
        regions.setdefault(one["image_id"], []).extend(_regions(one, names[one["category_id"]], losses))
    for image in content["images"]:
        data = {"image": image["file_name"], "width": image.get("width"), "height": image.get("height")}
        data = {name: value for name, value in data.items() if value is not None}
        found = regions.get(image["id"])
        yield Example(image["id"], data, () if found is None else (Given(found),))


def _regions(one: Mapping[str, Any], name: str, losses: Losses) -> list[dict[str, Any]]:
    outline = one.get("segmentation")
    if isinstance(outline, Mapping):
        losses.add("a mask in run lengths, kept as its box")
        outline = None
    if outline:
        if len(outline) > 1:
            losses.add("the tie between the parts of one thing")
        return [
            {"label": name, "polygon": [list(pair) for pair in zip(part[::2], part[1::2], strict=True)]}
            for part in outline
        ]
    return [{"label": name, "box": list(one["bbox"])}]


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """One JSON file; where an image has several answers, the task's belief."""
    numbers = {name: i for i, name in enumerate(task.classes, start=1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, example in enumerate(examples, start=1):
        labels = [given.label for given in example.answers if given.label is not None]
        sizes = {name: example.data[name] for name in ("width", "height") if name in example.data}
        images.append({"id": number, "file_name": str(example.data.get("image", example.id)), **sizes})
        losses.only_beliefs(example)
        for region in task.believe(labels) if labels else ():
            annotations.append({"id": len(annotations) + 1, "image_id": number, **_annotation(region, numbers)})
    categories = [{"id": number, "name": str(name)} for name, number in numbers.items()]
    path.write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories}, ensure_ascii=False),
        encoding="utf-8",
    )


def _annotation(region: Mapping[str, Any], numbers: Mapping[Any, int]) -> dict[str, Any]:
    made = {"category_id": numbers[region["label"]], "iscrowd": 0}
    if "box" in region:
        x, y, width, height = region["box"]
        return {**made, "bbox": [x, y, width, height], "area": width * height, "segmentation": []}
    xs, ys = zip(*region["polygon"], strict=True)
    flat = [value for point in region["polygon"] for value in point]
    box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
    return {**made, "bbox": box, "area": area(region["polygon"]), "segmentation": [flat]}
