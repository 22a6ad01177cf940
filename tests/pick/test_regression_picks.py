"""GSx, GSy, GSi and Thompson sampling against slow loops over rows and everything known."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import askwise as aw
from askwise.core.evidence import Taken
from askwise.core.registry import get


def slow_gs(X, f, L, y, n: int, features: bool, outputs: bool) -> list[int]:
    """Algorithm of Wu, Lin and Huang, one distance at a time; ties to the lowest position."""
    known = [(x, value) for x, value in zip(L, y, strict=True)]
    chosen: list[int] = []
    while len(chosen) < n:
        free = [i for i in range(len(X)) if i not in chosen]
        if not known:
            key = (lambda i: -np.linalg.norm(X[i] - X.mean(0))) if features else (lambda i: -abs(f[i] - f.mean()))
        else:

            def key(i):
                return min(
                    (np.linalg.norm(X[i] - x) if features else 1.0) * (abs(f[i] - value) if outputs else 1.0)
                    for x, value in known
                )

        chosen.append(max(free, key=lambda i: (round(key(i), 9), -i)))
        known.append((X[chosen[-1]], f[chosen[-1]]))
    return chosen


def problems():
    for seed in range(25):
        rng = np.random.default_rng(seed)
        m, labelled = int(rng.integers(2, 12)), int(rng.integers(0, 4))
        X, f = rng.integers(-3, 4, (m, 2)).astype(float), rng.integers(-3, 4, m).astype(float)
        if seed % 5 == 0:
            X[:], f[:] = X[0], f[0]
        L, y = rng.integers(-3, 4, (labelled, 2)).astype(float), rng.integers(-3, 4, labelled).astype(float)
        yield X, f, L, y, int(rng.integers(1, m + 1))


def test_gsy_and_gsi_by_loops():
    for X, f, L, y, n in problems():
        got = aw.pick.gsy(f, y if len(y) else None, n=n, rng=0)
        assert got.tolist() == slow_gs(X, f, L, y, n, features=False, outputs=True)
        held = (L, y) if len(y) else (None, None)
        got = aw.pick.gsi(X, f, *held, n=n, rng=0)
        assert got.tolist() == slow_gs(X, f, L, y, n, features=True, outputs=True)


def test_gsx_is_k_center():
    assert get("pick", "gsx") is aw.pick.k_center
    for X, f, L, y, n in problems():
        taken = Taken({"embeddings": L}, np.zeros(len(L), dtype=bool)) if len(L) else Taken()
        got = aw.pick.k_center(X, n=n, rng=0, taken=taken).tolist()
        assert got == slow_gs(X, f, L, y, n, features=True, outputs=False)


def test_pending_rows_count_with_their_predictions():
    f, X = np.array([0.0, 4.0, 9.0]), np.array([[0.0], [4.0], [9.0]])
    out = Taken({"mean": np.array([9.0]), "embeddings": np.array([[9.0]])}, np.array([True]))
    done = Taken({"mean": np.array([9.0]), "embeddings": np.array([[9.0]])}, np.array([False]))
    assert aw.pick.gsy(f, n=1, rng=0, taken=out).tolist() == [0]
    assert aw.pick.gsi(X, f, n=1, rng=0, taken=out).tolist() == [0]
    # A labelled row counts with its label, which may differ from what the model says of it.
    assert aw.pick.gsy(f, np.array([0.0]), n=1, rng=0, taken=done).tolist() == [2]


def test_gsy_through_select():
    got = aw.select(2, "gsy", mean=np.array([0.0, 4.0, 9.0]), labels=np.array([0.0]))
    assert got.rows.tolist() == [2, 1]


@pytest.mark.parametrize("maximise", [True, False])
def test_thompson_takes_the_best_row_left_of_each_draw(maximise):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        m, k = int(rng.integers(3, 12)), int(rng.integers(1, 5))
        D = rng.permutation(m * k).reshape(m, k).astype(float)
        n = int(rng.integers(1, m + 1))
        got = aw.pick.thompson(D, n=n, rng=seed, maximise=maximise).tolist()
        sign = 1 if maximise else -1
        turns = [turns_of(sign * D, order, n) for order in permutations(range(k))]
        assert got in turns


def turns_of(D, order, n: int) -> list[int]:
    """Draws take turns in this order; each takes the best row left."""
    left, got = list(range(len(D))), []
    for i in range(n):
        column = D[:, order[i % len(order)]]
        got.append(max(left, key=column.__getitem__))
        left.remove(got[-1])
    return got


def test_thompson_frequency_is_the_chance_to_be_best():
    D = np.zeros((3, 10))
    D[0, :7], D[1, 7:] = 1.0, 1.0
    first = [int(aw.pick.thompson(D, n=1, rng=seed)[0]) for seed in range(400)]
    assert np.bincount(first, minlength=3)[2] == 0
    assert abs(np.mean(np.array(first) == 0) - 0.7) < 0.08
