"""Rows whose answers are out count as part of the batch so far: the next batch does not repeat them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw


def places(seed: int = 0):
    """Six places, eight copies of a row at each: a batch that knows what is out goes to another place."""
    corners = 10.0 * np.random.default_rng(seed).standard_normal((6, 3))
    return np.repeat(corners, 8, axis=0), np.repeat(np.arange(6), 8)


@pytest.mark.parametrize("strategy", ["k_center", "k_means_pp", "facility_location"])
def test_a_batch_asked_while_answers_are_out_goes_elsewhere(strategy):
    X, place = places()
    session = aw.Session(pool=X, classes=[0, 1], learner=LogisticRegression(), strategy=strategy, control=0.0)
    first = [q.row for q in session.ask(3)]
    second = [q.row for q in session.ask(3)]
    assert sorted(place[first + second].tolist()) == [0, 1, 2, 3, 4, 5]
