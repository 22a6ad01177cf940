"""Compiled losses after one more answer: everything here runs under numba, and calls only what is here.

Loops are over targets and elementwise, so that they are vectorised without being told to reorder sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels.backend import jit


@jit(error_model="numpy")
def _add_error(at: Any, step: Any, own: Any, answer: int, chance: float, room: Any, out: Any) -> None:
    """Add chance x (1 - max p) at each target, p in proportion to what is positive of at + step x (answer - own)."""
    total, best = room
    total[:] = 0.0
    best[:] = 0.0
    for k in range(at.shape[0]):
        change, here = (1.0 if k == answer else 0.0) - own[k], at[k]
        for t in range(step.shape[0]):
            value = max(here[t] + step[t] * change, 0.0)
            total[t] += value
            best[t] = max(best[t], value)
    even = 1.0 / at.shape[0]
    for t in range(step.shape[0]):
        out[t] += chance * (1.0 - (best[t] / total[t] if total[t] > 0.0 else even))


@jit()
def expected_errors(chances: Any, own: Any, at: Any, steps: Any, out: Any) -> None:
    """Mean over targets (m,) of those errors, summed over answers: chances and own (m, c), at (c, t), steps (m, t)."""
    t = steps.shape[1]
    room, errors = (np.empty(t), np.empty(t)), np.empty(t)
    for i in range(steps.shape[0]):
        errors[:] = 0.0
        for y in range(chances.shape[1]):
            if chances[i, y] > 0.0:
                _add_error(at, steps[i], own[i], y, chances[i, y], room, errors)
        total = 0.0
        for j in range(t):
            total += errors[j]
        out[i] = total / t
