"""What several peers' cases share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.peers.compare import Ours
from benchmarks.peers.inputs import World

from askwise.core.evidence import Taken

DRAWN = 4000
"""Draws of which a law is counted."""


def of(method: Callable[..., Any], *evidence: str, scale: float = 1.0, shift: float = 0.0, **settings: Any) -> Ours:
    """A score of ours over these inputs, times `scale` plus `shift`."""
    return lambda world: shift + scale * np.asarray(method(*(world[name] for name in evidence), **settings))


def taken(world: World, **evidence: str) -> Taken:
    """Labelled rows, by the name of evidence and the name of the input that holds it."""
    held = {name: world[source] for name, source in evidence.items()}
    return Taken(held, np.zeros(len(next(iter(held.values()))), dtype=bool))


def pick(
    method: Callable[..., Any], *evidence: str, labelled: str | None = None, n: int | None = None, **settings: Any
) -> Ours:
    """A pick of ours over these inputs, beside labelled rows of that name."""

    def run(world: World) -> np.ndarray:
        more = {} if labelled is None else {"taken": taken(world, embeddings=labelled)}
        size = int(world["batch"]) if n is None else n
        return np.asarray(method(*(world[name] for name in evidence), n=size, rng=0, **more, **settings))

    return run


def counted(draw: Callable[[int], int], rows: int) -> np.ndarray:
    """How often each row is drawn over DRAWN seeds."""
    return np.bincount([draw(seed) for seed in range(DRAWN)], minlength=rows)


@dataclass(frozen=True)
class Bug:
    """A fault of a peer: the call of its script, what is wrong, the input, a check that it shows, what ours says."""

    call: str
    title: str
    given: str
    shows: Callable[[np.ndarray], bool]
    ours: str
