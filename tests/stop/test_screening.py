"""Consecutive irrelevant answers: by a loop over histories, and in a session that searches."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.history import Batch, History


@pytest.mark.parametrize("seed", range(30))
def test_the_tail_by_a_loop(seed):
    rng = np.random.default_rng(seed)
    batches, flat = [], []
    for _ in range(rng.integers(0, 5)):
        labels = rng.choice(3, p=[0.6, 0.3, 0.1], size=rng.integers(0, 6)).tolist()
        batches.append(Batch("rare", tuple(labels.count(c) for c in range(3)), tuple(labels)))
        flat += labels
    tail = 0
    for label in reversed(flat):
        if label == 2:
            break
        tail += 1
    for count in (1, 3, 8):
        got = aw.stop.consecutive_irrelevant(count=count).run(History(99, 1, (1, 1, 1), batches=tuple(batches)))
        assert got.stop == (2 in flat and tail >= count)


def test_bad_settings():
    for given in ({"count": 0}, {"relevant": 7}):
        with pytest.raises(BadInput, match="consecutive_irrelevant"):
            aw.stop.consecutive_irrelevant(**given).run(History(9, 1, (1, 1)))


def test_a_search_ends_in_a_session():
    rng = np.random.default_rng(0)
    y = np.zeros(300, dtype=int)
    y[:12] = 1
    X = np.c_[y * 6.0, np.zeros(300)] + rng.standard_normal((300, 2))
    session = aw.Session(
        pool=X,
        classes=["no", "yes"],
        learner=LogisticRegression(),
        strategy="rare",
        stop=aw.stop.consecutive_irrelevant(count=15),
        control=0.0,
        seed=1,
    )
    names = np.array(["no", "yes"])[y].tolist()
    session.tell([{"row": 0, "label": "yes"}, {"row": 40, "label": "no"}])
    while queries := session.ask(5):
        session.tell(aw.Oracle(names)(queries))
    assert "answers in a row not relevant, reached 15" in session.finished
    assert sum(label == "yes" for label in session.labels.values()) == 12
    assert len(session.labels) < 60
