"""Pools over arrays: NumPy in memory, a NumPy memory map, or a SciPy CSR matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.core.stored import Stored, on_disk
from askwise.core.types import Array, FloatArray, IntArray, Rows
from askwise.pool.base import BasePool, jsonable
from askwise.pool.fingerprint import DensePart, Part, SparsePart

SPAN_BYTES = 16 << 20


class ArrayPool(BasePool):
    """Rows of X: dense (n, d) or (n, ...), a memory map of the same, vectors of `open_vectors`, or sparse (n, d).

    What lies on disk is read in spans of 16 MB and never copied or loaded whole. A dense 2-D pool offers
    ``embeddings``, its rows as float32. `names` are the d column names, shown to people. Values must be
    finite: X is read through once to make sure, unless `check` is False. Raises BadInput with the row and
    column of the first that is not.
    """

    kind: ClassVar[str] = "array"

    def __init__(
        self,
        X: Any,
        ids: Any = None,
        columns: Mapping[str, Any] | None = None,
        *,
        names: Sequence[str] | None = None,
        check: bool = True,
    ) -> None:
        self._sparse = hasattr(X, "tocsr")
        self._X: Any = X.tocsr() if self._sparse else _dense(X)
        super().__init__(int(self._X.shape[0]), ids, columns)
        if 0 in self._X.shape:
            raise BadInput(f"an array of shape {self._X.shape} has no features; give at least one column")
        self.span_rows = max(1, SPAN_BYTES // self._row_bytes())
        self.names = None if names is None else _names(names, self._X.shape)
        self.offers = frozenset({"embeddings"} if self._X.ndim == 2 and not self._sparse else ())
        if check and self._X.dtype.kind == "f":
            self._check_finite()

    def _row_bytes(self) -> int:
        if self._sparse:
            stored: int = self._X.data.nbytes + self._X.indices.nbytes
            return max(1, stored // self._n)
        size: int = math.prod(self._X.shape[1:]) * self._X.dtype.itemsize
        return max(1, size)

    def _check_finite(self) -> None:
        for start in range(0, self._n, self.span_rows):
            chunk = self._X[start : start + self.span_rows]
            values = chunk.data if self._sparse else chunk
            if not np.isfinite(values).all():
                raise BadInput(self._not_finite(chunk, start))

    def _not_finite(self, chunk: Any, start: int) -> str:
        if self._sparse:
            entries = chunk.tocoo()
            bad = np.flatnonzero(~np.isfinite(entries.data))[0]
            place, value = [int(entries.row[bad]), int(entries.col[bad])], entries.data[bad]
        else:
            place = np.argwhere(~np.isfinite(chunk))[0].tolist()
            value = chunk[tuple(place)]
        row, *rest = place
        column = f"column {rest[0]}" if len(rest) == 1 else f"place {rest}"
        named = f" ({self.names[rest[0]]!r})" if self.names else ""
        return (
            f"the value at row {start + row}, {column}{named} is {value}; features must be finite: "
            "impute or drop such rows (np.nan_to_num, sklearn.impute.SimpleImputer)"
        )

    @property
    def schema(self) -> dict[str, Any]:
        dtype = self._X.dtype.newbyteorder("<").str
        return {"dtype": dtype, "shape": list(self._X.shape[1:]), "sparse": self._sparse, "names": self.names}

    def take(self, rows: IntArray) -> Rows:
        """Rows (m, ...) of X in its own dtype, as a new ndarray or CSR matrix."""
        taken = self._X[self.checked(rows)]
        return taken if self._sparse else np.asarray(taken)

    def _evidence(self, rows: IntArray, name: str) -> Array:
        return _float32(self._X[rows], rows)

    def show(self, row: int) -> dict[str, Any]:
        """``{"kind": "row", "cells": {name: value}}``, no zeros if sparse; else ``"kind": "array"``."""
        (row,) = self.checked([row]).tolist()
        values = self._X[[row]].toarray()[0] if self._sparse else self._X[np.array([row])][0]
        if values.ndim > 1:
            return {"kind": "array", "shape": list(values.shape), "values": jsonable(values)}
        if self._sparse:
            return {
                "kind": "row",
                "cells": {self._name(j): jsonable(values[j]) for j in np.flatnonzero(values).tolist()},
            }
        return {"kind": "row", "cells": {self._name(j): jsonable(value) for j, value in enumerate(values)}}

    def _name(self, column: int) -> str:
        return self.names[column] if self.names else f"x{column}"

    def parts(self, start: int, stop: int) -> list[Part]:
        if not self._sparse:
            return [DensePart(self._X[start:stop])]
        chunk = self._X[start:stop].copy()  # the caller's matrix keeps its entries as they are
        chunk.sum_duplicates()
        chunk.eliminate_zeros()
        return [SparsePart(chunk)]


def _dense(X: Any) -> Any:
    given: Any = on_disk(X) if isinstance(X, np.memmap) else X
    array: Any = given if isinstance(given, np.ndarray | Stored) else np.asarray(given)
    if array.dtype.kind not in "fiub":
        raise BadInput(
            f"an array of {array.dtype} cannot be features; "
            "give numbers, a list of texts, or a DataFrame for mixed columns"
        )
    if array.ndim < 2:
        raise BadInput(f"X has shape {array.shape}; rows need at least one feature each: X.reshape(-1, 1)")
    return array


def _names(names: Sequence[str], shape: tuple[int, ...]) -> list[str]:
    if len(shape) != 2 or len(names) != shape[1]:
        raise BadInput(f"{len(names)} names for an array of shape {shape}; give one name per column of a 2-D array")
    return [str(name) for name in names]


def _float32(values: NDArray[Any], rows: IntArray) -> FloatArray:
    with np.errstate(over="ignore"):
        out = np.ascontiguousarray(values, dtype=np.float32)
    if values.dtype.kind == "f" and values.dtype.itemsize > 4 and not np.isfinite(out).all():
        at, column = np.argwhere(~np.isfinite(out))[0]
        raise BadInput(
            f"row {rows[at]}, column {column} holds {values[at, column]}, "
            "too large for float32 embeddings; scale the features"
        )
    return out
