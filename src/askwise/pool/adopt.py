"""Objects in memory to pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Pool
from askwise.core.stored import Stored
from askwise.pool.array import ArrayPool
from askwise.pool.base import is_arrow, to_numpy
from askwise.pool.choose import Columns, table_pool
from askwise.pool.frame import column_names, is_frame
from askwise.pool.images import ImageFolder, ImagePool
from askwise.pool.opening import open_pool
from askwise.pool.text import TextPool


def as_pool(
    data: Any,
    ids: Any = None,
    *,
    columns: Mapping[str, Any] | None = None,
    text: str | None = None,
    features: str | Sequence[str] | None = None,
    images: str | None = None,
    label: str | None = None,
) -> Pool:
    """Return a pool over an array, memory map, vectors on disk, sparse matrix, DataFrame, Table, list or path.

    For a table, `text`, `features` or `images` name the columns that are the rows (else all columns are
    features, but for `label`, or a column of that name), and `ids` may name a column. A pool comes back as
    it is. Raises BadInput for what cannot be a pool.

    >>> as_pool(["one", "two"]).take([1])
    ['two']
    """
    id_column = ids if isinstance(ids, str) else None
    wanted = Columns(text, features, images, id_column, label)
    if isinstance(data, str | Path):
        return _path_pool(data, ids, columns, wanted)
    if is_frame(data) or (is_arrow(data) and hasattr(data, "column_names")):
        wanted = wanted.with_label(column_names(data))
        if text is None and features is None and images is None:
            wanted = replace(wanted, features="all")
        return table_pool(data, wanted, None if id_column else ids, columns)
    if wanted != Columns():
        raise BadInput(f"text, features, images, label and an id column need a table, not {_kind(data)}")
    if isinstance(data, Pool):
        if ids is not None or columns is not None:
            raise BadInput("a pool has its own ids and columns; give them where the pool is made")
        return data
    return _plain_pool(data, ids, columns)


def _path_pool(path: str | Path, ids: Any, columns: Mapping[str, Any] | None, wanted: Columns) -> Pool:
    if columns is not None or (ids is not None and wanted.ids is None):
        raise BadInput("a file has its own ids and columns; give `ids` as the name of a column")
    return open_pool(
        path,
        text=wanted.text,
        features=wanted.features,
        images=wanted.images,
        ids=wanted.ids,
        label=wanted.label,
    ).pool


def _plain_pool(data: Any, ids: Any, columns: Mapping[str, Any] | None) -> Pool:
    """A pool over what has no named columns."""
    if isinstance(data, ImageFolder):
        return ImagePool(data, ids, columns)
    if hasattr(data, "tocsr") or isinstance(data, Stored):
        return ArrayPool(data, ids, columns)
    first = data[0] if isinstance(data, list | tuple) and data else None
    if isinstance(first, bytes):
        return ImagePool(data, ids, columns)
    if isinstance(first, str):
        return TextPool(data, ids, columns)
    if not hasattr(data, "__array__") and not isinstance(data, list | tuple):
        raise BadInput(f"{_kind(data)} cannot be a pool; give an array, a DataFrame, a list of texts, or a path")
    array = data if isinstance(data, np.ndarray) else to_numpy(data)
    if array.ndim == 1 and array.dtype.kind in "OTU":
        return TextPool(data, ids, columns)
    return ArrayPool(array, ids, columns)


def _kind(data: Any) -> str:
    return f"a {type(data).__name__}"
