"""Comparisons over data sets: worked numbers, enumeration, and error rates by simulation."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from askwise.core.errors import BadInput
from askwise.lab.compare import compare, holm, seeds_needed, signed_rank, spread, win_tie_loss
from askwise.lab.ranking import cliques, different, friedman, penalties, ranking, ranks
from askwise.lab.scores import Scores


def scores_of(values: np.ndarray) -> Scores:
    s, b, _ = values.shape
    return Scores(tuple(f"s{i}" for i in range(s)), tuple(f"d{i}" for i in range(b)), values)


def test_runs_are_placed_by_name_and_paired_by_seed():
    scores = Scores.of(
        [
            ("a", "iris", 7, 0.9),
            ("b", "iris", 7, 0.7),
            ("a", "iris", 3, 0.5),
            ("b", "wine", 3, 0.4),
            ("a", "wine", 3, 0.6),
        ]
    )
    assert (scores.strategies, scores.blocks) == (("a", "b"), ("iris", "wine"))
    assert [gap.round(9).tolist() for gap in scores.pairs("a", "b")] == [[0.2], [0.2]]
    # Seed 3 of iris lacks b, so it counts for neither.
    np.testing.assert_allclose(scores.means(), [[0.9, 0.6], [0.7, 0.4]])


def test_a_block_that_a_strategy_never_ran_is_left_out_of_complete():
    scores = Scores.of([("a", "iris", 0, 0.9), ("b", "iris", 0, 0.8), ("a", "wine", 0, 0.7)])
    blocks, means = scores.complete()
    assert blocks == ("iris",)
    assert means.tolist() == [[0.9], [0.8]]
    assert scores.only(["b"]).strategies == ("b",)


def test_bad_scores_are_refused():
    with pytest.raises(BadInput, match="given twice"):
        Scores.of([("a", "iris", 0, 0.9), ("a", "iris", 0, 0.8)])
    with pytest.raises(BadInput, match="no run to compare"):
        Scores.of([])
    with pytest.raises(BadInput, match=r"no run of strategy 'margn'\. Did you mean 'margin'"):
        Scores.of([("margin", "iris", 0, 0.9)]).index("margn")
    with pytest.raises(BadInput, match="must be"):
        Scores(("a",), ("x",), np.zeros((2, 1, 1)))
    only_a, only_b = [("a", "iris", 0, 0.9)], [("b", "wine", 0, 0.9)]
    with pytest.raises(BadInput, match="no data set and seed in common"):
        compare(Scores.of(only_a + only_b), "b")


def enumerated(gaps: np.ndarray) -> float:
    """Exact two-sided p of the signed-rank test, by all sign patterns; gaps without ties."""
    order = np.argsort(np.abs(gaps)).argsort() + 1
    seen = order[gaps > 0].sum()
    sums = np.array(
        [sum(r for r, plus in zip(order, signs, strict=True) if plus) for signs in product((0, 1), repeat=len(gaps))]
    )
    return min(1.0, 2 * min((sums <= seen).mean(), (sums >= seen).mean()))


def test_signed_rank_is_the_enumeration_on_small_samples():
    generator = np.random.default_rng(0)
    for _ in range(60):
        gaps = generator.normal(0.3, 1, size=generator.integers(2, 9))
        assert signed_rank(gaps)[0] == pytest.approx(enumerated(gaps))


def test_signed_rank_without_any_difference():
    assert signed_rank(np.zeros(6)) == (1.0, 0.0)
    assert signed_rank(np.array([0.1 + 0.2 - 0.3, 0.0])) == (1.0, 0.0)  # rounding is no difference
    assert signed_rank(np.ones(8))[1] == 1.0


def test_holm_is_its_definition():
    generator = np.random.default_rng(1)
    for _ in range(50):
        p = generator.random(generator.integers(1, 8)) ** 3
        order = sorted(range(len(p)), key=lambda i: p[i])
        by_hand, running = np.empty(len(p)), 0.0
        for step, i in enumerate(order):
            running = max(running, (len(p) - step) * p[i])
            by_hand[i] = min(1.0, running)
        np.testing.assert_allclose(holm(p), by_hand)
    assert holm([]).size == 0


def test_seeds_needed_gives_the_power_by_simulation():
    generator = np.random.default_rng(2)
    gaps = generator.normal(0.0, 0.02, size=40)
    need = seeds_needed(gaps, 0.01)
    drawn = generator.normal(0.01, gaps.std(ddof=1), size=(20_000, need))
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / np.sqrt(need))
    from scipy.stats import t as student

    assert (np.abs(t) > student.ppf(0.975, need - 1)).mean() == pytest.approx(0.8, abs=0.02)
    assert seeds_needed(np.zeros(3), 0.01) == 2  # no spread at all
    for bad in (np.zeros(1), gaps):
        with pytest.raises(BadInput, match="a difference other than zero"):
            seeds_needed(bad, 0.0)


def test_a_true_difference_is_found_and_its_sentence_says_so():
    generator = np.random.default_rng(3)
    base = generator.normal(0.8, 0.1, size=(1, 12, 6))
    values = np.concatenate([base + 0.02 + generator.normal(0, 0.005, size=(1, 12, 6)), base, base - 0.02])
    better, same = compare(scores_of(values), "s1", ["s0", "s2"])
    assert (better.verdict(), same.verdict()) == ("better", "worse")
    assert better.blocks == (12, 0, 0)
    assert better.units == 12
    assert better.effect == 1.0
    assert better.sentence("accuracy").startswith("s0 is better than s1 in accuracy: +0.0")
    assert better.sentence("accuracy").endswith("p < 0.001 over 12 settings)")


def test_equal_strategies_are_not_told_apart():
    generator = np.random.default_rng(4)
    accused = 0
    for _ in range(150):
        values = generator.normal(0.8, 0.05, size=(3, 10, 5))
        accused += any(one.verdict() != "unclear" for one in compare(scores_of(values), "s0"))
    assert accused / 150 <= 0.09  # at most 5 % by Holm, plus what 150 trials may add


def test_one_data_set_is_compared_over_its_seeds():
    values = np.array([[[0.9, 0.8, 0.9, 0.85, 0.9, 0.95]], [[0.8, 0.7, 0.8, 0.75, 0.8, 0.85]]])
    (found,) = compare(scores_of(values), "s1")
    assert (found.units, found.p, found.verdict()) == (6, 2 / 64, "better")
    assert "6 seeds of one data set" in found.sentence("accuracy")


def test_interval_over_blocks_and_seeds_covers():
    generator = np.random.default_rng(5)
    inside = 0
    for i in range(200):
        effects = generator.normal(0.01, 0.02, size=12)
        found = spread([effect + generator.normal(0, 0.02, size=5) for effect in effects], draws=400, seed=i)
        inside += found.low <= 0.01 <= found.high
    assert 0.9 <= inside / 200 <= 1.0


def test_few_seeds_win_nothing():
    assert win_tie_loss([np.full(4, 0.5), np.full(5, -0.5)]) == (0, 1, 1)


def test_friedman_is_that_of_ranks():
    generator = np.random.default_rng(6)
    means = generator.random((4, 9))
    mean_ranks = ranks(means).mean(axis=1)
    chi2 = friedmanchisquare(*means).statistic
    from scipy.stats import f

    assert friedman(mean_ranks, 9) == pytest.approx(f.sf(8 * chi2 / (27 - chi2), 3, 24))
    assert friedman(np.array([1.0, 2.0]), 5) == 0.0


def test_cliques_are_all_maximal_runs():
    generator = np.random.default_rng(7)
    for _ in range(200):
        k = int(generator.integers(2, 7))
        differ = np.triu(generator.random((k, k)) < 0.4, 1)
        differ |= differ.T
        runs = [
            (i, j)
            for i, j in combinations(range(k + 1), 2)
            if j - i > 1 and not any(differ[a, b] for a, b in combinations(range(i, j), 2))
        ]
        by_hand = [one for one in runs if not any(o != one and o[0] <= one[0] and one[1] <= o[1] for o in runs)]
        assert cliques(differ) == by_hand


def test_ranking_orders_and_groups():
    generator = np.random.default_rng(8)
    base = generator.random((1, 15, 5))
    values = np.concatenate([base - 0.3, base + 0.001 * generator.normal(size=base.shape), base])
    found = ranking(scores_of(values))
    assert found.strategies[-1] == "s0"
    assert found.p < 1e-6
    assert found.cliques == (found.strategies[:2],)
    assert found.blocks == 15
    assert different(np.array([[0.0] * 9, [1.0] * 9]))[0, 1]
    with pytest.raises(BadInput, match="a ranking needs two of each"):
        ranking(scores_of(values[:1]))


def test_penalties_are_their_definition():
    from scipy.stats import ttest_rel

    generator = np.random.default_rng(9)
    curves = [generator.normal(0.8, 0.02, size=(3, 5, 4)) + 0.02 * np.arange(3)[:, None, None] for _ in range(4)]
    by_hand = np.zeros((3, 3))
    for block in curves:
        for i, j, k in product(range(3), range(3), range(4)):
            if i != j:
                test = ttest_rel(block[i, :, k], block[j, :, k])
                by_hand[i, j] += (test.pvalue < 0.1 and test.statistic > 0) / 4
    np.testing.assert_allclose(penalties(curves), by_hand)
    assert by_hand.max() > 1
    one_seed = np.full((2, 1, 3), 0.5) + np.array([0.1, 0.0])[:, None, None]
    assert penalties([one_seed]).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(BadInput, match="at least one data set"):
        penalties([])
