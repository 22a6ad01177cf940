"""Scores over a pool from drawn rows: unbiased over every order with choices in between, LURE as a case, intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score, log_loss

from askwise.core.errors import BadInput
from askwise.judge import Known, draw, importance_weighted, lure, measured, pool_means
from askwise.judge.measured import korn_graubard

NAN = math.nan


def every_run(losses, plan, weights, choose):
    """Every run of a plan of draws ('d') and choices ('c'): rows, chances, and the run's probability."""
    runs = [((), (), 1.0)]
    for step in plan:
        grown = []
        for rows, chances, p in runs:
            left = [i for i in range(len(losses)) if i not in rows]
            if step == "c":
                grown.append(((*rows, choose(rows, left)), (*chances, NAN), p))
                continue
            w = weights(rows)
            for row in left:
                q = w[row] / sum(w[i] for i in left)
                grown.append(((*rows, row), (*chances, q), p * q))
        runs = grown
    return runs


@pytest.mark.parametrize("plan", ["d", "cd", "dcd", "ccdcd", "dcdd", "dddd"])
@pytest.mark.parametrize("weighting", ["lure", "importance"])
@pytest.mark.parametrize("seed", range(4))
def test_unbiased_over_every_order_with_choices_in_between(plan, weighting, seed):
    """The choice takes the largest loss left, which would bias any plain mean; chances depend on what was drawn."""
    rng = np.random.default_rng(seed)
    losses = rng.random(6)

    def weights(past):
        return 0.2 + np.arange(6) * (1 + losses[list(past)].sum())

    def choose(past, left):
        return max(left, key=lambda i: losses[i])

    total = 0.0
    for rows, chances, p in every_run(losses, plan, weights, choose):
        known = Known(np.array(chances), 6)
        total += p * pool_means(losses[list(rows)][:, None], known, weighting=weighting).values[0]
    assert total == pytest.approx(losses.mean(), abs=1e-12)


def test_draws_alone_are_lure_and_uniform_draws_the_plain_mean():
    rng = np.random.default_rng(0)
    drawn = draw(rng.random(30) + 0.1, 12, rng=1)
    losses = rng.random(12)
    found = pool_means(losses[:, None], Known(drawn.chances, 30)).values[0]
    assert found == pytest.approx(lure(losses, drawn.chances, 30), abs=1e-12)
    uniform = Known(1 / np.arange(30.0, 18.0, -1), 30)
    assert pool_means(losses[:, None], uniform).values[0] == pytest.approx(losses.mean(), abs=1e-12)


def test_importance_weighting_of_one_draw_is_the_textbook_one():
    assert pool_means([[2.0]], Known(np.array([0.25]), 8), weighting="importance").values[0] == pytest.approx(
        importance_weighted([2.0], [0.25], 8)
    )


def test_by_hand():
    """N = 4: a row chosen with loss 1, drawn with chance 1/3 and loss 0, with chance 1/2 and loss 1: a = 1/4, 3/4.

    c is 1/6 to 1/2, that is 1/4 and 3/4: 5/8. With equal weights 1/2.
    """
    known = Known(np.array([NAN, 1 / 3, 1 / 2]), 4)
    assert pool_means([[1.0], [0.0], [1.0]], known).values[0] == pytest.approx(5 / 8)
    assert pool_means([[1.0], [0.0], [1.0]], known, weighting="importance").values[0] == pytest.approx(1 / 2)
    # Deviations -3/8 and 1/8; c^2 = 1/16, 9/16; sum 18/1024; scaled by (5/8) / sum c^2 (1 - 2c + 5/8) = 10/16 / 18/128
    scale = (10 / 16) / (1 / 16 * (1 - 2 / 4 + 5 / 8) + 9 / 16 * (1 - 6 / 4 + 5 / 8))
    covariance = pool_means([[1.0], [0.0], [1.0]], known).covariance[0, 0]
    assert covariance == pytest.approx(scale * 18 / 1024)


