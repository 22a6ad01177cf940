# ruff: noqa: B023 - every lambda is called before the next turn of its loop
"""The three kernel sets (numba, NumPy, torch) make the same picks, on awkward pools in every float type."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.kernels import log_det, tensor_sets, tensors, working_set
from askwise.kernels.nearest import most_similar
from askwise.kernels.space import Space, squared_lengths
from askwise.pick import badge, coding_rate, k_center, k_means_pp, lcmd, max_det, p_core_set

torch = pytest.importorskip("torch")

SEEDS = 9


@pytest.fixture(autouse=True)
def torch_computes(monkeypatch):
    """Tensors of the CPU are computed as those of a device are."""
    monkeypatch.setenv("ASKWISE_BACKEND", "torch")


def near_duplicates(rng, m, d):
    """A large common offset, copies, and copies that differ in the last digits of float32."""
    base = 1000.0 + rng.standard_normal((m, d))
    return base[rng.integers(0, m, m)] + 2.0**-10 * rng.integers(0, 2, (m, d))


POOLS = {
    "normal": lambda rng, m, d: rng.standard_normal((m, d)),
    "offset, near-duplicates": near_duplicates,
    "integers": lambda rng, m, d: rng.integers(0, 3, (m, d)),
    "duplicates": lambda rng, m, d: rng.standard_normal((max(1, m // 5), d))[rng.integers(0, max(1, m // 5), m)],
    "all equal": lambda rng, m, d: np.full((m, d), 0.3),
    "zero rows": lambda rng, m, d: rng.standard_normal((m, d)) * (rng.random((m, 1)) > 0.3),
}
METRICS = ("euclidean", "cosine", "inner")
TYPES = (np.float64, np.float32, np.float16)


def problem(pool, seed):
    """Rows, taken rows (or none) and a batch size of a small problem; the type goes with the seed."""
    rng = np.random.default_rng(seed)
    m, d = int(rng.integers(2, 80)), int(rng.integers(1, 9))
    dtype = TYPES[seed % 3]
    rows = POOLS[pool](rng, m, d).astype(dtype)
    held = POOLS[pool](rng, int(rng.integers(1, 12)), d).astype(dtype) if seed % 2 else None
    return rows, held, int(rng.integers(1, m + 1)), rng


def taken_as(convert, pending=False, **evidence):
    """Taken rows, none when the evidence is None."""
    if any(value is None for value in evidence.values()):
        return Taken()
    sizes = [len(value) for value in evidence.values()]
    return Taken({name: convert(value) for name, value in evidence.items()}, np.full(sizes[0], pending))


@pytest.fixture
def picks_of_all_sets(monkeypatch):
    """Runs a pick on the three kernel sets, tuned so that small pools reach all of them."""
    monkeypatch.setattr(working_set, "_LEAST", 5)
    monkeypatch.setattr(log_det, "_LEAST", 6)
    monkeypatch.setattr(log_det, "_CORE", 4)
    monkeypatch.setattr(tensors, "_BLOCK", 100)
    monkeypatch.setattr(tensors, "_PAIRS", 64)
    monkeypatch.setattr(tensors, "_CENTRES", 4)
    monkeypatch.setattr(tensor_sets, "_BLOCK", 100)

    def run(pick, what):
        for name in ("numba", "numpy"):
            monkeypatch.setenv("ASKWISE_BACKEND", name)
            if name == "numba":
                want = pick(lambda array: array)
            else:
                np.testing.assert_array_equal(pick(lambda array: array), want, f"numpy: {what}")
        monkeypatch.setenv("ASKWISE_BACKEND", "torch")
        np.testing.assert_array_equal(pick(torch.as_tensor), want, f"torch: {what}")

    return run


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("metric", METRICS)
def test_k_center(pool, metric, picks_of_all_sets):
    for seed in range(SEEDS):
        rows, held, n, _ = problem(pool, seed)
        picks_of_all_sets(
            lambda to: k_center(to(rows), n=n, metric=metric, taken=taken_as(to, embeddings=held)),
            f"{pool} {metric} seed {seed}",
        )


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("method", ["rejection", "exact-cdf"])
def test_d2_sampling(pool, method, picks_of_all_sets):
    for seed in range(SEEDS):
        rows, held, n, _ = problem(pool, seed)
        picks_of_all_sets(
            lambda to: k_means_pp(to(rows), n=n, rng=seed, method=method, taken=taken_as(to, embeddings=held)),
            f"{pool} seed {seed}",
        )


@pytest.mark.parametrize("pool", POOLS)
def test_badge(pool, picks_of_all_sets):
    for seed in range(SEEDS):
        rows, held, n, rng = problem(pool, seed)
        probs = (rng.multinomial(64, [0.4, 0.3, 0.2, 0.1], len(rows)) / 64).astype(rows.dtype)
        other = None if held is None else (rng.multinomial(64, [0.25] * 4, len(held)) / 64).astype(rows.dtype)
        picks_of_all_sets(
            lambda to: badge(
                to(probs), to(rows), n=n, rng=seed, taken=taken_as(to, True, probs=other, embeddings=held)
            ),
            f"{pool} seed {seed}",
        )


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("noise", [1e-2, 1.0])
def test_max_det_and_coding_rate(pool, noise, picks_of_all_sets):
    for seed in range(SEEDS):
        rows, held, n, rng = problem(pool, seed)
        scores = rng.integers(0, 5, len(rows)).astype(float)
        picks_of_all_sets(
            lambda to: np.concatenate(
                [
                    max_det(to(rows), n=n, noise=noise, taken=taken_as(to, embeddings=held)),
                    coding_rate(scores, to(rows), n=n, noise=noise, taken=taken_as(to, embeddings=held)),
                ]
            ),
            f"{pool} seed {seed}",
        )


@pytest.mark.parametrize("pool", POOLS)
def test_lcmd(pool, picks_of_all_sets):
    for seed in range(SEEDS):
        rows, held, n, _ = problem(pool, seed)
        picks_of_all_sets(
            lambda to: lcmd(to(rows), n=n, taken=taken_as(to, embeddings=held)),
            f"{pool} seed {seed}",
        )


def test_p_core_set(picks_of_all_sets):
    probs = np.random.default_rng(0).multinomial(16, [0.5, 0.3, 0.2], 60) / 16
    picks_of_all_sets(lambda to: p_core_set(to(probs), n=20, taken=taken_as(to, probs=probs[:3])), "probs")


@pytest.mark.parametrize("pool", POOLS)
def test_neighbour_lists(pool, picks_of_all_sets):
    for seed in range(SEEDS):
        rows, _, n, rng = problem(pool, seed)
        points = rows[rng.integers(0, len(rows), 7)]
        picks_of_all_sets(lambda to: most_similar(to(rows), to(points), n)[0], f"{pool} seed {seed}")
        want, got = most_similar(rows, points, n)[1], most_similar(torch.as_tensor(rows), points, n)[1]
        np.testing.assert_allclose(got, want, atol=2e-12)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", TYPES)
def test_tensor_distances_are_those_of_numpy(metric, dtype):
    rng = np.random.default_rng(1)
    rows, centres = near_duplicates(rng, 60, 37).astype(dtype), near_duplicates(rng, 9, 37).astype(dtype)
    want = Space.of(rows, metric).to(Space.of(centres, metric))
    here = tensors.TensorSpace.of(torch.as_tensor(rows), metric)
    there = here.beside(centres, metric)
    scale = np.abs(want).max()
    np.testing.assert_allclose(here.to(there), want, rtol=1e-12, atol=1e-12 * scale)
    np.testing.assert_allclose(here.nearest(there), want.min(axis=1), rtol=1e-12, atol=1e-12 * scale)
    np.testing.assert_allclose(squared_lengths(torch.as_tensor(rows)), squared_lengths(Space.of(rows).rows), rtol=1e-13)


def test_a_distance_is_one_number_whatever_is_computed_beside_it():
    rows = torch.as_tensor(np.random.default_rng(0).standard_normal((300, 129)))
    whole = tensors.tree_sum(rows * rows)
    for i in (0, 7, 299):
        assert tensors.tree_sum(rows[i : i + 1] ** 2)[0] == whole[i] == tensors.tree_sum(rows[i] ** 2)
    assert tensors.tree_sum(torch.ones(7)) == 7


@pytest.fixture
def precision():
    """Torch's setting of float32 products, put back afterwards."""
    before = torch.get_float32_matmul_precision()
    yield torch.set_float32_matmul_precision
    torch.set_float32_matmul_precision(before)


