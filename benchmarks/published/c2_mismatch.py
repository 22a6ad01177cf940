"""C2, continued: margin of one model, labels for another (query model and task model)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import c2_protocol as protocol
import numpy as np
from c2_protocol import World
from c2_published import BY_SEED, MISMATCH
from figures import Figure, spread, table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import askwise as aw

SEEDS = 2
TASKS = {"LR": ("LR", "SVM"), "RF": ("SVM", "RF"), "SVM": ("SVM", "RF", "LR")}
"""Which models take over the labels of each query model."""
SELDOM = 5
"""Queries between two fits of a forest that only takes over labels; its curve is interpolated between."""

MODELS: Mapping[str, Callable[[int], Any]] = {
    "LR": lambda seed: LogisticRegression(),
    "SVM": lambda seed: SVC(C=1.0, gamma="auto"),
    "RF": lambda seed: RandomForestClassifier(random_state=seed),
}


def fitted(name: str, found: World, labelled: np.ndarray, seed: int) -> Any:
    """A model of the labelled rows, in the order of the pool, as published."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a hundred iterations, as published
        return MODELS[name](seed).fit(found.pool[labelled], found.y[labelled])


def chosen(model: Any, found: World, free: np.ndarray, seed: int) -> np.ndarray:
    """The row with the smallest margin: of decision values where there are any, else of probabilities."""
    if not hasattr(model, "decision_function"):
        return free[aw.select(1, "margin", probs=model.predict_proba(found.pool[free]), seed=seed).rows]
    heights = model.decision_function(found.pool[free])
    return free[aw.select(1, "boundary", logits=np.column_stack([-heights, heights]) / 2, seed=seed).rows]


def run(job: tuple[int, str, str]) -> dict[str, float]:
    """Area under the budget curve by task model, of a split, a data set and a query model."""
    seed, name, query = job
    found = protocol.world(name, seed)
    assert found is not None, job
    labelled, right = found.first, {task: {} for task in TASKS[query]}
    for number in range(len(found.y) - protocol.INITIAL + 1):
        model = fitted(query, found, labelled, seed + number)
        for task, curve in right.items():
            last = len(labelled) == len(found.y)
            if task == query or task != "RF" or number % SELDOM == 1 or last:
                other = model if task == query else fitted(task, found, labelled, seed + number)
                curve[number] = float((other.predict(found.test) == found.truth).mean())
        free = np.setdiff1d(np.arange(len(found.y)), labelled)
        if len(free):
            labelled = np.union1d(labelled, chosen(model, found, free, seed + number))
    return {task: protocol.area(protocol.each(curve)) for task, curve in right.items()}


def jobs() -> list[tuple[int, str, str]]:
    """Splits outermost, so that a shorter run gives a whole table."""
    return [(seed, name, query) for seed in range(SEEDS) for name in MISMATCH for query in TASKS]


def section(workers: int) -> str:
    wanted = jobs()
    found = dict(zip(wanted, spread(run, wanted, workers), strict=True))
    areas = {
        (name, query, task): np.array([found[seed, name, query][task] for seed in range(SEEDS)])
        for name in MISMATCH
        for query in TASKS
        for task in TASKS[query]
    }
    return "\n\n".join([HEAD, pairs(areas), own(areas)])


def published(name: str, query: str, task: str) -> np.ndarray:
    """The published areas of the same splits."""
    known = BY_SEED[name] if (query, task) == ("SVM", "SVM") else MISMATCH[name][query, task][1]
    return np.array(known[:SEEDS])


def pairs(areas: dict[tuple[str, str, str], np.ndarray]) -> str:
    """Each query model with each task model, beside the published figures."""
    cells = []
    for (name, query, task), mine in areas.items():
        said = published(name, query, task)
        whole = "" if (query, task) == ("SVM", "SVM") else f"{MISMATCH[name][query, task][0]:.3f}"
        shown = f"{mine.mean():.4f}", f"{said.mean():.4f}", f"{np.abs(mine - said).max():.5f}"
        cells.append([name, query, task, *shown, whole])
    head = [
        "data",
        "query model",
        "task model",
        "ours",
        "published, same splits",
        "largest difference",
        "published, 150 splits",
    ]
    return table(head, cells)


def own(areas: dict[tuple[str, str, str], np.ndarray]) -> str:
    """What a task model gains if it chooses its own labels."""
    cells = []
    for task, other in (("LR", "SVM"), ("SVM", "LR"), ("SVM", "RF"), ("RF", "SVM")):
        ours = [areas[name, task, task] - areas[name, other, task] for name in MISMATCH]
        theirs = [published(name, task, task) - published(name, other, task) for name in MISMATCH]
        shown = (Figure.of(np.concatenate(one)) for one in (ours, theirs))
        cells.append([task, other, *(f"{one.value:+.4f} ± {one.reach:.4f}" for one in shown)])
    head = ["task model", "other query model", "own labels less the other's, ours", "published, same splits"]
    return "\n\n".join([OWN, table(head, cells)])


HEAD = (
    "### Query model and task model\n\n"
    "Margin of a query model (logistic regression, SVM, random forest of 100 trees) chooses the labels, a task model"
    " learns from them; the splits are the published ones of seeds 0 to"
    f" {SEEDS - 1}, each beside the published area of the same split. Forests draw their trees anew, so only LR and SVM"
    f" can agree to the digit; a forest that takes over labels is fitted after every {SELDOM}th query. In a suite of"
    " one's own this is `evaluate_with`."
)
OWN = (
    f"Does a task model gain by choosing its own labels? Areas on the same splits, paired, over the {len(MISMATCH)}"
    f" sets and {SEEDS} splits of each; so few splits show that the runs agree, not who wins:"
)
