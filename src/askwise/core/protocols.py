"""The seams: what a pool, a learner, a store and an executor must be able to do.

Implementations live in their own rooms, import `core` only, and are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, runtime_checkable

from numpy.typing import NDArray

from askwise.core.event import Event
from askwise.core.types import Array, FloatArray, IntArray, Rows

T = TypeVar("T")
R = TypeVar("R")


@runtime_checkable
class Pool(Protocol):
    """All rows that may be asked, whether or not they fit in memory.

    `ids` are unique and stable: a row keeps its id for as long as the pool lives. `offers` names the evidence
    that the pool itself gives about its rows (an array pool offers ``embeddings``).
    """

    ids: NDArray[Any]
    offers: frozenset[str]

    def __len__(self) -> int: ...

    def take(self, rows: IntArray) -> Rows:
        """Rows at these positions, in this order, as a learner takes them."""
        ...

    def evidence(self, rows: IntArray, names: frozenset[str]) -> dict[str, Array]:
        """Evidence of these rows, one array per name, aligned with `rows`."""
        ...

    def show(self, row: int) -> dict[str, Any]:
        """What a person sees of one row: ``{"kind": "text", "text": ...}`` and the like, JSON-able."""
        ...

    def fingerprint(self) -> dict[str, Any]:
        """Content hash by blocks, JSON-able: equal for equal content, and able to say what changed."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A model with its training recipe. `fit` starts afresh each time: the state depends on its arguments only."""

    provides: frozenset[str]

    def fit(self, rows: Rows, labels: IntArray, weights: FloatArray | None, *, seed: int) -> None:
        """Train on rows (m, ...) with class indices (m,)."""
        ...

    def evidence(self, rows: Rows, names: frozenset[str]) -> dict[str, Array]:
        """Everything asked for, from one forward pass over the rows."""
        ...


@runtime_checkable
class Execute(Protocol):
    """Runs a function over chunks; results come in any order, so merging must be associative and commutative."""

    def map(self, fn: Callable[[T], R], chunks: Iterable[T]) -> Iterator[R]: ...


@runtime_checkable
class Store(Protocol):
    """An append-only log. `append` returns when the events are on disk; a key that is already there is ignored."""

    def append(self, *events: Event) -> int:
        """Write the events as one transaction, durably; return the sequence number of the last one in the log."""
        ...

    def read(self, after: int = 0) -> Iterator[Event]:
        """Events with a sequence number above `after`, in order."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Grouping(Protocol):
    """A store that can commit many appends at once."""

    def group(self) -> AbstractContextManager[None]:
        """Appends in the block are seen by `read` at once, and durable together when it ends; an error undoes all."""
        ...
