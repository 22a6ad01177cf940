"""Scores and picks that know costs: cost embedding, candidate sets with their coverage, score per price."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.crowd import Candidates, calibrate
from askwise.kernels.conformal import best_eps, bits, nonconformity, set_sizes, threshold
from askwise.kernels.cost_embedding import cost_embedding
from askwise.pick import per_cost
from askwise.score import alce, alce_probs, candidate_set


def distances(cost):
    truth, decision = cost_embedding(np.asarray(cost, dtype=float))
    return np.linalg.norm(truth[:, None] - decision[None], axis=2)


@pytest.mark.parametrize("c", [2, 3, 6])
def test_equal_costs_are_a_simplex(c):
    found = distances(1 - np.eye(c))
    np.testing.assert_allclose(found, (1 - np.eye(c)) * math.sqrt(c / (c - 1)), atol=1e-3)


def test_distances_are_the_costs_where_that_is_possible():
    """Costs |i - j| lie on a line; any symmetric costs that are distances are met, up to the scale."""
    line = np.abs(np.arange(5)[:, None] - np.arange(5)[None])
    np.testing.assert_allclose(distances(line), line / math.sqrt((line**2).mean()), atol=0.01)
    points = np.random.default_rng(0).standard_normal((4, 3))
    cost = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.testing.assert_allclose(distances(cost), cost / math.sqrt((cost**2).mean()), atol=0.02)


def test_embedding_is_as_good_as_a_general_optimiser():
    from scipy.optimize import minimize

    cost = np.array([[0, 1, 4.0], [2, 0, 1], [5, 3, 0]])
    scaled = cost / math.sqrt((cost**2).mean())

    def stress(flat):
        points = flat.reshape(6, 3)
        return ((np.linalg.norm(points[:3, None] - points[None, 3:], axis=2) - scaled) ** 2).sum()

    starts = np.random.default_rng(1).standard_normal((10, 18))
    best = min(minimize(stress, start).fun for start in starts)
    assert ((distances(cost) - scaled) ** 2).sum() <= best + 1e-3


def test_asymmetric_costs_are_not_transposed():
    cost = np.array([[0.0, 10.0], [1.0, 0.0]])
    found = distances(cost)
    assert found[0, 1] > found[1, 0]


@pytest.mark.parametrize("seed", range(3))
def test_alce_against_its_definition(seed):
    rng = np.random.default_rng(seed)
    cost = rng.random((3, 3)) * (1 - np.eye(3))
    truth, decision = cost_embedding(cost)
    probs = rng.dirichlet(np.ones(3), 20)
    slow = [min(np.linalg.norm(p @ truth - z) for z in decision) for p in probs]
    np.testing.assert_allclose(alce_probs(probs, cost_matrix=cost), slow, atol=1e-7)

    from sklearn.kernel_ridge import KernelRidge

    E, L, y = rng.standard_normal((9, 4)), rng.standard_normal((12, 4)), rng.integers(0, 3, 12)
    y[:3] = [0, 1, 2]
    centre = truth[y].mean(0)
    ridge = KernelRidge(alpha=0.5, kernel="rbf", gamma=1 / (2 * L.var(0).sum())).fit(L, truth[y] - centre)
    slow = [min(np.linalg.norm(point - z) for z in decision) for point in ridge.predict(E) + centre]
    np.testing.assert_allclose(alce(E, L, y, cost_matrix=cost, alpha=0.5), slow, atol=1e-7)


def test_alce_with_equal_costs_of_two_classes_ranks_as_margin():
    p = np.linspace(0, 1, 21)
    probs = np.c_[p, 1 - p]
    np.testing.assert_allclose(alce_probs(probs), math.sqrt(2) * (0.5 - np.abs(p - 0.5)), atol=1e-5)


def test_alce_prefers_the_dear_confusion():
    cost = [[0, 1, 9], [1, 0, 9], [9, 9, 0]]
    cheap, dear = alce_probs(np.array([[0.5, 0.5, 0.0], [0.5, 0.0, 0.5]]), cost_matrix=cost)
    assert dear > cheap


def slow_threshold(values, eps):
    """The smallest value with at least (l + 1)(1 - eps) of the calibration values at or below it."""
    for value in sorted(values):
        if sum(v <= value for v in values) >= (len(values) + 1) * (1 - eps) - 1e-9:
            return value
    return math.inf


@pytest.mark.parametrize("seed", range(4))
def test_candidate_set_against_loops(seed):
    rng = np.random.default_rng(seed)
    c = int(rng.integers(2, 7))
    P, L, y = rng.dirichlet(np.ones(c), 25), rng.dirichlet(np.ones(c), 30), rng.integers(0, c, 30)
    values = [1 - L[i, y[i]] for i in range(30)]
    costs = []
    for eps in np.linspace(0, 0.98, 50):
        limit, total = slow_threshold(values, eps), 0.0
        for i in range(30):
            inside = [k for k in range(c) if 1 - L[i, k] <= limit] or list(range(c))
            total += math.log2(len(inside) + 1) + (0 if y[i] in inside else math.log2(c - len(inside)))
        costs.append(total / 30)
    eps = float(np.linspace(0, 0.98, 50)[int(np.argmin(np.round(costs, 12)))])
    assert best_eps(L, y) == pytest.approx(eps)
    limit, slow = slow_threshold(values, eps), []
    for row in P:
        k = sum(1 - p <= limit for p in row) or c
        bit = math.log2(k + 1) + eps * (math.log2(c - k) if k < c else 0.0)
        slow.append((1 - sum(p * math.log(p) for p in row)) ** 1.5 / bit)
    np.testing.assert_allclose(candidate_set(P, L, y, power=1.5), slow)
    rule = calibrate(L, y)
    np.testing.assert_allclose(candidate_set(P, L, y, eps=rule.eps, threshold=rule.threshold, power=1.5), slow)


def test_threshold_by_hand():
    """Of 9 values, eps 0.2: the ceil(10 x 0.8) = 8th; eps 0.05: the 10th, which is not there."""
    values = np.arange(1, 10) / 10
    assert threshold(values, 0.2) == 0.8 and threshold(values, 0.05) == math.inf and threshold(values, 0.9) == 0.1
    assert set_sizes(np.array([[0.7, 0.2, 0.1], [0.4, 0.3, 0.3]]), 0.35).tolist() == [1, 3]
    hit, miss = bits(np.array([1.0, 3.0]), 4)
    assert hit.tolist() == [1.0, 2.0] and miss.tolist() == [math.log2(3), 0.0]


@pytest.fixture(scope="module")
def digits():
    """Probabilities and truth of the digits that a model of 300 rows was not trained on."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    train, rest = order[:300], order[300:]
    return LogisticRegression(C=1e-4, max_iter=200).fit(X[train], y[train]).predict_proba(X[rest]), y[rest]


