"""Which columns of a table are the rows, the ids and the label: named, or guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from askwise.core.errors import BadInput
from askwise.pool.base import BasePool, unique_ids
from askwise.pool.frame import FramePool, column_names, get_column, known_columns
from askwise.pool.images import ImagePool
from askwise.pool.text import TextPool

LABEL = "label"
SAMPLE = 1000
WORDS = 3.0
"""A lone column of strings with this many words a cell on average is a text, not a category."""


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are for; None where nobody said. `features` may be "all"."""

    text: str | None = None
    features: str | Sequence[str] | None = None
    images: str | None = None
    ids: str | None = None
    label: str | None = None

    def with_label(self, names: Sequence[str]) -> Columns:
        """Take a column called "label" for the label, unless it was named as something else."""
        if self.label is None and LABEL in names and LABEL not in (self.text, self.images, self.ids):
            return replace(self, label=LABEL)
        return self

    def guessed(self, table: Any) -> Columns:
        """Fill in what the rows are, if that was not named."""
        if self.text is None and self.images is None and self.features is None:
            return guess_rows(table, self)
        return self


def table_pool(data: Any, wanted: Columns, ids: Any = None, columns: Mapping[str, Any] | None = None) -> BasePool:
    """Return a text, image or table pool over a DataFrame or Table. Raises BadInput for an unknown column."""
    names = column_names(data)
    given = [name for name in ("text", "features", "images") if getattr(wanted, name) is not None]
    if len(given) != 1:
        raise BadInput(f"rows are either text, features or images; {' and '.join(given) or 'none'} given: name one")
    known_columns([name for name in (wanted.label, wanted.ids) if name is not None], names)
    if wanted.ids is not None:
        ids = _ids(data, wanted.ids)
    if wanted.features is not None:
        return FramePool(data, ids, columns, features=_features(wanted, names))
    side = {name: get_column(data, name) for name in names} | dict(columns or {})
    if wanted.text is not None:
        return _named(TextPool, data, wanted.text, ids, side)
    return _named(ImagePool, data, str(wanted.images), ids, side)


def _named(make: type[TextPool] | type[ImagePool], data: Any, name: str, ids: Any, side: Any) -> BasePool:
    column = get_column(data, name)
    try:
        return make(column, ids, side)
    except BadInput as error:
        raise BadInput(f"column {name!r}: {error}") from error


def _ids(data: Any, name: str) -> Any:
    column = get_column(data, name)
    try:
        return unique_ids(column, len(column))
    except BadInput as error:
        raise BadInput(f"column {name!r}: {error}") from error


def _features(wanted: Columns, names: list[str]) -> list[str]:
    if wanted.features == "all":
        return [name for name in names if name not in (wanted.label, wanted.ids)]
    listed = [wanted.features] if isinstance(wanted.features, str) else list(wanted.features or ())
    if wanted.label in listed:
        raise BadInput(f"column {wanted.label!r} is the label, so it cannot be a feature; leave it out of `features`")
    return known_columns(listed, names)


def guess_rows(table: Any, wanted: Columns) -> Columns:
    """Choose the rows of an Arrow Table: the image, the text, or all columns if all are numbers.

    The label and ids are left out. Raises BadInput that lists the columns when there is no obvious choice.
    """
    import pyarrow as pa

    fields = [field for field in table.schema if field.name not in (wanted.label, wanted.ids)]
    image = _named_or_only([field.name for field in fields if _holds_bytes(field.type)], "image")
    if image is not None:
        return replace(wanted, images=image)
    strings = [f.name for f in fields if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    text = _named_or_only(strings, "text")
    if text == "text" or (text is not None and _words(table.column(text)) >= WORDS):
        return replace(wanted, text=text)
    numbers = [f for f in fields if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)]
    if fields and len(numbers) == len(fields):
        return replace(wanted, features="all")
    listed = ", ".join(f"{field.name} ({field.type})" for field in table.schema)
    flags = "--text COLUMN, --features all, --images COLUMN"
    raise BadInput(f"which columns are the rows? Name text, features or images ({flags}). Columns: {listed}")


def _named_or_only(names: list[str], name: str) -> str | None:
    if name in names:
        return name
    return names[0] if len(names) == 1 else None


def _holds_bytes(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        at = kind.get_field_index("bytes")
        return bool(at >= 0) and _holds_bytes(kind.field(at).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _words(column: Any) -> float:
    """Mean number of words of the first cells."""
    cells = [len(cell.split()) for cell in column.slice(0, SAMPLE).to_pylist() if cell]
    return sum(cells) / len(cells) if cells else 0.0
