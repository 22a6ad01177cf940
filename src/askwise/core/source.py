"""Where the engine reads evidence: from arrays that the caller gives, or (in a session) from a model and a pool."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np

from askwise.core.arrays import check_finite, check_probs, check_unit, floats, is_array, namespace, rows_in, take
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.evidence import VOCABULARY, Taken
from askwise.core.noise import mix, stream_key
from askwise.core.stored import Stored, on_disk
from askwise.core.types import Array, IntArray, KeyArray

_RANK = {
    "probs": 2,
    "samples": 3,
    "mean": 1,
    "std": 1,
    "draws": 2,
    "embeddings": 2,
    "logits": 2,
    "class_counts": 2,
    "marginals": 2,
    "marginal_draws": 3,
    "label_sets": 2,
    "previous_probs": 2,
    "costs": 1,
}
_RANK |= {
    "answer_sums": 2,
    "density": 1,
    "part_doubt": 1,
    "part_count": 1,
    "dynamics": 3,
    "labelled_embeddings": 2,
    "refused_embeddings": 2,
    "labelled_probs": 2,
    "labelled_marginals": 2,
    "labelled_dynamics": 3,
    "scores": 1,
    "class_embeddings": 2,
    "target_samples": 3,
    "target_embeddings": 2,
}

TARGETS = ("samples", "embeddings")
"""Row evidence that the sources also offer as target_..., of a few rows that stand for the whole pool."""

_TARGET_ROWS = 500


def target_rows(keys: KeyArray) -> IntArray:
    """Positions (<= 500,) of rows that stand for the pool, in key order: the same rows whatever the seed and the round.

    >>> target_rows(np.array([7, 3, 5], dtype=np.uint64))
    array([1, 2, 0])
    """
    bits = mix(keys, stream_key(0, "targets"))
    rows = np.arange(len(keys))
    if len(keys) > _TARGET_ROWS:
        rows = np.argpartition(bits, _TARGET_ROWS)[:_TARGET_ROWS]
    return rows[np.argsort(keys[rows], kind="stable")]


Place = Literal["memory", "disk", "computed"]


class Source(Protocol):
    """Evidence of the rows of a pool. `keys` (n,) identify the rows for keyed noise."""

    keys: KeyArray
    offers: frozenset[str]
    chunk: int

    @property
    def wide(self) -> int:
        """Chunks that may be read at once by what holds nothing: more than one where rows lie in memory already."""
        ...

    def rows(self, rows: IntArray, names: frozenset[str], checked: bool = True) -> dict[str, Array]:
        """Row evidence of these rows, checked unless the caller does that."""
        ...

    def whole(self, name: str) -> Any:
        """Evidence that is not per row of the pool."""
        ...

    def taken(self, names: frozenset[str]) -> Taken:
        """Evidence of the rows labelled or pending."""
        ...

    def column(self, name: str, rows: IntArray) -> Array:
        """Values of a pool column, for limits."""
        ...

    def identity(self, rows: IntArray) -> Any:
        """Ids of the rows, for messages."""
        ...

    def place(self, name: str) -> Place:
        """Where row evidence is: in memory already, on disk, or computed each time it is asked for."""
        ...


def check(name: str, array: Array, ids: Any) -> Array:
    """The evidence array as it is, once its chunk is finite and, for probabilities, a distribution."""
    if name in ("probs", "previous_probs"):
        check_probs(array, ids)
    elif name in ("samples", "target_samples"):
        m, k, c = array.shape
        check_probs(namespace(array).reshape(array, (m * k, c)), ids, k)
    elif name in _RANK:
        check_finite(name, array, ids)
        if name in ("marginals", "marginal_draws", "label_sets"):
            check_unit(name, array, ids)
    return array


class _LabelledIds:
    """Names of labelled rows in messages about them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getitem__(self, row: int) -> str:
        return f"{row} of labelled_{self.name}"


_KEPT = 1 << 22
"""Rows up to which the positions of a pool are kept for the next selection from as many: at most 32 MB."""


@functools.lru_cache(maxsize=1)
def _every_row(size: int) -> IntArray:
    """All positions, read-only: to write them out anew takes a fifth of the time of a score."""
    rows = np.arange(size)
    rows.flags.writeable = False
    return rows


