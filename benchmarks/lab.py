"""What a cell of a suite costs beside the fits that nobody could leave out: a session, its log, choosing, measuring.

Usage: python benchmarks/lab.py [cells]. Runs the same models on the same rows twice: as cells of a suite, and in a bare
loop of fit, predict_proba and argpartition; both on one core. Prints both and their ratio; nothing is checked.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from askwise import lab
from askwise.catalogue import find

BUDGET, BATCH = 100, 10


def suite(data: lab.DataSpec, learner: object, cells: int) -> lab.Suite:
    """Margin from ten rows on, for so many seeds."""
    strategies = {"margin": find("margin")}
    terms = {"budget": BUDGET, "batch": (BATCH,), "initial": (lab.Initial(BATCH),), "bound": lab.Bound(rows=0)}
    return lab.Suite("bench", (data,), strategies, {"model": learner}, seeds=cells, measures=("accuracy",), **terms)


def bare(X: np.ndarray, y: np.ndarray, test: tuple[np.ndarray, np.ndarray], learner: object, seed: int) -> float:
    """Margin sampling as one writes it in a notebook: accuracy at the end."""
    rng = np.random.default_rng(seed)
    taken = rng.permutation(len(X))[:BATCH]
    while True:
        model = clone(learner).fit(X[taken], y[taken])
        accuracy = float((model.predict_proba(test[0]).argmax(axis=1) == test[1]).mean())
        if len(taken) >= BUDGET:
            return accuracy
        free = np.setdiff1d(np.arange(len(X)), taken)
        top = np.sort(model.predict_proba(X[free]), axis=1)
        taken = np.append(taken, free[np.argpartition(top[:, -1] - top[:, -2], BATCH)[:BATCH]])


def main(cells: int = 40) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(1000) % 4
    X = rng.normal(size=(1000, 20)) + 1.2 * np.eye(4, 20)[y]
    data = lab.DataSpec("blobs", lab.labelled(X[:600], y[:600], test=(X[600:], y[600:])))
    print(f"{'learner':<22}{'cell ms':>10}{'bare ms':>10}{'ratio':>8}")
    for learner in (GaussianNB(), LogisticRegression(max_iter=200)):
        lab.run_suite(suite(data, learner, 2), workers=1, progress=False)  # compiled and imported
        started = time.process_time()
        lab.run_suite(suite(data, learner, cells), workers=1, progress=False)
        ours = (time.process_time() - started) / (cells + 1)  # and the model of all labels
        started = time.process_time()
        for seed in range(cells):
            bare(X[:600], y[:600], (X[600:], y[600:]), learner, seed)
        theirs = (time.process_time() - started) / cells
        print(f"{type(learner).__name__:<22}{1e3 * ours:>10.1f}{1e3 * theirs:>10.1f}{ours / theirs:>8.1f}")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