@pytest.mark.parametrize("eps", [0.05, 0.1, 0.3])
def test_coverage_on_random_labels_is_within_three_points(digits, eps):
    """300 random calibration rows, 20 splits: coverage is 1 - eps within 0.03, and answers cost less than log2(10)."""
    P, y = digits
    covered, cost = [], []
    for split in range(20):
        mix = np.random.default_rng(split).permutation(len(y))
        cal, new = mix[:300], mix[300:]
        rule = calibrate(P[cal], y[cal], eps=eps)
        # Where the set is empty all classes are shown; the promise is about the set as calibrated.
        covered.append((1 - P[new, y[new]] <= rule.threshold).mean())
        cost.append(calibrate(P[cal], y[cal]).bits(P[new], y[new]).mean())
    assert abs(np.mean(covered) - (1 - eps)) < 0.03
    assert np.mean(cost) < 0.6 * math.log2(10)


def test_candidates_for_the_page():
    rule = Candidates(0.5, 0.1)
    assert rule.sets(np.array([[0.5, 0.5, 0.0]])).tolist() == [[True, True, False]]
    assert rule.bits(np.array([[0.9, 0.05, 0.05]]), [1]).tolist() == [1 + 1]


@pytest.mark.parametrize("seed", range(3))
def test_per_cost_against_sorting(seed):
    rng = np.random.default_rng(seed)
    scores, costs = rng.integers(0, 4, 20) / 4, rng.integers(1, 4, 20).astype(float)
    got = per_cost(scores, costs, n=8, beta=0.5, rng=seed)
    rate = scores / costs**0.5
    assert len(set(got.tolist())) == 8 and np.sort(rate[got]).tolist() == np.sort(rate)[-8:].tolist()
    assert (np.diff(rate[got]) <= 0).all()


def test_per_cost_buys_more_score_for_the_money():
    """Under one budget, rows by rate hold at least the total score of rows by score, and the best there is nearly."""
    rng = np.random.default_rng(0)
    scores, costs = rng.random(12), rng.random(12) * 3 + 0.5
    value = {}
    for name, order in (("rate", per_cost(scores, costs, n=12)), ("score", np.argsort(-scores))):
        spent = np.cumsum(costs[order]) <= 6.0
        value[name] = scores[order][spent].sum()
    best = max(
        scores[list(s)].sum()
        for k in range(13)
        for s in itertools.combinations(range(12), k)
        if costs[list(s)].sum() <= 6
    )
    assert value["rate"] > value["score"] and value["rate"] > 0.85 * best


def test_per_cost_over_margin_by_select():
    P, costs = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]]), np.array([4.0, 1.0, 1.0])
    strategy = aw.Strategy("margin", pick=per_cost.using(zero=-1.0))
    assert aw.select(3, strategy, probs=P, costs=costs).rows.tolist() == [1, 0, 2]
    with pytest.raises(BadInput, match="margin: -1"):
        aw.select(1, aw.Strategy("margin", pick="per_cost"), probs=P, costs=costs)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: per_cost(np.ones(2), np.array([1.0, 0.0]), n=1), "costs holds 0.0"),
        (lambda: alce_probs(np.full((2, 2), 0.5), cost_matrix=np.eye(3)), "3 classes"),
        (lambda: alce_probs(np.full((2, 2), 0.5), cost_matrix=[[0, -1], [1, 0]]), ">= 0"),
        (lambda: alce_probs(np.full((2, 2), 0.5), cost_matrix=np.zeros((2, 2))), "zeros only"),
        (lambda: alce(np.ones((2, 1)), np.ones((1, 1)), np.array([2]), cost_matrix=1 - np.eye(2)), "up to 2"),
        (lambda: candidate_set(*[np.full((2, 2), 0.5)] * 2, np.array([0, 1]), threshold=0.5), "without eps"),
        (lambda: candidate_set(*[np.full((2, 2), 0.5)] * 2, np.array([0, 2])), "no class of 2"),
        (lambda: nonconformity(np.zeros((0, 2)), []), "at least"),
        (lambda: calibrate([[0.5, 0.5]], [0], eps=1.0), "eps=1.0"),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)
