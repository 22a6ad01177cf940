"""A data set with labels: what to choose from, and what to test on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.pool.choose import Columns
from askwise.pool.files import ARRAYS, TABLES, existing, read_arrays
from askwise.pool.labels import class_order
from askwise.pool.opening import FOLDER, OpenedFile, open_arrays, open_columns


@dataclass(frozen=True)
class Dataset:
    """Labelled rows to choose from, labelled rows to test on (None if there are none), and the classes.

    `classes` are the label names of meta.json in their order, else the distinct labels sorted; empty for
    regression.
    """

    train: OpenedFile
    test: OpenedFile | None
    classes: tuple[Any, ...]


def open_dataset(
    path: str | Path,
    *,
    text: str | None = None,
    label: str | None = None,
    features: str | Sequence[str] | None = None,
    images: str | None = None,
) -> Dataset:
    """Read a labelled data set: a folder, or one file (with no test part, unless a .npz has `test_mask`).

    A folder holds train and test files (Parquet, CSV, TSV, JSON lines, Arrow), or sub-folders train and
    test of images, or features.npz with X, y and test_mask (of several splits, the first); of meta.json,
    `label_names` names whole-number labels. Rows of a .npz keep their positions in it as ids. Raises
    BadInput for a missing label.
    """
    path = existing(path)
    wanted = Columns(text, features, images, None, label)
    train_path, test_path = _parts(path)
    if train_path.suffix.lower() == ".npz":
        train, test = _split_arrays(train_path, wanted)
    else:
        if train_path.is_dir() and label is None:
            wanted = replace(wanted, label=FOLDER)
        train = open_columns(train_path, wanted)
        _check_labelled(train, train_path)
        test = None if test_path is None else _open_test(test_path, train.chosen)
    for part, where in ((train, train_path), (test, test_path or train_path)):
        if part is not None:
            _check_labelled(part, where)
    classes = train.label_names or class_order(train.labels, None if test is None else test.labels)
    return Dataset(train, test, classes)


def _parts(path: Path) -> tuple[Path, Path | None]:
    """The train and test files of a folder, or the file itself."""
    if not path.is_dir():
        return path, None
    for suffix in (*TABLES, ""):
        train, test = path / f"train{suffix}", path / f"test{suffix}"
        if train.exists() and train.is_dir() == (not suffix):
            return train, test if test.exists() else None
    if (path / "features.npz").exists():
        return path / "features.npz", None
    files = sorted(file.name for file in path.iterdir() if file.is_file())
    if any(Path(name).suffix.lower() in TABLES for name in files):
        raise BadInput(f"the folder {str(path)!r} has no train file or features.npz, only {', '.join(files)}; name one")
    return path, None


def _open_test(path: Path, chosen: Columns) -> OpenedFile:
    """The test part, with the columns that were taken from the train part."""
    try:
        return open_columns(path, chosen)
    except BadInput as error:
        raise BadInput(f"the test part {path.name!r} does not fit the train part: {error}") from error


def _split_arrays(path: Path, wanted: Columns) -> tuple[OpenedFile, OpenedFile | None]:
    arrays = read_arrays(path)
    mask = arrays.get("test_mask")
    if mask is None:
        return open_arrays(path, arrays, wanted, None), None
    n = arrays["X"].shape[0]
    if mask.dtype != bool or mask.ndim not in (1, 2) or mask.shape[0] != n:
        raise BadInput(f"test_mask of {path.name!r} is {mask.dtype} of shape {mask.shape}; give {n} truth values")
    test = mask if mask.ndim == 1 else mask[:, 0]
    parts = [np.flatnonzero(~test), np.flatnonzero(test)]
    if not all(len(rows) for rows in parts):
        raise BadInput(f"test_mask of {path.name!r} leaves {len(parts[0])} rows to train, {len(parts[1])} to test")
    train, held_out = (open_arrays(path, arrays, wanted, rows) for rows in parts)
    return train, held_out


def _check_labelled(part: OpenedFile, path: Path) -> None:
    if part.labels is None:
        columns, usual = ", ".join(part.columns) or "none", "y" if path.suffix.lower() in ARRAYS else "label"
        raise BadInput(f"{str(path)!r} has no {usual!r}; name the label. Columns: {columns}")
    missing = [row for row, label in enumerate(part.labels) if label is None]
    if missing:
        raise BadInput(
            f"{len(missing)} of {len(part.labels)} rows of {str(path)!r} have no label, "
            f"the first is row {missing[0]}; a simulation needs them all: fill them in or remove those rows"
        )
