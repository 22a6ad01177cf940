"""near_duplicates against a greedy loop, alone and with batches; what training could not learn is left out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.core.errors import BadInput
from askwise.kernels.dataset_map import dataset_map
from askwise.limit.learnable import learnable
from askwise.limit.near_duplicates import near_duplicates


def cosine(a, b) -> float:
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return round(float(a @ b / size), 12) if size else 0.0


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("labelled", [0, 3])
def test_selection_is_the_greedy_filter(seed, labelled):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((30, 3))
    X[10:20] = X[:10] * rng.random((10, 1))  # copies, up to length
    X[20] = 0.0
    held = X[rng.integers(0, 20, labelled)] if labelled else None
    p = 0.5 + rng.permutation(30) / 60
    kept: list[int] = []
    for row in np.argsort(p).tolist():
        alike = [X[other] for other in kept] + ([] if held is None else list(held))
        if all(cosine(X[row], one) < 0.9 for one in alike):
            kept.append(row)
    strategy = aw.Strategy("margin", limits=[near_duplicates(0.9)])
    given = {"probs": np.c_[p, 1 - p], "embeddings": X}
    given |= {} if held is None else {"labelled_embeddings": held}
    for n in (1, len(kept) // 2, len(kept)):
        assert aw.select(n, strategy, **given).rows.tolist() == kept[:n]
    with pytest.raises(BadInput, match=rf"only {len(kept)} of {len(kept) + 1} rows pass the limits"):
        aw.select(len(kept) + 1, strategy, **given)


def test_a_session_asks_no_copy_of_what_is_labelled():
    rng = np.random.default_rng(0)
    X, y = np.tile(rng.standard_normal((12, 4)), (5, 1)), np.tile(np.arange(12) % 2, 5)
    strategy = aw.Strategy("margin", limits=[near_duplicates(0.9999)])
    session = aw.Session(pool=X, classes=[0, 1], learner=LogisticRegression(), strategy=strategy, control=0.0)
    for row in (0, 1):
        session.tell({"row": row, "label": int(y[row])})
    asked = [0, 1]
    for _ in range(3):
        queries = session.ask(3)
        asked += [q.row for q in queries]
        session.tell(aw.Oracle(y)(queries))
    assert len({row % 12 for row in asked}) == len(asked) == 11


def test_bad_settings():
    with pytest.raises(BadInput, match=r"near_duplicates\(1.5\)"):
        near_duplicates.run(np.eye(2), chosen=np.zeros(0, dtype=int), similarity=1.5)
    with pytest.raises(BadInput, match="neighbours=0"):
        learnable.run(
            np.eye(2), np.eye(2), np.full((2, 3, 2), 0.5), np.zeros(2), chosen=np.zeros(0, dtype=int), neighbours=0
        )


def test_the_map_by_loops():
    rng = np.random.default_rng(0)
    dynamics, labels = rng.dirichlet(np.ones(3), (20, 5)), rng.integers(0, 3, 20)
    got = dataset_map(dynamics, labels)
    for i in range(20):
        own = [dynamics[i, e, labels[i]] for e in range(5)]
        right = [dynamics[i, e].argmax() == labels[i] for e in range(5)]
        assert got.confidence[i] == pytest.approx(np.mean(own))
        assert got.variability[i] == pytest.approx(np.std(own))
        assert got.correctness[i] == pytest.approx(np.mean(right))
    with pytest.raises(BadInput, match="3 classes"):
        dataset_map(dynamics, labels + 5)
    with pytest.raises(BadInput, match="19 labels"):
        dataset_map(dynamics, labels[:19])


def noisy_source(seed: int = 0):
    """Two clear classes, and a part of the pool whose labels are not what its rows look like: no model learns them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 400)
    X = np.c_[np.where(y, 2.0, -2.0), np.zeros(400)] + 0.7 * rng.standard_normal((400, 2))
    odd = np.arange(400) >= 340
    X[odd] = [2.0, 6.0] + 0.7 * rng.standard_normal((60, 2))
    y[odd] = (rng.random(60) < 0.15).astype(int)
    return X, y, odd


def test_rows_amid_unlearnable_ones_are_left_out():
    """A model of the first feature, trained by gradient descent, never believes the labels of the odd source."""
    X, y, odd = noisy_source()
    held = np.arange(0, 400, 4)
    rest = np.setdiff1d(np.arange(400), held)
    w, epochs = np.zeros(2), []
    F = np.c_[X[:, 0], np.ones(400)]
    for _ in range(8):
        for _ in range(10):
            w -= 0.5 * F[held].T @ (1 / (1 + np.exp(-F[held] @ w)) - y[held]) / len(held)
        p = 1 / (1 + np.exp(-F @ w))
        epochs.append(np.c_[1 - p, p])
    dynamics = np.stack(epochs, axis=1)[held]
    mask = learnable.run(X[rest], X[held], dynamics, y[held], chosen=np.zeros(0, dtype=int))
    assert mask[~odd[rest]].mean() > 0.98
    assert mask[odd[rest]].mean() < 0.3
