"""One BLAS thread for a block: sums then round alike on every machine, and small systems run faster."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any

_FOUND: dict[int, Any] = {}


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which BLAS uses one thread.

    The libraries are looked for again only when a module has been imported since: looking takes a millisecond, as
    long as a small fit.
    """
    from threadpoolctl import ThreadpoolController

    loaded = len(sys.modules)
    if loaded not in _FOUND:
        _FOUND.clear()
        _FOUND[loaded] = ThreadpoolController()
    limiter: AbstractContextManager[Any] = _FOUND[loaded].limit(limits=1, user_api="blas")
    return limiter
