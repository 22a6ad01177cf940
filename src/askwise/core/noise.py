"""Keyed noise: every random number of a row depends on (seed, stream, row key) and on nothing else.

So chunk size, worker count and row order cannot change a result. The mixer is the finaliser of splitmix64
(Steele, Lea and Flood, OOPSLA 2014), a bijection of 64-bit words: distinct rows never share a tie-break.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray, KeyArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S12 = (np.uint64(shift) for shift in (30, 27, 31, 12))


def check_seed(seed: int) -> int:
    """The seed as a Python int. Raises BadInput for what is no whole number: half a seed would be cut off unsaid.

    >>> check_seed(np.int64(3))
    3
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise BadInput(f"seed={seed!r} is no whole number; give one such as 0, and write it down to do the same again")
    return int(seed)


def stream_key(seed: int, stream: str) -> np.uint64:
    """64-bit key of a named stream under a seed.

    >>> stream_key(0, "ties") == stream_key(0, "ties"), stream_key(0, "ties") == stream_key(1, "ties")
    (np.True_, np.False_)
    """
    digest = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def row_keys(ids: Any) -> KeyArray:
    """uint64 (n,) key of each row id: integers are their own key, strings are hashed.

    Raises BadInput for ids that are neither.
    """
    ids = np.asarray(ids)
    if ids.dtype.kind in "iu":
        return np.asarray(ids, dtype=np.uint64)
    if ids.dtype.kind in "US" or (ids.dtype.kind == "O" and all(isinstance(i, str) for i in ids)):
        digests = b"".join(hashlib.blake2b(str(i).encode(), digest_size=8).digest() for i in ids)
        return np.frombuffer(digests, dtype="<u8").astype(np.uint64)
    raise BadInput(f"row ids of type {ids.dtype} cannot be used; give integers or strings, one per row")


def mix(keys: KeyArray, stream: np.uint64) -> KeyArray:
    """uint64 (n,) well-mixed bits, a bijection of the keys for a fixed stream."""
    z = (keys ^ stream) + _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


class Noise:
    """Random numbers of m rows, keyed by (seed, stream, row): what picks receive as `rng`.

    Row-wise draws (`uniform`, `gumbel`) follow the row wherever it stands. `generator` gives a NumPy generator for
    draws about the set as a whole; the engine hands rows to picks in key order, so these do not depend on row order.
    """

    def __init__(self, seed: int, keys: KeyArray | Sequence[int] | int) -> None:
        """Noise of the rows with these keys; an integer m stands for the keys 0..m-1."""
        if isinstance(keys, int | np.integer):
            keys = np.arange(int(keys), dtype=np.uint64)
        self.seed = int(seed)
        self.keys: KeyArray = np.asarray(keys, dtype=np.uint64)

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: IntArray | slice) -> Noise:
        """Noise of some of the rows: the same numbers as before for each of them."""
        return Noise(self.seed, self.keys[rows])

    def child(self, stream: str) -> Noise:
        """Independent noise for the same rows, for a step that draws again."""
        return Noise(int(stream_key(self.seed, f"child/{stream}")), self.keys)

    def bits(self, stream: str = "ties") -> KeyArray:
        """uint64 (m,), distinct for distinct rows: breaks every tie."""
        return mix(self.keys, stream_key(self.seed, stream))

    def uniform(self, stream: str = "uniform") -> FloatArray:
        """float64 (m,) in the open interval (0, 1)."""
        # 52 bits and a half are exact in float64; with 53 the largest value would round to 1, and Gumbel be infinite.
        return ((self.bits(stream) >> _S12).astype(np.float64) + 0.5) * 2.0**-52

    def gumbel(self, stream: str = "gumbel") -> FloatArray:
        """float64 (m,) standard Gumbel: adding it to log-weights and taking the top n samples without replacement."""
        return -np.log(-np.log(self.uniform(stream)))

    def generator(self, stream: str = "set") -> np.random.Generator:
        """NumPy generator seeded by (seed, stream)."""
        return np.random.default_rng([self.seed & 0xFFFFFFFFFFFFFFFF, int(stream_key(0, stream))])


def as_noise(rng: Noise | int | np.random.Generator | None, m: int) -> Noise:
    """Noise for m rows from what a caller may give: noise, a seed, a generator, or None for seed 0."""
    if isinstance(rng, Noise):
        if len(rng) != m:
            raise BadInput(f"rng holds noise for {len(rng)} rows, but there are {m}; pass rng=rng.take(rows) or a seed")
        return rng
    if isinstance(rng, np.random.Generator):
        return Noise(int(rng.integers(2**63)), m)
    return Noise(0 if rng is None else int(rng), m)
