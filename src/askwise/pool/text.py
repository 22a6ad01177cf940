"""A pool of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import IntArray
from askwise.pool.base import BasePool, is_arrow, is_missing, to_numpy
from askwise.pool.fingerprint import Part, texts_part


class TextPool(BasePool):
    """One text a row, from a list, a NumPy or pandas column, or an Arrow column (which stays Arrow).

    An empty text is allowed, a missing one is not. Raises BadInput that says how many are missing, and where.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, texts: Any, ids: Any = None, columns: Mapping[str, Any] | None = None) -> None:
        self._arrow = is_arrow(texts)
        self._texts: Any = _arrow_texts(texts) if self._arrow else _list_of_texts(texts)
        super().__init__(len(self._texts), ids, columns)

    @property
    def schema(self) -> dict[str, Any]:
        return {}

    def take(self, rows: IntArray) -> list[str]:
        """The texts at these positions, in this order."""
        rows = self.checked(rows)
        if self._arrow:
            texts: list[str] = self._texts.take(rows).to_pylist()
            return texts
        return [self._texts[row] for row in rows.tolist()]

    def show(self, row: int) -> dict[str, Any]:
        """``{"kind": "text", "text": the text}``."""
        return {"kind": "text", "text": self.take(np.asarray([row]))[0]}

    def parts(self, start: int, stop: int) -> list[Part]:
        texts = self._texts[start:stop]
        return [texts_part(texts.to_pylist() if self._arrow else texts)]


def _arrow_texts(texts: Any) -> Any:
    import pyarrow as pa

    if isinstance(texts.type, pa.DictionaryType):
        texts = texts.cast(texts.type.value_type)
    if texts.null_count:
        missing = np.flatnonzero(
            texts.is_null().to_numpy(zero_copy_only=False)
            if isinstance(texts, pa.Array)
            else texts.is_null().to_numpy()
        )
        raise BadInput(_missing(missing))
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise BadInput(f"a column of {texts.type} is no text; give a column of strings")
    return texts.cast(pa.large_string())  # 64-bit offsets: a take may exceed 2 GB


def _list_of_texts(texts: Any) -> list[str]:
    values: list[Any] = list(texts) if isinstance(texts, list | tuple) else to_numpy(texts).tolist()
    missing = [row for row, text in enumerate(values) if is_missing(text)]
    if missing:
        raise BadInput(_missing(np.asarray(missing)))
    for row, text in enumerate(values):
        if not isinstance(text, str):
            raise BadInput(f"row {row} is {text!r}, a {type(text).__name__}, not a text; convert the column with str")
    return values


def _missing(rows: IntArray) -> str:
    count = len(rows)
    where = ", ".join(map(str, rows[:5].tolist())) + (", ..." if count > 5 else "")
    what = "1 text is missing, at row" if count == 1 else f"{count} texts are missing, at rows"
    return f"{what} {where}; remove those rows, or fill them in"
