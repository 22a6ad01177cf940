"""Measures: against scikit-learn on random problems with ties, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from askwise.core.errors import BadInput
from askwise.lab import measures as m
from askwise.lab.part_measures import spans


def problems(count=60):
    rng = np.random.default_rng(0)
    for _ in range(count):
        c, t = int(rng.integers(2, 6)), int(rng.integers(3, 40))
        probs = rng.integers(0, 4, size=(t, c)) + 1e-9  # few values: many ties
        yield rng.integers(0, c, size=t), probs / probs.sum(axis=1, keepdims=True)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_measures_of_classes_are_scikit_learns():
    for y, P in problems():
        c, present, guess = P.shape[1], np.unique(y), P.argmax(axis=1)
        want = {
            "accuracy": metrics.accuracy_score(y, guess),
            "macro_f1": metrics.f1_score(y, guess, labels=present, average="macro", zero_division=0.0),
            "balanced_accuracy": metrics.recall_score(y, guess, labels=present, average="macro"),
            "nll": metrics.log_loss(y, P, labels=np.arange(c)),
            "brier": metrics.brier_score_loss(y, P, labels=np.arange(c)),
        }
        if len(present) == c:
            score = P[:, 1] if c == 2 else P
            want["auroc"] = metrics.roc_auc_score(y, score, multi_class="ovr")
        assert m.evaluate(want, y, P) == pytest.approx(want)


def test_auroc_of_one_class_is_not_a_number():
    assert np.isnan(m.auroc(np.array([1, 1]), np.full((2, 2), 0.5)))


def test_auroc_leaves_out_classes_that_are_not_there():
    y, P = np.array([0, 0, 2, 2]), np.array([[0.7, 0.2, 0.1], [0.2, 0.2, 0.6], [0.5, 0.1, 0.4], [0.1, 0.1, 0.8]])
    assert m.auroc(y, P) == pytest.approx((3 / 4 + 3 / 4) / 2)


def test_calibration_error_by_hand():
    # Bins of width 1/15: 0.62 and 0.64 share one (accuracy 1/2, confidence 0.63); 0.95 is alone and right.
    P = np.array([[0.62, 0.38], [0.64, 0.36], [0.05, 0.95]])
    assert m.ece(np.array([0, 1, 1]), P) == pytest.approx((2 * 0.13 + 0.05) / 3)


def test_measures_of_numbers_by_hand():
    y, mean = np.array([0.0, 2.0]), np.array([1.0, 2.0])
    found = m.evaluate(m.fitting("number"), y, mean)
    assert found == pytest.approx({"rmse": 0.5**0.5, "log_rmse": 0.5 * np.log(0.5), "mae": 0.5, "r2": 0.5})
    assert m.log_rmse(y, y) == -np.inf


def test_spans_as_conlleval_reads_them():
    tags = ["I-PER", "B-PER", "I-LOC", "I-LOC", "O", "B-LOC"]
    assert spans(tags) == {(0, 1, "PER"), (1, 2, "PER"), (2, 4, "LOC"), (5, 6, "LOC")}
    other = ["I-PER", "I-PER", "I-LOC", "I-LOC", "O", "O"]
    # Of 4 and 2 spans one is in both.
    assert m.span_f1([tags], [other]) == pytest.approx(2 * 1 / 6)
    assert m.span_f1([["O"]], [["O"]]) == 0.0


def test_overlap_of_masks_leaves_void_out():
    truth = np.array([[0, 0, 1], [1, 1, -1]])
    assert m.miou(truth, np.array([[0, 1, 1], [1, 0, 0]])) == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_measures_of_several_labels():
    Y, P = np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.6], [0.4, 0.5]])
    assert m.micro_f1(Y, P) == pytest.approx(2 * 2 / 6)
    assert m.label_macro_f1(Y, P) == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_names_that_do_not_fit():
    assert m.fitting("choice", ["rmse", "nll"]) == ("nll",)
    with pytest.raises(BadInput, match=r"\(accuracy\) fits a task of kind 'number'; name one of"):
        m.fitting("number", ["accuracy"])
    with pytest.raises(BadInput, match="Did you mean 'macro_f1'"):
        m.fitting("choice", ["macrof1"])
