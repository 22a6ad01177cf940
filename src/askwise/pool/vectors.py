"""Vectors in files: .npy, and columns of Parquet and Arrow, as rows that are read in blocks and never held whole.

A column of a compressed file can be read from its beginning only. So one pass is decoded as it is read; a second pass,
or rows here and there, have the column written once to a flat temporary file first.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.stored import FlatFile, Stored, on_disk
from askwise.core.types import IntArray
from askwise.pool.files import existing

log = logging.getLogger("askwise")

_BATCH = 8192
"""Rows decoded at a time."""

COLUMNS = (".parquet", ".arrow", ".feather")
"""Endings of files with columns of vectors."""


def open_vectors(path: str | Path, column: str | None = None, *, dtype: Any = None) -> Stored:
    """Rows (n, d) of a .npy file, or of a column of vectors in a Parquet or Arrow file, for `select` and for pools.

    A vector is a list of numbers, a fixed-size list, or fixed-size binary: the bytes of the row, whose type `dtype`
    then says. `column` may be left out when there is only one such column. In passes a fixed-size binary column is the
    fastest of the three, and a .npy file faster still. Raises BadInput for a column that is none, a missing vector, and
    vectors of different lengths, naming the row.

    >>> import numpy as np, pyarrow as pa, tempfile
    >>> from pyarrow import parquet
    >>> file = tempfile.mkdtemp() + "/rows.parquet"
    >>> parquet.write_table(pa.table({"e": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}), file)
    >>> rows = open_vectors(file)
    >>> rows.shape, rows[1:].tolist()
    ((3, 2), [[3.0, 4.0], [5.0, 6.0]])
    """
    path = existing(path)
    if path.suffix.lower() == ".npy":
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        if mapped.ndim != 2:
            raise BadInput(f"{path.name!r} holds an array of shape {mapped.shape}; give one row for each vector")
        rows = on_disk(mapped, 0)
        return rows if isinstance(rows, Stored) else Stored(mapped.shape, mapped.dtype, lambda at: mapped[at])
    if path.suffix.lower() not in COLUMNS:
        raise BadInput(f"{path.name!r} holds no vectors that can be read; give one of .npy, {', '.join(COLUMNS)}")
    return _Column(path, _named(path, column), dtype).stored()


def vector_columns(path: Path) -> tuple[list[str], list[str]]:
    """Names of the columns of vectors, and of all columns, of a Parquet or Arrow file."""
    schema = _schema(path)
    return [field.name for field in schema if _is_vector(field.type)], list(schema.names)


def _named(path: Path, column: str | None) -> str:
    found, names = vector_columns(path)
    if column is None and len(found) == 1:
        return found[0]
    if column is None:
        listed = ", ".join(found) or "none"
        raise BadInput(f"which column of {path.name!r} holds the vectors? Columns of vectors: {listed}; name one")
    if column not in names:
        raise BadInput(f"{path.name!r} has no column {column!r}.{did_you_mean(column, names)}")
    if column not in found:
        kind = _schema(path).field(column).type
        raise BadInput(f"column {column!r} of {path.name!r} holds {kind}; vectors are lists of numbers or fixed bytes")
    return column


def _schema(path: Path) -> Any:
    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet

        return parquet.read_schema(path)
    import pyarrow as pa

    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        return reader.schema


def _is_vector(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind):
        return True
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists) and bool(pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


class _Column:
    """A column of vectors: decoded from the beginning once, then from a flat copy."""

    def __init__(self, path: Path, name: str, dtype: Any) -> None:
        self.path, self.name = path, name
        self._turn = threading.Lock()
        self._flat: FlatFile | None = None
        self._next = 0
        self._rest: NDArray[Any] | None = None
        self._batches: Iterator[NDArray[Any]] | None = None
        self._bytes = None if dtype is None else np.dtype(dtype)
        first = next(self._decoded(), None)
        if first is None:
            raise BadInput(f"column {name!r} of {path.name!r} has 0 rows; give at least one")
        self.shape, self.dtype = (self._count(), first.shape[1]), first.dtype

    def stored(self) -> Stored:
        """The rows, to be read in blocks."""
        return Stored(self.shape, self.dtype, self.read)

    def read(self, at: IntArray) -> NDArray[Any]:
        """Rows at these positions: straight from the column while they follow each other from its beginning."""
        with self._turn:
            follows = len(at) and int(at[0]) == self._next and int(at[-1]) == self._next + len(at) - 1
            if self._flat is None and follows and bool((np.diff(at) == 1).all()):
                return self._following(len(at))
            if self._flat is None and len(at):
                self._flat = self._transcoded()
        return np.empty((0, self.shape[1]), self.dtype) if self._flat is None else self._flat.read(at)

    def _following(self, count: int) -> NDArray[Any]:
        self._batches = self._batches or self._decoded()
        parts = [] if self._rest is None else [self._rest]
        while sum(map(len, parts)) < count:
            parts.append(next(self._batches))
        rows = np.concatenate(parts)
        self._next += count
        self._rest = rows[count:]
        return rows[:count]

    def _transcoded(self) -> FlatFile:
        size = self.shape[0] * self.shape[1] * self.dtype.itemsize / 2**30
        log.info(
            "column %r of %s is written once to a flat temporary file of %.1f GB: it is read more than once, and a .npy"
            " file or fixed-size binary would be read as it is",
            self.name,
            self.path.name,
            size,
        )
        self._batches = self._rest = None
        with tempfile.TemporaryFile() as file:
            for rows in self._decoded():
                file.write(np.ascontiguousarray(rows).data)
            file.flush()
            return FlatFile(os.dup(file.fileno()), 0, self.shape, self.dtype)

    def _count(self) -> int:
        if self.path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            return int(parquet.read_metadata(self.path).num_rows)
        return sum(len(batch) for batch in self._arrow_batches())

    def _decoded(self) -> Iterator[NDArray[Any]]:
        """The vectors (b, d) of each batch of rows."""
        start, width = 0, None
        for column in self._arrow_batches():
            if len(column) == 0:
                continue
            rows = self._vectors(column, start)
            width = rows.shape[1] if width is None else width
            if rows.shape[1] != width:
                raise self._ragged(start, rows.shape[1], width)
            start += len(rows)
            yield rows

    def _arrow_batches(self) -> Iterator[Any]:
        if self.path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            with parquet.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_BATCH, columns=[self.name]):
                    yield batch.column(0)
            return
        import pyarrow as pa

        with pa.OSFile(str(self.path)) as file, pa.ipc.open_file(file) as reader:
            at = reader.schema.get_field_index(self.name)
            for i in range(reader.num_record_batches):
                column = reader.get_batch(i).column(at)
                for start in range(0, len(column), _BATCH):
                    yield column.slice(start, _BATCH)

    def _vectors(self, column: Any, start: int) -> NDArray[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if column.null_count:
            row = start + int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
            raise BadInput(f"the vector at row {row} of column {self.name!r} is missing; fill it in or drop the row")
        if pa.types.is_fixed_size_binary(column.type):
            return self._from_bytes(column)
        lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
        if (lengths != lengths[0]).any():
            at = int(np.argmax(lengths != lengths[0]))
            raise self._ragged(start + at, int(lengths[at]), int(lengths[0]))
        if lengths[0] == 0:
            raise BadInput(f"the vectors of column {self.name!r} hold no values; give at least one a row")
        values = column.flatten()
        if values.null_count:
            row = start + int(np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))[0]) // int(lengths[0])
            raise BadInput(f"a value of the vector at row {row} of column {self.name!r} is missing; fill it in")
        flat: NDArray[Any] = values.to_numpy(zero_copy_only=False)
        flat = flat if flat.dtype.kind == "f" else flat.astype(np.float32)
        return flat.reshape(len(column), -1)

    def _from_bytes(self, column: Any) -> NDArray[Any]:
        width = column.type.byte_width
        if self._bytes is None or width % self._bytes.itemsize:
            given = "nobody said" if self._bytes is None else f"they are no whole number of {self._bytes}"
            raise BadInput(
                f"the rows of column {self.name!r} are {width} bytes of what {given}; give dtype=, e.g. 'float16'"
            )
        buffer = column.buffers()[1]
        rows = np.frombuffer(buffer, dtype=np.uint8, count=len(column) * width, offset=column.offset * width)
        vectors: NDArray[Any] = rows.view(self._bytes).reshape(len(column), -1)
        return vectors

    def _ragged(self, row: int, length: int, width: int) -> BadInput:
        return BadInput(
            f"the vector at row {row} of column {self.name!r} has {length} values, those before it {width}; vectors of"
            " one column come from one encoder and have one length"
        )
