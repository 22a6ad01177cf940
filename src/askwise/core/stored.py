"""Rows that are not in memory: an array that is read in blocks and never held whole.

A memory map is read with positioned reads into fresh memory instead of through its mapping: pages that a mapping has
touched count as memory of the process, and a pass over a large file would touch them all.
"""

from __future__ import annotations

import math
import os
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput
from askwise.core.types import IntArray

MEMORY = 1 << 30
"""Bytes of float32 evidence beyond which a pick reads a pool in blocks instead of holding it."""

LARGE = 64 << 20
"""Bytes from which a memory map is read from its file."""

_BLOCK = 1 << 21
"""Values written at a time."""

_RUN = 4
"""Rows are read one by one where fewer than one in this many of a span is wanted."""


@dataclass
class Stored:
    """Rows (m, ...) behind a function: `read(positions)` gives some of them as an array. Never held whole.

    `rows_read` counts the rows read so far, so that ``rows_read / len(rows)`` is the number of passes made.

    >>> rows = Stored((4, 1), np.dtype("f8"), lambda at: at[:, None] * 1.5)
    >>> rows[1:3], rows[np.array([3, 0])], rows.rows_read
    (array([[1.5],
           [3. ]]), array([[4.5],
           [0. ]]), 4)
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[IntArray], NDArray[Any]]
    rows_read: int = 0

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of dimensions, as of an array."""
        return len(self.shape)

    def __getitem__(self, rows: slice | int | IntArray) -> NDArray[Any]:
        if isinstance(rows, int | np.integer):
            return self[np.array([range(len(self))[rows]])][0]  # type: ignore[no-any-return]
        at = np.arange(*rows.indices(len(self))) if isinstance(rows, slice) else np.asarray(rows)
        self.rows_read += len(at)
        return self.read(at)

    def astype(self, dtype: Any) -> Stored:
        """The rows in another type, converted as they are read."""
        return Stored(self.shape, np.dtype(dtype), lambda at: self[at].astype(dtype))

    def followed_by(self, more: NDArray[Any] | None) -> Stored:
        """These rows, and after them some in memory; those read of these count as theirs."""
        if more is None:
            return self
        m, after = len(self), more.astype(self.dtype, copy=False)

        def read(at: IntArray) -> NDArray[Any]:
            own = at < m
            if own.all():
                return self[at]
            out = np.empty((len(at), *self.shape[1:]), dtype=self.dtype)
            out[own], out[~own] = self[at[own]], after[at[~own] - m]
            return out

        return Stored((m + len(after), *self.shape[1:]), self.dtype, read)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        raise BadInput(
            f"rows of shape {self.shape} are on disk, and something asks for all of them at once; read them in blocks:"
            " rows[start:stop]"
        )


class FlatFile:
    """Rows (m, ...) of one type, one after another in a file from `offset` on. Safe to read from several threads."""

    def __init__(self, file: str | int, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """Of a path, or of an open file descriptor, which is closed with this."""
        self.shape, self.dtype, self._offset = shape, dtype, offset
        self._row = math.prod(shape[1:]) * dtype.itemsize
        self._file = file if isinstance(file, int) else os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._turn = threading.Lock()
        weakref.finalize(self, os.close, self._file)

    def stored(self) -> Stored:
        """The rows, to be read in blocks."""
        return Stored(self.shape, self.dtype, self.read)

    def read(self, rows: IntArray) -> NDArray[Any]:
        """Rows at these positions, in this order: neighbours by one read, scattered rows by one each."""
        if len(rows) == 0:
            return np.empty((0, *self.shape[1:]), dtype=self.dtype)
        first, last = int(rows.min()), int(rows.max())
        if last - first + 1 > _RUN * len(rows):
            out = np.empty((len(rows), *self.shape[1:]), dtype=self.dtype)
            for i, row in enumerate(rows.tolist()):
                self._fill(out[i : i + 1], row)
            return out
        out = np.empty((last - first + 1, *self.shape[1:]), dtype=self.dtype)
        self._fill(out, first)
        return out if len(out) == len(rows) and bool((rows[1:] > rows[:-1]).all()) else out[rows - first]

    def _fill(self, out: NDArray[Any], first: int) -> None:
        view, at = memoryview(out.reshape(-1).view(np.uint8).data), self._offset + first * self._row
        while len(view):
            got = self._read_into(view, at)
            if got == 0:
                raise BadInput(
                    f"the file ends {len(view)} bytes before row {first + len(out) - 1} of {self.shape[0]} does;"
                    " it was cut off since it was opened: write it again"
                )
            view, at = view[got:], at + got

    def _read_into(self, view: memoryview, at: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._file, [view], at)
        with self._turn:  # no positioned reads here: the position of the file is shared
            os.lseek(self._file, at, os.SEEK_SET)
            got = os.read(self._file, len(view))
        view[: len(got)] = got
        return len(got)


def unmapped(array: np.memmap[Any, Any]) -> Stored | None:
    """The rows of a memory map, read from its file; None where the file does not hold them in order.

    A map opened with mode "c" has changes of its own, a transposed or strided one is not in order, and one whose file
    was replaced shows other rows: these are read through the map.
    """
    base = array._mmap  # type: ignore[attr-defined]
    if array.filename is None or array.mode == "c" or not array.flags.c_contiguous or base is None or not array.size:
        return None
    start = np.frombuffer(base, dtype=np.uint8).__array_interface__["data"][0]
    whole = array.offset - array.offset % _granularity()
    inside = array.__array_interface__["data"][0] - start
    try:
        file = FlatFile(os.fspath(array.filename), whole + inside, array.shape, array.dtype)
    except OSError:
        return None
    ends = np.array([0, len(array) - 1])
    same = file.read(ends).tobytes() == np.ascontiguousarray(array[ends]).tobytes()
    return file.stored() if same else None


def on_disk(array: np.memmap[Any, Any], least: int | None = None) -> Any:
    """A memory map of at least `least` bytes (64 MB by default) as rows read from its file; a smaller one as it is."""
    return array if array.nbytes < (LARGE if least is None else least) else unmapped(array) or array


def _granularity() -> int:
    import mmap

    return mmap.ALLOCATIONGRANULARITY


def spooled(rows: Stored) -> Stored:
    """The rows written once to a temporary file, and read from there: for what is dear to compute again.

    The file has no name and is gone with the last reference, or with the process.
    """
    import tempfile

    with tempfile.TemporaryFile() as file:
        step = max(1, _BLOCK // math.prod(rows.shape[1:]))
        for start in range(0, len(rows), step):
            file.write(np.ascontiguousarray(rows[start : start + step]).data)
        file.flush()
        return FlatFile(os.dup(file.fileno()), 0, rows.shape, rows.dtype).stored()
