"""Sketched gradients of a network: on average those of finite differences, and the same whatever rows come along."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

import askwise as aw
from askwise.core.errors import BadInput
from askwise.learner import RegressorLearner, mlp_gradients

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def fitted(activation: str, classes: int = 0):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    make = MLPClassifier if classes else MLPRegressor
    y = rng.integers(0, classes, 60) if classes else X[:, 0] * X[:, 1]
    return make(hidden_layer_sizes=(5, 4), activation=activation, max_iter=30, random_state=0).fit(X, y), X[:6]


def slow_gradients(model, X):
    """(m, weights) by central differences of the largest output, weights scaled by 1 / sqrt(inputs)."""
    from askwise.learner.response import activate

    def output(x):
        for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
            x = activate(x @ W + b, model.activation)
        return x @ model.coefs_[-1] + model.intercepts_[-1]

    best = output(X).argmax(1)
    columns = []
    for part in range(len(model.coefs_)):
        for array, scale in ((model.coefs_[part], model.coefs_[part].shape[0] ** -0.5), (model.intercepts_[part], 1.0)):
            for at in np.ndindex(array.shape):
                old = array[at]
                array[at] = old + 1e-5
                above = output(X)[np.arange(len(X)), best]
                array[at] = old - 1e-5
                below = output(X)[np.arange(len(X)), best]
                array[at] = old
                columns.append(scale * (above - below) / 2e-5)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(("activation", "classes"), [("relu", 0), ("tanh", 0), ("logistic", 3), ("identity", 2)])
def test_inner_products_are_those_of_all_gradients(activation, classes):
    model, X = fitted(activation, classes)
    G = slow_gradients(model, X)
    phi = mlp_gradients(model, X, dimension=60_000)
    np.testing.assert_allclose(phi @ phi.T, G @ G.T, atol=0.03 * (G**2).sum(1).max())


def test_a_row_has_its_features_alone():
    model, X = fitted("relu")
    whole = mlp_gradients(model, X, dimension=16)
    np.testing.assert_allclose(np.concatenate([mlp_gradients(model, x[None], dimension=16) for x in X]), whole)
    assert not np.allclose(mlp_gradients(model, X, dimension=16, seed=1), whole)


def test_a_learner_offers_gradients_as_embeddings():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 2))
    learner = RegressorLearner(MLPRegressor(hidden_layer_sizes=(6,), max_iter=20, random_state=0), gradients=32)
    learner.fit(X, X[:, 0], None, seed=1)
    found = learner.evidence(X, frozenset({"embeddings", "mean"}))
    assert found["embeddings"].shape == (40, 32) and found["mean"].shape == (40,)
    known = found["embeddings"][:5]
    assert len(aw.select(3, "bmdal", embeddings=found["embeddings"], labelled_embeddings=known)) == 3
    with pytest.raises(BadInput, match="gradients=8 are those of an MLPRegressor, not of Ridge"):
        RegressorLearner(Ridge(), gradients=8)
    with pytest.raises(BadInput, match="Ridge must be a fitted"):
        mlp_gradients(Ridge().fit(X, X[:, 0]), X)
