"""float16 to float32, every value."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.kernels.half import widened


@pytest.mark.parametrize("backend", ["numba", "numpy"])
def test_all_values(backend, monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", backend)
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(256, 256)
    got = widened(every)
    assert got.dtype == np.float32 and np.array_equal(got, every.astype(np.float32), equal_nan=True)
    assert np.array_equal(widened(every.T), every.T.astype(np.float32), equal_nan=True)
    assert np.array_equal(widened(every.astype(">f2")), got, equal_nan=True)


def test_other_types():
    assert widened(np.ones(2)).dtype == np.float64 and widened(np.ones(2, dtype=int)).dtype == np.float32
    plain = np.ones((2, 2), dtype=np.float32)
    assert widened(plain) is plain
