"""Rules that look ahead or bound the error; and when each rule would have ended a session."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import askwise as aw
from askwise.core.history import History, Round
from askwise.judge.control import wilson
from askwise.session.past import histories, stops


def past(outcomes=(), rounds=()):
    return History(rows=9999, batch=1, outcomes=tuple(outcomes), rounds=tuple(rounds))


def outcomes(curve, n=120, seed=0):
    rng = np.random.default_rng(seed)
    return [(int(at), bool(rng.random() < curve(at))) for at in np.linspace(20, 400, n)]


def test_a_flat_curve_does_not_pay_and_a_steep_one_does():
    flat, steep = outcomes(lambda n: 0.9), outcomes(lambda n: 0.2 + n / 500)
    assert aw.stop.forecast_gain.run(past(flat)).stop
    assert not aw.stop.forecast_gain.run(past(steep)).stop


def test_the_verdict_turns_where_worth_meets_price():
    """The expected gain is in the reason; a worth just above price / gain goes on, just below stops."""
    known = past(outcomes(lambda n: 0.5 + n / 1000))
    gain = float(aw.stop.forecast_gain.run(known).reason.split(":")[1].split()[0])
    assert gain > 0
    assert not aw.stop.forecast_gain.using(worth=50 / (gain - 1e-4)).run(known).stop
    assert aw.stop.forecast_gain.using(worth=50 / (gain + 1e-4)).run(known).stop


def test_without_a_control_arm_neither_stops():
    for rule in (aw.stop.forecast_gain, aw.stop.error_bound):
        assert not rule.run(past()).stop
        assert not rule.run(past([(20, True)] * 9)).stop


def test_the_bound_by_the_control_arm_is_wilsons_one_sided():
    """Of 60 outcomes 30 are of models with a fifth of the labels; of the others 28 right: two-sided at 90 per cent."""
    known = [(20, False)] * 30 + [(25, True)] * 14 + [(100, True)] * 14 + [(100, False)] * 2
    bound = 1 - wilson(28, 30, level=0.9).low
    assert f"below {bound:.4f}" in aw.stop.error_bound.run(past(known)).reason
    assert aw.stop.error_bound.using(threshold=bound + 1e-6).run(past(known)).stop
    assert not aw.stop.error_bound.using(threshold=bound - 1e-6).run(past(known)).stop


def test_the_last_estimate_comes_first_and_its_interval_is_brought_to_one_side():
    found = {"value": 0.95, "low": 0.95 - norm.ppf(0.975) * 0.02, "level": 0.95}
    known = past([(20, False)] * 40, [Round(1, 20, None, 2, {"estimate": {"accuracy": found}}), Round(2, 40, 0.9, 2)])
    assert f"below {0.05 + norm.ppf(0.95) * 0.02:.4f}" in aw.stop.error_bound.run(known).reason


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (aw.stop.forecast_gain.using(worth=0.0), "worth=0.0"),
        (aw.stop.forecast_gain.using(price=-1.0), "price=-1.0"),
        (aw.stop.forecast_gain.using(labels=0), "labels=0"),
        (aw.stop.error_bound.using(threshold=0.0), "threshold=0.0"),
        (aw.stop.error_bound.using(level=0.5), "level=0.5"),
    ],
)
def test_bad_input(rule, words):
    with pytest.raises(aw.BadInput) as error:
        rule.run(past())
    assert words in str(error.value)


@pytest.fixture
def session():
    from sklearn.naive_bayes import GaussianNB

    rng = np.random.default_rng(0)
    y = rng.integers(2, size=300)
    X = rng.normal(size=(300, 2)) + 4 * y[:, None]
    made = aw.Session(pool=X, learner=GaussianNB(), classes=[0, 1], control=0.3, budget=aw.Budget(answers=120))
    oracle = aw.Oracle(y)
    while queries := made.ask(10):
        made.tell([{**vars(answer), "seconds": 2.0} for answer in _plain(oracle(queries))])
    return made


def _plain(answers):
    from types import SimpleNamespace

    return [SimpleNamespace(row=a.row, label=a.label, query=a.query) for a in answers]


def test_the_past_is_what_the_rules_saw(session):
    """The last history of the log is the session's own, but for what the log does not hold."""
    seen = histories(session.events())
    assert len(seen) == len(session.rounds)
    assert [one.rounds[-1].number for one in seen] == [one.number for one in session.rounds]
    session.refit()
    last, now = histories(session.events())[-1], session.history
    assert (last.rounds, last.counts, last.outcomes, last.batches) == (
        now.rounds,
        now.counts,
        now.outcomes,
        now.batches,
    )
    assert last.spent["answers"] == now.spent["answers"] == 120 and last.spent["seconds"] == 240.0


def test_when_each_rule_would_have_stopped(session):
    """A rule that stops a session set to it stops there in the replay of one that was not."""
    from sklearn.naive_bayes import GaussianNB

    found = {one.rule: one for one in session.stops()}
    assert "budget" not in found and set(found) >= {"agreement", "error_bound", "forecast_gain", "delta_f"}
    stopped = [one for one in found.values() if one.labels is not None]
    assert stopped and [one.labels for one in session.stops() if one.labels] == sorted(one.labels for one in stopped)
    for one in stopped:
        assert one.after == 120 - one.labels and one.seconds == 2.0 * one.after
    again = aw.Session(
        pool=session.pool,
        learner=GaussianNB(),
        classes=[0, 1],
        control=0.3,
        budget=aw.Budget(answers=120),
        stop="delta_f",
    )
    truth = session.labels
    while queries := again.ask(10):
        again.tell([{"row": q.row, "label": truth[q.row], "query": q.number} for q in queries])
    assert again.finished.startswith("delta_f") and len(again.labels) == found["delta_f"].labels


def test_a_rule_with_settings_and_a_look_at_fewer_moments(session):
    (one,) = session.stops([aw.stop.agreement.using(threshold=0.5, window=1)])
    assert one.rule == "agreement" and one.labels is not None and "mean kappa" in one.reason
    (never,) = session.stops([aw.stop.max_confidence.using(threshold=1e-9)])
    assert never.labels is None and never.after == 0
    (coarse,) = session.stops([aw.stop.agreement.using(threshold=0.5, window=1)], most=3)
    assert coarse.labels >= one.labels
    assert stops([]) == []


def test_the_report_says_so(session):
    text = str(session.report())
    assert "Stop or go on?" in text and "forecast_gain" in text and "answers since" in text
    assert "What more labels would bring" in text and "Forecast from" in text
    assert "<svg" in session.report().html()
