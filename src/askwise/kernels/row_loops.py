"""Compiled entropies of rows of probabilities in float64: elementwise terms, summed in a fixed order.

Everything here runs under numba and calls only what is here. No loop has `fastmath`: a result must not depend on how it
was compiled. The rough entropies of sieves are in `sift_loops`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels.backend import jit

_BUFFER = 4096
_LN2 = 0.6931471805599453
_HALF_BITS_64 = 0x3FE6A09E667F3BCD
"""Bits of the square root of one half: mantissas are brought to sqrt(1/2) .. sqrt(2), where logarithms are small."""

# Minimax coefficients of (log(1 + f) - 2 s) / s, s = f / (2 + f), in powers of s^2: Sun Microsystems' fdlibm, e_log.c.
_L1, _L2, _L3, _L4 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
)
_L5, _L6, _L7 = 1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01


@jit(error_model="numpy")
def _terms(values: Any, out: Any) -> None:
    """-v log v of each value in float64, 0 at 0; the library's logarithm is not vectorised, this one is."""
    for k in range(values.size):
        v = np.float64(values[k])
        bits = v.view(np.int64)
        power = (bits - np.int64(_HALF_BITS_64)) >> np.int64(52)
        f = np.int64(bits - (power << np.int64(52))).view(np.float64) - 1.0
        s = f / (2.0 + f)
        z = s * s
        series = z * (_L1 + z * (_L2 + z * (_L3 + z * (_L4 + z * (_L5 + z * (_L6 + z * _L7))))))
        half = 0.5 * f * f
        out[k] = -v * (np.float64(power) * _LN2 + (f - (half - s * (half + series))))


@jit()
def _sum(terms: Any, start: int, size: int) -> float:
    """Sum in eight strands and in this order, however it is compiled."""
    a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0.0
    stop = start + size
    k = start
    while k + 8 <= stop:
        a0, a1, a2, a3 = a0 + terms[k], a1 + terms[k + 1], a2 + terms[k + 2], a3 + terms[k + 3]
        a4, a5, a6, a7 = a4 + terms[k + 4], a5 + terms[k + 5], a6 + terms[k + 6], a7 + terms[k + 7]
        k += 8
    rest = 0.0
    while k < stop:
        rest += terms[k]
        k += 1
    return ((a0 + a4) + (a1 + a5)) + ((a2 + a6) + (a3 + a7)) + rest


@jit()
def entropies(probs: Any, out: Any) -> None:
    """Entropy (m,) in float64 of each row."""
    m, c = probs.shape
    flat = probs.reshape(m * c)
    step = max(1, _BUFFER // c)
    terms = np.empty(step * c)
    for start in range(0, m, step):
        stop = min(m, start + step)
        _terms(flat[start * c : stop * c], terms)
        for i in range(start, stop):
            out[i] = _sum(terms, (i - start) * c, c)


@jit()
def mean_entropies(samples: Any, each: Any, joint: Any) -> None:
    """Mean entropy of the draws and entropy of their mean, (m,) each in float64."""
    m, k, c = samples.shape
    flat = samples.reshape(m * k * c)
    step = max(1, _BUFFER // (k * c))
    terms = np.empty(step * k * c)
    means = np.empty(step * c)
    for start in range(0, m, step):
        stop = min(m, start + step)
        _terms(flat[start * k * c : stop * k * c], terms)
        means[:] = 0.0
        for i in range(start, stop):
            each[i] = _sum(terms, (i - start) * k * c, k * c) / k
            mean = means[(i - start) * c : (i - start + 1) * c]
            for d in range(k):
                draw = samples[i, d]
                for j in range(c):
                    mean[j] += draw[j]
            for j in range(c):
                mean[j] /= k
        _terms(means[: (stop - start) * c], terms)
        for i in range(start, stop):
            joint[i] = _sum(terms, (i - start) * c, c)
