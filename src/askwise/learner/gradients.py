"""What a small network would learn from a row: the gradient of its output by all of its weights, sketched."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray
from askwise.learner.response import activate

_SLOPES: dict[str, Any] = {
    "identity": lambda out: np.ones_like(out),
    "relu": lambda out: (out > 0).astype(np.float64),
    "tanh": lambda out: 1.0 - out**2,
    "logistic": lambda out: out * (1.0 - out),
}
"""Derivative of each activation of scikit-learn, from its output."""


def mlp_gradients(model: Any, rows: Any, *, dimension: int = 512, seed: int = 0) -> FloatArray:
    """Gradient features (m, dimension) of a fitted MLPRegressor or MLPClassifier: rows (m, d), float64.

    Their inner products are, on average over sketches, those of the gradients of the output by all weights and biases,
    the weights of a layer with f inputs scaled by 1 / sqrt(f), so that layers count alike (the parametrisation of
    neural tangent kernels). Of several outputs it is the largest. Each layer's gradient is an outer product a delta',
    whose random projection is (R a) * (S delta) elementwise, R and S Gaussian: it is never formed. Give the result as
    `embeddings`. Cost O(m p (width + outputs)) a layer. Source: Holzmueller et al. 2023, JMLR 24, sections 3.1, 3.3.

    Raises BadInput for a model without layers, or fewer than one feature.

    >>> from sklearn.neural_network import MLPRegressor
    >>> rows = np.linspace(-1, 1, 20)[:, None]
    >>> model = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2000, random_state=0).fit(rows, rows[:, 0])
    >>> mlp_gradients(model, rows, dimension=8).shape
    (20, 8)
    """
    if not hasattr(model, "coefs_") or dimension < 1:
        raise BadInput(
            f"mlp_gradients: {type(model).__name__} must be a fitted MLPRegressor or MLPClassifier, and"
            f" dimension={dimension} at least 1"
        )
    generator = np.random.default_rng([seed, dimension])
    before, slopes = _forward(model, np.asarray(rows, dtype=np.float64))
    out = np.zeros((len(before[0]), dimension))
    delta = slopes.pop()
    for layer in reversed(range(len(before))):
        inside, weights = before[layer], model.coefs_[layer]
        # A bias is a weight on a one; the ones are not scaled.
        inputs = np.concatenate([inside / np.sqrt(inside.shape[1]), np.ones((len(inside), 1))], axis=1)
        left = inputs @ generator.standard_normal((inputs.shape[1], dimension))
        out += left * (delta @ generator.standard_normal((delta.shape[1], dimension)))
        if layer:
            delta = (delta @ weights.T) * slopes.pop()
    return np.asarray(out / np.sqrt(dimension))


def _forward(model: Any, rows: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
    """What each layer reads (m, f), and slopes: of the hidden layers' units, then the indicator of the output."""
    before, slopes = [rows], []
    for weights, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = activate(before[-1] @ weights + bias, model.activation)
        slopes.append(_SLOPES[model.activation](hidden))
        before.append(hidden)
    out = before[-1] @ model.coefs_[-1] + model.intercepts_[-1]
    return before, [*slopes, (out.argmax(axis=1)[:, None] == np.arange(out.shape[1])).astype(np.float64)]
