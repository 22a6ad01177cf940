"""One BLAS thread inside the block, as many as before outside it."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from askwise.core import threads


def blas():
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_what_it_had_outside():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = blas()
    with threads.one_blas_thread():
        assert set(blas()) == {1}
        with threads.one_blas_thread():
            assert set(blas()) == {1}
    assert blas() == before


def test_libraries_are_looked_for_again_after_an_import(monkeypatch):
    with threads.one_blas_thread():
        pass
    first = next(iter(threads._FOUND.values()))
    with threads.one_blas_thread():
        assert next(iter(threads._FOUND.values())) is first
    monkeypatch.setitem(__import__("sys").modules, "a_module_that_was_not_there", threads)
    with threads.one_blas_thread():
        assert next(iter(threads._FOUND.values())) is not first


def test_an_error_gives_the_threads_back():
    before = blas()
    with pytest.raises(ValueError, match="no"), threads.one_blas_thread():
        raise ValueError("no")
    assert blas() == before
