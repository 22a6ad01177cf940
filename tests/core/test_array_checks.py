"""Checks at the door: each message names the array, the row and the value, and says what to give instead."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from askwise.core.arrays import (
    check_finite,
    check_probs,
    float32,
    floats,
    host,
    is_array,
    namespace,
    positions,
    rows_in,
    take,
)
from askwise.core.errors import AskwiseError, BadInput, did_you_mean
from askwise.core.errors import StoreError as _StoreError
from askwise.testing.suite import backend

IDS = [f"doc-{i}" for i in range(10)]


def distributions(m=10, c=3):
    return np.random.default_rng(0).dirichlet(np.ones(c), m)


@pytest.mark.parametrize("kernels", ["numba", "numpy"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
class TestProbs:
    def test_good(self, kernels, dtype):
        with backend(kernels):
            check_probs(distributions().astype(dtype), IDS)
            check_probs(np.eye(3, dtype=dtype), IDS)
            check_probs(np.ones((3, 1), dtype=dtype), IDS)
            check_probs(np.zeros((0, 3), dtype=dtype), [])

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (np.nan, "probs of row doc-4 holds nan"),
            (np.inf, "probs of row doc-4 holds inf"),
            (-0.25, "probs of row doc-4 holds -0.25; probabilities cannot be negative"),
            (3.0, r"probs of row doc-4 sums to 3\.\d+, not to 1; pass class probabilities"),
        ],
    )
    def test_bad(self, kernels, dtype, value, words):
        probs = distributions().astype(dtype)
        probs[4, 1] = value
        probs[7, 1] = value
        with backend(kernels), pytest.raises(BadInput, match=words):
            check_probs(probs, IDS)

    def test_negative_that_sums_to_one(self, kernels, dtype):
        probs = np.array([[0.5, 0.5], [1.5, -0.5]], dtype=dtype)
        with backend(kernels), pytest.raises(BadInput, match=r"row doc-1 holds -0.5"):
            check_probs(probs, IDS)


@given(st.integers(1, 40), st.integers(1, 30), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_what_a_softmax_gives_is_never_refused(m, c, seed):
    logits = 20 * np.random.default_rng(seed).standard_normal((m, c))
    odds = np.exp(logits - logits.max(1, keepdims=True))
    probs = odds / odds.sum(1, keepdims=True)
    for dtype in (np.float32, np.float64):
        check_probs(probs.astype(dtype), np.arange(m))


def test_finite():
    check_finite("costs", np.arange(3.0), IDS)
    check_finite("embeddings", np.full((3, 2), 1e308), IDS)  # the sum overflows, no value does
    check_finite("embeddings", np.zeros((0, 2)), [])
    values = np.zeros((10, 2, 2))
    values[[2, 6], 1, 0] = np.inf, np.nan
    with pytest.raises(
        BadInput, match=r"samples of row doc-2 holds inf \(2 such row\(s\) in this chunk\); impute or drop"
    ):
        check_finite("samples", values, IDS)


def test_floats():
    assert floats("probs", [[1, 0]], 2).dtype == np.float64
    assert floats("costs", np.array([1, 2]), 1).dtype == np.float64
    half = np.zeros((2, 2), np.float16)
    assert floats("embeddings", half, 2) is half
    tensor = torch.zeros(2, 2)
    assert floats("embeddings", tensor, 2) is tensor
    with pytest.raises(BadInput, match=r"probs has shape \(2,\); give 2 dimensions"):
        floats("probs", [0.5, 0.5], 2)
    with pytest.raises(BadInput, match=r"costs has shape \(1, 1\); give 1 dimension$"):
        floats("costs", [[0.5]], 1)
    with pytest.raises(BadInput, match=r"embeddings has the type <U1; give floating-point numbers"):
        floats("embeddings", np.array([["a"]]), 2)
    for empty in (np.zeros((4, 0)), torch.zeros(4, 0), array_api_strict.zeros((4, 0))):
        with pytest.raises(BadInput, match=r"embeddings has shape \(4, 0\): its rows hold no values"):
            floats("embeddings", empty, 2)


def test_positions():
    assert positions("candidates", [3, 1], 5).tolist() == [3, 1]
    assert positions("candidates", np.array([False, True, True]), 3).tolist() == [1, 2]
    assert positions("candidates", [], 3).tolist() == []
    for value, words in [
        ([5], r"candidates holds row 5, outside the pool of 5 rows \(0 to 4\)"),
        ([-1], "candidates holds row -1"),
        ([1, 2, 1], "candidates holds row 1 more than once; give each row once"),
        ([0.5], "must be row positions"),
        (np.array([True]), r"the mask candidates has shape \(1,\); the pool has 5 rows"),
        (["a"], "must be row positions"),
    ]:
        with pytest.raises(BadInput, match=words):
            positions("candidates", value, 5)


@pytest.mark.parametrize("to", [np.asarray, torch.asarray, array_api_strict.asarray], ids=["numpy", "torch", "strict"])
def test_arrays_of_every_namespace_come_home(to):
    values = np.arange(12.0).reshape(6, 2)
    array = to(values)
    assert is_array(array) and rows_in(array) == 6
    np.testing.assert_array_equal(host(array), values)
    assert isinstance(host(array), np.ndarray)
    assert float32(array).dtype == np.float32 and float32(array).flags.c_contiguous
    for rows in ([0, 1, 2], [0, 2, 1, 3], [5], [], [4, 2, 2], [3, 2, 1, 0]):
        np.testing.assert_array_equal(host(take(array, np.array(rows, dtype=np.int64))), values[rows])
    assert float(namespace(array).sum(array)) == values.sum()


def test_host_copies_nothing_it_need_not():
    values = np.zeros((3, 2), np.float32)
    assert host(values) is values and float32(values) is values
    tensor = torch.zeros(3, 2, requires_grad=True)
    assert np.shares_memory(host(tensor), tensor.detach().numpy())
    assert take(values, np.arange(1, 3)).base is values


def test_error_classes():
    assert issubclass(BadInput, ValueError) and issubclass(BadInput, AskwiseError)
    assert issubclass(_StoreError, AskwiseError)
    assert did_you_mean("x", []) == " Known: ."
    assert did_you_mean(7, ["margin"]) == " Known: margin."
    assert did_you_mean("margn", ["margin", "entropy"]) == " Did you mean 'margin'?"
