"""Sieves: they let through every row that reaches the floor, little else, and change no batch."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise import engine
from askwise.core.arrays import host
from askwise.core.source import ArraySource
from askwise.execute import Serial, Threads
from askwise.kernels import sieve, sift_loops
from askwise.kernels.rows import entropy

ONE_MODEL = ("margin", "least_confidence", "ratio", "entropy")
TYPES = [np.float16, np.float32, np.float64]
CLASSES = [(c, TYPES[i % 3]) for i, c in enumerate([1, 2, 4, 7, 11, 17, 32, 33, 70])] + [(10, dtype) for dtype in TYPES]


def distributions(shape, seed=0, dtype=np.float32):
    """Sharp, soft and one-hot rows, with ties and exact zeros."""
    rng = np.random.default_rng(seed)
    odds = rng.random(shape) ** rng.choice([0.0, 1.0, 6.0], (*shape[:-1], 1))
    odds *= rng.random(shape) > 0.1
    odds[..., 0] += odds.sum(axis=-1) == 0
    return (odds / odds.sum(axis=-1, keepdims=True)).astype(dtype)


def evidence_of(name, m, c, seed, dtype):
    return distributions((m, 5, c) if name == "bald" else (m, c), seed, dtype)


@pytest.fixture(params=["numba", "numpy", "torch"])
def place(request, monkeypatch):
    """How an array reaches the sieve."""
    monkeypatch.setenv("ASKWISE_BACKEND", request.param)
    if request.param != "torch":
        return lambda array: array
    torch = pytest.importorskip("torch")
    return lambda array: torch.asarray(array)


@pytest.mark.parametrize("name", [*ONE_MODEL, "bald"])
def test_every_row_that_reaches_the_floor_comes_through(name, place):
    method = getattr(aw.score, name)
    for seed, (c, dtype) in enumerate(CLASSES):
        given = evidence_of(name, 300 + c, c, seed, dtype)
        scores = np.asarray(host(method(place(given))), dtype=np.float64)
        for floor in (-np.inf, *np.quantile(scores, [0.0, 0.5, 0.9, 1.0]), np.inf):
            found = method.sieve(place(given), float(floor), len(scores))
            kept = found.rows
            assert kept.dtype == np.int64 and (np.diff(kept) > 0).all()
            assert (np.abs(found.scores - scores[kept]) <= found.rounding).all(), f"{name}, {c} classes, {dtype}"
            missed = np.setdiff1d(np.flatnonzero(scores >= floor), kept)
            assert len(missed) == 0, f"{name}, {c} classes, {dtype}: row {missed[:1]} reaches {floor}"
            below = scores[kept] < floor - 2e-3
            assert not below.any(), f"{name}, {c} classes, {dtype}: rows far below {floor} came through"


@pytest.mark.parametrize("name", [*ONE_MODEL, "bald"])
def test_the_n_best_come_through_whatever_they_tie_with(name, place, monkeypatch):
    """The floor rises within a block, and no row that is among the n best or ties with the n-th is dropped by it."""
    method = getattr(aw.score, name)
    monkeypatch.setattr(sift_loops, "_LEAST", 8)
    for seed, (c, dtype) in enumerate(CLASSES):
        given = evidence_of(name, 3000, c, seed, dtype)
        given[::7] = given[5]
        scores = np.asarray(host(method(place(given))), dtype=np.float64)
        for n in (1, 30, 600, 2999):
            found = method.sieve(place(given), -np.inf, n)
            best = np.flatnonzero(scores >= np.sort(scores)[-n])
            assert np.isin(best, found.rows).all(), f"{name}, {c} classes, {dtype}, n {n}"
            assert (np.diff(found.rows) > 0).all()


@pytest.mark.parametrize("name", [*ONE_MODEL, "bald"])
def test_floors_may_be_those_of_each_row(name, place):
    method = getattr(aw.score, name)
    for seed, (c, dtype) in enumerate(CLASSES):
        given = evidence_of(name, 1100 + c, c, seed, dtype)
        scores = np.asarray(host(method(place(given))), dtype=np.float64)
        floors = scores + np.random.default_rng(seed).normal(0, 0.1, len(scores))
        found = method.sieve(place(given), floors, 0)
        assert np.isin(np.flatnonzero(scores >= floors), found.rows).all(), f"{name}, {c} classes, {dtype}"
        assert (scores[found.rows] >= floors[found.rows] - 2e-3).all()


@pytest.mark.parametrize("name", [*ONE_MODEL, "bald"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.25, "sum"])
def test_a_row_that_is_no_distribution_stops_it(name, bad, place):
    method = getattr(aw.score, name)
    for c in (2, 5, 12, 40):
        for at in (0, 3, 130, 299):
            given = evidence_of(name, 300, c, at, np.float32)
            line = given[at] if name != "bald" else given[at, 4]
            line[1] = line[1] + 0.01 if bad == "sum" else bad
            line[0] += 0 if bad == "sum" or not np.isfinite(bad) else 1 - line.sum()
            assert method.sieve(place(given), -np.inf, 5) is None


def whole_and_sifted(monkeypatch, strategy, n, seed=0, chunks=(16, 64, 1000), **evidence):
    """The batch without the sieve, and those with it for several chunk sizes and executors."""
    monkeypatch.setattr(engine, "SIEVE_FROM", 10**9)
    want = aw.select(n, strategy, seed=seed, **evidence)
    monkeypatch.setattr(engine, "SIEVE_FROM", 0)
    monkeypatch.setattr(engine, "_FIRST_SPAN", 8)
    for chunk in chunks:
        monkeypatch.setattr(ArraySource, "chunk", chunk)
        for execute in (Serial(), Threads(3)):
            yield want, aw.select(n, strategy, seed=seed, execute=execute, **evidence)


@pytest.mark.parametrize("name", [*ONE_MODEL, "bald"])
def test_the_batch_is_that_of_the_plain_way(name, place, monkeypatch):
    for seed, dtype in enumerate(TYPES):
        given = evidence_of(name, 1500, 4 + 10 * seed, seed, dtype)
        given[::3] = given[0]  # many rows tie
        kind = "samples" if name == "bald" else "probs"
        for n in (1, 40):
            for want, got in whole_and_sifted(monkeypatch, name, n, seed, **{kind: place(given)}):
                np.testing.assert_array_equal(got.rows, want.rows)
                np.testing.assert_array_equal(got.scores, want.scores)


def test_shortlists_candidates_and_ids_are_those_of_the_plain_way(monkeypatch):
    probs = distributions((900, 6), 3)
    rows = np.random.default_rng(0).standard_normal((900, 3))
    strategy = aw.Strategy("entropy", shortlist=60, pick="k_center")
    some = np.random.default_rng(1).permutation(900)[:500]
    ids = np.array([f"row {i}" for i in np.random.default_rng(2).permutation(900)])
    for want, got in whole_and_sifted(monkeypatch, strategy, 9, probs=probs, embeddings=rows, candidates=some, ids=ids):
        np.testing.assert_array_equal(got.rows, want.rows)


def test_settings_that_are_not_the_default_go_the_plain_way(monkeypatch):
    samples = distributions((400, 3, 4), 1)
    corrected = aw.score.bald.using(correct=True)
    for want, got in whole_and_sifted(monkeypatch, corrected, 12, samples=samples):
        np.testing.assert_array_equal(got.rows, want.rows)
        np.testing.assert_array_equal(got.scores, want.scores)


def test_derived_evidence_goes_the_plain_way(monkeypatch):
    samples = distributions((400, 3, 4), 1)
    for want, got in whole_and_sifted(monkeypatch, "margin", 12, samples=samples):
        np.testing.assert_array_equal(got.rows, want.rows)


def test_errors_name_the_row_as_ever(monkeypatch, place):
    probs = distributions((700, 5))
    probs[613, 2] = np.nan
    monkeypatch.setattr(engine, "SIEVE_FROM", 0)
    with pytest.raises(aw.BadInput, match="probs of row 613 holds nan"):
        aw.select(5, "margin", probs=place(probs))


def test_sums_at_the_edge_of_the_slack_are_left_to_the_check(monkeypatch):
    probs = distributions((300, 5))
    probs[7] *= 1.00095
    assert aw.score.margin.sieve(probs, -np.inf, 5) is None
    for want, got in whole_and_sifted(monkeypatch, "margin", 20, probs=probs):
        np.testing.assert_array_equal(got.rows, want.rows)


def test_a_sieve_computes_few_scores(monkeypatch):
    """Most rows are never scored: what comes through is about n log(m / n)."""
    probs = np.random.default_rng(0).dirichlet(np.ones(10), 40_000)
    scored = []
    plain = engine._Job._values
    monkeypatch.setattr(engine, "SIEVE_FROM", 0)
    monkeypatch.setattr(
        engine._Job, "_values", lambda job, rows, *more: (scored.append(len(rows)), plain(job, rows, *more))[1]
    )
    aw.select(50, "entropy", probs=probs, execute=Serial())
    assert sum(scored) < 200


@pytest.mark.parametrize("c", [2, 10, 1000])
def test_rough_entropies_are_within_the_slack(c):
    """The float32 entropy of a sieve against float64, and that one against more digits."""
    probs = distributions((64, c), 5)
    exact = entropy(probs)
    found = sieve.entropy(probs, -np.inf, 64)
    np.testing.assert_allclose(found.scores, exact, rtol=0, atol=found.rounding)
    assert found.rounding < 2e-3
    draws = distributions((64, 7, c), 5)
    rough = sieve.bald(draws, -np.inf, 64)
    np.testing.assert_allclose(rough.scores, np.asarray(aw.score.bald(draws)), rtol=0, atol=rough.rounding)
    assert rough.rounding < (1e-3 if c < 1000 else 3e-2)
    p = probs.astype(np.longdouble)
    truth = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
    np.testing.assert_allclose(exact, truth.astype(np.float64), rtol=0, atol=2e-12)


def test_an_entropy_in_float64_ignores_the_order_of_classes():
    probs = distributions((200, 9), dtype=np.float64)
    np.testing.assert_array_equal(entropy(probs), entropy(probs[:, ::-1]))
    assert entropy(np.full((1, 4), 0.25))[0] == pytest.approx(np.log(4), abs=1e-12)
