"""DCoM, mixtures, kMQ, SeedAL, DEUCE, EV-GP and PCoreSet against loops over their definitions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import as_noise
from askwise.kernels.cluster import k_means
from askwise.kernels.mixture import refine, standardised
from askwise.kernels.purity import own_squares
from askwise.pick.dcom import competence
from askwise.pick.kmq import _draw, _mean_loss


def taken_of(pending=False, **evidence):
    size = len(next(iter(evidence.values())))
    return Taken(evidence, np.full(size, pending)) if size else Taken()


def small(seed: int):
    rng = np.random.default_rng(seed)
    m, known = int(rng.integers(2, 12)), int(rng.integers(0, 4))
    X, L = rng.integers(-4, 5, (m, 2)).astype(float), rng.integers(-4, 5, (known, 2)).astype(float)
    X[: m // 3] = X[0]
    return rng, X, L, rng.integers(0, 3, known), int(rng.integers(1, m + 1))


# ---- DCoM -------------------------------------------------------------------------------------------------------


def slow_radius(X, predicted, x, label, purity, largest):
    """The square of the largest of all radii at which the ball changes, tried from the largest down."""
    away = ((X - x) ** 2).sum(1)
    for radius in sorted({largest**2, *(d for d in away if d < largest**2)}, reverse=True):
        inside = away < radius
        if (1 + (predicted[inside] == label).sum()) / (1 + inside.sum()) >= purity:
            return radius
    raise AssertionError("an empty ball is pure")


def slow_dcom(P, X, L, y, n, delta):
    away = ((X[:, None] - X[None]) ** 2).sum(-1)
    to_labels = ((X[:, None] - L[None]) ** 2).sum(-1)
    squares, covered = [], np.zeros(len(X), dtype=bool)
    if len(L):
        purity = 0.4 + 0.2 * (to_labels < delta**2).any(1).mean()
        squares = [slow_radius(X, P.argmax(1), x, c, purity, 1.5 * delta) for x, c in zip(L, y, strict=True)]
        covered = (to_labels < np.array(squares)).any(1)
    mean = np.sqrt(squares).mean() if len(L) else delta
    C = covered.mean()
    S = (1 + np.exp(-30 * 0.1)) / (1 + np.exp(-30 * (C - 0.9)))
    top = np.sort(P, axis=1)
    doubt = scaled(top[:, -2] - top[:, -1])
    chosen = []
    for _ in range(n):
        gains = ((away < mean**2) & ~covered).sum(1)
        value = np.round(S * doubt + (1 - S) * scaled(gains), 9)
        value[chosen] = -1
        chosen.append(int(np.argmax(value)))
        covered |= away[chosen[-1]] < mean**2
    return chosen


def scaled(v):
    return (v - v.min()) / (v.max() - v.min()) if v.max() > v.min() else np.zeros(len(v))


@pytest.mark.parametrize("seed", range(60))
def test_dcom_is_its_definition(seed):
    rng, X, L, y, n = small(seed)
    P = rng.dirichlet(np.ones(3), size=len(X))
    got = aw.pick.dcom(P, X, L, y.astype(float), n=n, rng=0, delta=2.5)
    assert got.tolist() == slow_dcom(P, X, L, y, n, 2.5)


def test_a_ball_grows_to_its_purity():
    X, predicted = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([0, 1, 0, 0])
    zero = np.zeros((1, 1))
    # 1 of 1, 2 of 2, 2 of 3, 3 of 4 and 4 of 5 are of class 0 (the labelled row among them).
    assert own_squares(X, predicted, zero, np.array([0]), 0.9, 9.0).tolist() == [4.0]
    assert own_squares(X, predicted, zero, np.array([0]), 0.8, 9.0).tolist() == [81.0]
    assert own_squares(X, predicted, zero, np.array([0]), 0.7, 3.5).tolist() == [12.25]


def test_dcom_moves_from_coverage_to_margin():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 0.3, (60, 2)), rng.normal(5, 0.3, (60, 2))])
    p = np.clip(0.5 + 0.09 * (X[:, 0] - 2.5) + rng.normal(0, 0.02, 120), 0.05, 0.95)
    P = np.column_stack([1 - p, p])
    assert aw.pick.dcom(P, X, n=2, rng=0, delta=1.5).tolist() == aw.pick.prob_cover(X, n=2, rng=0, delta=1.5).tolist()
    L, y = np.array([[0.0, 0.0], [5.0, 5.0]]), np.array([0.0, 1.0])
    assert aw.pick.dcom(P, X, L, y, n=1, rng=0, delta=1.5)[0] == np.argmin(abs(p - 0.5))
    assert competence(1.0, 30.0, 0.9) == 1.0


# ---- mixtures and kMQ -------------------------------------------------------------------------------------------


def test_gmm_takes_the_heart_of_each_component():
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(0, 0.2, (100, 2)), rng.normal((8, 0), 2.0, (60, 2))])
    first, second = aw.pick.gmm(X, n=2, rng=0)
    assert np.linalg.norm(X[first]) < 0.1 and np.linalg.norm(X[second] - (8, 0)) < 0.8
    # A labelled row in the first blob: the second comes first.
    with_label = aw.pick.gmm(X, n=1, rng=0, taken=taken_of(embeddings=np.zeros((1, 2))))
    assert X[with_label[0], 0] > 4


def test_gmm_ranks_by_the_density_of_the_component():
    """Rows in a long thin cloud: off the long axis counts for more than along it."""
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(3)
    # Two columns that k-means and the scaling see alike, of very unlike spread inside each component.
    X = np.concatenate([rng.normal((0, 0), (0.05, 2.0), (60, 2)), rng.normal((6, 4), (2.0, 0.05), (40, 2))])
    scaled = standardised(X)
    noise = as_noise(0, 100)
    centres, labels = k_means(scaled.astype(np.float32), 2, noise.generator("gmm"))
    model = refine(scaled, centres, labels, int(noise.generator("gmm/fit").integers(2**31)))
    wanted = []
    for c in np.argsort(-model.weights_):
        density = multivariate_normal(model.means_[c], np.diag(model.covariances_[c])).logpdf(scaled)
        density[wanted] = -np.inf
        wanted.append(int(np.argmax(density)))
    assert aw.pick.gmm(X, n=2, rng=0).tolist() == wanted
    round_balls = [int(np.argmin(((scaled - model.means_[c]) ** 2).sum(1))) for c in np.argsort(-model.weights_)]
    assert round_balls != wanted


@pytest.mark.parametrize("seed", range(20))
def test_gmm_with_few_rows_is_k_means_on_scaled_features(seed):
    _, X, L, _, n = small(seed)
    everything = np.concatenate([X, L])
    width = everything.std(0)
    scale = (everything - everything.mean(0)) / np.where(width > 0, width, 1)
    got = aw.pick.gmm(X, n=n, rng=seed, taken=taken_of(embeddings=L))
    assert sorted(got.tolist()) == sorted(set(got.tolist())) and len(got) == n
    if n == len(np.unique(X, axis=0)) and len(L) == 0:
        assert len(np.unique(scale[got], axis=0)) == n


def test_kmq_weighs_clusters_by_the_softmax_of_their_loss():
    p, y = np.array([[0.5, 0.5], [0.125, 0.875], [0.25, 0.75]]), np.array([0, 0, 1])
    losses = _mean_loss(np.array([0, 1, 1]), p, y, 3)
    wanted = [np.log(2), (np.log(8) - np.log(0.75)) / 2, (np.log(2) + np.log(8) - np.log(0.75)) / 3]
    np.testing.assert_allclose(losses, wanted)
    # Weights 2 and 8, whatever the sizes; a cluster that is used up is not drawn any more.
    owner = np.repeat([0, 1], [90, 10])
    first = [owner[_draw(owner, np.array([2.0, 8.0]), 1, as_noise(seed, 100))[0]] for seed in range(1500)]
    assert abs(np.mean(first) - 0.8) < 0.04
    assert sorted(_draw(owner, np.array([0.0, 1.0]), 100, as_noise(0, 100)).tolist()) == list(range(100))


def test_kmq_asks_where_the_model_is_wrong():
    X = np.repeat(np.array([[0.0], [10.0]]), 50, axis=0)
    L, y, p = np.array([[0.0], [10.0]]), np.array([0.0, 0.0]), np.array([[0.9, 0.1], [0.1, 0.9]])
    sharp = aw.pick.kmq(X, L, p, y, n=20, rng=0, clusters=2, temperature=0.05)
    assert (X[sharp] == 10.0).all()
    # Without labels: by size.
    assert 2 <= (X[aw.pick.kmq(X, n=20, rng=0, clusters=2)] == 10.0).sum() <= 18
    with pytest.raises(BadInput, match="clusters=0"):
        aw.pick.kmq(X, n=1, rng=0, clusters=0)


# ---- SeedAL -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_seed_al_finds_the_best_batch_within_the_budget(seed):
    rng, X, L, _, n = small(seed)
    costs = rng.integers(1, 5, len(X)).astype(float)
    budget = float(np.sort(costs)[:n].sum() + rng.integers(0, 4))
    away = np.sqrt(((X[:, None] - X[None]) ** 2).sum(-1))
    alone = np.sqrt(((X[:, None] - L[None]) ** 2).sum(-1)).sum(1)

    def value(batch):
        batch = list(batch)
        return away[np.ix_(batch, batch)].sum() / 2 + alone[batch].sum()

    best = max(value(b) for b in combinations(range(len(X)), n) if costs[list(b)].sum() <= budget)
    got = aw.pick.seed_al(X, costs, n=n, rng=0, budget=budget, nodes=1000, taken=taken_of(embeddings=L))
    assert len(set(got.tolist())) == n and costs[got].sum() <= budget
    assert value(got) == pytest.approx(best, abs=1e-6)


def test_seed_al_refuses_a_budget_that_pays_for_nobody():
    with pytest.raises(BadInput, match=r"budget=3\.0 does not pay for 2 rows, the cheapest of which cost 4"):
        aw.pick.seed_al(np.eye(3), np.array([2.0, 2.0, 3.0]), n=2, rng=0, budget=3.0)
    with pytest.raises(BadInput, match="edges=0"):
        aw.pick.seed_al(np.eye(3), n=2, rng=0, edges=0)


def test_seed_al_without_room_to_solve_is_greedy():
    X = np.random.default_rng(0).standard_normal((60, 3))
    greedy = aw.pick.seed_al(X, n=12, rng=0, edges=50)
    assert sorted(greedy.tolist()) == sorted(aw.pick.disparity(X, n=12, rng=0).tolist())


# ---- DEUCE ------------------------------------------------------------------------------------------------------


def slow_deuce_values(P, X, k, r):
    """Mutual neighbours by sorting all cosines; one step along the edges, row by row."""

    def cosines(A):
        length = np.linalg.norm(A, axis=1, keepdims=True)
        U = A / np.where(length > 0, length, 1)
        return np.round(U @ U.T, 12)

    def near(A):
        S = cosines(A)
        lists = [np.lexsort((np.arange(len(A)), -S[i]))[: k + 1] for i in range(len(A))]
        one = np.array([[j in lists[i] and j != i for j in range(len(A))] for i in range(len(A))])
        return one & one.T

    graph = near(X) | near(P)
    W = graph * np.maximum(cosines(X), 0) * cosines(P)
    u = -(P * np.log(P)).sum(1)
    total = W.sum(1)
    return np.array([(1 - r) * u[i] + r * (W[i] @ u / total[i] if total[i] > 0 else u[i]) for i in range(len(u))])


@pytest.mark.parametrize("seed", range(30))
def test_deuce_begins_with_the_largest_spread_doubt_of_the_largest_part(seed):
    rng = np.random.default_rng(seed)
    X, P = rng.integers(-3, 4, (15, 3)).astype(float), rng.dirichlet(np.ones(3), 15)
    got = aw.pick.deuce(P, X, n=15, rng=0, neighbours=14)
    # With every row a neighbour of every other there is one part, and the first row has the largest value.
    value = slow_deuce_values(P, X, 14, 0.5)
    assert value[got[0]] == pytest.approx(value.max(), abs=1e-8)
    few = aw.pick.deuce(P, X, n=15, rng=0, neighbours=2)
    assert sorted(few.tolist()) == list(range(15))


def test_deuce_takes_a_row_of_each_part():
    angles = np.array([0.0, 0.01, 0.02, 2.0, 2.01, 2.02, 4.0, 4.01, 4.02])
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    P = np.repeat(np.eye(3) * 0.7 + 0.1, 3, axis=0)
    P[4] = [0.34, 0.33, 0.33]
    got = aw.pick.deuce(P, X, n=3, rng=0, neighbours=2)
    assert sorted((got // 3).tolist()) == [0, 1, 2]
    held = taken_of(embeddings=X[[4]], probs=P[[4]])
    after = aw.pick.deuce(P, X, n=3, rng=0, neighbours=2, taken=held)
    assert sorted((after // 3).tolist()) == [0, 1, 2]
    with pytest.raises(BadInput, match="spread=2"):
        aw.pick.deuce(P, X, n=1, rng=0, spread=2.0)


# ---- EV-GP and PCoreSet -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_ev_gp_lowers_the_mean_posterior_variance_the_most(seed):
    _, X, L, _, n = small(seed)
    s = 0.01 * ((X**2).sum(1).mean() or 1.0)
    chosen: list[int] = []

    def variance(batch):
        S = np.concatenate([L, X[batch]])
        everything = np.concatenate([X, L])
        K = everything @ S.T
        inner = np.linalg.inv(S @ S.T + s * np.eye(len(S))) if len(S) else np.zeros((0, 0))
        return (everything**2).sum() - np.einsum("ij,jk,ik->", K, inner, K)

    got = aw.pick.ev_gp(X, n=n, rng=0, noise=0.01, taken=taken_of(embeddings=L))
    for i in got:
        best = min(variance([*chosen, j]) for j in range(len(X)) if j not in chosen)
        assert variance([*chosen, int(i)]) == pytest.approx(best, rel=1e-6, abs=1e-6)
        chosen.append(int(i))


def test_p_core_set_is_k_center_on_predictions():
    P = np.random.default_rng(0).dirichlet(np.ones(4), 40)
    held = np.random.default_rng(1).dirichlet(np.ones(4), 5)
    got = aw.pick.p_core_set(P, n=8, rng=0, taken=taken_of(probs=held))
    assert got.tolist() == aw.pick.k_center(P, n=8, rng=0, taken=taken_of(embeddings=held)).tolist()


# ---- settings of older picks, and the score ---------------------------------------------------------------------


def test_typiclust_the_other_way_round():
    X = np.array([[0.0], [2.0], [3.0], [50.0], [51.0], [53.0], [55.0]])
    assert aw.pick.typiclust(X, n=2, rng=0, min_size=1, direction="atypical").tolist() == [6, 0]
    with pytest.raises(BadInput, match="direction='typicl'"):
        aw.pick.typiclust(X, n=2, rng=0, direction="typicl")


def test_herding_with_the_bandwidth_of_the_labels():
    X, scores = np.random.default_rng(0).standard_normal((50, 2)), np.random.default_rng(1).random(50)
    held = np.array([[0.0, 0.0], [0.0, 0.5], [3.0, 4.0], [0.0, 0.0]])
    herd = aw.pick.uncertainty_herding
    for known, width in ((held, 0.5), (held[:1], None), (held[[0, 3]], None)):
        settings = {"n": 6, "rng": 0, "taken": taken_of(embeddings=known)}
        assert (
            herd(scores, X, bandwidth="labelled", **settings).tolist()
            == herd(scores, X, bandwidth=width, **settings).tolist()
        )
    with pytest.raises(BadInput, match="bandwidth='labels'"):
        herd(scores, X, n=1, rng=0, bandwidth="labels")


@pytest.mark.parametrize("seed", range(10))
def test_relative_distance_ranks_first_what_k_center_picks(seed):
    rng = np.random.default_rng(seed)
    X, L = rng.standard_normal((30, 3)), rng.standard_normal((4, 3))
    far = aw.score.relative_distance(X, L)
    np.testing.assert_allclose(far, np.sqrt(((X[:, None] - L[None]) ** 2).sum(-1)).min(1))
    assert np.argmax(far) == aw.pick.k_center(X, n=1, rng=0, taken=taken_of(embeddings=L))[0]
    with pytest.raises(BadInput, match="0 labelled rows"):
        aw.score.relative_distance(X, L[:0])
