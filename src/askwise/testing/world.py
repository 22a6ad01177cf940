"""Evidence for the contract suite: every name of the vocabulary, over one small pool, consistent with one another.

All real values are dyadic numbers that float16 holds exactly, so that the three float types carry the same evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from askwise.core.evidence import VOCABULARY
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.consensus import Trust
from askwise.learner.head import Head

DRAWS = 4
"""Draws of the committee: a power of two, so that their mean is exact."""

_PER_ROW = ["probs", "samples", "mean", "std", "draws", "embeddings", "previous_probs", "dynamics", "density", "costs"]
_PER_ROW += ["answer_sums", "logits", "class_counts", "marginals", "marginal_draws", "part_doubt", "part_count"]
FLOATING = frozenset(
    [
        *_PER_ROW,
        "target_samples",
        "target_embeddings",
        "labelled_embeddings",
        "refused_embeddings",
        "labelled_probs",
        "labelled_marginals",
        "labelled_dynamics",
        "class_embeddings",
        "label_sets",
    ]
)
"""Names whose values are real numbers, checked for NaN and open to every float type."""


@dataclass(frozen=True)
class World:
    """A pool of m rows in c clusters, one a class, with l labelled rows beside it.

    ``world["probs"]`` and the like give evidence by name, made when first asked for. `changed` replaces some of it.
    """

    m: int = 48
    c: int = 4
    d: int = 6
    labelled: int = 9
    seed: int = 0
    equal: bool = False
    certain: bool = False
    changed: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        if name in self.changed:
            return self.changed[name]
        if name not in self._made:
            self._made[name] = MAKERS[name](self)
        return self._made[name]

    def with_(self, **evidence: Any) -> World:
        """The same world with this evidence in place of its own."""
        return replace(self, changed={**self.changed, **evidence})

    def evidence(self, names: tuple[str, ...] | list[str]) -> list[Any]:
        """Evidence in the order of these names."""
        return [self[name] for name in names]

    @cached_property
    def _made(self) -> dict[str, Any]:
        return {}

    def generator(self, stream: int) -> np.random.Generator:
        """Random numbers of one part of the world, whatever else was made before."""
        return np.random.default_rng([self.seed, stream])

    @cached_property
    def classes(self) -> IntArray:
        """Class of each pool row and then of each labelled row (m + l,): every class among either, where it fits."""
        return np.concatenate([np.arange(self.m) % self.c, np.arange(self.labelled) % self.c])

    @cached_property
    def features(self) -> FloatArray:
        """Embeddings of the pool rows and then of the labelled rows (m + l, d)."""
        generator = self.generator(1)
        centres = 4.0 * generator.standard_normal((self.c, self.d))
        rows = centres[self.classes] + generator.standard_normal((len(self.classes), self.d))
        if self.equal:
            rows[: self.m] = rows[0]
        return _dyadic(rows, 64)

    @cached_property
    def logits(self) -> FloatArray:
        """Decision values (m + l, c) of the head."""
        head = self["head"]
        return np.asarray(self.features @ head.weights + head.bias)

    def committee(self, stream: int, members: int) -> FloatArray:
        """Probabilities (m + l, members, c) of perturbed heads, in steps of 1/256, each row summing to one."""
        noise = self.generator(stream).standard_normal((len(self.features), members, self.c))
        if self.equal:
            noise[: self.m] = noise[0]
        logits = self.logits[:, None] + noise
        if self.certain:
            return np.asarray(np.eye(self.c)[np.repeat(self.logits.argmax(1)[:, None], members, axis=1)])
        return _simplex(logits, 256)


def _dyadic(values: FloatArray, steps: int) -> FloatArray:
    return np.asarray(np.round(values * steps) / steps)


def _simplex(logits: FloatArray, steps: int) -> FloatArray:
    """Softmax in steps of 1/steps that sums to one exactly: what rounding leaves goes to the largest."""
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    counts = np.floor(steps * odds / odds.sum(-1, keepdims=True))
    best = counts.argmax(-1)[..., None]
    rest = steps - counts.sum(-1, keepdims=True)
    np.put_along_axis(counts, best, np.take_along_axis(counts, best, -1) + rest, -1)
    return np.asarray(counts / steps)


def _distances(world: World) -> FloatArray:
    rows = world["embeddings"]
    return np.asarray(((rows[:, None] - rows[None]) ** 2).sum(-1))


def _neighbours(world: World) -> IntArray:
    far = _distances(world)
    np.fill_diagonal(far, np.inf)
    return np.argsort(far, axis=1, kind="stable")[:, : min(5, world.m - 1)].astype(np.int64)


def _head(world: World) -> Head:
    generator = world.generator(2)
    return Head(_dyadic(generator.standard_normal((world.d, world.c)) / 4, 64), np.zeros(world.c), 1.0)


def _draws(world: World) -> FloatArray:
    values = world.features[: world.m, :1] + world.generator(3).standard_normal((world.m, DRAWS))
    if world.equal:
        values[:] = values[0]
    if world.certain:
        values[:] = values[:, :1]
    return _dyadic(values, 16)


def _units(world: World) -> tuple[FloatArray, IntArray]:
    counts = 1 + np.arange(world.m) % 3
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return _dyadic(world.generator(4).random(int(offsets[-1])), 256), offsets


def _answers(world: World) -> dict[str, Any]:
    item = np.repeat(np.arange(world.labelled), 3)
    return {
        "item": item,
        "annotator": np.tile(np.arange(3), world.labelled),
        "label": world["labels"][item],
        "seconds": 1.0 + world.generator(5).random(len(item)),
    }


def _answer_sums(world: World) -> FloatArray:
    """Weights of 0 to 3 answers of each row, more often of its own class; every fourth row has none."""
    sums = np.zeros((world.m, world.c))
    for k in range(3):
        asked = np.flatnonzero(np.arange(world.m) % 4 > k) if not world.equal else np.zeros(0, dtype=np.int64)
        said = (world.classes[asked] + (asked % 5 == k)) % world.c
        sums[asked, said] += (1 + k) / 4
    return sums


def _history(world: World) -> dict[str, Any]:
    rounds = np.arange(world.labelled) // 3
    return {
        "round": rounds,
        "arm": np.where(rounds == 0, "random", "strategy"),
        "row": np.arange(world.labelled),
        "label": world["labels"],
    }


def _what_if(world: World) -> Callable[[Any, Any], FloatArray]:
    def what_if(rows: Any, labels: Any) -> FloatArray:
        """Probabilities (m, c) after moving every row towards the classes just added, as far as the added rows say."""
        added = np.bincount(np.asarray(labels, dtype=np.int64), minlength=world.c) / max(len(labels), 1)
        share = 0.5 / (1.0 + float(np.square(np.asarray(rows, dtype=np.float64)).mean()))
        return np.asarray((1.0 - share) * world["probs"] + share * added)

    return what_if


def _scores(world: World) -> FloatArray:
    return np.asarray(1.0 - world["probs"].max(1))


def _density(world: World) -> FloatArray:
    return np.asarray((_distances(world) <= 16.0).sum(1), dtype=np.float64)


def _class_counts(world: World) -> FloatArray:
    near = np.exp(-((world["embeddings"][:, None] - world["labelled_embeddings"][None]) ** 2).sum(-1) / 16.0)
    return _dyadic(near @ np.eye(world.c)[world["labels"]], 64)


def _marginals(world: World) -> FloatArray:
    """Chances (m + l, draws, c) that a row bears each label, in steps of 1/256."""
    logits = world.committee(14, DRAWS) * 6.0 - 2.0
    return np.round(logits > 0) if world.certain else _dyadic(1.0 / (1.0 + np.exp(-logits)), 256)


def _noise(world: World) -> FloatArray:
    return _dyadic(world.generator(6).random(world.m) / 2 + 0.25, 1024)


def _costs(world: World) -> FloatArray:
    return np.asarray(1.0 + (0 if world.equal else 1) * (np.arange(world.m) % 5) / 4.0)


def _pool_rows(stream: int, members: int) -> Callable[[World], FloatArray]:
    return lambda world: world.committee(stream, members)[: world.m]


MAKERS: dict[str, Callable[[World], Any]] = {
    "samples": _pool_rows(10, DRAWS),
    "probs": lambda w: w["samples"].mean(1),
    "votes": lambda w: w["samples"].argmax(-1),
    "previous_probs": lambda w: w.committee(11, 1)[: w.m, 0],
    "dynamics": _pool_rows(12, 3),
    "draws": _draws,
    "mean": lambda w: w["draws"].mean(1),
    "std": lambda w: _dyadic(w["draws"].std(1), 256),
    "embeddings": lambda w: w.features[: w.m],
    "marginal_draws": lambda w: _marginals(w)[: w.m],
    "marginals": lambda w: w["marginal_draws"].mean(1),
    "labelled_marginals": lambda w: _marginals(w)[w.m :].mean(1),
    "labelled_dynamics": lambda w: w.committee(12, 3)[w.m :],
    "label_sets": lambda w: np.round(_marginals(w)[w.m :, 0]),
    "logits": lambda w: _dyadic(w.logits[: w.m], 16),
    "class_counts": _class_counts,
    "target_samples": lambda w: w.committee(13, DRAWS)[: max(w.m // 2, 1)],
    "target_embeddings": lambda w: w.features[: max(w.m // 2, 1)],
    "head_grads": lambda w: (w["probs"], w["embeddings"]),
    "neighbours": _neighbours,
    "density": _density,
    "cluster": lambda w: w.classes[: w.m] * (0 if w.equal else 1),
    "units": _units,
    "part_doubt": lambda w: _dyadic(1.0 - w["probs"].max(1), 256),
    "part_count": lambda w: 1.0 + w.classes[: w.m] * (0 if w.equal else 1),
    "costs": _costs,
    "groups": lambda w: np.arange(w.m, dtype=np.int64) // 4 * (0 if w.equal else 1),
    "source": lambda w: np.arange(w.m, dtype=np.int64) % 2 * (0 if w.equal else 1),
    "scores": _scores,
    "noise": _noise,
    "labelled_embeddings": lambda w: w.features[w.m :],
    "refused_embeddings": lambda w: w.features[: max(w.m // 8, 1)] + 0.5,
    "labelled_probs": lambda w: w.committee(10, DRAWS)[w.m :].mean(1),
    "labels": lambda w: w.classes[w.m :].astype(np.int64),
    "answers": _answers,
    "answer_sums": _answer_sums,
    "trust": lambda w: Trust(0.75, (1.25,), 0.5, (1.0,)),
    "skill": lambda w: np.tile(0.75 * np.eye(w.c) + 0.25 / w.c, (3, 1, 1)),
    "price": lambda w: np.array([1.0, 0.5, 2.0]),
    "load": lambda w: np.array([0.0, 2.0, 1.0]),
    "head": _head,
    "what_if": _what_if,
    "history": _history,
    "class_embeddings": lambda w: _dyadic(w["head"].weights.T, 64),
}
"""One maker a name; `tests/core` holds them to the vocabulary."""


def take(name: str, value: Any, rows: IntArray) -> Any:
    """Some rows of a piece of row evidence, of other evidence the whole; positions of neighbours stay as they are."""
    if VOCABULARY[name].per != "row":
        return value
    if name == "units":
        flat, offsets = value
        parts = [flat[offsets[row] : offsets[row + 1]] for row in rows.tolist()]
        return np.concatenate(parts), np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    if isinstance(value, tuple):
        return tuple(part[rows] for part in value)
    return value[rows]


def permuted(name: str, value: Any, order: IntArray) -> Any:
    """The evidence of the pool with its rows in another order: row i is row order[i] of before."""
    moved = take(name, value, order)
    if name != "neighbours":
        return moved
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place[moved]


def convert(value: Any, to: Callable[[Array], Array], kinds: str = "f") -> Any:
    """The value with every array of these kinds of numbers in it, at any depth of tuples, turned by `to`."""
    if isinstance(value, np.ndarray):
        return to(value) if value.dtype.kind in kinds else value
    if isinstance(value, tuple):
        parts = [convert(part, to, kinds) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