def test_shorter_products_are_a_filter_with_more_slack(precision, monkeypatch):
    """As if products were rounded to bfloat16: distances and picks stay, for differences in float64 decide."""
    rows = near_duplicates(np.random.default_rng(2), 400, 24).astype(np.float32)
    centres = near_duplicates(np.random.default_rng(3), 90, 24).astype(np.float32)
    want = k_center(rows, n=60), lcmd(rows, n=30), max_det(rows, n=20)
    plain = torch.Tensor.__matmul__

    def shortened(one, other):
        if one.dtype == torch.float32:
            one, other = one.bfloat16().float(), other.bfloat16().float()
        return plain(one, other)

    monkeypatch.setattr(tensors, "_PAIRS", 64)
    monkeypatch.setattr(torch.Tensor, "__matmul__", shortened)
    precision("medium")
    assert tensors.product_unit() == 2.0**-7
    space = tensors.TensorSpace.of(torch.as_tensor(rows))
    exact = Space.of(rows).to(Space.of(centres)).min(axis=1)
    np.testing.assert_allclose(space.nearest(space.beside(centres)), exact, rtol=1e-12)
    table = torch.as_tensor(rows)
    for one, other in zip((k_center(table, n=60), lcmd(table, n=30), max_det(table, n=20)), want, strict=True):
        np.testing.assert_array_equal(one, other)
    precision("highest")
    assert tensors.product_unit() == 2.0**-24
    assert (space.nearest(space.beside(centres)) > exact * (1 + 1e-9)).any(), "products too good to test the slack"


