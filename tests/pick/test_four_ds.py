"""4DS: each of its criteria in turn, and its weights as printed."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.kernels.mixture import fit_mixture, standardised
from askwise.pick.four_ds import _follows, _weights


def taken_of(L, P):
    return Taken({"embeddings": L, "probs": P}, np.zeros(len(L), dtype=bool))


def blobs():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 0.5, (60, 2)), rng.normal(8, 0.5, (30, 2))])
    p = np.clip(rng.normal(0.8, 0.1, 90), 0.5, 0.99)
    return X, np.column_stack([p, 1 - p])


def test_weights_sum_to_one_and_follow_the_distribution_first():
    first, density = np.array([0.9, 0.7]), np.array([0.5, 1.0])
    assert _weights(1.0, 0.0, first, density, True) == (0.0, 0.0, 1.0, 0.0)
    a, b, r, s = _weights(0.2, 0.3, first, density, False)
    assert (a, r, s) == (pytest.approx(0.5 * 0.8), 0.2, 0.3) and a + b + r + s == pytest.approx(1)
    a, b, r, s = _weights(0.5, 0.0, first, density, True)
    assert a == pytest.approx(0.5 * (0.1 * 0.5 + 0.3 * 1.0) / 2) and a + b + r + s == pytest.approx(1)
    assert sum(_weights(0.9, 0.4, first, density, False)) == pytest.approx(1)


def test_q_by_hand():
    # Weights 3/4 and 1/4; one row of the first seen. A row of the second makes 1/2 and 1/2: 1/4 is missing.
    belongs = np.eye(2)
    got = _follows(belongs, np.array([1.0, 0.0]), 1, np.array([0.75, 0.25]))
    np.testing.assert_allclose(got, [0.75, 0.75])
    got = _follows(belongs, np.array([3.0, 0.0]), 3, np.array([0.75, 0.25]))
    np.testing.assert_allclose(got, [0.75, 1.0])


def test_labels_follow_the_pool():
    X, P = blobs()
    got = aw.pick.four_ds(P, X, n=9, rng=0, components=2, diversity=0.0)
    assert (got < 60).sum() == 6
    # All labels in the small blob: the next batch begins in the large one.
    held = taken_of(X[60:70], P[60:70])
    after = aw.pick.four_ds(P, X, n=3, rng=0, components=2, diversity=0.0, taken=held)
    assert (after < 60).all()


def test_a_slow_loop_chooses_the_same():
    X, P = blobs()
    L = X[[0, 61]] + 0.1
    everything = standardised(np.concatenate([X, L]))
    from askwise.core.noise import as_noise

    model = fit_mixture(everything, 3, as_noise(5, 90).generator("four_ds"))
    R, phi = model.predict_proba(everything), model.weights_

    def unit(v):
        return (v - v.min()) / (v.max() - v.min())

    D, F = unit(np.log((P.max(1) + 1e-5) / (P.min(1) + 1e-5))), unit(model.score_samples(everything[:90]))
    rho = min(1, np.abs(phi - R[90:].mean(0)).sum())
    chosen: list[int] = []
    for slot in range(5):
        a, b, r, lam = _weights(rho, 0.2 if slot else 0.0, P.max(1), F, slot == 0)
        value = []
        for i in range(90):
            mean = R[[*range(90, 92), *chosen, i]].mean(0)
            near = [np.exp(-((everything[i] - everything[j]) ** 2).mean() / 2) for j in chosen]
            value.append((a * (1 - D[i]) + b * F[i] + r * (1 - np.maximum(phi - mean, 0).sum()), near))
        V = unit(np.array([-np.log(np.mean(near) + 1e-5) for _, near in value])) if slot else np.zeros(90)
        total = np.array([v for v, _ in value]) + lam * V
        total[chosen] = -9
        chosen.append(int(np.argmax(np.round(total, 9))))
    got = aw.pick.four_ds(P, X, n=5, rng=5, components=3, taken=taken_of(L, P[:2]))
    assert got.tolist() == chosen


@pytest.mark.parametrize(
    ("settings", "match"), [({"components": 0}, "components=0"), ({"diversity": 1.5}, "diversity=1.5")]
)
def test_bad_settings(settings, match):
    with pytest.raises(BadInput, match=match):
        aw.pick.four_ds(np.full((3, 2), 0.5), np.eye(3), n=1, rng=0, **settings)
