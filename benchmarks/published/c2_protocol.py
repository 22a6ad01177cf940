"""The protocol of the re-benchmark of binary tables: its splits, its support vector machine, its areas under curves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from growing_svm import GrowingSVC
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import askwise as aw

DATA = Path(os.environ.get("ASKWISE_DATA", "../shared/data"))
INITIAL, POOL = 20, 0.6
GENERATED = {"ringnorm": 7400, "twonorm": 7400}
"""Sets that are drawn anew from their published generator, with their numbers of rows."""


@cache
def rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, d) and classes 0 and 1 (n,), in the order of the published file."""
    if name in GENERATED:
        return drawn(name, GENERATED[name])
    file = np.load(DATA / f"tab_{name}" / "features.npz")
    X, y = file["X"].astype(np.float64), np.unique(file["y"], return_inverse=True)[1]
    # The file was shuffled by this permutation when it was made (see its README); the published splits are by position.
    back = np.argsort(np.random.default_rng(0).permutation(len(y)))
    return X[back], y[back]


def drawn(name: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Breiman's twonorm or ringnorm in 20 dimensions, both classes equally likely.

    Source: Breiman 1996, Bias, variance, and arcing classifiers, appendix. Twonorm: means of 2/sqrt(20) and the
    opposite, unit covariance. Ringnorm: mean 0 and covariance 4, against means of 1/sqrt(20) and unit covariance.
    """
    rng = np.random.default_rng(0)
    y, X = rng.integers(2, size=n), rng.standard_normal((n, 20))
    if name == "twonorm":
        return X + np.where(y, 1.0, -1.0)[:, None] * 2 / np.sqrt(20), y
    return np.where(y[:, None] == 1, X + 1 / np.sqrt(20), 2 * X), y


@dataclass(frozen=True)
class World:
    """One split: pool (p, d) and test (t, d) rows, standardised on the pool, with their classes."""

    pool: np.ndarray
    y: np.ndarray
    test: np.ndarray
    truth: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """The rows to begin with."""
        return np.arange(INITIAL)

    def gram(self) -> np.ndarray:
        """The kernel between pool rows and all rows (p, p + t): RBF, gamma 1 / d."""
        return rbf_kernel(self.pool, np.concatenate([self.pool, self.test]), gamma=1 / self.pool.shape[1])


def world(name: str, seed: int) -> World | None:
    """The published split of a seed; None where the first rows lack a class, as published.

    The benchmark shuffles the positions by the seed, takes three fifths as pool, and shuffles those by the same seed.
    """
    X, y = rows(name)
    order = np.arange(len(y))
    np.random.default_rng(seed).shuffle(order)
    pool, held = np.split(order, [int(len(y) * POOL)])
    np.random.default_rng(seed).shuffle(pool)
    if len(np.unique(y[pool[:INITIAL]])) < 2:
        return None
    scale = StandardScaler().fit(X[pool])
    return World(scale.transform(X[pool]), y[pool], scale.transform(X[held]), y[held])


def area(accuracies: list[float]) -> float:
    """Area under the budget curve, as published: the trapezoids of the accuracies after each query, over queries."""
    return float(np.trapezoid(accuracies) / len(accuracies))


LARGE, EVERY = 2000, 10
"""On sets with more rows, strategies that look at no model are measured after every tenth query only."""

Choose = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""The next row from the unlabelled rows (f,), the labelled ones (l,), and the decision values of the pool (p,)."""


def boundary(seed: int) -> Choose:
    """US-C: the row with the smallest absolute decision value."""

    def choose(free: np.ndarray, labelled: np.ndarray, heights: np.ndarray) -> np.ndarray:
        logits = np.column_stack([-heights, heights]) / 2
        return aw.select(1, "boundary", candidates=free, logits=logits, seed=seed).rows

    return choose


def in_order(found: World, strategy: str, seed: int, every: int = 1) -> Choose:
    """A strategy that looks at no model: its whole order is known before the first query; so many rows at once."""
    free, given = np.arange(INITIAL, len(found.y)), {"embeddings": found.pool}
    if strategy == "k_center":
        given["labelled_embeddings"] = found.pool[found.first]
    order = aw.select(len(free), strategy, candidates=free, seed=seed, **given).rows
    return lambda free, labelled, heights: order[len(labelled) - INITIAL :][:every]


def queries(found: World, choose: Choose) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Labelled rows and decision values (p + t,) after each query, the start first, until the pool is empty."""
    model = GrowingSVC(found.gram(), np.where(found.y, 1.0, -1.0))
    labelled, free = found.first, np.ones(len(found.y), dtype=bool)
    heights = model.add(labelled)
    yield labelled, heights
    free[labelled] = False
    while free.any():
        picked = choose(np.flatnonzero(free), labelled, heights[: len(found.y)])
        free[picked], labelled = False, np.append(labelled, picked)
        heights = model.add(picked)
        yield labelled, heights


def svm_area(found: World, choose: Choose) -> float:
    """Area under the budget curve of the support vector machine, interpolated where several rows came at once."""
    right = {
        len(labelled) - INITIAL: float(((heights[len(found.y) :] > 0) == found.truth).mean())
        for labelled, heights in queries(found, choose)
    }
    return area(each(right))


def each(right: dict[int, float]) -> list[float]:
    """The accuracy after each query from those that were measured; the first belongs to none."""
    at = np.array(sorted(right))
    return list(np.interp(np.arange(1, at[-1] + 1), at, [right[number] for number in at.tolist()]))


def refitted_area(found: World, choose: Choose) -> float:
    """The same with scikit-learn's SVC fitted anew after each query, on rows in the order of the pool, as published."""
    gram, labelled, right = found.gram(), found.first, []
    while True:
        # The same machine as with kernel="rbf", which would work the kernel out again for every fit.
        model = SVC(C=1.0, kernel="precomputed").fit(gram[np.ix_(labelled, labelled)], found.y[labelled])
        heights = model.dual_coef_[0] @ gram[labelled[model.support_]] + model.intercept_[0]
        right.append(float(((heights[len(found.y) :] > 0) == found.truth).mean()))
        free = np.setdiff1d(np.arange(len(found.y)), labelled)
        if not len(free):
            return area(right[1:])
        labelled = np.union1d(labelled, choose(free, labelled, heights[: len(found.y)]))
