"""Which kernel set runs: numba by default, blocked NumPy with ASKWISE_BACKEND=numpy, torch for tensors on a device.

All give the same picks. Tensors in host memory are read as NumPy arrays without a copy, for numba is the fastest there;
with ASKWISE_BACKEND=torch they are computed by torch like those on a device, and arrays by NumPy.
"""

from __future__ import annotations

import functools
import os
import types
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.types import Array

F = TypeVar("F", bound=Callable[..., Any])


def backend() -> str:
    """``"numba"``, ``"numpy"`` or ``"torch"``, from the environment variable ASKWISE_BACKEND."""
    name = os.environ.get("ASKWISE_BACKEND", "numba")
    if name not in ("numba", "numpy", "torch"):
        raise BadInput(f"ASKWISE_BACKEND={name!r} is no kernel set; use 'numba', 'numpy' or 'torch'")
    return name


def near(array: Array) -> Array:
    """The array as NumPy, without a copy, if that is how it is computed; tensors on a device as they are."""
    here = getattr(getattr(array, "device", None), "type", None) == "cpu" and hasattr(array, "detach")
    # NumPy has no bfloat16, so such a tensor stays with torch wherever it lies.
    return host(array) if here and backend() != "torch" and "bfloat16" not in str(array.dtype) else array


def by_torch(array: Array) -> bool:
    """Whether an array is a tensor that torch computes."""
    return hasattr(array, "detach") and not isinstance(near(array), np.ndarray)


def jit(**options: Any) -> Callable[[F], F]:
    """Compile at the first call, not at import: numba costs 0.3 s that `import askwise` must not pay.

    A kernel may call other kernels of its module by name: they are compiled with it.
    """

    def decorate(fn: F) -> F:
        @functools.cache
        def compiled() -> Callable[..., Any]:
            import numba

            return numba.njit(cache=True, nogil=True, **options)(_linked(fn))  # type: ignore[no-any-return]

        @functools.wraps(fn)
        def call(*args: Any) -> Any:
            return compiled()(*args)

        call.compiled = compiled  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


def vector_code(fn: Callable[..., Any]) -> Any:
    """A function that writes LLVM code (`kernels.lanes`), callable from the kernels of its module."""

    @functools.cache
    def compiled() -> Any:
        from numba.extending import intrinsic

        return intrinsic(fn)

    fn.compiled = compiled  # type: ignore[attr-defined]
    return fn


def _linked(fn: F) -> F:
    """The function with every kernel that it names replaced by its compiled form, which numba can call."""
    called = {name: fn.__globals__[name] for name in fn.__code__.co_names if name in fn.__globals__}
    kernels = {
        name: value.compiled()
        for name, value in called.items()
        # numba's cache on disk notices changes of a kernel's own file only, so kernels stay with those that they call.
        if hasattr(value, "compiled") and value.__module__ == fn.__module__
    }
    if not kernels:
        return fn
    copy = types.FunctionType(fn.__code__, {**fn.__globals__, **kernels}, fn.__name__, fn.__defaults__)
    copy.__module__, copy.__qualname__ = fn.__module__, fn.__qualname__
    return copy  # type: ignore[return-value]
