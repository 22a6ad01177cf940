"""What a method's author may tell the contract suite about a method whose domain is restricted or which is slow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.registry import KINDS, Method
from askwise.kernels.consensus import Trust
from askwise.testing.world import DRAWS, World


@dataclass(frozen=True)
class Hint:
    """Everything has a default: most methods need no hint.

    `rows` and `n` are the size of the pool and of a batch (smaller for a slow method). `settings` are given wherever
    the suite runs the method. `evidence` turns the suite's world into one inside the method's domain. `skip` maps a
    promise to the reason why it cannot hold; the report prints it. `coverage` says that a pick avoids what lies near
    labelled rows, so that it takes copies of labelled rows last. `sooner` gives two rows of each evidence of a score,
    of which the first must be asked sooner. `close` is the relative tolerance between float64 and float32.
    """

    rows: int = 48
    n: int = 6
    settings: Mapping[str, Any] = field(default_factory=dict)
    evidence: Callable[[World], World] | None = None
    skip: Mapping[str, str] = field(default_factory=dict)
    coverage: bool = False
    sooner: Mapping[str, Any] = field(default_factory=dict)
    close: float = 1e-4

    def world(self, **changes: Any) -> World:
        """The world of this hint, with other sizes or cases."""
        world = World(**{"m": self.rows, **changes})
        return world if self.evidence is None else self.evidence(world)


_HINTS: dict[tuple[str, str], Hint] = {}


def hint(kind: str, name: str, **fields: Any) -> Hint:
    """Tell the suite about a method, by kind and name; see Hint for the fields.

    >>> hint("score", "my_slow_score", rows=16).rows
    16
    """
    if kind not in KINDS:
        raise BadInput(f"there is no kind of method called {kind!r}; use one of {', '.join(KINDS)}")
    _HINTS[kind, name] = Hint(**fields)
    return _HINTS[kind, name]


def hint_of(method: Method) -> Hint:
    """The hint of a method, or the default one."""
    return _HINTS.get((method.kind, method.name), Hint())


def _learnt(world: World) -> Any:
    """Training dynamics in which every labelled row but each fifth was learnt."""
    own = np.eye(world.c)[world["labels"]]
    own[::5] = np.roll(own[::5], 1, axis=1)
    return np.repeat(own[:, None], 3, axis=1)


_UNSURE = {"probs": [[0.5, 0.5], [0.875, 0.125]]}

hint("score", "least_confidence", sooner=_UNSURE)
hint("score", "margin", sooner=_UNSURE)
hint("score", "entropy", sooner=_UNSURE)
hint(
    "score",
    "active_lab_ensemble",
    evidence=lambda w: w.with_(trust=Trust(0.75, (0.5, 1.0) * (DRAWS // 2), 0.5, (2.0, 1.0) * (DRAWS // 2))),
)
hint("pick", "k_center", coverage=True)
hint("pick", "seed_al", rows=20, n=4, settings={"edges": 30, "nodes": 1})
hint("score", "mmc", rows=12, n=4)  # a fit for each call
hint("limit", "near_duplicates", settings={"similarity": 0.9999})
hint("limit", "learnable", evidence=lambda w: w.with_(labelled_dynamics=_learnt(w)))
