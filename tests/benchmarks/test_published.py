"""Published tables run again: what is small enough to check by hand in the protocols of C1 and C3."""

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
