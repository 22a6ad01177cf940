"""Files to tables and arrays: CSV, TSV, JSON lines, Parquet and Arrow by Arrow; .npz and .npy by NumPy."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather")
ARRAYS = (".npz", ".npy")
BLOCK = 64 << 20
"""Bytes that Arrow parses at once: no single row of a CSV or JSON file may be longer."""


def existing(path: str | Path) -> Path:
    """Return the path. Raises BadInput if nothing is there (with the nearest name), or an empty file."""
    path = Path(path)
    if not path.exists():
        near = did_you_mean(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ""
        hint = near if "mean" in near else " Check the path."
        raise BadInput(f"there is no file {str(path)!r}.{hint}")
    if path.is_file() and path.stat().st_size == 0:
        raise BadInput(f"the file {str(path)!r} is empty; give one with at least one row")
    return path


def read_table(path: str | Path, strings: Sequence[str] = ()) -> Any:
    """Return an Arrow Table, (n rows), from a CSV, TSV, JSON lines, Parquet or Arrow file.

    The columns named in `strings` are read as text as written ("007" stays "007"); elsewhere types are
    found. An empty cell is missing. Raises BadInput for a missing, empty, ragged or undecodable file, with
    the row that Arrow names.
    """
    import pyarrow as pa

    path = existing(path)
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        raise BadInput(f"{path.name!r} is no table that can be read; give one of {', '.join(TABLES)}")
    try:
        table = _read(path, suffix, strings)
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(_unreadable(path, error)) from error
    if table.num_rows == 0:
        raise BadInput(f"the file {str(path)!r} has columns but 0 rows; give at least one row")
    return table


def read_columns(path: Path, names: Sequence[str]) -> Any:
    """Some columns of a Parquet or Arrow file as an Arrow Table."""
    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet

        return parquet.read_table(path, columns=list(names))
    from pyarrow import feather

    return feather.read_table(path, columns=list(names))


def _read(path: Path, suffix: str, strings: Sequence[str]) -> Any:
    if suffix in (".csv", ".tsv"):
        return _read_csv(path, "\t" if suffix == ".tsv" else ",", strings)
    if suffix in (".jsonl", ".ndjson"):
        from pyarrow import json as arrow_json

        return arrow_json.read_json(path, read_options=arrow_json.ReadOptions(block_size=BLOCK))
    if suffix == ".parquet":
        from pyarrow import parquet

        with parquet.ParquetFile(path) as file:
            return file.read()
    from pyarrow import feather

    return feather.read_table(path)


def _read_csv(path: Path, delimiter: str, strings: Sequence[str]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    def read(*, threads: bool) -> Any:
        return csv.read_csv(
            path,
            read_options=csv.ReadOptions(block_size=BLOCK, use_threads=threads),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(strings, pa.string())),
        )

    try:
        table = read(threads=True)
    except pa.ArrowInvalid:
        table = read(threads=False)  # one thread counts rows, so its message names the row
    return _csv_columns(path, table)


def _csv_columns(path: Path, table: Any) -> Any:
    """Refuse what Arrow could only read as bytes; an empty string becomes a missing one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for i, field in enumerate(table.schema):
        if pa.types.is_binary(field.type):
            raise BadInput(f"column {field.name!r} of {path.name!r} is not UTF-8; save the file as UTF-8")
        if pa.types.is_string(field.type):
            column = table.column(i)
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
            table = table.set_column(i, field.name, column)
    return table


def _unreadable(path: Path, error: Exception) -> str:
    reason = str(error)
    with path.open("rb") as file:
        utf16 = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    if utf16 or "UTF8" in reason.upper().replace("-", ""):
        return f"{path.name!r} is not UTF-8 ({reason}); save the file as UTF-8"
    if "Expected" in reason:
        return f"{path.name!r} is ragged: {reason}; give every row the header's number of cells"
    return f"{path.name!r} cannot be read: {reason}; repair the file, or give its true ending"


def read_arrays(path: str | Path) -> dict[str, Any]:
    """Return the arrays of a .npz by name, or ``{"X": memory map}`` of a .npy; SciPy's sparse .npz gives CSR.

    Raises BadInput for a missing or broken file, pickled objects, or no array called X.
    """
    path = existing(path)
    try:
        if path.suffix.lower() == ".npy":
            return {"X": np.load(path, mmap_mode="r", allow_pickle=False)}
        with np.load(path, allow_pickle=False) as file:
            if "indptr" in file.files:
                return {"X": _sparse(path)}
            arrays = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(
            f"{path.name!r} cannot be read: {error}; write it again with np.savez(path, X=X, y=y)"
        ) from error
    if "X" not in arrays:
        raise BadInput(f"{path.name!r} has no array 'X'.{did_you_mean('X', arrays)}")
    return arrays


def _sparse(path: Path) -> Any:
    from scipy import sparse

    matrix: Any = sparse.load_npz(path)
    return matrix.tocsr()


def read_meta(path: str | Path) -> dict[str, Any]:
    """Return meta.json in the folder of this file (or in this folder); empty if there is none."""
    path = Path(path)
    file = (path if path.is_dir() else path.parent) / "meta.json"
    if not file.is_file():
        return {}
    try:
        meta = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise BadInput(f"{str(file)!r} is no JSON ({error}); repair it or move it away") from error
    return meta if isinstance(meta, dict) else {}
