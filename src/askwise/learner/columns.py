"""Columns of a table: what each one is, and its values as numbers or as names of categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, Rows

MISSING = "(missing)"
FEW = 20
Kind = Literal["number", "category"]


@dataclass(frozen=True)
class Column:
    """A column that is used: its name, and what it holds (dates and booleans are numbers)."""

    name: str
    kind: Kind


def as_arrow(rows: Rows) -> Any:
    """An Arrow table of a table, DataFrame or 2-D array (columns x0, x1, ...); else BadInput."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    try:
        if hasattr(rows, "iloc"):
            return pa.Table.from_pandas(rows, preserve_index=False)
        array = np.asarray(rows)
        if array.ndim == 2 and array.shape[1]:
            return pa.table({f"x{j}": array[:, j] for j in range(array.shape[1])})
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadInput(f"a column mixes types ({error}); make each column numbers, dates or texts") from error
    raise BadInput(f"rows are {type(rows).__name__} of shape {array.shape}; give a table of at least one column")


def find_columns(table: Any) -> tuple[list[Column], dict[str, str]]:
    """Columns worth using, and why each of the others is dropped.

    Numbers, booleans and dates are numbers. Strings and dictionaries are categories when they have at most 20
    values or repeat themselves (values <= half the rows); else they are names or free text, and dropped.
    Constant columns, empty columns and nested ones are dropped.
    """
    used, dropped = [], {}
    for name in table.column_names:
        kind, why = _classify(table[name])
        if kind is None:
            dropped[name] = why
        else:
            used.append(Column(name, kind))
    return used, dropped


def _classify(column: Any) -> tuple[Kind | None, str]:
    import pyarrow.types as t

    kind = column.type
    there = len(column) - column.null_count
    if there == 0:
        return None, "empty"
    if t.is_boolean(kind) or t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind) or _is_date(kind):
        values = as_numbers(column)
        same = np.isnan(values).all() or (np.nanmin(values) == np.nanmax(values) and not np.isnan(values).any())
        return (None, "constant") if same else ("number", "")
    if not (t.is_dictionary(kind) or t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind)):
        return None, f"{kind} is neither numbers, dates nor texts"
    distinct = len(set(as_names(column)))
    if distinct < 2:
        return None, "constant"
    if distinct > FEW and 2 * distinct > there and not t.is_dictionary(kind):
        return None, f"{distinct} different texts in {there} rows: names or free text"
    return "category", ""


def _is_date(kind: Any) -> bool:
    import pyarrow.types as t

    return bool(t.is_timestamp(kind) or t.is_date(kind))


def as_numbers(column: Any) -> FloatArray:
    """Values (m,) as float64, missing ones NaN; dates as seconds since 1970."""
    import pyarrow as pa

    if _is_date(column.type):
        micros = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        seconds: FloatArray = micros.cast(pa.float64()).to_numpy(zero_copy_only=False) / 1e6
        return seconds
    values: FloatArray = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return values


def as_names(column: Any) -> list[str]:
    """Values as texts, missing ones as ``(missing)``."""
    import pyarrow as pa

    return [MISSING if value is None else value for value in column.cast(pa.string()).to_pylist()]


def number_block(table: Any, columns: list[Column]) -> FloatArray:
    """The numeric columns (m, p). Raises BadInput for an infinite value, naming row and column."""
    names = [column.name for column in columns if column.kind == "number"]
    block = np.empty((table.num_rows, len(names)))
    for j, name in enumerate(names):
        block[:, j] = as_numbers(table[name])
        bad = np.flatnonzero(np.isinf(block[:, j]))
        if bad.size:
            raise BadInput(
                f"row {bad[0]}, column {name!r} is {block[bad[0], j]}; leave it empty or give a finite number"
            )
    return block


def category_block(table: Any, columns: list[Column]) -> NDArray[np.object_]:
    """The categorical columns (m, q) as texts."""
    names = [column.name for column in columns if column.kind == "category"]
    block = np.empty((table.num_rows, len(names)), dtype=object)
    for j, name in enumerate(names):
        block[:, j] = as_names(table[name])
    return block
