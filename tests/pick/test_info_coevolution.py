"""Info-Coevolution: its fusion by hand, its law by counting, and its stopping rule."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.history import History, Round
from askwise.kernels.remaining import fused, model_view, neighbour_view


def test_views_by_hand():
    sure, best = model_view(np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 0.7, 0.2, 0.1]]))
    np.testing.assert_allclose(sure, [0.0, (0.7 - 0.25) / 0.75])
    assert best.tolist() == [0, 1]
    L = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    c, who = neighbour_view(np.array([[2.0, 0.0], [-1.0, 0.0]]), L, np.array([1, 0, 0]), 2, 3, 0.85)
    near = 0.9 / np.hypot(0.9, 0.1)
    # Votes 1 for class 1 and `near` for class 0; the row at the back has no neighbour.
    np.testing.assert_allclose(c, [1 / (1 + near), 0.0])
    assert who[0] == 1


@pytest.mark.parametrize(
    ("x", "mine", "y", "theirs", "wanted"),
    [
        (0.8, 0, 0.6, 0, 0.48 / (0.48 + 0.08)),
        (0.8, 0, 0.4, 0, 0.8),
        (0.8, 0, 0.6, 1, 0.8 * 0.4 / (0.8 * 0.4 + 0.2 * 0.6)),
        (0.6, 0, 0.8, 1, 0.8 * 0.4 / (0.8 * 0.4 + 0.2 * 0.6)),
        (1.0, 0, 1.0, 1, 0.5),
        (0.7, 0, 0.0, 1, 0.7),
    ],
)
def test_fusion(x, mine, y, theirs, wanted):
    got = fused(np.array([x]), np.array([mine]), np.array([y]), np.array([theirs]))
    assert got[0] == pytest.approx(wanted)


def test_a_copy_of_a_labelled_row_is_worth_nothing():
    X = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    P = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    draws = [aw.pick.info_coevolution(P, X, X[:1] * 3, np.array([0.0]), n=1, rng=s)[0] for s in range(200)]
    assert set(draws) == {1, 2}


def test_draws_follow_the_gains():
    X = np.eye(3)
    P = np.array([[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]])
    first = np.array([aw.pick.info_coevolution(P, X, n=1, rng=s)[0] for s in range(1500)])
    # Gains 1, 1/2 and 0.
    assert abs((first == 0).mean() - 2 / 3) < 0.04 and (first == 2).sum() == 0
    assert sorted(aw.pick.info_coevolution(P, X, n=3, rng=0).tolist()) == [0, 1, 2]


def test_a_pick_lowers_its_copies():
    X = np.repeat(np.eye(2), 5, axis=0)
    P = np.full((10, 2), 0.5)
    for seed in range(20):
        first, second = aw.pick.info_coevolution(P, X, n=2, rng=seed)
        assert first // 5 != second // 5
        out = Taken({"embeddings": X[:1], "probs": P[:1]}, np.array([True]))
        assert aw.pick.info_coevolution(P, X, n=1, rng=seed, taken=out)[0] >= 5


@pytest.mark.parametrize(("settings", "match"), [({"neighbours": 0}, "neighbours=0"), ({"reach": 1.0}, "reach=1.0")])
def test_bad_settings(settings, match):
    with pytest.raises(BadInput, match=match):
        aw.pick.info_coevolution(np.full((3, 2), 0.5), np.eye(3), n=1, rng=0, **settings)


def test_remaining_gain_stops_below_one():
    def history(gain, classes=2, labels=10):
        return History(
            rows=1010, batch=5, counts=(labels, 0), rounds=(Round(1, labels, None, classes, {"gain": gain}),)
        )

    rule = aw.stop.remaining_gain(threshold=1.0)
    assert not rule.run(history(0.0011)).stop and "1.1" in rule.run(history(0.0011)).reason
    assert rule.run(history(0.0009)).stop
    assert not rule.run(history(0.0, classes=1)).stop
    assert not rule.run(History(rows=9, batch=1)).stop
    assert aw.stop.remaining_gain(threshold=5.0).run(history(0.004)).stop
    with pytest.raises(BadInput, match="threshold=0"):
        aw.stop.remaining_gain(threshold=0).run(history(0.5))
    # By default it is a share of the rows, whatever the pool.
    assert aw.stop.remaining_gain().run(history(0.019)).stop and not aw.stop.remaining_gain().run(history(0.021)).stop


def test_a_session_measures_the_gain(tmp_path):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(-9, 0.1, (50, 2)), rng.normal(9, 0.1, (50, 2))])
    y = np.repeat([0, 1], 50)
    settings = {"pool": X, "learner": LogisticRegression(C=1e6), "classes": [0, 1], "strategy": "info_coevolution"}
    session = aw.Session(
        tmp_path / "gain.aw",
        **settings,
        stop=aw.stop.remaining_gain(threshold=1.0),
        budget=aw.Budget(answers=60),
        seed=0,
    )
    oracle = aw.Oracle(y)
    while queries := session.ask(2):
        session.tell(oracle(queries))
    assert len(session.answers) < 30
    assert "remaining_gain: gain left in" in session.finished
    session.close()
