"""Data sets in which several classes apply to a row: a matrix Y beside X, or a column of lists."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import IntArray
from askwise.pool import Dataset, OpenedFile, as_pool
from askwise.pool.choose import Columns
from askwise.pool.files import read_arrays, read_meta, read_table

_COLUMN = "labels"


def read_label_sets(path: Path) -> Dataset | None:
    """The data set of a folder, its labels as tuples of class names; None for a folder of another kind.

    ``features.npz`` with X (n, d), Y (n, q) of 0 and 1 and `test_mask`, or ``train.parquet`` (and ``test.parquet``)
    with a column `text` and a column `labels` of lists; `label_names` of meta.json names the classes. Raises BadInput
    where those are missing.
    """
    if (path / "features.npz").is_file() and "Y" in read_arrays(path / "features.npz"):
        return _from_arrays(path)
    if (path / "train.parquet").is_file() and _is_listed(path / "train.parquet"):
        names = _names(path)
        parts = [_from_table(one, names) for one in (path / "train.parquet", path / "test.parquet") if one.is_file()]
        return Dataset(parts[0], parts[1] if len(parts) > 1 else None, names)
    return None


def _is_listed(file: Path) -> bool:
    import pyarrow as pa
    from pyarrow import parquet

    schema = parquet.read_schema(file)
    return _COLUMN in schema.names and pa.types.is_list(schema.field(_COLUMN).type)


def _names(path: Path) -> tuple[str, ...]:
    names = read_meta(path).get("label_names")
    if not isinstance(names, list):
        raise BadInput(
            f"{path.name!r} has several labels a row and no label_names in meta.json; name the classes there"
        )
    return tuple(str(one) for one in names)


def _from_arrays(path: Path) -> Dataset:
    arrays = read_arrays(path / "features.npz")
    X, Y = arrays["X"], np.asarray(arrays["Y"])
    if Y.ndim != 2 or len(Y) != len(X) or not np.isin(Y, (0, 1)).all():
        raise BadInput(f"Y of {path.name!r} has shape {Y.shape} for {len(X)} rows; give 0 or 1 for each row and class")
    given = read_meta(path).get("label_names")
    names = tuple(str(one) for one in (given if isinstance(given, list) else range(Y.shape[1])))
    mask = np.asarray(arrays.get("test_mask", np.zeros(len(X), dtype=bool)))
    rows = [np.flatnonzero(~mask), np.flatnonzero(mask)]
    sets = [tuple(names[i] for i in np.flatnonzero(row)) for row in Y]
    train, test = (_opened(as_pool(X[one], one), [sets[i] for i in one], names) if len(one) else None for one in rows)
    if train is None:
        raise BadInput(f"test_mask of {path.name!r} leaves no row to choose from; hold out fewer")
    return Dataset(train, test, names)


def _from_table(file: Path, names: Sequence[str]) -> OpenedFile:
    table = read_table(file)
    if "text" not in table.column_names:
        raise BadInput(f"{file.name!r} has several labels a row and no column 'text'; give its texts under that name")
    sets = [tuple(names[i] for i in one) for one in table.column(_COLUMN).to_pylist()]
    return _opened(as_pool(table.column("text").to_pylist()), sets, tuple(names))


def _opened(pool: Any, sets: Sequence[tuple[str, ...]], names: tuple[str, ...]) -> OpenedFile:
    labels = np.empty(len(sets), dtype=object)
    for i, one in enumerate(sets):  # NumPy would make a matrix of tuples that are equally long
        labels[i] = one
    return OpenedFile(pool, labels, names, (), Columns())


def indicators(sets: Sequence[Any], classes: Sequence[Any]) -> IntArray:
    """Which classes apply (l, q): 0 or 1.

    >>> indicators([("b",), ()], ["a", "b"]).tolist()
    [[0, 1], [0, 0]]
    """
    return np.array([[int(name in one) for name in classes] for one in sets], dtype=np.int64).reshape(-1, len(classes))
