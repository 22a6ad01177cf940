"""BatchBALD against the enumerated joint entropy, ICAL against traces, lazy greedy against looking at every row."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise
from askwise.kernels.joint import Joint, mean_entropies
from askwise.kernels.lazy import lazy_greedy


def information(P) -> float:
    """I(y_1..y_b; draw) of rows P (b, k, c) by enumeration of all labels."""
    b, k, c = P.shape
    joint = [
        np.mean([np.prod([P[i, j, y[i]] for i in range(b)]) for j in range(k)]) for y in product(range(c), repeat=b)
    ]
    entropy = -sum(q * np.log(q) for q in joint if q > 0)
    return float(entropy + np.where(P > 0, P * np.log(np.where(P > 0, P, 1)), 0).sum() / k)


def four_points():
    """The unit test of BlackHC/batchbald_redux: four rows, 20 draws, 4 classes."""
    ends = [([0.7, 0.1, 0.1, 0.1], [0.3, 0.3, 0.2, 0.2]), ([0.1, 0.7, 0.1, 0.1], [0.2, 0.3, 0.3, 0.2])]
    ends += [([0.1, 0.1, 0.7, 0.1], [0.2, 0.2, 0.3, 0.3]), ([0.1, 0.1, 0.1, 0.7], [0.3, 0.2, 0.2, 0.3])]
    mix = np.linspace(0, 1, 20)[:, None]
    return np.array([(1 - mix) * np.array(a) + mix * np.array(b) for a, b in ends])


def problem(seed: int):
    rng = np.random.default_rng(seed)
    m, k, c = int(rng.integers(2, 7)), int(rng.integers(1, 5)), int(rng.integers(2, 4))
    P = rng.dirichlet(np.full(c, 0.5), (m, k))
    if seed % 3 == 0:
        P = np.eye(c)[P.argmax(-1)]
    if seed % 4 == 0:
        P[m // 2 :] = P[0]
    return P, int(rng.integers(1, min(m, 4) + 1))


def test_the_published_unit_test():
    P = four_points()
    for seed in range(4):
        got = aw.pick.batch_bald(P, n=4, rng=seed)
        values = [information(P[got[: b + 1]]) for b in range(4)]
        np.testing.assert_allclose(values, [0.030716, 0.059620, 0.086911, 0.112753], atol=5e-7)


@pytest.mark.parametrize("seed", range(30))
def test_each_pick_adds_most(seed):
    P, n = problem(seed)
    got = aw.pick.batch_bald(P, n=n, rng=seed).tolist()
    for b in range(n):
        values = [information(P[[*got[:b], i]]) for i in range(len(P)) if i not in got[:b]]
        assert information(P[got[: b + 1]]) >= max(values) - 1e-9


def test_pending_rows_are_the_first_of_the_batch():
    P = four_points()
    copies = np.concatenate([P[:1], P])
    out = Taken({"samples": P[:1]}, np.array([True]))
    assert aw.pick.batch_bald(copies, n=3, rng=0, taken=out).tolist() != [0, 1]
    first = aw.pick.batch_bald(copies, n=1, rng=0, taken=out)[0]
    values = [information(np.stack([P[0], row])) for row in copies]
    assert values[first] == pytest.approx(max(values))
    done = Taken({"samples": P[:1]}, np.array([False]))
    assert (
        aw.pick.batch_bald(copies, n=3, rng=0, taken=done).tolist() == aw.pick.batch_bald(copies, n=3, rng=0).tolist()
    )


def test_drawn_configurations_come_near_the_exact_gains():
    P = np.random.default_rng(0).dirichlet(np.ones(3), (6, 8))
    generator = np.random.default_rng(1)
    exact, drawn = Joint.empty(8), [Joint.empty(8) for _ in range(40)]
    for row in P[:4]:
        exact = exact.extend(row, 10**6, generator)
        drawn = [one.extend(row, 20, generator) for one in drawn]
    assert len(exact.weights) == 3**4
    assert max(len(one.weights) for one in drawn) <= 20
    gain = information(P[[0, 1, 2, 3, 5]]) - information(P[:4])
    assert exact.gains(P[5:], mean_entropies(P[5:]))[0] == pytest.approx(gain, abs=1e-12)
    means = np.mean([one.gains(P[4:], mean_entropies(P[4:])) for one in drawn], axis=0)
    np.testing.assert_allclose(means, exact.gains(P[4:], mean_entropies(P[4:])), atol=0.01)


def test_information_never_exceeds_what_the_draws_can_tell(caplog):
    P = np.eye(2)[np.random.default_rng(0).integers(0, 2, (30, 4))]
    got = aw.pick.batch_bald(P, n=20, rng=0, configurations=8)
    assert len(set(got.tolist())) == 20
    assert "2 of 20 rows tell all that 4 draws can (1.39 nats)" in caplog.text
    alone = Joint.empty(4).gains(P, mean_entropies(P))
    assert (np.diff(alone[got[2:]]) <= 1e-12).all()
    state = Joint.empty(4)
    total = 0.0
    for row in got:
        total += state.gains(P[row : row + 1], mean_entropies(P[row : row + 1]))[0]
        state = state.extend(P[row], 8, np.random.default_rng(0))
    assert total == pytest.approx(np.log(4))


def test_bad_settings():
    with pytest.raises(BadInput, match="configurations=0"):
        aw.pick.batch_bald(four_points(), n=1, rng=0, configurations=0)
    with pytest.raises(BadInput, match="two draws"):
        aw.pick.ical(four_points()[:, :1], n=1, rng=0)
    with pytest.raises(BadInput, match="reference=0"):
        aw.pick.ical(four_points(), n=1, rng=0, reference=0)


@pytest.mark.parametrize("seed", range(20))
def test_ical_by_traces(seed):
    from askwise.pick.ical import _draw_labels

    P, n = problem(seed)
    P = P if P.shape[1] > 1 else np.repeat(P, 2, axis=1)
    m, k, _ = P.shape
    noise = as_noise(seed, m)
    labels = _draw_labels(P, noise)
    K = np.array([[[float(row[a] == row[b]) for b in range(k)] for a in range(k)] for row in labels])
    C = np.eye(k) - 1 / k
    generator = noise.generator("ical")
    got = aw.pick.ical(P, n=n, rng=seed, reference=3).tolist()
    for b in range(n):
        B = K[generator.choice(m, min(3, m), replace=False)].mean(0)
        values = [np.trace(K[[*got[:b], i]].mean(0) @ C @ B @ C) / (k - 1) ** 2 for i in range(m)]
        rest = [values[i] for i in range(m) if i not in got[:b]]
        assert values[got[b]] >= max(rest) - 1e-9


def test_ical_draws_labels_from_the_probabilities():
    from askwise.pick.ical import _draw_labels

    P = np.tile([0.2, 0.0, 0.8], (4000, 2, 1))
    labels = _draw_labels(P, as_noise(0, 4000))
    np.testing.assert_allclose(np.bincount(labels.ravel(), minlength=3) / 8000, [0.2, 0, 0.8], atol=0.02)


@pytest.mark.parametrize("seed", range(30))
def test_lazy_greedy_is_greedy(seed):
    """Weighted coverage of random sets, with ties: the picks of a greedy that looks at every row."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 80))
    sets = rng.random((m, 12)) < 0.3
    weights = rng.integers(1, 3, 12).astype(float)
    wanted: list[int] = []
    for _ in range(m):
        seen = sets[wanted].any(axis=0)
        gains = [-1.0 if i in wanted else float(weights[sets[i] & ~seen].sum()) for i in range(m)]
        wanted.append(int(np.argmax(gains)))
    seen = np.zeros(12, dtype=bool)
    looked: list[int] = []

    def look(rows):
        looked.extend(rows.tolist())
        return (sets[rows] & ~seen) @ weights

    def accept(row):
        seen[sets[row]] = True

    got = lazy_greedy(m, np.full(m, np.inf), look, accept)
    assert got.tolist() == wanted
