"""Checks of what callers hand in, and the step from any array namespace to host NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.stored import Stored
from askwise.core.types import Array, FloatArray, IntArray

_SUM_SLACK = {2: 2e-2, 4: 1e-3, 8: 1e-3}
"""How far a row of probabilities may be from one, by bytes per value: float16 rounds that far."""


def namespace(*arrays: Array) -> Any:
    """The array-API namespace that these arrays share; NumPy without any detour for NumPy arrays."""
    if all(isinstance(a, np.ndarray) for a in arrays):
        return np
    import array_api_compat

    return array_api_compat.array_namespace(*arrays)


def host(array: Array, dtype: Any = None) -> np.ndarray[Any, Any]:
    """The array in host memory as NumPy: no copy for NumPy and CPU tensors of the right type."""
    if isinstance(array, np.ndarray):
        return array if dtype is None else array.astype(dtype, copy=False)
    if hasattr(array, "detach"):
        array = array.detach().cpu()
        # NumPy has no bfloat16; float32 holds its values as they are.
        array = array.float() if "bfloat16" in str(array.dtype) else array
    try:
        return np.asarray(array, dtype=dtype)
    except (TypeError, RuntimeError):
        return np.from_dlpack(array).astype(dtype or None, copy=False)


def double(array: Array) -> Array:
    """The array in float64, where it lies; no copy if it is that already."""
    xp = namespace(array)
    return array.astype(np.float64, copy=False) if xp is np else xp.astype(array, xp.float64, copy=False)


def is_array(value: Any) -> bool:
    """Whether the value has a shape and a dtype, as arrays of every namespace do."""
    return hasattr(value, "shape") and hasattr(value, "dtype")


def rows_in(value: Any) -> int:
    """How many rows a list or an array has; arrays of the array API have a shape but need not have a length."""
    return int(value.shape[0]) if is_array(value) and len(value.shape) else len(value)


def floats(name: str, value: Any, ndim: int) -> Array:
    """The value as a floating array of this rank; lists and integers become NumPy float64.

    Raises BadInput with the shape that was given.
    """
    array = value if is_array(value) else np.asarray(value, dtype=np.float64)
    if isinstance(array, np.ndarray | Stored) and array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if isinstance(array, np.ndarray | Stored) and array.dtype.kind != "f":
        raise BadInput(f"{name} has the type {array.dtype}; give floating-point numbers")
    if len(array.shape) != ndim:
        raise BadInput(f"{name} has shape {tuple(array.shape)}; give {ndim} dimension{'s' if ndim > 1 else ''}")
    if 0 in tuple(array.shape)[1:]:
        raise BadInput(f"{name} has shape {tuple(array.shape)}: its rows hold no values; give at least one column")
    return array


def sum_slack(probs: Array) -> float:
    """How far from one a row of these probabilities may sum."""
    return _SUM_SLACK.get(getattr(probs.dtype, "itemsize", 4), 1e-3)


def check_finite(name: str, array: Array, ids: Sequence[Any] | np.ndarray[Any, Any]) -> None:
    """Raise BadInput naming the first row that holds a NaN or an infinity. `ids` (m,) name the rows."""
    if not isinstance(array, np.ndarray):
        xp = namespace(array)
        if bool(xp.all(xp.isfinite(array))):
            return
        array = host(array)
    if array.dtype == np.float16:  # sums of float16 are slow; a NaN or an infinity has all bits of the exponent
        if array.size == 0 or (array.view(np.uint16) & 0x7C00).max() < 0x7C00:
            return
    else:
        # A sum is one pass without a temporary: it is finite only if every value is (or if large values overflow).
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(array.sum(dtype=np.float64)):
                return
    bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        values = np.asarray(array[row]).ravel()
        value = values[~np.isfinite(values)][0]
        raise BadInput(
            f"{name} of row {ids[row]!s} holds {value} ({int(bad.sum())} such row(s) in this chunk);"
            " impute or drop these rows first"
        )


def check_probs(probs: Array, ids: Sequence[Any] | np.ndarray[Any, Any], draws: int = 1) -> None:
    """Raise BadInput unless every line is finite, non-negative and sums to one; `draws` lines (m draws, c) a row."""
    from askwise.kernels.rows import first_bad_distribution

    row = first_bad_distribution(probs, sum_slack(probs))
    if row < 0:
        return
    probs = host(probs)
    name, values = ids[row // draws], probs[row]
    check_finite("probs", probs[row : row + 1], [name])
    if (values < 0).any():
        raise BadInput(f"probs of row {name!s} holds {values.min()}; probabilities cannot be negative")
    raise BadInput(
        f"probs of row {name!s} sums to {values.sum(dtype=np.float64):.6g}, not to 1;"
        " pass class probabilities (softmax of logits), one row per candidate"
    )


def check_unit(name: str, array: Array, ids: Sequence[Any] | np.ndarray[Any, Any]) -> None:
    """Raise BadInput naming the first row that holds a value outside 0 to 1."""
    array = host(array)
    bad = ((array < 0) | (array > 1)).reshape(len(array), -1).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        values = array[row].ravel()
        value = values[(values < 0) | (values > 1)][0]
        raise BadInput(f"{name} of row {ids[row]!s} holds {value}; give probabilities, from 0 to 1")


def positions(name: str, value: Any, size: int) -> IntArray:
    """int64 (k,) distinct positions in [0, size), from positions or a boolean mask (size,)."""
    array = np.asarray(value)
    if array.dtype == bool:
        if array.shape != (size,):
            raise BadInput(f"the mask {name} has shape {array.shape}; the pool has {size} rows")
        return np.flatnonzero(array).astype(np.int64)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise BadInput(f"{name} must be row positions (integers) or a boolean mask, got {array.dtype} {array.shape}")
    array = array.astype(np.int64)
    if array.min() < 0 or array.max() >= size:
        worst = array.min() if array.min() < 0 else array.max()
        raise BadInput(f"{name} holds row {worst}, outside the pool of {size} rows (0 to {size - 1})")
    if len(np.unique(array)) != len(array):
        values, counts = np.unique(array, return_counts=True)
        raise BadInput(f"{name} holds row {values[counts > 1][0]} more than once; give each row once")
    return array


def take(array: Array, rows: IntArray) -> Array:
    """Rows of an array of any namespace; consecutive rows are a view, so a pass over a pool copies nothing."""
    if isinstance(array, Stored):
        return array[rows]
    if len(rows) and int(rows[-1]) - int(rows[0]) == len(rows) - 1 and bool((rows[1:] > rows[:-1]).all()):
        return array[int(rows[0]) : int(rows[-1]) + 1, ...]
    if isinstance(array, np.ndarray):
        return array[rows]
    import array_api_compat

    xp = array_api_compat.array_namespace(array)
    return xp.take(array, xp.asarray(rows, device=array_api_compat.device(array)), axis=0)


def float32(array: Array) -> FloatArray:
    """Host float32, C-contiguous; no copy where it is that already."""
    return np.ascontiguousarray(host(array), dtype=np.float32)
