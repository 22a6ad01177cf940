"""One file, or one folder of images, to a pool with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Pool
from askwise.core.types import IntArray
from askwise.pool.array import ArrayPool
from askwise.pool.choose import LABEL, Columns, table_pool
from askwise.pool.files import ARRAYS, existing, read_arrays, read_columns, read_meta, read_table
from askwise.pool.frame import FramePool, column_names, get_column, known_columns
from askwise.pool.images import ImageFolder, ImagePool
from askwise.pool.labels import ObjectArray, named_labels, object_labels
from askwise.pool.vectors import COLUMNS, open_vectors, vector_columns

FOLDER = "folder"
"""As `label` of a folder of images: the name of the sub-folder is the label."""


@dataclass(frozen=True)
class OpenedFile:
    """A pool read from a file.

    `labels` is an object array (n,) of strings, numbers or None (not labelled), or None if the file has none;
    `label_names` are the classes in order where meta.json gives them; `columns` are all columns of the file,
    `chosen` says which of them were taken for what, named or guessed.
    """

    pool: Pool
    labels: ObjectArray | None
    label_names: tuple[str, ...] | None
    columns: tuple[str, ...]
    chosen: Columns


def open_pool(
    path: str | Path,
    *,
    text: str | None = None,
    features: str | Sequence[str] | None = None,
    images: str | None = None,
    ids: str | None = None,
    label: str | None = None,
) -> OpenedFile:
    """Read one file, or a folder of images, as a pool.

    `features` is a list of columns or "all" (all but label and ids). What is not named is guessed: the
    label is a column called "label" if there is one; the rows are the column called "image" or "text", the
    only column of sentences, a lone column of vectors (lists of numbers), which is then read in blocks, or all
    columns if all are numbers. Of a .npz, X is the features and y the
    labels. For a folder of images ``label="folder"`` takes the name of the sub-folder. Raises BadInput for
    a file that cannot be read or has no such column.
    """
    return open_columns(existing(path), Columns(text, features, images, ids, label))


def open_columns(path: Path, wanted: Columns) -> OpenedFile:
    """As `open_pool`, with what was asked for in one value."""
    if path.is_dir():
        return _open_folder(path, wanted)
    if path.suffix.lower() in ARRAYS:
        arrays = read_arrays(path)
        return open_arrays(path, arrays, wanted, None)
    vectors = _vectors(path, wanted)
    if vectors is not None:
        return _open_vectors(path, vectors, wanted)
    table = read_table(path, [name for name in (wanted.text, wanted.ids) if name is not None])
    names = column_names(table)
    wanted = wanted.with_label(names).guessed(table)
    pool = table_pool(table, wanted)
    if isinstance(pool, FramePool):
        wanted = replace(wanted, features=tuple(pool.features))
    return OpenedFile(pool, *_labels(path, table, wanted), tuple(names), wanted)


def _labels(path: Path, table: Any, wanted: Columns) -> tuple[ObjectArray | None, tuple[str, ...] | None]:
    if wanted.label is None:
        return None, None
    labels = object_labels(get_column(table, wanted.label))
    # meta.json names the numbers of this column, not of any other
    return named_labels(labels, read_meta(path)) if wanted.label == LABEL else (labels, None)


def _vectors(path: Path, wanted: Columns) -> str | None:
    """The column of vectors that is the rows of a Parquet or Arrow file, named or the only one; None for others."""
    if path.suffix.lower() not in COLUMNS or wanted.text is not None or wanted.images is not None:
        return None
    found, names = vector_columns(path)
    named = [wanted.features] if isinstance(wanted.features, str) else list(wanted.features or ())
    if named:
        return named[0] if len(named) == 1 and named[0] in found else None
    return found[0] if len(found) == 1 and not {"text", "image"} & set(names) else None


def _open_vectors(path: Path, column: str, wanted: Columns) -> OpenedFile:
    """A pool of vectors that stay on disk; the other columns are read."""
    names = vector_columns(path)[1]
    wanted = replace(wanted.with_label(names), features=(column,))
    known_columns([name for name in (wanted.label, wanted.ids) if name is not None], names)
    side = read_columns(path, [name for name in names if name != column])
    columns = {name: get_column(side, name) for name in side.column_names}
    ids = None if wanted.ids is None else columns[wanted.ids]
    pool = ArrayPool(open_vectors(path, column), ids, columns)
    return OpenedFile(pool, *_labels(path, side, wanted), tuple(names), wanted)


def open_arrays(path: Path, arrays: dict[str, Any], wanted: Columns, rows: IntArray | None) -> OpenedFile:
    """Pool of the arrays X and y of a .npz or .npy, or of these rows, whose positions are then the ids."""
    if wanted.text is not None or wanted.images is not None or wanted.ids is not None:
        raise BadInput(f"{path.name!r} holds arrays: only `features` and `label` can be named, not text, images or ids")
    X, y = arrays["X"], _label_array(arrays, wanted, path)
    meta = read_meta(path)
    names = _feature_names(meta, X)
    if names is not None and wanted.features not in (None, "all"):
        listed = [wanted.features] if isinstance(wanted.features, str) else list(wanted.features or ())
        chosen = [names.index(name) for name in known_columns(listed, names)]
        X, names = X[:, chosen], [names[i] for i in chosen]
    elif wanted.features not in (None, "all"):
        raise BadInput(f"the columns of {path.name!r} have no names; use all of them, or name them in meta.json")
    if rows is not None:
        X, y = X[rows], None if y is None else y[rows]
    pool = ArrayPool(X, rows, names=names)
    columns = tuple(names or ()) + (() if y is None else ("y",))
    if y is None:
        return OpenedFile(pool, None, None, columns or tuple(arrays), wanted)
    return OpenedFile(pool, *named_labels(object_labels(y), meta), columns, wanted)


def _label_array(arrays: dict[str, Any], wanted: Columns, path: Path) -> Any:
    if wanted.label is not None:
        known_columns([wanted.label], sorted(arrays))
    y = arrays.get("y" if wanted.label is None else wanted.label)
    if y is not None and y.shape != (len(arrays["X"]),):
        raise BadInput(f"y of {path.name!r} has shape {y.shape}, X has {len(arrays['X'])} rows; give one label per row")
    return y


def _feature_names(meta: dict[str, Any], X: Any) -> list[str] | None:
    names = meta.get("feature_names")
    if isinstance(names, list) and X.ndim == 2 and len(names) == X.shape[1]:
        return [str(name) for name in names]
    return None


def _open_folder(path: Path, wanted: Columns) -> OpenedFile:
    data = sorted(file.name for file in path.glob("*.*") if file.stem in ("train", "test", "features"))
    if data:
        raise BadInput(f"{str(path)!r} is a data set of several files; name one of them: {', '.join(data)}")
    if wanted.text is not None or wanted.features is not None or wanted.ids is not None:
        raise BadInput(f"{str(path)!r} is a folder, so its rows are images; name a file to read text or features")
    folder = ImageFolder(path)
    pool = ImagePool(folder)
    if wanted.label is None:
        return OpenedFile(pool, None, None, (), wanted)
    if wanted.label != FOLDER:
        raise BadInput(
            f"label {wanted.label!r} of a folder of images is unknown; {FOLDER!r} takes the sub-folder's name"
        )
    return OpenedFile(pool, _folder_labels(folder), None, (FOLDER,), wanted)


def _folder_labels(folder: ImageFolder) -> ObjectArray:
    labels = np.empty(len(folder), dtype=object)
    labels[:] = [name.split("/")[0] if "/" in name else None for name in folder.names]
    return labels
