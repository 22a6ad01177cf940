"""Published tables run again: what is small enough to check by hand in the protocols of C1, C3 and C8."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askwise import crowd

HERE = Path(__file__).parents[2] / "benchmarks" / "published"


@pytest.fixture
def section(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(HERE))
    return importlib.import_module


def test_the_network_keeps_its_best_epoch(section: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c1 = section("c1")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((64, 3))
    y, noise = X[:, 0], rng.standard_normal(64)  # validation on noise: later epochs are not the best ones
    errors = []
    for epochs in range(1, 9):
        monkeypatch.setattr(c1, "EPOCHS", epochs)
        errors.append(c1.rmse(c1.trained(X, y, X, noise, 0), X, noise))
    assert errors == sorted(errors, reverse=True)


def test_every_method_chooses_new_rows_once(section: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c1 = section("c1")
    monkeypatch.setattr(c1, "BATCH", 7)
    X = np.random.default_rng(1).standard_normal((90, 3))
    network = c1.trained(X[:64], X[:64, 0], X, X[:, 0], 0)
    for method in c1.METHODS:
        rows = c1.chosen(method, network, X, np.arange(64), 0)
        assert len(set(rows)) == 7 and rows.min() >= 64, method


def test_whom_each_strategy_asks(section: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c3 = section("c3")
    monkeypatch.setattr(c3, "ITEMS", 3)
    monkeypatch.setattr(c3, "BATCH", 1)
    answers = crowd.table({"item": [0, 1, 0], "annotator": [0, 0, 1], "label": [0, 1, 1]}, rows=3, classes=2)
    probs = np.array([[0.8, 0.2], [0.45, 0.55], [0.1, 0.9]])
    rng = np.random.default_rng(0)
    assert c3.choose("uncertainty", answers, probs, rng).tolist() == [1]
    assert c3.choose("good random", answers, probs, rng).tolist() == [2]
    assert c3.consensus("random", answers, probs).tolist() == [0, 1, -1]  # a tie, which the model breaks


class Asked:
    """A model that notes how many rows it was asked for."""

    def predict_proba(self, rows: Any) -> np.ndarray:
        self.rows = len(rows)
        return np.random.default_rng(0).dirichlet(np.ones(2), len(rows))


def test_near_anchors_the_model_is_asked_for_few_rows(section: Any) -> None:
    c8, rng = section("c8"), np.random.default_rng(0)
    X, y = rng.standard_normal((3000, 5)), (np.arange(3000) < 30).astype(int)
    labelled = np.array([0, 1, 100, 200])
    for strategy, least, most in (("margin", 2996, 2996), ("anchor_margin", 50, 200)):
        model = Asked()
        picked, size = c8.choose(strategy, model, X, X, labelled, y, 0)
        assert len(set(picked.tolist()) - set(labelled.tolist())) == c8.ASKED
        assert least <= size == model.rows <= most
    assert c8.choose("random", Asked(), X, X, labelled, y, 0)[1] == 0


def test_a_ratio_is_of_means_over_the_same_seeds(section: Any) -> None:
    below = np.array([1.0, 2.0, 9.0])
    assert section("c8").ratio(3 * below, below) == (3.0, "3.0 (3.0 to 3.0)")
