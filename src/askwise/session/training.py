"""When to refit, and how far a new model agrees with the one before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import plan, reachable
from askwise.core.noise import Noise, stream_key
from askwise.core.protocols import Learner, Pool
from askwise.core.threads import one_blas_thread
from askwise.core.types import FloatArray, IntArray, KeyArray
from askwise.kernels.remaining import model_view
from askwise.kernels.rows import entropy

_STOP_SET = 1000
"""Rows on which successive models are compared: enough for a kappa within 0.01, and cheap to predict."""

_FAINT = 1e-3
"""Chance of a class below which a row does not count for it."""


class RefitPolicy:
    """When a new model is due: after every batch, every k labels, or every so many seconds (``"30s"``).

    >>> RefitPolicy(5).due(new=4, waited=99.0), RefitPolicy("batch").due(new=1, waited=0.0)
    (False, True)
    """

    def __init__(self, spec: str | int = "batch") -> None:
        self.spec = spec
        self._labels, self._seconds = 1, 0.0
        if isinstance(spec, int) and not isinstance(spec, bool) and spec >= 1:
            self._labels = spec
        elif isinstance(spec, str) and spec.endswith("s") and spec[:-1].replace(".", "", 1).isdigit():
            self._seconds = float(spec[:-1])
        elif spec != "batch":
            raise BadInput(f"refit={spec!r} is no policy; use 'batch', a number of labels such as 50, or '30s'")

    def due(self, new: int, waited: float) -> bool:
        """Whether to refit, given labels since the last model and seconds since it."""
        return new >= self._labels and waited >= self._seconds


class Trainer:
    """Fits the learner on labels, always from scratch, with a seed that depends on the labels' number only."""

    def __init__(self, pool: Pool, keys: KeyArray, learner: Learner, seed: int) -> None:
        self.pool, self.learner, self.seed = pool, learner, seed
        self.fitted = False
        self.doubt: dict[str, float] = {}
        self._stop_rows = np.sort(np.argsort(Noise(seed, keys).bits("stop_set"), kind="stable")[:_STOP_SET])

    def fit(self, rows: IntArray, labels: IntArray, chances: FloatArray | None = None) -> float:
        """Train on these rows and the task's targets, in row order; seconds it took.

        With `chances` (l, c) a row counts for each class by its chance: once a class, with that weight.
        """
        order = np.argsort(rows, kind="stable")
        started = time.perf_counter()
        seed = int(stream_key(self.seed, f"fit/{len(rows)}") >> np.uint64(33))
        # One BLAS thread: sums then round alike on every machine, so a resumed session refits the same model; and
        # the small systems of a few hundred labels run faster than threads can be woken.
        with one_blas_thread():
            if chances is None:
                self.learner.fit(self.pool.take(rows[order]), labels[order], None, seed=seed)
            else:
                at, of = np.nonzero(chances[order] >= _FAINT)
                self.learner.fit(self.pool.take(rows[order][at]), of, chances[order][at, of], seed=seed)
        self.fitted = True
        return time.perf_counter() - started

    @property
    def classifies(self) -> bool:
        """Whether the learner gives probabilities of classes."""
        return reachable("probs", self.learner.provides)

    def predicted(self) -> list[int] | None:
        """Predicted class of each row of the fixed stop set, or None for a learner without probabilities.

        `doubt` then holds the mean and the largest entropy there, as shares of log c, and the mean gain left.
        """
        if not self.classifies:
            return None
        probs = self.probs(self.pool.take(self._stop_rows))
        shares = entropy(probs) / np.log(max(probs.shape[1], 2))
        gain = 1.0 - float(model_view(probs)[0].mean())
        self.doubt = {"entropy": float(shares.mean()), "entropy_max": float(shares.max()), "gain": gain}
        return [int(c) for c in probs.argmax(axis=1)]

    def weighted_accuracy(self, rows: IntArray, labels: IntArray, shares: Mapping[int, float]) -> dict[str, float]:
        """Accuracy on those of the rows that have a share, each weighted by 1 / its share; nothing without any."""
        drawn = np.array([row in shares for row in rows.tolist()], dtype=bool)
        if not drawn.any() or not self.classifies:
            return {}
        right = self.probs(self.pool.take(rows[drawn])).argmax(axis=1) == labels[drawn]
        weights = 1.0 / np.array([shares[row] for row in rows[drawn].tolist()])
        return {"weighted_accuracy": float(weights @ right / weights.sum())}

    def predict(self, data: Any) -> Any:
        """What the learner says of rows: probs (m, c), else marginals (m, q), else the mean (m,).

        Of a learner that has none of them, its answers, or the probabilities of the classes of each image's cells.
        """
        offers = self.learner.provides
        name = next((name for name in ("probs", "marginals", "mean") if reachable(name, offers)), "")
        learner: Any = self.learner
        if not name and hasattr(learner, "answers"):
            return learner.answers(data)
        if not name and hasattr(learner, "segment"):
            return [learner.segment(one) for one in data]
        name = name or "probs"  # which is refused, and says by whom
        resolved = plan({name: "prediction"}, offers)
        return host(resolved.complete(self.learner.evidence(data, resolved.ask))[name])

    def probs(self, data: Any) -> FloatArray:
        """Class probabilities (m, c) of rows given as the learner takes them."""
        resolved = plan({"probs": "prediction"}, self.learner.provides)
        return host(resolved.complete(self.learner.evidence(data, resolved.ask))["probs"])


def kappa(before: list[int] | None, now: list[int] | None) -> float | None:
    """Cohen's kappa of two lists of predictions; None when one is missing or chance agreement is complete."""
    if not before or not now or len(before) != len(now):
        return None
    a, b = np.asarray(before), np.asarray(now)
    classes = int(max(a.max(), b.max())) + 1
    observed = float((a == b).mean())
    chance = float((np.bincount(a, minlength=classes) * np.bincount(b, minlength=classes)).sum()) / len(a) ** 2
    return None if chance == 1.0 else (observed - chance) / (1.0 - chance)


def changes(before: list[int] | None, now: list[int] | None) -> dict[str, float]:
    """Share of rows whose prediction changed, and the predicted change of F over classes; empty when one is missing.

    >>> changes([0, 0, 1, 1], [0, 1, 0, 1])
    {'changed': 0.5, 'delta_f': 0.5}
    """
    if not before or not now or len(before) != len(now):
        return {}
    a, b = np.asarray(before), np.asarray(now)
    # 2a / (2a + b + c) of a class: what both predict, twice, over all that either predicts.
    agreed = [2 * int(((a == c) & (b == c)).sum()) / int((a == c).sum() + (b == c).sum()) for c in np.union1d(a, b)]
    return {"changed": float((a != b).mean()), "delta_f": 1.0 - float(np.mean(agreed))}
