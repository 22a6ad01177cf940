"""Scores of committees against loops over rows, draws and classes; known identities; known bugs of others."""

from __future__ import annotations

import math

import numpy as np
import pytest

import askwise as aw
from askwise import score
from askwise.core.errors import BadInput


def H(p) -> float:
    return -sum(x * math.log(x) for x in p if x > 0)


def kl(p, q) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def committees(count: int = 20):
    """Samples (m, k, c) with equal rows, equal members, exact zeros and ones."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        k, c = int(rng.integers(1, 6)), int(rng.integers(2, 5))
        S = rng.dirichlet(np.full(c, 0.3), (8, k))
        S[0] = np.eye(c)[rng.integers(0, c, k)]
        S[1] = S[1, :1]
        S[2] = 1 / c
        S[3] = S[4]
        yield S


def test_bald_is_the_mutual_information_of_label_and_member():
    for S in committees():
        for row, got in zip(S, score.bald(S), strict=True):
            joint = row / len(row)
            wanted = sum(
                joint[j, y] * math.log(joint[j, y] / (joint[j].sum() * joint[:, y].sum()))
                for j in range(joint.shape[0])
                for y in range(joint.shape[1])
                if joint[j, y] > 0
            )
            assert got == pytest.approx(wanted, abs=1e-12)


def test_bald_is_the_mean_divergence_from_the_consensus():
    for S in committees():
        wanted = [np.mean([kl(p, row.mean(0)) for p in row]) for row in S]
        np.testing.assert_allclose(score.bald(S), wanted, atol=1e-12)
    assert aw.select(1, "mean_kl", samples=S).strategy == aw.select(1, "bald", samples=S).strategy


def test_bald_of_a_three_state_toy_by_hand():
    """Two of three members say a, one says b: I = H(2/3, 1/3), for each member is certain."""
    S = np.array([[[1.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0]]])
    assert score.bald(S)[0] == pytest.approx(math.log(3) - 2 / 3 * math.log(2))


def test_bald_is_never_below_zero_and_zero_if_members_agree():
    rng = np.random.default_rng(0)
    S = np.repeat(rng.dirichlet(np.ones(10), (500, 1)), 7, axis=1)
    for dtype in (np.float16, np.float32, np.float64):
        got = score.bald(S.astype(dtype))
        assert (got >= 0).all() and (got < 1e-12).all()
        assert np.isfinite(np.sqrt(got)).all()
    assert (score.bald(S[:, :1]) == 0).all()


def test_the_correction_removes_most_of_the_bias():
    """p ~ Beta(2, 2): the mutual information is log 2 - ... by integration; 5 draws underestimate it."""
    rng = np.random.default_rng(1)
    p = rng.beta(2, 2, (40_000, 5))
    S = np.stack([p, 1 - p], axis=2)
    grid = (np.arange(100_000) + 0.5) / 100_000
    noise = -(grid * np.log(grid) + (1 - grid) * np.log(1 - grid))
    exact = math.log(2) - float((noise * 6 * grid * (1 - grid)).mean())
    plain, corrected = score.bald(S).mean(), score.bald(S, correct=True).mean()
    assert plain < exact - 0.01
    assert abs(corrected - exact) < 0.25 * (exact - plain)


def test_the_correction_by_hand():
    """Draws (1, 0) and (0, 1): variance 1/2 a class, mean 1/2, k = 2: adds (1 + 1) / 4."""
    S = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    assert score.bald(S, correct=True)[0] == pytest.approx(math.log(2) + 0.5)
    assert np.isfinite(score.bald(np.array([[[1.0, 0.0], [1.0, 0.0]]]), correct=True)).all()
    assert score.bald(S[:, :1], correct=True)[0] == 0.0


def test_max_kl_takes_the_largest():
    for S in committees():
        wanted = [max(kl(p, row.mean(0)) for p in row) for row in S]
        np.testing.assert_allclose(score.max_kl(S), wanted, atol=1e-12)
        assert (score.max_kl(S) >= score.bald(S) - 1e-12).all()


def test_mean_std_and_expected_entropy_by_loops():
    for S in committees():
        spread = [np.mean([math.sqrt(np.mean((q - q.mean()) ** 2)) for q in row.T]) for row in S]
        np.testing.assert_allclose(score.mean_std(S), spread, atol=1e-12)
        np.testing.assert_allclose(score.expected_entropy(S), [np.mean([H(p) for p in row]) for row in S], atol=1e-12)


def test_consensus_entropy_is_the_entropy_of_the_mean_and_splits_in_two():
    for S in committees():
        consensus = score.entropy(S.mean(1))
        np.testing.assert_allclose(consensus, score.bald(S) + score.expected_entropy(S), atol=1e-12)
    got = aw.select(8, "consensus_entropy", samples=S, seed=3)
    np.testing.assert_array_equal(got.rows, aw.select(8, "entropy", probs=S.mean(1), seed=3).rows)
    # modAL's "max entropy" averages per-pass terms: it would rank the row of certain, contradicting members last.
    assert score.entropy(np.array([[0.5, 0.5]]))[0] > score.expected_entropy(np.array([[[1.0, 0], [0, 1.0]]]))[0]


def votes(count: int = 20):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield rng.integers(0, int(rng.integers(1, 5)), (10, int(rng.integers(1, 8))))


def test_vote_scores_by_counting():
    for V in votes():
        shares = [np.unique(row, return_counts=True)[1] / V.shape[1] for row in V]
        np.testing.assert_allclose(score.variation_ratio(V), [1 - max(s) for s in shares], atol=1e-12)
        np.testing.assert_allclose(score.vote_entropy(V), [H(s) for s in shares], atol=1e-12)


def test_variation_ratio_counts_votes_not_probabilities():
    """one minus the largest mean probability is least confidence, not the variation ratio."""
    S = np.array([[[0.6, 0.4], [0.6, 0.4], [0.6, 0.4]], [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]]])
    assert aw.select(1, "variation_ratio", samples=S).rows.tolist() == [1]
    assert aw.select(1, "least_confidence", samples=S).rows.tolist() == [0]


def slow_counts_bald(r, n: int) -> float:
    pmf = np.array([[math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(n + 1)] for p in r])
    return H(pmf.mean(0)) - float(np.mean([H(p) for p in pmf]))


@pytest.mark.parametrize("answers", [1, 2, 5, 40])
def test_counts_bald_by_enumeration(answers):
    rng = np.random.default_rng(answers)
    r = rng.random((12, 4))
    r[0], r[1], r[2, :2] = 0.0, 1.0, [0.0, 1.0]
    S = np.stack([1 - r, r], axis=2)
    wanted = [slow_counts_bald(row.tolist(), answers) for row in r]
    np.testing.assert_allclose(score.counts_bald(S, answers=answers), wanted, atol=1e-12)
    np.testing.assert_allclose(score.counts_bald(S, answers=answers, target=0), wanted, atol=1e-12)


def test_one_answer_is_bald_and_more_answers_tell_more():
    r = np.random.default_rng(2).random((30, 6))
    S = np.stack([1 - r, r], axis=2)
    np.testing.assert_allclose(score.counts_bald(S, answers=1), score.bald(S), atol=1e-12)
    told = np.stack([score.counts_bald(S, answers=n) for n in (1, 2, 5, 20)])
    assert (np.diff(told, axis=0) > 0).all() and (told < math.log(6)).all()
    with pytest.raises(BadInput, match="answers=0"):
        score.counts_bald(S, answers=0)
    with pytest.raises(BadInput, match="target=2"):
        score.counts_bald(S, target=2)
