"""Learned strategies against margin and chance on problems that training never saw. Writes docs/results/learned.md.

Usage: python benchmarks/learned/validate.py [--problems 60] [--splits 10] [--write docs/results/learned.md]
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - after the number of threads is set
from episodes import POOL, Problem, problem, start  # noqa: E402
from sklearn import datasets  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

import askwise as aw  # noqa: E402

STRATEGIES, ASKED, FIRST = ("random", "margin", "lal", "imital"), 30, 100_000
HEAD = """# Learned strategies, measured

`lal` and `imital` choose by small networks that were trained on synthetic problems with a softmax regression
(`benchmarks/learned/train.py`). Here they are tried on problems that training never saw: random ones of the same make,
with scikit-learn's logistic regression and with a forest of 25 trees, and three real data sets with the logistic
regression. {asked} rows are asked one by one, after two to ten random ones, and the model is fitted anew after each.
The figures are mean accuracies over the learning curve, in points of a hundred, and paired differences to margin with
95 % intervals over problems or splits. The page is written by `python benchmarks/learned/validate.py`."""


def curve(task: Problem, model, strategy: str, seed: int) -> float:
    """Mean accuracy over a learning curve of ASKED labels, one at a time."""
    rng = np.random.default_rng([seed, 2])
    labelled, accuracy = start(task, rng), []
    for step in range(ASKED):
        model.fit(task.X[labelled], task.y[labelled])
        accuracy.append(model.score(task.X_test, task.y_test))
        free = np.setdiff1d(np.arange(len(task.X)), labelled)
        probs = np.zeros((len(free), task.classes))
        probs[:, model.classes_] = model.predict_proba(task.X[free])
        evidence = {"probs": probs}
        if strategy in ("lal", "imital"):
            held, known = task.X[labelled], task.y[labelled].astype(float)
            evidence |= {"embeddings": task.X[free], "labelled_embeddings": held, "labels": known}
        labelled.append(int(free[aw.select(1, strategy, **evidence, seed=1000 * seed + step).rows[0]]))
    return float(np.mean(accuracy))


def real(name: str, seed: int) -> Problem:
    """A real data set, features scaled, split at random."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    X = (X - X.mean(0)) / np.where(X.std(0) > 0, X.std(0), 1.0)
    order = np.random.default_rng([seed, 3]).permutation(len(X))
    size = min(POOL, len(X) // 2)
    return Problem(X[order[:size]], y[order[:size]], X[order[size:]], y[order[size:]], int(y.max()) + 1)


def line(name: str, found: np.ndarray) -> str:
    """A row of the table: accuracies, and each learned strategy less margin with its interval."""
    cells = [f"{100 * value:.2f}" for value in found.mean(0)]
    for at in range(2, len(STRATEGIES)):
        gap = 100 * (found[:, at] - found[:, 1])
        cells.append(f"{gap.mean():+.2f} ± {1.96 * gap.std(ddof=1) / np.sqrt(len(gap)):.2f}")
    return f"| {name} | {len(found)} | " + " | ".join(cells) + " |"


def measured(name: str, make, model, seeds) -> str:
    """A row of the table: every strategy on every problem."""
    tasks = [(make(seed), seed) for seed in seeds]
    fair = [one for one in tasks if len(np.unique(one[0].y[start(one[0], np.random.default_rng([one[1], 2]))])) > 1]
    return line(
        name, np.array([[curve(task, model, strategy, seed) for strategy in STRATEGIES] for task, seed in fair])
    )


def main(arguments: list[str] | None = None) -> int:
    """Run all problems, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="Measure lal and imital.")
    parser.add_argument("--problems", type=int, default=60)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="sklearn")
    logistic, forest = LogisticRegression(max_iter=300), RandomForestClassifier(25, random_state=0)
    new, splits = range(FIRST, FIRST + given.problems), range(given.splits)
    heads = ["problems", "runs", *STRATEGIES, *(f"{one} less margin" for one in STRATEGIES[2:])]
    table = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    table.append(measured("synthetic, logistic regression", problem, logistic, new))
    print(table[-1], flush=True)
    for name in ("wine", "breast_cancer", "digits"):
        table.append(measured(name.replace("_", " "), lambda seed, name=name: real(name, seed), logistic, splits))
        print(table[-1], flush=True)
    table.append(measured("synthetic, forest", problem, forest, new[: given.splits]))
    page = HEAD.format(asked=ASKED) + "\n\n" + "\n".join(table) + "\n"
    print(page)
    if given.write:
        given.write.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
