"""Which kernel set runs: numba by default, blocked NumPy with ASKWISE_BACKEND=numpy. Both give the same picks."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

from askwise.core.errors import BadInput

F = TypeVar("F", bound=Callable[..., Any])


def backend() -> str:
    """``"numba"`` or ``"numpy"``, from the environment variable ASKWISE_BACKEND."""
    name = os.environ.get("ASKWISE_BACKEND", "numba")
    if name not in ("numba", "numpy"):
        raise BadInput(f"ASKWISE_BACKEND={name!r} is no kernel set; use 'numba' or 'numpy'")
    return name


def jit(**options: Any) -> Callable[[F], F]:
    """Compile at the first call, not at import: numba costs 0.3 s that `import askwise` must not pay."""

    def decorate(fn: F) -> F:
        @functools.cache
        def compiled() -> Callable[..., Any]:
            import numba

            return numba.njit(cache=True, nogil=True, **options)(fn)  # type: ignore[no-any-return]

        @functools.wraps(fn)
        def call(*args: Any) -> Any:
            return compiled()(*args)

        return call  # type: ignore[return-value]

    return decorate
