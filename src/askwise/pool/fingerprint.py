"""Content hash of a pool by blocks of rows, and what changed between two of them.

A fingerprint is JSON-able: ``{"version": 1, "kind": ..., "n": ..., "block": ..., "schema": {...},
"digests": [...]}``. Rows go into blocks of ``block = max(1, ceil(n / 4096))`` rows, each hashed with
BLAKE2b (16 bytes), so that a fingerprint stays under 150 kB at any size and a change is found to within a
block: to the row, up to 4,096 rows. What is hashed is canonical (little-endian C-order values, UTF-8 texts
with their lengths, sorted sparse entries), not the accident of how it lies in memory. Source of the hash:
Aumasson et al. 2013, BLAKE2; here from hashlib.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from askwise.core.errors import BadInput

VERSION = 1
BLOCKS = 4096


class Hasher(Protocol):
    def update(self, data: Any, /) -> None: ...


class Part(Protocol):
    """One aspect of a span of rows (a matrix, a column, the ids), fed to a hash row range by row range."""

    def feed(self, hasher: Hasher, start: int, stop: int) -> None: ...


class Content(Protocol):
    """What a pool shows of itself to be hashed; `span_rows` is about how many rows to load at once."""

    @property
    def kind(self) -> str: ...
    @property
    def span_rows(self) -> int: ...
    @property
    def ids(self) -> NDArray[Any]: ...
    @property
    def default_ids(self) -> bool: ...
    @property
    def schema(self) -> dict[str, Any]: ...
    def __len__(self) -> int: ...
    def parts(self, start: int, stop: int) -> list[Part]: ...


@dataclass(frozen=True)
class DensePart:
    """Rows of an array (m, ...), hashed as little-endian C-order values."""

    values: NDArray[Any]

    def feed(self, hasher: Hasher, start: int, stop: int) -> None:
        values = self.values[start:stop]
        hasher.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).view(np.uint8))


@dataclass(frozen=True)
class BytesPart:
    """Rows of any length; lengths first, so that no two lists of rows give the same bytes."""

    values: Sequence[bytes]

    def feed(self, hasher: Hasher, start: int, stop: int) -> None:
        values = self.values[start:stop]
        hasher.update(np.fromiter(map(len, values), dtype="<i8", count=len(values)))
        hasher.update(b"".join(values))


@dataclass(frozen=True)
class LazyPart:
    """Large rows read one at a time: `read(i)` gives the bytes of row i of the span."""

    read: Callable[[int], bytes]

    def feed(self, hasher: Hasher, start: int, stop: int) -> None:
        for row in range(start, stop):
            data = self.read(row)
            hasher.update(len(data).to_bytes(8, "little"))
            hasher.update(data)


@dataclass(frozen=True)
class SparsePart:
    """Rows of a CSR matrix with sorted, summed, non-zero entries."""

    matrix: Any

    def feed(self, hasher: Hasher, start: int, stop: int) -> None:
        ends = self.matrix.indptr[start : stop + 1]
        entries = slice(ends[0], ends[-1])
        hasher.update(np.diff(ends).astype("<i8"))
        hasher.update(self.matrix.indices[entries].astype("<i8"))
        DensePart(self.matrix.data[entries]).feed(hasher, 0, int(ends[-1] - ends[0]))


def texts_part(texts: Iterable[str]) -> BytesPart:
    """Texts as UTF-8; lone surrogates, which Python strings may hold, pass through."""
    return BytesPart([text.encode("utf-8", "surrogatepass") for text in texts])


def fingerprint(pool: Content) -> dict[str, Any]:
    """Return the fingerprint: equal for equal content, different when any row, id or column type differs."""
    n = len(pool)
    block = max(1, -(-n // BLOCKS))
    header = _header(pool)
    return {**header, "n": n, "block": block, "digests": list(_digests(pool, n, block))}


def _header(pool: Content) -> dict[str, Any]:
    ids = "positions" if pool.default_ids else "numbers" if pool.ids.dtype.kind == "i" else "strings"
    return {"version": VERSION, "kind": pool.kind, "schema": {"ids": ids, **pool.schema}}


def _digests(pool: Content, n: int, block: int) -> Iterator[str]:
    """Hash rows [0, n) block by block, loading spans of whole blocks."""
    span = max(1, pool.span_rows // block) * block
    for start in range(0, n, span):
        stop = min(start + span, n)
        parts = [*pool.parts(start, stop), *_id_parts(pool, start, stop)]
        for low in range(0, stop - start, block):
            hasher = hashlib.blake2b(digest_size=16)
            for part in parts:
                part.feed(hasher, low, min(low + block, stop - start))
            yield hasher.hexdigest()


def _id_parts(pool: Content, start: int, stop: int) -> list[Part]:
    if pool.default_ids:
        return []
    ids = pool.ids[start:stop]
    return [DensePart(ids)] if ids.dtype.kind == "i" else [texts_part(ids.tolist())]


@dataclass(frozen=True)
class Same:
    """Nothing changed."""

    def __str__(self) -> str:
        return "the pool is the same"


@dataclass(frozen=True)
class Extended:
    """Rows were added at the end; every old row is unchanged and in its place."""

    added: int

    def __str__(self) -> str:
        return f"{_rows(self.added)} added at the end; the old rows are unchanged"


@dataclass(frozen=True)
class Changed:
    """Old rows are not what they were; `description` says which."""

    description: str

    def __str__(self) -> str:
        return self.description


Difference: TypeAlias = Same | Extended | Changed


def compare(old: Mapping[str, Any], pool: Content) -> Difference:
    """Say what became of the pool that had the fingerprint `old`: Same, Extended, or Changed.

    The first ``old["n"]`` rows are hashed anew in the old blocks, so "extended" is exact. Raises BadInput for
    a fingerprint of another version.
    """
    if old.get("version") != VERSION:
        raise BadInput(f"fingerprint version {old.get('version')!r} is not {VERSION}; use the askwise that wrote it")
    header = _header(pool)
    if old["kind"] != header["kind"]:
        return Changed(f"the pool was of kind {old['kind']} and is now of kind {header['kind']}")
    if old["schema"] != header["schema"]:
        return Changed(f"columns differ: {_schema_difference(old['schema'], header['schema'])}")
    n, block = int(old["n"]), int(old["block"])
    digests = list(_digests(pool, min(n, len(pool)), block))
    if digests == list(old["digests"]):
        return Same() if len(pool) == n else Extended(len(pool) - n)
    return Changed(_describe(old, pool, digests))


def _describe(old: Mapping[str, Any], pool: Content, digests: list[str]) -> str:
    n, block, before = int(old["n"]), int(old["block"]), list(old["digests"])
    everything = list(_digests(pool, len(pool), 1)) if block == 1 and len(pool) != n else digests
    if block == 1 and (moved := _moved(before, everything)):
        return moved
    changed = [i for i, (a, b) in enumerate(zip(before, digests, strict=False)) if a != b]
    if len(pool) < n:
        return _removed(n, len(pool), block, changed)
    added = f"; {_rows(len(pool) - n)} added" if len(pool) > n else ""
    return f"{_ranges(changed, block, n)} changed{added}"


def _moved(before: list[str], after: list[str]) -> str | None:
    """Name a pure deletion, insertion or reordering of single rows; None if rows changed as well."""
    if len(after) < len(before) and (gap := _gap(before, after)) is not None:
        return f"{_rows(len(before) - len(after))} removed, the first was row {gap}"
    if len(after) > len(before) and (gap := _gap(after, before)) is not None:
        return f"{_rows(len(after) - len(before))} added, not only at the end: the first is row {gap}"
    if len(after) == len(before) and sorted(after) == sorted(before):
        first = next(i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)
        return f"the rows are in another order, from row {first} on"
    return None


def _gap(long: list[str], short: list[str]) -> int | None:
    """First position of `long` that is left out of `short`, if `short` is `long` with rows left out."""
    first, at = None, 0
    for position, digest in enumerate(long):
        if at < len(short) and short[at] == digest:
            at += 1
        elif first is None:
            first = position
    return first if at == len(short) else None


def _removed(n: int, now: int, block: int, changed: list[int]) -> str:
    removed = f"{_rows(n - now)} removed"
    whole = [i for i in changed if (i + 1) * block <= now]
    if not whole:
        return f"{removed}, at or near the end"
    return f"{removed}; the first difference is in {_ranges(whole[:1], block, n)}"


def _ranges(blocks: list[int], block: int, n: int) -> str:
    """Name the rows of these blocks, adjacent ones as one range; five ranges at most."""
    runs: list[list[int]] = []
    for i in blocks:
        if runs and runs[-1][1] == i:
            runs[-1][1] = i + 1
        else:
            runs.append([i, i + 1])
    spans = [(a * block, min(b * block, n) - 1) for a, b in runs]
    if len(spans) == 1 and spans[0][0] == spans[0][1]:
        return f"row {spans[0][0]}"
    names = [str(a) if a == b else f"{a}-{b}" for a, b in spans]
    more = f" and {len(names) - 5} more ranges" if len(names) > 5 else ""
    return f"rows {', '.join(names[:5])}{more}"


def _rows(count: int) -> str:
    return f"{count} row was" if count == 1 else f"{count} rows were"


def _schema_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    return "; ".join(_key_difference(key, old.get(key), new.get(key)) for key in keys)


def _key_difference(key: str, old: Any, new: Any) -> str:
    if key != "columns":
        return f"{key} was {old!r}, is {new!r}"
    gone = [name for name in old if name not in new]
    more = [name for name in new if name not in old]
    parts = [f"{word} {', '.join(names)}" for word, names in (("gone", gone), ("new", more)) if names]
    return f"columns: {'; '.join(parts) or 'in another order'}"
