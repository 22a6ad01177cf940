"""How good predictions are: one table of measures by name, each with its task and its direction.

Those of classes run after every round of thousands of sessions: they are a few lines of NumPy, which the tests hold
against scikit-learn's (ten to thirty times slower on the few hundred rows of a test set, for its checks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray, IntArray
from askwise.lab.part_measures import (
    mean_class_accuracy,
    miou,
    pixel_accuracy,
    span_f1,
    span_precision,
    span_recall,
    token_accuracy,
)

_BINS = 15


@dataclass(frozen=True)
class Measure:
    """One measure: its task ('choice', 'number', 'multilabel', 'span' or 'pixel'), direction, and function.

    `of(truth, predicted)` takes class indices (t,) and probabilities (t, c) for 'choice', numbers (t,) twice for
    'number', 0/1 (t, q) and probabilities (t, q) for 'multilabel', tag sequences for 'span', and for 'pixel'
    class maps, or counts (n, c) of true pixels in cells and classes (n,) of the cells.
    """

    name: str
    title: str
    task: str
    greater_is_better: bool
    of: Callable[[Any, Any], float]


def accuracy(truth: IntArray, probs: FloatArray) -> float:
    """Share of rows (t,) whose most probable class is the true one."""
    return float((probs.argmax(axis=1) == truth).mean())


def macro_f1(truth: IntArray, probs: FloatArray) -> float:
    """Mean of F1 over the classes that are in the truth; 0 for one that is never predicted."""
    hits, true, guessed = _counts(truth, probs)
    there = true > 0
    return float(np.mean(2 * hits[there] / (true + guessed)[there]))


def balanced_accuracy(truth: IntArray, probs: FloatArray) -> float:
    """Mean of recall over the classes that are in the truth."""
    hits, true, _ = _counts(truth, probs)
    return float(np.mean(hits[true > 0] / true[true > 0]))


def _counts(truth: IntArray, probs: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Rows of each class (c,): rightly predicted, true, and predicted."""
    guess, c = probs.argmax(axis=1), probs.shape[1]
    hits = np.bincount(truth[guess == truth], minlength=c)
    return hits, np.bincount(truth, minlength=c), np.bincount(guess, minlength=c)


def auroc(truth: IntArray, probs: FloatArray) -> float:
    """Area under the ROC curve; with several classes the mean of one against the rest, over those in the truth.

    By the Mann-Whitney rank sum, ties counting half. NaN when the truth holds one class only.

    >>> auroc(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]))
    1.0
    """
    from scipy.stats import rankdata

    present = np.unique(truth)
    if len(present) < 2:
        return float("nan")
    wanted = present[-1:] if probs.shape[1] == 2 else present
    ranks = rankdata(probs[:, wanted], axis=0)
    positive = truth[:, None] == wanted
    n = positive.sum(axis=0)
    above = (ranks * positive).sum(axis=0) - n * (n + 1) / 2
    return float(np.mean(above / (n * (len(truth) - n))))


def nll(truth: IntArray, probs: FloatArray) -> float:
    """Mean negative log-likelihood in nats. A probability below 2.2e-16, the smallest step from 1, counts as that."""
    of_truth = probs[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(of_truth, np.finfo(np.float64).eps)).mean())


def brier(truth: IntArray, probs: FloatArray) -> float:
    """Brier score: mean squared distance to the one-hot truth, halved for two classes (so that it is in [0, 1])."""
    of_truth = probs[np.arange(len(truth)), truth]
    distance = float(((probs**2).sum(axis=1) - 2 * of_truth + 1).mean())
    return distance / 2 if probs.shape[1] == 2 else distance


def ece(truth: IntArray, probs: FloatArray, bins: int = _BINS) -> float:
    """Expected calibration error: |confidence - accuracy| over equal bins of confidence, weighted by their rows.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 2; 15 bins as there.

    >>> ece(np.array([0, 1]), np.array([[0.8, 0.2], [0.8, 0.2]])).__round__(6)
    0.3
    """
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == truth
    at = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gap = np.bincount(at, weights=confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / len(truth))


