"""The pool in two dimensions: by PCA as scikit-learn has it, and by UMAP where it is installed."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from askwise.server import landscape


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(30, 5))


class _Umap:
    """Stands in for umap-learn, which is heavy: says what it was asked."""

    def __init__(self, **settings):
        self.settings = settings

    def fit_transform(self, embeddings):
        assert self.settings["n_components"] == 2 and self.settings["random_state"] == 0
        return embeddings[:, :2] * 10


@pytest.fixture
def umap(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=_Umap))


def test_pca_keeps_the_two_widest_directions(rows):
    rows[:, 3] *= 100
    rows[:, 1] *= 10
    at, share = landscape._flat(rows, "pca")
    assert np.abs(np.corrcoef(at[:, 0], rows[:, 3])[0, 1]) > 0.999
    assert np.abs(np.corrcoef(at[:, 1], rows[:, 1])[0, 1]) > 0.99
    assert 0.99 < share <= 1


def test_umap_places_the_rows(rows, umap):
    at, share = landscape._flat(rows, "umap")
    np.testing.assert_array_equal(at, rows[:, :2] * 10)
    assert share is None


def test_fewer_rows_than_neighbours_of_umap_are_placed_by_pca(rows, umap):
    at, share = landscape._flat(rows[:15], "umap")
    np.testing.assert_allclose(at, landscape._flat(rows[:15], "pca")[0])
    assert share is not None
