"""One pass of assignment against plain loops, and the rows nearest to centres in turn."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.stored import Stored
from askwise.kernels import assign as room
from askwise.kernels.assign import assign, nearest_in_turn
from askwise.testing.pools import POOLS


@pytest.fixture(params=[1, 8])
def depth(request, monkeypatch):
    """Blocks of a few rows, and short lists that run out."""
    monkeypatch.setattr(room, "_BLOCK", 60)
    monkeypatch.setattr(room, "_DEPTH", request.param)
    return request.param


def problems():
    for i, (name, make) in enumerate(POOLS.items()):
        for seed in range(6):
            rng = np.random.default_rng(100 * i + seed)
            rows = make(rng, int(rng.integers(2, 120)), int(rng.integers(1, 9))).astype(np.float32)
            k = int(rng.integers(1, min(len(rows), 20) + 1))
            near = rows[rng.integers(0, len(rows), k)]
            yield name, rng, rows, near + rng.normal(scale=float(np.abs(near).mean()) * (seed % 2), size=near.shape)


def squares(rows, centre):
    gap = rows - centre
    return np.einsum("ij,ij->i", gap, gap)


def test_against_loops(depth):
    for name, rng, rows, centres in problems():
        centres = centres.astype(np.float32)
        stored = Stored(rows.shape, rows.dtype, lambda at, rows=rows: rows[at])
        labels, nearest = assign(stored, centres, min(depth, len(rows)))
        assert stored.rows_read == len(rows)
        assert labels.tolist() == assign(rows, centres)[0].tolist()
        exact = np.stack([((rows.astype(float) - c) ** 2).sum(axis=1) for c in centres.astype(float)], axis=1)
        about = ((rows - centres.mean(axis=0)) ** 2).sum(axis=1) + ((centres - centres.mean(axis=0)) ** 2).sum(
            axis=1
        ).max()
        away = exact[np.arange(len(rows)), labels] - exact.min(axis=1)
        assert (away <= 1e-4 * about).all(), name
        left = list(range(len(rows)))
        order, wanted = rng.permutation(len(centres)), []
        for j, c in enumerate(centres):
            by = np.lexsort((np.arange(len(rows)), squares(rows, c)))
            assert nearest.at[j].tolist() == by[: nearest.at.shape[1]].tolist(), name
        for c in order:
            wanted.append(left[int(np.argmin(squares(rows[left], centres[c])))])
            left.remove(wanted[-1])
        assert nearest_in_turn(rows, centres, order).tolist() == wanted, name
        assert nearest_in_turn(stored, centres, order, nearest).tolist() == wanted, name


def test_by_hand():
    rows = np.array([[0.0], [1.0], [1.0], [5.0]], dtype=np.float32)
    labels, nearest = assign(rows, np.array([[1.0], [4.0]], dtype=np.float32), 2)
    assert labels.tolist() == [0, 0, 0, 1]
    assert nearest.at.tolist() == [[1, 2], [3, 1]]
    assert nearest.squared.tolist() == [[0.0, 0.0], [1.0, 9.0]]
    same = np.array([[1.0], [1.0], [1.0]], dtype=np.float32)
    assert nearest_in_turn(rows, same, np.array([0, 1, 2])).tolist() == [1, 2, 0]
