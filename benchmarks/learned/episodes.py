"""Synthetic episodes: small labelled sets of random classification problems, and what each candidate's label gained.

A state is a pool, a labelled set and a softmax regression fitted on it. Of each of its candidates we know what nobody
knows in real life: the accuracy on a large test set after its true label has been added. All candidates of a state
are fitted at once, by Newton steps from the model before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import make_classification

from askwise.kernels.learned import describe

POOL, TEST, TARGETS, CANDIDATES, STEPS = 250, 1000, 100, 20, 10


@dataclass(frozen=True)
class Problem:
    """Pool and test set of one random problem, features scaled."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    classes: int


def problem(seed: int) -> Problem:
    """A random problem: 2 to 5 classes, 2 to 14 features, one to three clusters a class, skew, label noise."""
    rng = np.random.default_rng([seed, 0])
    classes, clusters = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    informative = int(rng.integers(max(2, np.ceil(np.log2(classes * clusters))), 10))
    skew = rng.dirichlet(np.full(classes, rng.choice([1.5, 5.0, 50.0]))) * 0.9 + 0.1 / classes
    X, y = make_classification(
        POOL + TEST,
        n_features=informative + int(rng.integers(0, 6)),
        n_informative=informative,
        n_redundant=0,
        n_classes=classes,
        n_clusters_per_class=clusters,
        weights=skew.tolist(),
        class_sep=float(rng.uniform(0.5, 2.0)),
        flip_y=float(rng.choice([0.0, 0.0, 0.05, 0.1])),
        random_state=seed % 2**32,
    )
    X = (X - X.mean(0)) / X.std(0)
    return Problem(X[:POOL], y[:POOL], X[POOL:], y[POOL:], classes)


def with_one(X) -> np.ndarray:
    """Rows with a one appended, for the intercept."""
    return np.concatenate([X, np.ones((*X.shape[:-1], 1))], axis=-1)


def softmax(Z) -> np.ndarray:
    """Probabilities along the last axis."""
    odds = np.exp(Z - Z.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def newton(X, Y, weights, steps: int) -> np.ndarray:
    """Softmax regressions of b sets at once: X (b, l, d), Y one-hot (b, l, c), weights (b, d, c); penalty |w|^2 / 2.

    The intercept, the last feature, has a thousandth of the penalty.
    """
    b, _, d = X.shape
    c = Y.shape[2]
    ridge = np.repeat(np.append(np.ones(d - 1), 1e-3), c)
    for _ in range(steps):
        P = softmax(X @ weights)
        slope = (np.swapaxes(X, 1, 2) @ (P - Y)).reshape(b, -1) + ridge * weights.reshape(b, -1)
        # diag(p) - pp' = M M' with M = (I - p 1') diag(sqrt p): the Hessian as a product of one tall matrix.
        M = (np.eye(c) - P[..., :, None]) * np.sqrt(P)[..., None, :]
        tall = (X[..., :, None, None] * M[..., None, :, :]).reshape(b, -1, d * c, c)
        tall = np.swapaxes(tall, 2, 3).reshape(b, -1, d * c)
        hessian = np.swapaxes(tall, 1, 2) @ tall + ridge * np.eye(d * c)
        step = np.linalg.solve(hessian, slope[..., None]).reshape(b, d, c)
        # No logit moves by more than three at a time: a full step from afar can overshoot and never come back.
        reach = np.abs(X @ step).max(axis=(1, 2), keepdims=True)
        weights = weights - step * np.minimum(1.0, 3.0 / np.maximum(reach, 1e-12))
    return weights


def start(task: Problem, rng) -> list[int]:
    """Two rows of different classes, and up to eight more."""
    order = rng.permutation(len(task.X))
    other = next((i for i in order if task.y[i] != task.y[order[0]]), order[1])
    more = [i for i in order[1:] if i != other][: int(rng.integers(0, 9))]
    return [int(order[0]), int(other), *map(int, more)]


def candidates(free, features, rng) -> np.ndarray:
    """Positions in free: the five smallest margins, the five farthest from labels, and random ones."""
    some = set(np.argsort(features[:, 1])[:5].tolist()) | set(np.argsort(-features[:, 3])[:5].tolist())
    rest = [i for i in rng.permutation(len(free)).tolist() if i not in some]
    return np.array([*some, *rest[: CANDIDATES - len(some)]])


def episode(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """States of one episode: features (20, f) and gains in accuracy (20,) of the candidates of each."""
    task, rng = problem(seed), np.random.default_rng([seed, 1])
    labelled, states = start(task, rng), []
    X, X_test = with_one(task.X), with_one(task.X_test)
    Y, Y_test = np.eye(task.classes)[task.y], np.eye(task.classes)[task.y_test]

    def worth(weights):
        P = softmax(X_test @ weights)
        return np.stack([(P.argmax(-1) == task.y_test).mean(-1), -((P - Y_test) ** 2).sum(-1).mean(-1)], axis=-1)

    for _ in range(STEPS):
        weights = newton(X[labelled][None], Y[labelled][None], np.zeros((1, X.shape[1], task.classes)), 12)
        free = np.setdiff1d(np.arange(POOL), labelled)
        known = task.X[labelled], task.y[labelled], task.X[:TARGETS]
        features = describe(softmax(X[free] @ weights[0]), task.X[free], *known)
        some = candidates(free, features, rng)
        sets = np.array([[*labelled, int(free[i])] for i in some])
        gains = worth(newton(X[sets], Y[sets], np.repeat(weights, len(some), 0), 5)) - worth(weights)
        states.append((features[some], gains))
        # States like those of every strategy: the oracle's, margin's and chance's.
        how = rng.integers(3)
        best = some[int(np.argmax(gains[:, 0]))] if how == 0 else int(np.argmin(features[:, 1]))
        labelled += [int(free[best if how < 2 else rng.integers(len(free))])]
        labelled += [int(i) for i in rng.choice(np.setdiff1d(free, labelled), int(rng.integers(0, 4)), replace=False)]
    return states


def states(seeds) -> tuple[np.ndarray, np.ndarray]:
    """Features (s, 20, f) and gains (s, 20) of many episodes."""
    found = [state for seed in seeds for state in episode(int(seed))]
    return np.stack([f for f, _ in found]), np.stack([g for _, g in found])
