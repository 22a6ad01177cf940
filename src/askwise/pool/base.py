"""What every pool shares: ids, side columns, checked row positions, and values that JSON can hold."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput, MissingEvidence, did_you_mean
from askwise.core.types import Array, IntArray, Rows
from askwise.pool.fingerprint import Part, fingerprint


class BasePool(ABC):
    """A pool of n rows with unique ids and side columns; a subclass adds what a row is.

    Side columns (groups, sources, costs) are read with `column` and are no part of the fingerprint: a note
    that someone edits beside the rows does not make another pool of it.
    """

    kind: ClassVar[str]
    span_rows: int = 8192
    ids: NDArray[Any]
    offers: frozenset[str] = frozenset()

    def __init__(self, n: int, ids: Any = None, columns: Mapping[str, Any] | None = None) -> None:
        if n == 0:
            raise BadInput("the pool has 0 rows; give at least one row to choose from")
        self._n = n
        self.default_ids = ids is None
        self.ids = np.arange(n, dtype=np.int64) if ids is None else unique_ids(ids, n)
        self._columns = dict(columns or {})
        for name, values in self._columns.items():
            if len(values) != n:
                raise BadInput(f"column {name!r} has {len(values)} values, the pool has {n} rows; give one per row")

    def __len__(self) -> int:
        return self._n

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names that `column` knows."""
        return tuple(self._columns)

    def column(self, name: str) -> NDArray[Any]:
        """Return the side column, (n,): groups, sources, costs. Raises BadInput for an unknown name."""
        if name not in self._columns:
            raise BadInput(f"the pool has no column {name!r}.{did_you_mean(name, self.column_names)}")
        return to_numpy(self._columns[name])

    def evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Evidence of these rows by name, aligned. Raises MissingEvidence for what is not in `offers`."""
        unknown = sorted(names - self.offers)
        if unknown:
            offered = ", ".join(sorted(self.offers)) or "nothing"
            raise MissingEvidence(
                f"a {self.kind} pool offers {offered}, not {', '.join(unknown)}; "
                "ask a learner for it, or give an array pool of embeddings"
            )
        rows = self.checked(rows)
        return {name: self._evidence(rows, name) for name in sorted(names)}

    def _evidence(self, rows: IntArray, name: str) -> Array:
        raise MissingEvidence(f"a {self.kind} pool lists {name!r} in `offers` but does not compute it")

    def checked(self, rows: Any) -> IntArray:
        """Return positions as int64 (m,). Raises BadInput for a mask, a fraction or one outside [0, n)."""
        array = np.asarray(rows)
        if array.size == 0:
            return np.empty(0, dtype=np.int64)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise BadInput(
                f"rows must be a 1-D array of whole positions, got {array.dtype} of shape {array.shape}; "
                "turn a mask into positions with np.flatnonzero"
            )
        wrong = (array < 0) | (array >= self._n)
        if wrong.any():
            raise BadInput(f"row {array[wrong][0]} is outside the pool; give positions in 0..{self._n - 1}")
        return array.astype(np.int64, copy=False)

    def fingerprint(self) -> dict[str, Any]:
        """Content hash by blocks of rows; see `askwise.pool.fingerprint`."""
        return fingerprint(self)

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """What must be equal before rows can be compared: widths, types, names; JSON-able."""

    @abstractmethod
    def parts(self, start: int, stop: int) -> list[Part]:
        """Rows [start, stop) in canonical form, ready to be hashed block by block."""

    @abstractmethod
    def take(self, rows: IntArray) -> Rows: ...

    @abstractmethod
    def show(self, row: int) -> dict[str, Any]: ...


def unique_ids(ids: Any, n: int) -> NDArray[Any]:
    """Return the ids, (n,), as int64 or strings. Raises BadInput for another type, a gap, or a repeated id.

    >>> unique_ids(["a", "b"], 2).tolist()
    ['a', 'b']
    """
    array = _id_array(ids)
    if array.shape != (n,):
        raise BadInput(f"ids have shape {array.shape}, the pool has {n} rows; give one id per row")
    order = np.argsort(array, kind="stable")
    ordered = array[order]
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    if again.size:
        first = again[np.argmin(order[again])]
        raise BadInput(
            f"id {array[order[first]].item()!r} is given to two rows, {order[first]} and {order[first + 1]}; "
            f"ids must be unique ({again.size} repeated in all): remove the copies or name another id column"
        )
    return array


def _id_array(ids: Any) -> NDArray[Any]:
    if is_arrow(ids) and ids.null_count:
        row = ids.is_null().to_pylist().index(True)
        raise BadInput(f"the id at row {row} is missing ({ids.null_count} in all); fill it in, or name another column")
    array = to_numpy(ids)
    if array.dtype.kind in "iu":
        if array.dtype.kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise BadInput(f"id {int(array.max())} does not fit in 64 bits with a sign; give ids as strings")
        return array.astype(np.int64, copy=False)
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind in "OT":
        values: list[Any] = array.ravel().tolist()
        if values and all(isinstance(value, str) for value in values):
            return np.asarray(values, dtype=np.str_)
        if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            return _id_array(np.asarray(values))
        row, value = next((i, v) for i, v in enumerate(values) if not isinstance(v, str))
        raise BadInput(f"id {value!r} at row {row} is no string; give every row a string, or a whole number")
    raise BadInput(f"ids of type {array.dtype} are not usable; give whole numbers or strings")


def is_arrow(values: Any) -> bool:
    """Whether this is an Arrow column, told without importing pyarrow."""
    return type(values).__module__.partition(".")[0] == "pyarrow"


def is_missing(value: Any) -> bool:
    """Whether this cell is None, NaN, or what pandas uses for a gap.

    >>> is_missing(None), is_missing(float("nan")), is_missing("")
    (True, True, False)
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in ("NAType", "NaTType")


def to_numpy(values: Any) -> NDArray[Any]:
    """Return a NumPy array of a list, array, pandas Series or Arrow column; strings become objects."""
    if is_arrow(values):
        return _arrow_numpy(values)
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        kinds = {type(value) for value in values}
        return np.asarray(values, dtype=object if len(kinds) > 1 and str in kinds else None)
    return np.asarray(values)


def _arrow_numpy(values: Any) -> NDArray[Any]:
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        return np.asarray(values.to_numpy())
    return np.asarray(values.to_numpy(zero_copy_only=False))


def jsonable(value: Any) -> Any:
    """Return the value as JSON can hold it: a missing or non-finite number is None, a date its ISO text.

    >>> jsonable(np.float32(0.1)), jsonable(float("nan")), jsonable(b"ab")
    (0.1, None, '2 bytes')
    """
    if isinstance(value, np.floating):
        value = float(str(value))  # the shortest text that is still this number: 0.1, not 0.10000000149
    elif isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [jsonable(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
