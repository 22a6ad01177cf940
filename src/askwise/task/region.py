"""Region: boxes and polygons on an image, each with a class, in pixels of the image as it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from askwise.core.errors import BadInput, did_you_mean
from askwise.task.base import as_they_are, finite, named, of_parts, one_of
from askwise.task.keys import options

SHAPES = ("box", "polygon")


@dataclass(frozen=True)
class Region:
    """The task of outlining things on an image; a label is a list of regions in the order drawn.

    A region is {"label", "box": [x, y, width, height]} or {"label", "polygon": [[x, y], ...]}, in pixels from the upper
    left corner; `shapes` says which are allowed. Raises BadInput for no class, one twice, or an unknown shape.

    >>> Region(["car"]).check([{"label": "car", "box": [2, 3, 10, 5]}])
    [{'label': 'car', 'box': [2.0, 3.0, 10.0, 5.0]}]
    """

    kind: ClassVar[str] = "region"
    item: ClassVar[str] = "image"
    one_class: ClassVar[bool] = False
    classes: Iterable[Any]
    shapes: Sequence[str] = SHAPES

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", named(self.classes, least=1))
        object.__setattr__(self, "shapes", tuple(self.shapes))
        for shape in self.shapes:
            if shape not in SHAPES:
                raise BadInput(f"there is no shape {shape!r}.{did_you_mean(shape, SHAPES)}")
        if not self.shapes:
            raise BadInput(f"shapes=() leaves nothing to draw; give some of {', '.join(SHAPES)}")

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The regions in plain numbers. Raises BadInput for one without area or outside of the item's image."""
        if not isinstance(label, list | tuple):
            raise BadInput(f"the label {label!r} is no list of regions; give [{{'label': ..., 'box': [...]}}, ...]")
        size = None if item is None or "width" not in item else (float(item["width"]), float(item["height"]))
        return [self._one(region, size) for region in label]

    def _one(self, region: Any, size: tuple[float, float] | None) -> dict[str, Any]:
        shape = next((name for name in self.shapes if isinstance(region, Mapping) and name in region), None)
        if shape is None or set(region) != {"label", shape}:
            raise BadInput(f"{region!r} is no region; give exactly 'label' and one of {', '.join(self.shapes)}")
        points = _box(region["box"]) if shape == "box" else _polygon(region["polygon"])
        if size is not None:
            for x, y in points:
                if not (0 <= x <= size[0] and 0 <= y <= size[1]):
                    raise BadInput(
                        f"({x:g}, {y:g}) of {dict(region)!r} is outside the image of {size[0]:g} x {size[1]:g}"
                    )
        plain = [float(value) for value in region["box"]] if shape == "box" else [list(point) for point in points]
        return {"label": one_of(region["label"], self.classes), shape: plain}

    def names(self, label: Any) -> list[Any]:
        """The class of each region."""
        return of_parts(label)

    def believe(self, labels: Sequence[Any]) -> list[dict[str, Any]]:
        """The earliest annotator's regions: outlines of several people are not averaged but reviewed."""
        return list(labels[0])

    def targets(self, labels: Sequence[Any]) -> Any:
        """The labels as they are, for a detector that reads them itself."""
        return as_they_are(labels)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        number = {"type": "number"}
        forms = {
            "box": {"type": "array", "items": number, "minItems": 4, "maxItems": 4},
            "polygon": {
                "type": "array",
                "minItems": 3,
                "items": {"type": "array", "items": number, "minItems": 2, "maxItems": 2},
            },
        }
        kinds = [
            {
                "type": "object",
                "properties": {"label": {"enum": list(self.classes)}, shape: forms[shape]},
                "required": ["label", shape],
                "additionalProperties": False,
            }
            for shape in self.shapes
        ]
        return {"type": "array", "items": {"oneOf": kinds}}

    def render(self) -> dict[str, Any]:
        """A pen per class with its key, and the shapes."""
        return {"kind": self.kind, "shapes": list(self.shapes), **options(tuple(self.classes))}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "classes": list(self.classes), "shapes": list(self.shapes)}


def _box(box: Any) -> list[tuple[float, float]]:
    """Two corners of a box. Raises BadInput unless it is four numbers and has an area."""
    if not isinstance(box, list | tuple) or len(box) != 4:
        raise BadInput(f"the box {box!r} is not [x, y, width, height]")
    x, y, width, height = (finite(value, f"{value!r} in the box {box!r}") for value in box)
    if width <= 0 or height <= 0:
        raise BadInput(f"the box {box!r} has no area; give a width and a height above 0")
    return [(x, y), (x + width, y + height)]


def _polygon(points: Any) -> list[tuple[float, float]]:
    """The corners. Raises BadInput for fewer than three, and for corners on one line."""
    if not isinstance(points, list | tuple) or any(not isinstance(p, list | tuple) or len(p) != 2 for p in points):
        raise BadInput(f"the polygon {points!r} is not [[x, y], ...]")
    corners = [(finite(x, f"{x!r}"), finite(y, f"{y!r}")) for x, y in points]
    if len(corners) < 3 or area(corners) == 0:
        raise BadInput(f"the polygon {points!r} has no area; give three corners or more, not on one line")
    return corners


def area(corners: Sequence[Sequence[float]]) -> float:
    """Area of a polygon by the shoelace formula.

    >>> area([(0, 0), (4, 0), (4, 3)])
    6.0
    """
    following = [*corners[1:], corners[0]]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, following, strict=True))) / 2
