"""The linear last layer of a model, as evidence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from askwise.core.types import FloatArray, IntArray


class Head(NamedTuple):
    """Weights (d, c), bias (c,) and the L2 penalty per unit of squared weight.

    `softmax(x @ weights + bias)` are the probabilities wherever the model is a softmax of linear scores
    (logistic regression, a neural network); elsewhere (a linear SVM) they are the decision values. A class
    that was not seen has zero weights and bias -inf, so that its probability is exactly 0. Two classes share
    one direction w of scikit-learn as (-w/2, w/2): the softmax parameters of least norm.
    """

    weights: FloatArray
    bias: FloatArray
    l2: float = 0.0


def linear_head(
    coef: FloatArray,
    intercept: FloatArray,
    classes: IntArray,
    n_classes: int,
    *,
    scale: float = 1.0,
    l2: float = 0.0,
) -> Head:
    """Head of c classes from scikit-learn's coef (s or 1, d) and intercept over the s classes seen.

    >>> head = linear_head(np.array([[2.0, 4.0]]), np.array([1.0]), np.array([0, 2]), 3)
    >>> head.weights.tolist(), head.bias.tolist()
    ([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0]], [-0.5, -inf, 0.5])
    """
    intercept = np.broadcast_to(intercept, (coef.shape[0],))
    if coef.shape[0] == 1:
        coef = np.concatenate([-coef, coef]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    weights = np.zeros((coef.shape[1], n_classes))
    bias = np.full(n_classes, -np.inf)
    weights[:, classes] = scale * coef.T
    bias[classes] = scale * intercept
    return Head(weights, bias, l2)
