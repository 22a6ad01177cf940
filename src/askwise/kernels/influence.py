"""How the logits of a linear softmax move when one more labelled row is learned, without a refit.

With H the Hessian of the penalised loss on the labelled rows, the loss of the others is taken as quadratic and that
of the new row as it is: the weights move by H^-1 X v, X = x (x) I, where v = e_y - softmax(z + S v), z the row's
logits and S = X' H^-1 X. The first Newton step of that equation for v, (I + P S)^-1 (e_y - p), is one Newton step of
the whole loss; without P S it is the influence function (Koh and Liang 2017, ICML, section 2). Single steps go much
too far where an answer surprises a model that was sure, so the equation is solved. The logits of a row t move by
T' H^-1 X v.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.kernels.lookahead import softmax

_LARGEST = 6000
"""Values of weights and biases up to which the Hessian is inverted: a few seconds, 300 MB."""

_BIAS = 1e-6
"""Penalty of the biases, which have none: they are known up to a constant, and the Hessian must be invertible."""

_STEPS, _EXACT = 40, 1e-9
"""Newton steps at most, and how exactly the equation is solved."""


class Linear:
    """A softmax of linear scores over the classes that were seen (c,), and what one more labelled row does to it."""

    def __init__(self, head: Any, labelled: FloatArray) -> None:
        weights, bias = host(head.weights, np.float64), host(head.bias, np.float64)
        self.classes: IntArray = np.flatnonzero(np.isfinite(bias))
        self.weights = np.concatenate([weights[:, self.classes], bias[None, self.classes]])
        d, c = self.weights.shape
        if d * c > _LARGEST:
            raise BadInput(
                f"the head has {d} x {c} values, more than the {_LARGEST} whose Hessian is inverted; reduce the"
                " embeddings (PCA), or use one_step_error_reduction, which needs no Hessian"
            )
        self.inverse = np.linalg.inv(self._hessian(with_one(labelled), head)).reshape(c, d, c, d)

    def _hessian(self, rows: FloatArray, head: Any) -> FloatArray:
        """(c d, c d), class by class."""
        d, c = self.weights.shape
        p = softmax(rows @ self.weights)
        hessian = np.zeros((c, d, c, d))
        for k in range(c):
            for other in range(c):
                curved = p[:, k] * ((k == other) - p[:, other])
                hessian[k, :, other, :] = (rows * curved[:, None]).T @ rows
        # Two classes that share one direction w as (-w/2, w/2): a penalty on w counts twice on its halves.
        shared = c == 2 and np.allclose(self.weights[:-1, 0], -self.weights[:-1, 1])
        penalty = np.full(d, max(float(head.l2), _BIAS) * (2.0 if shared else 1.0))
        penalty[-1] = _BIAS
        hessian[np.arange(c)[:, None], np.arange(d), np.arange(c)[:, None], np.arange(d)] += penalty
        return hessian.reshape(c * d, c * d)

    def logits(self, rows: FloatArray) -> FloatArray:
        """Scores (m, c) of rows that have their column of ones."""
        return np.asarray(rows @ self.weights)

    def reach(self, targets: FloatArray) -> FloatArray:
        """T' H^-1 of targets (t, d), as (t, c, c, d)."""
        return np.asarray(np.einsum("tj,kjli->tkli", targets, self.inverse, optimize=True))

    def moves(self, reach: FloatArray, rows: FloatArray, y: int) -> FloatArray:
        """How the logits (b, t, c) of the targets move when each row by itself is learned as y, of the seen classes."""
        learned = rows[:, None, :] * self._learned(rows, y)[:, :, None]
        t, c = reach.shape[:2]
        return np.asarray((learned.reshape(len(rows), -1) @ reach.reshape(t * c, -1).T).reshape(len(rows), t, c))

    def _learned(self, rows: FloatArray, y: int) -> FloatArray:
        """The solutions v (b, c), by damped Newton steps of the convex 1/2 v' S v - log softmax(z + S v)_y."""
        logits, c = self.logits(rows), self.weights.shape[1]
        own = np.einsum("bj,kjli,bi->bkl", rows, self.inverse, rows, optimize=True)
        v = np.zeros_like(logits)

        def pushed(at: FloatArray) -> FloatArray:
            return np.asarray((own @ at[..., None])[..., 0])

        def goal(at: FloatArray) -> FloatArray:
            moved = logits + pushed(at)
            return np.asarray(0.5 * (at * pushed(at)).sum(axis=1) + log_sum_exp(moved) - moved[:, y])

        for _ in range(_STEPS):
            p = softmax(logits + pushed(v))
            off = v + p - np.eye(c)[y]
            if np.abs(off).max(initial=0.0) < _EXACT:
                break
            curved = p[:, :, None] * (np.eye(c) - p[:, None, :])
            step = -np.linalg.solve(np.eye(c) + curved @ own, off[..., None])[..., 0]
            before = goal(v)
            for _ in range(_STEPS):
                worse = goal(v + step) > before + _EXACT  # rounding near the end is no reason to go less far
                if not worse.any():
                    break
                step[worse] /= 2
            v = v + step
        return v


def log_sum_exp(values: FloatArray) -> FloatArray:
    """log sum_k exp(z_k) over the last axis."""
    top = values.max(axis=-1, keepdims=True)
    return np.asarray(np.log(np.exp(values - top).sum(axis=-1)) + top[..., 0])


def with_one(rows: Any) -> FloatArray:
    """Rows with a column of ones for the bias (m, d + 1), in host memory."""
    known = host(rows, np.float64)
    return np.concatenate([known, np.ones((len(known), 1))], axis=1)
