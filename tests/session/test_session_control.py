"""The control arm: its share, its order, and that its sample is a uniform one whatever the strategy does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import askwise as aw
from askwise.core.noise import row_keys
from askwise.session import control

Start = Callable[..., "aw.Session"]
KEYS = row_keys(np.arange(50))


@pytest.mark.parametrize("share", [0.0, 0.1, 1 / 3, 0.5, 1.0])
@pytest.mark.parametrize("batch", [1, 7, 20])
def test_the_share_is_kept_within_half_a_query(share: float, batch: int) -> None:
    controls = 0
    for asked in range(0, 200, batch):
        controls += control.how_many(share, asked, controls, batch)
        assert abs(controls - share * (asked + batch)) <= 0.5 + 1e-9


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_no_control_and_nothing_but_control(start: Start, oracle: aw.Oracle, share: float) -> None:
    session = start(control=share)
    while queries := session.ask(7):
        session.tell(oracle(queries))
    assert {query.arm for query in session.queries.values()} == {"control" if share else "strategy"}
    assert len(session.control_rows) == 60 * share
    if share:
        assert session.control_rows.tolist() == control.order(0, session.keys).tolist()


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_no_share(start: Start, share: float) -> None:
    with pytest.raises(aw.BadInput, match="is no share; give a number from 0 to 1"):
        start(control=share)


def test_the_order_of_a_row_among_others_outlives_growth() -> None:
    grown = control.order(3, row_keys(np.arange(80)))
    assert grown[grown < 50].tolist() == control.order(3, KEYS).tolist()


def test_draws_follow_the_order_past_what_is_taken() -> None:
    order = control.order(3, KEYS)
    candidates = np.setdiff1d(np.arange(50), order[[0, 2]])
    assert control.draw(3, KEYS, candidates, 3).tolist() == order[[1, 3, 4]].tolist()


def test_the_sample_is_the_labelled_prefix() -> None:
    order = control.order(3, KEYS)
    none = order[:0]
    assert control.sample(3, KEYS, order[:4], none, order[1:2]).tolist() == order[:4].tolist()
    assert control.sample(3, KEYS, order[[0, 1, 3]], none, order[1:2]).tolist() == order[:2].tolist()
    assert control.sample(3, KEYS, order[[0, 1, 3]], order[2:3], order[1:2]).tolist() == order[[0, 1, 3]].tolist()
    assert control.sample(3, KEYS, order[:4], none, none).tolist() == []  # chosen by the strategy alone
    assert control.sample(3, KEYS, order, none, order).tolist() == order.tolist()


def test_the_sample_is_uniform_whatever_else_is_labelled(start: Start, oracle: aw.Oracle) -> None:
    low = []
    for seed in range(100):
        session = start(pool=np.arange(60.0)[:, None], seed=seed, control=1.0)
        session.tell([{"row": row, "label": "cat"} for row in range(20)])  # a lopsided strategy, so to speak
        session.tell(oracle(session.ask(6)))
        assert set(session.control_rows.tolist()) <= set(session.labels)
        low.append(np.mean(session.control_rows < 20))
    assert abs(np.mean(low) - 1 / 3) < 3 * np.std(low) / 10


def test_counting_the_last_draw_would_be_wrong() -> None:
    """Haldane's point on bare arrays, with many draws: the old rule is off by much more than its error."""
    new, old = [], []
    labelled_by_strategy = np.arange(25)
    for seed in range(400):
        order = control.order(seed, KEYS)
        drawn = control.draw(seed, KEYS, np.arange(25, 50), 3)
        labelled = np.concatenate([labelled_by_strategy, drawn])
        sample = control.sample(seed, KEYS, labelled, order[:0], drawn)
        new.append(np.mean(sample < 25))
        until = int(np.flatnonzero(np.isin(order, drawn))[-1]) + 1
        old.append(np.mean(order[:until] < 25))
    assert abs(np.mean(new) - 0.5) < 3 * np.std(new) / 20
    assert np.mean(old) < 0.5 - 5 * np.std(old) / 20


def test_pending_and_passed_rows(start: Start, oracle: aw.Oracle) -> None:
    session = start(control=1.0)
    order: list[Any] = control.order(0, session.keys).tolist()
    queries = session.ask(6)
    assert [query.row for query in queries] == order[:6]
    session.tell(oracle([queries[i] for i in (0, 1, 4)]))
    assert session.control_rows.tolist() == order[:2]  # the third is still out
    session.abstain(queries[2])
    session.skip(queries[3])
    assert session.control_rows.tolist() == [order[0], order[1], order[4]]