def rmse(truth: FloatArray, mean: FloatArray) -> float:
    """Root of the mean squared error, in the unit of the target."""
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(truth, mean))


def log_rmse(truth: FloatArray, mean: FloatArray) -> float:
    """Natural logarithm of the RMSE (Holzmüller et al. 2023, BMDAL): means over data sets then compare ratios.

    -inf for predictions without any error.
    """
    with np.errstate(divide="ignore"):
        return float(np.log(rmse(truth, mean)))


def mae(truth: FloatArray, mean: FloatArray) -> float:
    """Mean absolute error, in the unit of the target."""
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(truth, mean))


def r2(truth: FloatArray, mean: FloatArray) -> float:
    """Share of the variance explained."""
    from sklearn.metrics import r2_score

    return float(r2_score(truth, mean))


def micro_f1(truth: IntArray, marginals: FloatArray) -> float:
    """F1 over all (row, label) pairs, a label being predicted from a marginal of 0.5 on."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, marginals >= 0.5, average="micro", zero_division=0.0))


def label_macro_f1(truth: IntArray, marginals: FloatArray) -> float:
    """Mean over labels of their F1, a label being predicted from a marginal of 0.5 on."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, marginals >= 0.5, average="macro", zero_division=0.0))


_ALL = (
    Measure("accuracy", "accuracy", "choice", True, accuracy),
    Measure("macro_f1", "macro-F1", "choice", True, macro_f1),
    Measure("balanced_accuracy", "balanced accuracy", "choice", True, balanced_accuracy),
    Measure("auroc", "AUROC", "choice", True, auroc),
    Measure("nll", "NLL", "choice", False, nll),
    Measure("brier", "Brier score", "choice", False, brier),
    Measure("ece", "ECE", "choice", False, ece),
    Measure("rmse", "RMSE", "number", False, rmse),
    Measure("log_rmse", "log RMSE", "number", False, log_rmse),
    Measure("mae", "MAE", "number", False, mae),
    Measure("r2", "R²", "number", True, r2),
    Measure("micro_f1", "micro-F1", "multilabel", True, micro_f1),
    Measure("label_macro_f1", "macro-F1 over labels", "multilabel", True, label_macro_f1),
    Measure("span_f1", "span F1", "span", True, span_f1),
    Measure("span_precision", "span precision", "span", True, span_precision),
    Measure("span_recall", "span recall", "span", True, span_recall),
    Measure("token_accuracy", "token accuracy", "span", True, token_accuracy),
    Measure("miou", "mIoU", "pixel", True, miou),
    Measure("pixel_accuracy", "pixel accuracy", "pixel", True, pixel_accuracy),
    Measure("mean_class_accuracy", "mean class accuracy", "pixel", True, mean_class_accuracy),
)

MEASURES: Mapping[str, Measure] = {one.name: one for one in _ALL}
"""Every measure by name."""


def measure(name: str) -> Measure:
    """The measure of that name. Raises BadInput with the nearest one."""
    if name not in MEASURES:
        raise BadInput(f"there is no measure {name!r}.{did_you_mean(str(name), MEASURES)}")
    return MEASURES[name]


def fitting(task: str, wanted: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the measures of a task: those wanted that fit it, or all. Raises BadInput when none of them fits.

    >>> fitting("number", ["accuracy", "rmse"])
    ('rmse',)
    """
    of_task = tuple(name for name, one in MEASURES.items() if one.task == task)
    named = tuple(measure(name).name for name in wanted)
    found = tuple(name for name in named if name in of_task) if named else of_task
    if not found:
        raise BadInput(
            f"none of the measures of the suite ({', '.join(named)}) fits a task of kind {task!r}; name one of"
            f" {', '.join(of_task)}"
        )
    return found


def evaluate(names: Iterable[str], truth: Any, predicted: Any) -> dict[str, float]:
    """Each measure of predictions against the truth."""
    return {name: MEASURES[name].of(truth, predicted) for name in names}