def test_taken_rows_of_a_longer_type_than_the_pool_keep_their_digits():
    rows = np.random.default_rng(9).standard_normal((70, 3)).astype(np.float16)
    held = rows[:9].astype(np.float32) + np.float32(1e-4)
    taken = [taken_as(to, embeddings=held) for to in (lambda array: array, torch.as_tensor)]
    for pick in (k_center, k_means_pp, lcmd):
        want = pick(rows, n=20, rng=0, taken=taken[0])
        np.testing.assert_array_equal(pick(torch.as_tensor(rows), n=20, rng=0, taken=taken[1]), want)


def test_new_tensors_are_made_beside_the_rows():
    """No constant of the processor: whatever makes a tensor out of nothing or out of NumPy says on which device."""
    makers = {f"torch.{name}" for name in ("zeros", "ones", "full", "arange", "as_tensor", "tensor", "empty", "eye")}
    for module in (tensors, tensor_sets):
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        moved = {
            ast.unparse(call.func.value)
            for call in calls
            if isinstance(call.func, ast.Attribute) and call.func.attr in ("to", "detach")
        }
        made = [call for call in calls if ast.unparse(call.func) in makers]
        assert made
        for call in made:
            named = any(keyword.arg == "device" for keyword in call.keywords) or ast.unparse(call) in moved
            assert named, f"{module.__name__}, line {call.lineno}: {ast.unparse(call)} names no device"


def test_gradients_and_autocast_around_a_pick_change_nothing():
    rows = near_duplicates(np.random.default_rng(3), 120, 8).astype(np.float32)
    probs = np.random.default_rng(3).dirichlet(np.ones(3), 120).astype(np.float32)
    table = torch.as_tensor(rows).requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for pick in (k_center, k_means_pp, lcmd, max_det):
            np.testing.assert_array_equal(pick(table, n=15, rng=2), pick(rows, n=15, rng=2))
        np.testing.assert_array_equal(badge(torch.as_tensor(probs), table, n=9, rng=1), badge(probs, rows, n=9, rng=1))


def test_bfloat16_rows_are_read_as_they_are():
    table = torch.as_tensor(np.random.default_rng(4).standard_normal((90, 6))).to(torch.bfloat16)
    rows = table.float().numpy()
    for pick in (k_center, k_means_pp, lcmd, max_det):
        np.testing.assert_array_equal(pick(table, n=20, rng=0), pick(rows, n=20, rng=0))


def test_select_reads_tensors_where_they_lie(monkeypatch):
    """No pool of rows comes to the host: only numbers per row do."""
    rows = torch.as_tensor(np.random.default_rng(5).standard_normal((500, 40)).astype(np.float32))
    probs = torch.softmax(torch.as_tensor(np.random.default_rng(6).standard_normal((500, 4))), dim=1)
    plain = torch.Tensor.cpu
    sizes = []
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t, *more: (sizes.append(t.numel()), plain(t, *more))[1])
    for name in ("k_center", "k_means_pp", "lcmd"):
        aw.select(10, name, embeddings=rows)
    aw.select(10, "badge", probs=probs, embeddings=rows)
    aw.select(10, "margin", probs=probs)
    aw.select(10, "entropy", probs=probs)
    assert max(sizes) <= 500, "m numbers at a time at most"


def test_labelled_rows_may_be_numpy_beside_tensors():
    rows = np.random.default_rng(7).standard_normal((60, 4))
    held = rows[:5] + 0.1
    for name in ("k_center", "k_means_pp", "lcmd", "max_det"):
        want = aw.select(9, name, embeddings=rows, labelled_embeddings=held).rows
        got = aw.select(9, name, embeddings=torch.as_tensor(rows), labelled_embeddings=held).rows
        np.testing.assert_array_equal(got, want)


def test_tensors_in_host_memory_are_read_by_the_compiled_kernels(monkeypatch):
    monkeypatch.setenv("ASKWISE_BACKEND", "numba")
    rows = torch.as_tensor(np.random.default_rng(8).standard_normal((40, 3)))
    assert not tensors.space_of(rows).on_device
    assert tensors.space_of(rows).rows.ctypes.data == rows.data_ptr(), "a copy was made"
    assert tensors.space_of(rows.to(torch.bfloat16)).on_device
    monkeypatch.setenv("ASKWISE_BACKEND", "torch")
    assert tensors.space_of(rows).on_device
