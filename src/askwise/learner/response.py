"""What a fitted scikit-learn classifier says of rows: probabilities, logits, members, hidden layer, linear
head.

Every function takes the classifier itself (a pipeline's last step) and the rows that this step sees.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.types import FloatArray, IntArray, Rows
from askwise.learner.head import Head, linear_head


def softmax(logits: FloatArray) -> FloatArray:
    """Softmax over the last axis.

    >>> softmax(np.array([[0.0, np.log(3)]])).round(2).tolist()
    [[0.25, 0.75]]
    """
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    out: FloatArray = shifted / shifted.sum(-1, keepdims=True)
    return out


def logits_of(model: Any, rows: Rows) -> FloatArray:
    """Decision values (m, s), or log-probabilities where there are none; two classes as (-x/2, x/2)."""
    if not hasattr(model, "decision_function"):
        logs: FloatArray = np.log(np.asarray(model.predict_proba(rows), dtype=np.float64) + 1e-12)
        return logs
    values: FloatArray = np.asarray(model.decision_function(rows), dtype=np.float64)
    if values.ndim == 1:
        return np.stack([-values, values], axis=1) / 2
    return values


def probs_of(model: Any, rows: Rows, scale: float | None = None) -> FloatArray:
    """Probabilities (m, s) over the classes seen: softmax(scale * logits) where a scale was fitted.

    Without one: `predict_proba` where there is one, else the softmax of the decision values, which orders
    rows but is *not calibrated*.
    """
    if scale is None and hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows), dtype=np.float64)
    return softmax((1.0 if scale is None else scale) * logits_of(model, rows))


def is_ensemble(model: Any) -> bool:
    """Whether the members of this classifier are draws: forests, bagging, voting (boosting is not)."""
    from sklearn import ensemble

    kinds = ("RandomForest", "ExtraTrees", "Bagging", "Voting")
    return isinstance(model, tuple(getattr(ensemble, f"{kind}Classifier") for kind in kinds))


def averages_members(model: Any) -> bool:
    """Whether `probs` are always the mean of the members: bagging and voting, which may vote hard."""
    from sklearn.ensemble import BaggingClassifier, VotingClassifier

    return isinstance(model, (BaggingClassifier, VotingClassifier))


def scores_classes(model: Any) -> bool:
    """Whether the model itself scores every class (a hard vote does not)."""
    return hasattr(model, "predict_proba") or hasattr(model, "decision_function")


def member_probs(model: Any, rows: Rows) -> FloatArray:
    """Probabilities (m, k, s) of each of the k members of a fitted ensemble."""
    from sklearn.ensemble import VotingClassifier

    s = len(model.classes_)
    if isinstance(model, VotingClassifier):
        return np.stack([_spread(member, rows, s) for member in model.estimators_], axis=1)
    plain = _plain(rows)
    columns = getattr(model, "estimators_features_", None)
    if columns is None:
        plain = plain.astype(np.float32)  # once, not once per tree
        return np.stack([_spread(tree, plain, s) for tree in model.estimators_], axis=1)
    pairs = zip(model.estimators_, columns, strict=True)
    return np.stack([_spread(member, plain[:, cols], s) for member, cols in pairs], axis=1)


def member_weights(model: Any) -> FloatArray | None:
    """Weights (k,) that the ensemble gives its members, or None for equal ones."""
    weights = getattr(model, "_weights_not_none", None)
    return None if weights is None else np.asarray(weights, dtype=np.float64)


def _plain(rows: Rows) -> Any:
    """ndarray or CSR: members were fitted without feature names."""
    return rows.tocsr() if hasattr(rows, "tocsr") else np.asarray(rows)


def _spread(member: Any, rows: Rows, s: int) -> FloatArray:
    """Probabilities (m, s) of a member that may have seen fewer of the ensemble's classes 0..s-1."""
    given = probs_of(member, rows)
    if given.shape[1] == s:
        return given
    out = np.zeros((given.shape[0], s))
    out[:, np.asarray(member.classes_, dtype=np.int64)] = given
    return out


def is_mlp(model: Any) -> bool:
    """Whether this is scikit-learn's multilayer perceptron classifier."""
    from sklearn.neural_network import MLPClassifier

    return isinstance(model, MLPClassifier)


def mlp_forward(model: Any, rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Last hidden layer (m, d) and probabilities (m, s) of an MLPClassifier, from one pass."""
    from scipy.special import expit

    hidden: Any = rows if hasattr(rows, "tocsr") else np.asarray(rows)
    for coef, intercept in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = activate(hidden @ coef + intercept, model.activation)
    out = hidden @ model.coefs_[-1] + model.intercepts_[-1]
    if out.shape[1] > 1:
        return hidden, softmax(out)
    p = expit(out[:, 0])
    return hidden, np.stack([1 - p, p], axis=1)


def activate(z: FloatArray, name: str) -> FloatArray:
    """scikit-learn's four activations of a hidden layer."""
    from scipy.special import expit

    units: dict[str, Any] = {"identity": np.positive, "logistic": expit, "tanh": np.tanh}
    out: FloatArray = np.maximum(z, 0) if name == "relu" else units[name](z)
    return out


def is_linear(model: Any) -> bool:
    """Whether this classifier is linear in its input, so that it has a head."""
    from sklearn import linear_model
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.svm import LinearSVC

    kinds = ("LogisticRegression", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "Perceptron")
    linear = tuple(getattr(linear_model, kind) for kind in kinds)
    return isinstance(model, (*linear, LinearDiscriminantAnalysis, LinearSVC))


def head_of(model: Any, classes: IntArray, n_classes: int, scale: float | None) -> Head:
    """Head of a fitted linear classifier or MLPClassifier; scaled as its probabilities are."""
    factor = 1.0 if scale is None else scale
    if is_mlp(model):
        return linear_head(model.coefs_[-1].T, model.intercepts_[-1], classes, n_classes, scale=factor)
    coef = model.coef_.toarray() if hasattr(model.coef_, "toarray") else np.atleast_2d(model.coef_)
    return linear_head(coef, model.intercept_, classes, n_classes, scale=factor, l2=_penalty(model))


def _penalty(model: Any) -> float:
    """L2 penalty per unit of ½‖w‖² against the summed loss: 1/C, or ridge's alpha; 0 where there is none."""
    if hasattr(model, "C") and model.C is not None:
        return 1.0 / float(model.C)
    alpha = getattr(model, "alpha_", getattr(model, "alpha", 0.0))
    return float(alpha) if type(model).__name__.startswith("Ridge") else 0.0
