"""Span: pieces of a text, each with a class, by character offsets; pieces may overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from askwise.core.errors import BadInput
from askwise.task.base import as_they_are, named, of_parts, one_of, whole
from askwise.task.keys import options


@dataclass(frozen=True)
class Span:
    """The task of marking pieces of a text: a label is a list of {"start", "end", "label"}, in the order of the text.

    Offsets count characters (Unicode code points) from 0, `end` beyond the last; `overlap` says whether two pieces may
    share a character. The same piece with the same class counts once. Raises BadInput for no class or one twice.

    >>> late, early = ({"start": at, "end": at + 3, "label": "place"} for at in (4, 0))
    >>> Span(["person", "place"]).check([late, early, late])
    [{'start': 0, 'end': 3, 'label': 'place'}, {'start': 4, 'end': 7, 'label': 'place'}]
    """

    kind: ClassVar[str] = "span"
    item: ClassVar[str] = "text"
    one_class: ClassVar[bool] = False
    classes: Iterable[Any]
    overlap: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", named(self.classes, least=1))

    def check(self, label: Any, item: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The spans in order. Raises BadInput for a span that is empty, outside of the item's text, or overlapping."""
        if not isinstance(label, list | tuple):
            raise BadInput(
                f"the label {label!r} is no list of spans; give [{{'start': 0, 'end': 4, 'label': ...}}, ...]"
            )
        length = None if item is None or "text" not in item else len(item["text"])
        found = {_key(one): one for one in (self._one(span, length) for span in label)}
        spans = [found[key] for key in sorted(found, key=lambda key: (key[0], key[1], str(key[2])))]
        if not self.overlap:
            for before, after in pairwise(spans):
                if after["start"] < before["end"]:
                    raise BadInput(
                        f"the spans {before!r} and {after!r} overlap, and this task does not allow that; keep one"
                    )
        return spans

    def _one(self, span: Any, length: int | None) -> dict[str, Any]:
        if not isinstance(span, Mapping) or set(span) != {"start", "end", "label"}:
            raise BadInput(f"{span!r} is no span; give exactly 'start', 'end' and 'label'")
        start, end = (whole(span[name], f"{name} of the span {dict(span)!r}") for name in ("start", "end"))
        if not start < end:
            raise BadInput(f"the span {dict(span)!r} is empty; its end must lie beyond its start")
        if length is not None and end > length:
            raise BadInput(f"the span {dict(span)!r} ends beyond the text, which has {length} characters")
        return {"start": start, "end": end, "label": one_of(span["label"], self.classes)}

    def names(self, label: Any) -> list[Any]:
        """The class of each span."""
        return of_parts(label)

    def believe(self, labels: Sequence[Any]) -> list[dict[str, Any]]:
        """Spans that more than half of the annotators marked alike; of an even split, the earliest decides."""
        votes = Counter(_key(span) for label in labels for span in label)
        first, half = {_key(span) for span in labels[0]}, len(labels) / 2
        kept = [key for key, count in votes.items() if count > half or (count == half and key in first)]
        spans = [{"start": start, "end": end, "label": name} for start, end, name in kept]
        # A majority of each need not be free of overlap together; then the earliest annotator's word stands.
        try:
            return self.check(spans)
        except BadInput:
            return list(labels[0])

    def targets(self, labels: Sequence[Any]) -> Any:
        """The labels as they are, for a tagger that reads them itself."""
        return as_they_are(labels)

    def schema(self) -> dict[str, Any]:
        """The label as JSON Schema."""
        offset = {"type": "integer", "minimum": 0}
        span = {"start": offset, "end": offset, "label": {"enum": list(self.classes)}}
        return {
            "type": "array",
            "items": {"type": "object", "properties": span, "required": [*span], "additionalProperties": False},
        }

    def render(self) -> dict[str, Any]:
        """A brush per class with its key."""
        return {"kind": self.kind, "overlap": self.overlap, **options(tuple(self.classes))}

    def to_dict(self) -> dict[str, Any]:
        """The task as plain JSON."""
        return {"kind": self.kind, "classes": list(self.classes), "overlap": self.overlap}


def _key(span: Mapping[str, Any]) -> tuple[int, int, Any]:
    return span["start"], span["end"], span["label"]
