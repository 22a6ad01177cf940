"""A pool of table rows with named columns of any type: a pandas DataFrame or an Arrow Table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import IntArray, Rows
from askwise.pool.base import BasePool, jsonable
from askwise.pool.fingerprint import BytesPart, DensePart, Part, texts_part


class FramePool(BasePool):
    """Rows of the `features` columns (all of them unless named), the others being side columns.

    `take` gives a DataFrame if a DataFrame was given, else an Arrow Table: scikit-learn's ColumnTransformer
    and estimators take both, and pandas stays optional. A missing cell (null, NaN) is allowed, for encoders
    impute; an infinite one is not. Raises BadInput naming the row and column, or the column whose type is
    of no use.
    """

    kind: ClassVar[str] = "table"

    def __init__(
        self,
        data: Any,
        ids: Any = None,
        columns: Mapping[str, Any] | None = None,
        *,
        features: str | Sequence[str] | None = None,
    ) -> None:
        names = column_names(data)
        self.features = names if features in (None, "all") else known_columns(_as_list(features), names)
        if not self.features:
            raise BadInput("the table has no feature columns; name at least one in `features`")
        side = {name: get_column(data, name) for name in names}
        super().__init__(len(data), ids, {**side, **dict(columns or {})})
        self._data = _select(data, self.features)
        self._table = _checked_table(as_table(self._data))

    @property
    def schema(self) -> dict[str, Any]:
        fields = [f"{field.name}: {str(field.type).replace('large_', '')}" for field in self._table.schema]
        return {"columns": fields}

    def take(self, rows: IntArray) -> Rows:
        """The feature columns at these positions: a DataFrame (with its index) or an Arrow Table."""
        rows = self.checked(rows)
        return self._data.iloc[rows] if is_frame(self._data) else self._data.take(rows)

    def show(self, row: int) -> dict[str, Any]:
        """``{"kind": "row", "cells": {name: value}}``, a missing cell being None."""
        (row,) = self.checked([row]).tolist()
        cells: dict[str, Any] = self._table.slice(row, 1).to_pylist()[0]
        return {"kind": "row", "cells": {name: jsonable(value) for name, value in cells.items()}}

    def parts(self, start: int, stop: int) -> list[Part]:
        span = self._table.slice(start, stop - start)
        return [part for column in span.columns for part in _column_parts(column)]


def is_frame(data: Any) -> bool:
    """Whether this is a pandas DataFrame, told without importing pandas."""
    return hasattr(data, "iloc") and hasattr(data, "columns")


def column_names(data: Any) -> list[str]:
    """Return the column names of a DataFrame or Table. Raises BadInput if one is there twice."""
    names = [str(name) for name in (data.columns if is_frame(data) else data.column_names)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"column {twice[0]!r} is there twice; rename one of the two")
    return names


def known_columns(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return `wanted` if all are among the names. Raises BadInput with the nearest name."""
    for name in wanted:
        if name not in names:
            raise BadInput(f"there is no column {name!r}.{did_you_mean(str(name), names)}")
    return list(wanted)


def get_column(data: Any, name: str) -> Any:
    """Return one column as a pandas Series or Arrow column. Raises BadInput if there is none of that name."""
    position = column_names(data).index(known_columns([name], column_names(data))[0])
    return data.iloc[:, position] if is_frame(data) else data.column(position)


def as_table(data: Any) -> Any:
    """Return an Arrow Table of a DataFrame (numbers share memory) or Table."""
    if not is_frame(data):
        return data
    import pyarrow as pa

    try:
        return pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadInput(
            f"a column mixes types ({error}); convert it to one type, such as df[name].astype(str)"
        ) from error


def _as_list(features: str | Sequence[str] | None) -> list[str]:
    if features is None:
        return []
    return [features] if isinstance(features, str) else list(features)


def _select(data: Any, names: list[str]) -> Any:
    everything = column_names(data)
    positions = [everything.index(name) for name in names]
    return data.iloc[:, positions] if is_frame(data) else data.select(positions)


def _checked_table(table: Any) -> Any:
    """Decode dictionaries for hashing and showing; refuse types that are no features, and infinite values."""
    import pyarrow as pa

    for i, field in enumerate(table.schema):
        column, kind = table.column(i), field.type
        if pa.types.is_dictionary(kind):
            table = table.set_column(i, field.name, column.cast(kind.value_type))
        elif pa.types.is_null(kind):
            raise BadInput(f"column {field.name!r} is empty in every row; leave it out of the features")
        elif pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise BadInput(f"column {field.name!r} holds {kind}, which is no feature; leave it out of the features")
        elif pa.types.is_floating(kind):
            _check_infinite(field.name, column)
    return table


def _check_infinite(name: str, column: Any) -> None:
    import pyarrow.compute as pc

    infinite = np.flatnonzero(pc.fill_null(pc.is_inf(column), fill_value=False).to_numpy())
    if infinite.size:
        raise BadInput(
            f"column {name!r} holds {column[int(infinite[0])].as_py()} at row {infinite[0]}; "
            "features must be finite: replace it, or leave the cell empty to have it imputed"
        )


def _column_parts(column: Any) -> list[Part]:
    """Mask of missing cells, then values with the missing ones set to nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = pc.is_null(column, nan_is_null=pa.types.is_floating(column.type)).to_numpy()
    return [DensePart(mask), _values_part(column, mask)]


def _values_part(column: Any, mask: Any) -> Part:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        empty = False if pa.types.is_boolean(kind) else 0
        values = pc.fill_null(column, empty).to_numpy()
        return DensePart(np.where(mask, np.zeros_like(values), values))
    cells = column.to_pylist()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return texts_part("" if cell is None else cell for cell in cells)
    return BytesPart([repr(cell).encode() for cell in cells])
