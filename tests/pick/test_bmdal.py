"""BMDAL's features against the kernels that they stand for, its modes and selections against the picks they name."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.kernels.features import feature_map, posterior, projection


def taken_of(L):
    return Taken({"embeddings": L}, np.zeros(len(L), dtype=bool))


def width(X, order):
    away = np.abs(X[:, None] - X[None]) ** order
    away = away.sum(-1) ** (1 / order)
    return np.median(away[np.triu_indices(len(X), 1)])


def test_random_features_stand_for_their_kernels():
    X = np.random.default_rng(0).standard_normal((12, 3))
    away, apart = ((X[:, None] - X[None]) ** 2).sum(-1), np.abs(X[:, None] - X[None]).sum(-1)
    one = np.column_stack([X, np.ones(12)])
    length = np.sqrt((one**2).sum(1))
    angle = np.arccos(np.clip(one @ one.T / np.outer(length, length), -1, 1))
    wanted = {
        "linear": X @ X.T,
        "rbf": np.exp(-away / (2 * width(X, 2) ** 2)),
        "laplace": np.exp(-apart / width(X, 1)),
        "nngp": np.outer(length, length) * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi,
    }
    for kernel, K in wanted.items():
        phi = feature_map(kernel, X, 40_000, np.random.default_rng(1))(X)
        np.testing.assert_allclose(phi @ phi.T, K, atol=0.03 * K.max(), err_msg=kernel)


def test_posterior_features_are_the_covariance_of_a_gaussian_process():
    rng = np.random.default_rng(0)
    X, L, s = rng.standard_normal((8, 3)), rng.standard_normal((5, 3)), 0.7
    phi = posterior(L, s)(X)
    inner = np.linalg.inv(L @ L.T + s**2 * np.eye(5))
    np.testing.assert_allclose(phi @ phi.T, X @ X.T - X @ L.T @ inner @ L @ X.T, atol=1e-12)
    np.testing.assert_allclose(posterior(L[:0], s)(X), X)


def test_projection_keeps_inner_products_on_average():
    X = np.random.default_rng(0).standard_normal((4, 30))
    mean = np.mean([(p := projection(30, 10, np.random.default_rng(s))(X)) @ p.T for s in range(800)], axis=0)
    np.testing.assert_allclose(mean, X @ X.T, atol=3.0)
    assert projection(5, 10, np.random.default_rng(0))(X) is X


@pytest.mark.parametrize("seed", range(8))
def test_tp_is_the_pick_of_the_selection(seed):
    rng = np.random.default_rng(seed)
    X, L = rng.integers(-4, 5, (30, 3)).astype(float), rng.integers(-4, 5, (4, 3)).astype(float)
    settings = {"n": 8, "rng": seed, "taken": taken_of(L)}
    size = np.sqrt((X**2).sum(1).mean())
    scaled = {"n": 8, "rng": seed, "taken": taken_of(L / size)}
    for selection, name in {"lcmd": "lcmd", "max_dist": "k_center", "max_det": "max_det", "bait": "bait"}.items():
        wanted = getattr(aw.pick, name)(X / size, **scaled)
        assert aw.pick.bmdal(X, selection=selection, **settings).tolist() == wanted.tolist()
        plain = getattr(aw.pick, name)(X, **settings)
        assert aw.pick.bmdal(X, selection=selection, scale=False, **settings).tolist() == plain.tolist()


@pytest.mark.parametrize("seed", range(8))
def test_max_det_conditions_on_labels_in_both_modes(seed):
    """Given what is taken (TP) or a posterior kernel (P): the same determinants, so the same first pick."""
    rng = np.random.default_rng(seed)
    X, L = rng.standard_normal((30, 4)), rng.standard_normal((6, 4))
    s = 0.3
    noise = s**2 / (X**2).sum(1).mean()
    tp = aw.pick.max_det(X, n=6, rng=0, noise=noise, taken=taken_of(L))
    phi = posterior(L, s)(X)
    p = aw.pick.max_det(phi, n=6, rng=0, noise=s**2 / (phi**2).sum(1).mean())
    assert tp.tolist() == p.tolist()
    got = aw.pick.bmdal(X, n=1, rng=0, mode="P", noise=s, selection="max_diag", scale=False, taken=taken_of(L))
    assert got.tolist() == tp[:1].tolist()


def test_a_kernel_changes_what_is_far():
    # Along a line: for the linear kernel the ends have the largest variance, for rbf no row has.
    X = np.linspace(-1, 1, 21)[:, None]
    assert set(aw.pick.bmdal(X, n=2, rng=0, selection="max_diag")) == {0, 20}
    assert set(aw.pick.bmdal(X, n=1, rng=0, kernel="rbf", mode="P", taken=taken_of(X[[0]]))) <= {19, 20}


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"kernel": "rfb"}, "kernel='rfb'"),
        ({"selection": "max_dett"}, "selection='max_dett'"),
        ({"mode": "T"}, "mode='T'"),
        ({"noise": 0.0}, "noise=0"),
        ({"kernel": "rbf", "dimension": 1}, "dimension=1"),
    ],
)
def test_bad_settings(settings, match):
    with pytest.raises(BadInput, match=match):
        aw.pick.bmdal(np.eye(4), n=1, rng=0, **settings)