@pytest.mark.parametrize("plan", ["ddd", "dcdcd"])
def test_the_variance_is_about_right_over_every_order(plan):
    rng = np.random.default_rng(3)
    losses = rng.random(9)

    def weights(past):
        return 0.5 + losses * rng_weights

    rng_weights = rng.random(9)
    runs = every_run(losses, plan, weights, lambda past, left: max(left, key=lambda i: losses[i]))
    means = [pool_means(losses[list(rows)][:, None], Known(np.array(q), 9)) for rows, q, _ in runs]
    chances = np.array([p for _, _, p in runs])
    variance = chances @ (np.array([m.values[0] for m in means]) - losses.mean()) ** 2
    assert 0.9 < chances @ np.array([m.covariance[0, 0] for m in means]) / variance < 2.0


def test_every_row_known_is_exact():
    rng = np.random.default_rng(0)
    P, y = rng.dirichlet(np.ones(3), 12), rng.integers(3, size=12)
    known = Known(np.full(12, NAN), 12)
    one = {name: measured(name, P, y, known) for name in ("accuracy", "macro_f1", "nll", "brier")}
    assert one["accuracy"].value == pytest.approx((P.argmax(1) == y).mean())
    assert one["macro_f1"].value == pytest.approx(f1_score(y, P.argmax(1), average="macro"))
    assert one["nll"].value == pytest.approx(log_loss(y, P))
    assert one["brier"].value == pytest.approx(brier_score_loss(y, P, scale_by_half=False))
    assert all(found.error == 0 and found.low == found.high for found in one.values())


def test_rmse_by_hand():
    """Errors 3 and 4 of two rows: mean square 12.5."""
    found = measured("rmse", [3.0, 0.0], [0.0, 4.0], Known(np.full(2, NAN), 2))
    assert found.value == pytest.approx(math.sqrt(12.5))
    assert measured("mse", [3.0, 0.0], [0.0, 4.0], Known(np.full(2, NAN), 2)).value == pytest.approx(12.5)


def test_rows_that_nobody_can_answer_do_not_belong_to_what_is_measured():
    """With unequal chances: the accuracy over the answerable rows, on average over many draws."""
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=200)
    guess = np.eye(2)[np.where(rng.random(200) < 0.7, truth, 1 - truth)]
    silent = rng.random(200) < 0.3
    shown = np.where(silent, -1, truth)
    wanted = (guess.argmax(1) == truth)[~silent].mean()
    values = []
    for seed in range(400):
        drawn = draw(0.3 + rng.random(200), 60, rng=seed)
        values.append(measured("accuracy", guess[drawn.rows], shown[drawn.rows], Known(drawn.chances, 200)).value)
    assert abs(np.mean(values) - wanted) < 3 * np.std(values) / 20 + 0.002


def test_answers_that_are_out_wait():
    P, y = np.array([[1.0, 0.0]] * 8), [0, 0, 0, 1, 0, 0, 1, 1]
    chances = 1 / np.arange(20.0, 12.0, -1)
    settled = np.array([True] * 6 + [False] * 2)
    waiting = measured("accuracy", P, y, Known(chances, 20, settled=settled))
    assert waiting.draws == 6
    assert waiting.value == pytest.approx(measured("accuracy", P[:6], y[:6], Known(chances[:6], 20)).value)


def test_no_error_found_has_a_bound_without_assumptions():
    """50 of 1000 uniform draws right: at most k errors with prod (1 - k / left) >= 0.05: 57, near the rule of three."""
    P = np.array([[1.0, 0.0]] * 50)
    found = measured("accuracy", P, [0] * 50, Known(1 / np.arange(1000.0, 950.0, -1), 1000))
    k = max(k for k in range(950) if np.prod(1 - k / np.arange(1000.0, 950.0, -1)) >= 0.05)
    assert found.high == 1.0 and found.low == pytest.approx(1 - k / 1000) and 50 < k < 60


def test_clopper_and_pearson_is_the_case_of_equal_weights():
    from scipy.stats import binomtest

    low, high = korn_graubard(0.3, math.sqrt(0.3 * 0.7 / 40), 10**7)
    exact = binomtest(12, 40).proportion_ci(0.95, "exact")
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=1e-4)


