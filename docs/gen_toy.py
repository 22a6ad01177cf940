"""The toy pool of the method pages: three unequal blobs in the plane, a few labels, and a logistic model."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

CLASSES = 3
SIZES = (280, 96, 24)
CENTRES = ((-1.3, -0.4), (1.5, 0.9), (2.3, -1.7))
SPREAD = (1.0, 0.75, 0.4)
LABELS_PER_CLASS = (9, 5, 2)
_MEMBERS = 8
_EPOCHS = 6


@cache
def blobs() -> tuple[Any, Any]:
    """Rows (400, 2) and their classes (400,)."""
    rng = np.random.default_rng(3)
    rows = [rng.normal(CENTRES[c], SPREAD[c], size=(SIZES[c], 2)) for c in range(CLASSES)]
    return np.concatenate(rows), np.repeat(np.arange(CLASSES), SIZES)


@cache
def labelled() -> Any:
    """Positions (16,) of the labelled rows: 9, 5 and 2 of the classes."""
    _, y = blobs()
    rng = np.random.default_rng(5)
    parts = [rng.choice(np.flatnonzero(y == c), k, replace=False) for c, k in enumerate(LABELS_PER_CLASS)]
    return np.concatenate(parts)


@cache
def candidates() -> Any:
    """Positions of the rows that may be asked."""
    return np.setdiff1d(np.arange(len(blobs()[0])), labelled())


def logistic(rows: Any) -> Any:
    """Logistic regression fitted on these labelled rows."""
    from sklearn.linear_model import LogisticRegression

    X, y = blobs()
    return LogisticRegression(C=3.0).fit(X[rows], y[rows])


@cache
def model() -> Any:
    """The model of the toy."""
    return logistic(labelled())


@cache
def committee() -> list[Any]:
    """Models on bootstraps of the labels, each with every class."""
    _, y = blobs()
    rng = np.random.default_rng(7)
    of_class = [labelled()[y[labelled()] == c] for c in range(CLASSES)]
    return [logistic(np.concatenate([rng.choice(r, len(r)) for r in of_class])) for _ in range(_MEMBERS)]


@cache
def evidence() -> dict[str, Any]:
    """All that the toy offers about its candidates, by name of the vocabulary."""
    X, y = blobs()
    rows, held = X[candidates()], X[labelled()]
    row_evidence = {
        "embeddings": rows,
        "probs": model().predict_proba(rows),
        "logits": model().decision_function(rows),
        "part_doubt": -np.log(model().predict_proba(rows).max(1)),
        "part_count": np.full(len(rows), 2.0),
        "samples": np.stack([one.predict_proba(rows) for one in committee()], axis=1),
        "previous_probs": logistic(np.concatenate([labelled()[:6], labelled()[9:12], labelled()[14:]])).predict_proba(
            rows
        ),
        "dynamics": _dynamics(rows),
    }
    about_labelled = {
        "labelled_embeddings": held,
        "labelled_probs": model().predict_proba(held),
        "labels": y[labelled()],
        "labelled_dynamics": _dynamics(held),
    }
    found = {**row_evidence, **_pool_evidence(rows), **_regression(rows), **_several_labels(rows), **about_labelled}
    return {**found, "head": _head(), "what_if": _what_if}


def _what_if(rows: Any, labels: Any) -> Any:
    """Probabilities of a part of the candidates by a logistic regression that has learned these rows too."""
    from sklearn.linear_model import LogisticRegression

    X, y = blobs()
    held = np.concatenate([X[labelled()], rows]), np.concatenate([y[labelled()], labels])
    return LogisticRegression(C=3.0).fit(*held).predict_proba(X[candidates()[::8]])


def _pool_evidence(rows: Any) -> dict[str, Any]:
    from sklearn.cluster import KMeans

    far = ((rows[:, None] - rows[None]) ** 2).sum(-1)
    np.fill_diagonal(far, np.inf)
    return {
        "density": np.exp(-far / 0.5).sum(1),
        "neighbours": np.argsort(far, axis=1, kind="stable")[:, :10],
        "cluster": KMeans(8, n_init=1, random_state=0).fit_predict(rows),
        "groups": np.floor(rows[:, 0] * 2).astype(np.int64),
        "source": (rows[:, 1] > 0).astype(np.int64),
        "costs": 1.0 + np.arange(len(rows)) % 3,
    }


def _regression(rows: Any) -> dict[str, Any]:
    """A regression on the same rows: draws of a bootstrapped ridge on radial features."""
    from sklearn.linear_model import Ridge

    X, _ = blobs()
    rng = np.random.default_rng(11)

    def radial(at: Any) -> Any:
        return np.exp(-((at[:, None] - X[::25][None]) ** 2).sum(-1) / 2)

    truth = np.sin(X[:, 0]) + 0.5 * X[:, 1]
    picks = [rng.choice(labelled(), len(labelled())) for _ in range(_MEMBERS)]
    draws = [Ridge(0.1).fit(radial(X[p]), truth[p]).predict(radial(rows)) for p in picks]
    values = np.stack(draws, axis=1)
    return {"draws": values, "mean": values.mean(1), "std": values.std(1)}


def label_sets(at: Any) -> Any:
    """Which of three labels (m, 3) a row bears: right of the middle, above it, far from it."""
    return np.stack([at[:, 0] > 0, at[:, 1] > 0, np.hypot(at[:, 0], at[:, 1]) > 1.5], axis=1).astype(np.int64)


def _several_labels(rows: Any) -> dict[str, Any]:
    """Marginals of three labels by a logistic regression for each, on quadratic features and bootstraps."""
    from sklearn.linear_model import LogisticRegression

    def quadratic(at: Any) -> Any:
        return np.c_[at, at**2]

    held = blobs()[0][labelled()]
    wanted = label_sets(held)
    rng = np.random.default_rng(13)
    both = np.concatenate([rows, held])
    draws = np.empty((len(both), _MEMBERS, wanted.shape[1]))
    for q in range(wanted.shape[1]):
        sides = [np.flatnonzero(wanted[:, q] == value) for value in (0, 1)]
        for j in range(_MEMBERS):
            own = np.concatenate([rng.choice(side, len(side)) for side in sides])
            fitted = LogisticRegression().fit(quadratic(held[own]), wanted[own, q])
            draws[:, j, q] = fitted.predict_proba(quadratic(both))[:, 1]
    here = draws[: len(rows)]
    about_labelled = {"labelled_marginals": draws[len(rows) :].mean(1), "label_sets": wanted}
    return {"marginals": here.mean(1), "marginal_draws": here, **about_labelled}


def _dynamics(rows: Any) -> Any:
    """Probabilities (m, e, c) along gradient descent from zero."""
    X, y = blobs()
    held = np.c_[X[labelled()], np.ones(len(labelled()))]
    wanted = np.eye(CLASSES)[y[labelled()]]
    weights, found = np.zeros((3, CLASSES)), []
    for _ in range(_EPOCHS):
        for _ in range(5):
            weights -= 0.5 / len(held) * held.T @ (softmax(held @ weights) - wanted)
        found.append(softmax(np.c_[rows, np.ones(len(rows))] @ weights))
    return np.stack(found, axis=1)


def softmax(values: Any) -> Any:
    """Row-wise softmax (m, c)."""
    odds = np.exp(values - values.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _head() -> Any:
    from askwise.learner import Head

    return Head(model().coef_.T, model().intercept_, 1 / 3.0)
