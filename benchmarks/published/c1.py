"""C1: batches for the regression of a network, by the clustering of its gradients and by others."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import c1_network
import c1_report
import numpy as np
from c1_methods import ARMS, BATCH, CORE, METHODS, POOL, START, TASKS, VALIDATION, Arm
from figures import spread
from sklearn.neural_network import MLPRegressor

import askwise as aw
from askwise.learner import mlp_gradients

DATA = Path(os.environ.get("ASKWISE_DATA", "../shared/data"))
SKETCH = 512

Rows = tuple[np.ndarray, ...]
"""Pool, validation and test rows of one split with their targets."""


def prepared(task: str, seed: int) -> Rows:
    """One split: a fifth of the rows is the test; targets standardised, inputs standardised and squashed."""
    held = np.load(DATA / f"reg_{task}" / "features.npz")
    X, y = held["X"].astype(np.float64), held["y"].astype(np.float64).ravel()
    order = np.random.default_rng([seed, len(y)]).permutation(len(y))
    test, rest = order[: len(y) // 5], order[len(y) // 5 :]
    valid, pool = rest[:VALIDATION], rest[VALIDATION : VALIDATION + POOL]
    scale = X[pool].std(axis=0)
    X = (X - X[pool].mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    X, y = 5.0 * np.tanh(X / 5.0), (y - y[pool].mean()) / y[pool].std()
    return X[pool], y[pool], X[valid], y[valid], X[test], y[test]


def rmse(network: Any, X: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(np.mean((network.predict(X) - y) ** 2)))


def trained(arm: Arm, rows: Rows, labelled: np.ndarray, seed: int) -> Any:
    """The network of an arm, fitted on the labelled rows of the pool."""
    X, y, valid, truth = rows[:4]
    if arm.library == "torch":
        return c1_network.trained(X[labelled], y[labelled], valid, truth, seed, width=arm.width, epochs=arm.epochs)
    return perceptron(X[labelled], y[labelled], valid, truth, seed, width=arm.width, epochs=arm.epochs)


def perceptron(
    X: np.ndarray, y: np.ndarray, valid: np.ndarray, truth: np.ndarray, seed: int, *, width: int, epochs: int
) -> MLPRegressor:
    """scikit-learn's network with the weights of its best epoch on the validation rows."""
    network = MLPRegressor(hidden_layer_sizes=(width, width), batch_size=64, learning_rate_init=3e-3, random_state=seed)
    best, kept = np.inf, None
    for _ in range(epochs):
        error = rmse(network.partial_fit(X, y), valid, truth)
        if error < best:
            best, kept = error, ([w.copy() for w in network.coefs_], [b.copy() for b in network.intercepts_])
    network.coefs_, network.intercepts_ = kept
    return network


def features(kind: str, network: Any, X: np.ndarray, seed: int) -> np.ndarray:
    """What a method looks at: the rows themselves, sketched gradients, or what the last layer reads, with a one."""
    if kind == "inputs":
        return X
    if kind == "gradients":
        return mlp_gradients(network, X, dimension=SKETCH, seed=seed)
    for weights, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        X = np.maximum(X @ weights + bias, 0.0)
    return np.column_stack([X / np.sqrt(X.shape[1]), np.ones(len(X))])


def chosen(method: str, network: Any, X: np.ndarray, labelled: np.ndarray, seed: int) -> np.ndarray:
    """The next rows of the pool to label."""
    kind, options, _ = METHODS[method]
    free = np.setdiff1d(np.arange(len(X)), labelled)
    if method == "random":
        return np.random.default_rng([seed, len(labelled)]).choice(free, BATCH, replace=False)
    rows = features(kind, network, X, seed)
    strategy = aw.Strategy(pick=aw.pick.bmdal.using(**options))
    return free[aw.select(BATCH, strategy, embeddings=rows[free], labelled_embeddings=rows[labelled], seed=seed).rows]


@cache
def started(arm: Arm, task: str, seed: int) -> tuple[Rows, np.ndarray, Any]:
    """What all methods of a split begin with: its rows, the first labelled ones, and the network of those."""
    rows = prepared(task, seed)
    first = np.random.default_rng(seed).choice(len(rows[0]), START, replace=False)
    return rows, first, trained(arm, rows, first, seed)


def run(job: tuple[str, str, int, str]) -> list[float]:
    """Log RMSE on the test rows after each round."""
    name, task, seed, method = job
    arm, errors = ARMS[name], []
    rows, labelled, network = started(arm, task, seed)
    for _ in range(arm.rounds):
        labelled = np.concatenate([labelled, chosen(method, network, rows[0], labelled, seed)])
        network = trained(arm, rows, labelled, seed)
        errors.append(float(np.log(rmse(network, rows[4], rows[5]))))
    return errors


def jobs() -> list[tuple[str, str, int, str]]:
    """The core methods first, then the rest: what is finished early is what the conclusions need."""
    wanted = [
        (name, task, seed, method)
        for name, arm in ARMS.items()
        for seed in range(arm.seeds)
        for task in TASKS
        for method in arm.methods
    ]
    return sorted(wanted, key=lambda job: max(list(METHODS).index(job[3]) - len(CORE), 0))


def section(workers: int) -> str:
    wanted = jobs()
    return c1_report.section(dict(zip(wanted, spread(run, wanted, workers), strict=True)))