def world(rng, n=800, sure=0.9):
    """A pool, a model's probabilities for it, and a surrogate that knows a little of where it errs."""
    hard = rng.random(n) < 0.25
    right = rng.random(n) < np.where(hard, 0.6, sure)
    truth = rng.integers(2, size=n)
    guess = np.where(right, truth, 1 - truth)
    expected = np.where(hard, 0.3, 0.1) * rng.uniform(0.5, 1.5, n)
    probs = np.eye(2)[guess] * 0.8 + 0.1
    return probs, truth, expected


def coverage(measure, draws, worlds, *, uniform, seed=0):
    from askwise.judge import proposal

    rng = np.random.default_rng(seed)
    held = []
    for _ in range(worlds):
        probs, truth, expected = world(rng)
        drawn = draw(proposal(expected, uniform=uniform), draws, rng=rng)
        known = Known(drawn.chances, len(truth), drawn.least)
        found = measured(measure, probs[drawn.rows], truth[drawn.rows], known, level=0.9)
        true = measured(measure, probs, truth, Known(np.full(len(truth), NAN), len(truth))).value
        held.append(found.low <= true <= found.high)
    return float(np.mean(held))


@pytest.mark.parametrize("measure", ["accuracy", "macro_f1", "nll", "brier"])
def test_ninety_per_cent_intervals_hold(measure):
    """400 pools, 60 rows drawn by expected error from each: 86 to 97 per cent (Clopper and Pearson's are cautious)."""
    assert 0.86 <= coverage(measure, 60, 400, uniform=0.5) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("draws", [20, 100, 300])
@pytest.mark.parametrize("uniform", [0.2, 0.5, 1.0])
def test_ninety_per_cent_intervals_hold_for_other_sizes(draws, uniform):
    assert 0.86 <= coverage("accuracy", draws, 1000, uniform=uniform, seed=1) <= 0.98


def test_text_and_json():
    found = measured("accuracy", np.array([[0.9, 0.1]] * 8), [0] * 6 + [1] * 2, Known(1 / np.arange(40.0, 32, -1), 40))
    assert str(found).startswith("accuracy 0.750 (95% interval 0.262 to 0.985, by 8 rows drawn of 40)")
    assert found.to_dict()["draws"] == 8


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: Known(np.array([0.0]), 3), "chances holds 0.0"),
        (lambda: Known(np.array([1.5]), 3), "chances holds 1.5"),
        (lambda: Known(np.array([0.5, 0.5]), 1), "2 rows are known of a pool of 1"),
        (lambda: Known(np.array([0.5]), 3, least=np.array([0.1, 0.1])), "least has shape (2,)"),
        (lambda: pool_means([[1.0]], Known(np.array([NAN]), 3)), "no row was drawn"),
        (lambda: pool_means([[1.0]], Known(np.array([0.5]), 3), weighting="lur"), "Did you mean 'lure'"),
        (lambda: pool_means([[1.0], [2.0]], Known(np.array([0.5]), 3)), "2 values for 1 known"),
        (lambda: pool_means([[NAN]], Known(np.array([0.5]), 3)), "nan"),
        (lambda: measured("acuracy", [[0.5, 0.5]], [0], Known(np.array([0.5]), 3)), "Did you mean 'accuracy'"),
        (lambda: measured("accuracy", [[0.5, 0.5]], [0], Known(np.array([0.5]), 3)), "1 drawn rows say nothing"),
        (lambda: measured("accuracy", [[0.5, 0.5]], [0, 1], Known(np.array([0.5]), 3)), "align them"),
        (lambda: measured("accuracy", [[0.5, 0.5]], [2], Known(np.array([0.5]), 3)), "truth holds class 2"),
        (lambda: measured("accuracy", [[0.5, 0.5]], [0], Known(np.array([0.5]), 3), level=95), "level=95"),
        (
            lambda: measured("accuracy", [[0.5, 0.5]] * 6, [-1] * 6, Known(np.full(6, 0.1), 30)),
            "none of the drawn rows has an answer",
        ),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(BadInput) as error:
        act()
    assert words in str(error.value)
