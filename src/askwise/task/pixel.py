"""Pixel: the class of single pixels, which the model chose (PixelPick)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from askwise.core.errors import BadInput
from askwise.task.base import as_they_are, named, of_parts, one_of, whole
from askwise.task.keys import options


@dataclass(frozen=True)
class Pixel:
    """The task of naming what stands at given pixels; a label is a list of {"x", "y", "label"}, each pixel once.

    Which pixels are asked, `pixels` of each image, stands in the query (`why["pixels"]`). Source: Shin, Xie and Albanie
    2021, All You Need Are a Few Pixels, section 3. Raises BadInput for fewer than two classes, or one twice.

    >>> Pixel(["road", "sky"]).check([{"x": 5, "y": 2, "label": "sky"}, {"x": 1, "y": 2, "label": "road"}])
    [{'x': 1, 'y': 2, 'label': 'road'}, {'x': 5, 'y': 2, 'label': 'sky'}]
    """

    kind: ClassVar[str] = "pixel"
    item: ClassVar[str] = "image"
    one_class: ClassVar[bool] = False
    classes: Iterable[Any]
    pixels: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", named(self.classes, least=2))
        if whole(self.pixels, f"pixels={self.pixels!r}") < 1:
            raise BadInput(f"pixels={self.pixels} asks nothing of an image; give 1 or more (10 by default)")

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The pixels by row and column. Raises BadInput for one given twice, and outside of the item's image."""
        if not isinstance(label, list | tuple):
            raise BadInput(f"the label {label!r} is no list of pixels; give [{{'x': 3, 'y': 4, 'label': ...}}, ...]")
        found: dict[tuple[int, int], dict[str, Any]] = {}
        for one in label:
            if not isinstance(one, Mapping) or set(one) != {"x", "y", "label"}:
                raise BadInput(f"{one!r} is no pixel; give exactly 'x', 'y' and 'label'")
            x, y = (whole(one[name], f"{name} of the pixel {dict(one)!r}") for name in ("x", "y"))
            if item is not None and "width" in item and not (x < item["width"] and y < item["height"]):
                raise BadInput(f"the pixel {dict(one)!r} is outside the image of {item['width']} x {item['height']}")
            if (y, x) in found:
                raise BadInput(f"the pixel x={x}, y={y} is given twice; give it once")
            found[y, x] = {"x": x, "y": y, "label": one_of(one["label"], self.classes)}
        return [found[place] for place in sorted(found)]

    def names(self, label: Any) -> list[Any]:
        """The class of each pixel."""
        return of_parts(label)

    def believe(self, labels: Sequence[Any]) -> list[dict[str, Any]]:
        """The majority at each pixel; the earliest among equals."""
        votes: dict[tuple[int, int], list[Any]] = {}
        for label in labels:
            for one in label:
                votes.setdefault((one["y"], one["x"]), []).append(one["label"])
        return [{"x": x, "y": y, "label": Counter(votes[y, x]).most_common(1)[0][0]} for y, x in sorted(votes)]

    def targets(self, labels: Sequence[Any]) -> Any:
        """The labels as they are, for a segmenter that reads them itself."""
        return as_they_are(labels)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        place = {"type": "integer", "minimum": 0}
        pixel = {"x": place, "y": place, "label": {"enum": list(self.classes)}}
        return {
            "type": "array",
            "items": {"type": "object", "properties": pixel, "required": [*pixel], "additionalProperties": False},
        }

    def render(self) -> dict[str, Any]:
        """A button per class with its key; the page walks through the pixels asked."""
        return {"kind": self.kind, **options(tuple(self.classes))}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "classes": list(self.classes), "pixels": self.pixels}