class ArraySource:
    """Evidence in arrays over the whole pool: NumPy, memory maps or tensors, sliced without copies where possible.

    Large memory maps are read from their files in blocks, not through their pages, which would stay in memory.
    """

    chunk = 1 << 15

    def __init__(self, evidence: Mapping[str, Any], keys: KeyArray | None = None, ids: Any = None) -> None:
        self._rows: dict[str, Array] = {}
        self._taken: dict[str, Array] = {}
        self._whole: dict[str, Any] = {}
        self._columns: dict[str, Array] = {}
        for name, value in evidence.items():
            self._place(name, value)
        sizes = {name: rows_in(value) for name, value in {**self._rows, **self._columns}.items()}
        if not sizes:
            raise BadInput("no evidence of candidates was given; pass probs=..., embeddings=... or the like")
        self.size = max(sizes.values())
        for name, size in sizes.items():
            if size != self.size:
                raise BadInput(f"{name} has {size} rows, but {max(sizes, key=sizes.__getitem__)} has {self.size}")
        self._ids = ids
        self.every_row: IntArray = _every_row(self.size) if self.size <= _KEPT else np.arange(self.size)
        self.keys = self.every_row.view(np.uint64) if keys is None else keys
        targets = {f"target_{name}" for name in TARGETS if name in self._rows}
        self.offers = frozenset(
            {*self._rows, *self._whole, *targets, "noise"} | ({"groups"} if self._columns else set())
        )
        self._check_taken()

    @property
    def wide(self) -> int:
        """Blocks of arrays in memory are views; those read from disk are held, one at a time."""
        return 1 if any(isinstance(array, Stored) for array in self._rows.values()) else 8

    def _place(self, name: str, value: Any) -> None:
        base = name.removeprefix("labelled_")
        if name == "groups":
            self._columns |= dict(value) if isinstance(value, Mapping) else {"groups": np.asarray(value)}
        elif name.startswith("labelled_") and base in VOCABULARY:
            if value is not None:
                self._taken[base] = self._whole[name] = floats(name, value, _RANK.get(base, 2))
        elif name not in VOCABULARY:
            raise BadInput(f"{name!r} is no evidence and no option of select().{did_you_mean(name, VOCABULARY)}")
        elif VOCABULARY[name].per == "row":
            array = on_disk(value) if isinstance(value, np.memmap) else _as_array(value)
            self._rows[name] = floats(name, array, _RANK[name]) if name in _RANK else array
        elif name in _RANK:
            array = floats(name, value, _RANK[name])
            self._whole[name] = check(name, array, np.arange(rows_in(array)))
        else:
            self._whole[name] = value

    def _check_taken(self) -> None:
        labelled = [name for name in self._whole if name in VOCABULARY and VOCABULARY[name].per == "labelled"]
        sizes = {name: rows_in(self._whole[name]) for name in labelled}
        if len(set(sizes.values())) > 1:
            raise BadInput(f"the evidence of labelled rows has different numbers of rows: {sizes}; align it")
        for name, held in self._taken.items():
            check(name, held, _LabelledIds(name))
            if name in self._rows and tuple(held.shape[1:]) != tuple(self._rows[name].shape[1:]):
                raise BadInput(
                    f"labelled_{name} has {tuple(held.shape[1:])} values a row, but {name} has"
                    f" {tuple(self._rows[name].shape[1:])}; both must come from the same model"
                )

    def rows(self, rows: IntArray, names: frozenset[str], checked: bool = True) -> dict[str, Array]:
        given = {name: self._taken_rows(name, rows) for name in names - {"groups"}}
        if checked:
            ids = self.identity(rows)
            given = {name: check(name, array, ids) for name, array in given.items()}
        return given | ({"groups": self.column("groups", rows)} if "groups" in names else {})

    def _taken_rows(self, name: str, rows: IntArray) -> Array:
        array = self._rows[name]
        span = rows.base is self.every_row and rows.strides == self.every_row.strides and len(rows) > 0
        if span and not isinstance(array, Stored):
            return array[int(rows[0]) : int(rows[-1]) + 1, ...]  # a part of all rows: consecutive without a look
        return take(array, rows)

    def whole(self, name: str) -> Any:
        if name not in self._whole:  # asked again for every chunk, so drawn once
            base = name.removeprefix("target_")
            self._whole[name] = self.rows(target_rows(self.keys), frozenset({base}))[base]
        return self._whole[name]

    def taken(self, names: frozenset[str]) -> Taken:
        held = {name: self._taken[name] for name in names if name in self._taken}
        return Taken(held, np.zeros(max((rows_in(array) for array in held.values()), default=0), dtype=bool))

    def column(self, name: str, rows: IntArray) -> Array:
        # One plain array of groups serves whatever the limit calls it.
        columns = (
            self._columns
            if name in self._columns or len(self._columns) != 1
            else {name: next(iter(self._columns.values()))}
        )
        if name not in columns:
            raise BadInput(f"there is no group column {name!r}.{did_you_mean(name, columns)}")
        return np.asarray(columns[name])[rows]

    def identity(self, rows: IntArray) -> Any:
        return rows if self._ids is None else np.asarray(self._ids)[rows]

    def place(self, name: str) -> Place:
        return "disk" if isinstance(self._rows.get(name), Stored | np.memmap) else "memory"


def _as_array(value: Any) -> Array:
    return value if is_array(value) else np.asarray(value)
