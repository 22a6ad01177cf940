"""TAILOR: its law by hand, and that batches move to the strategy that finds the rare class."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.core import registry
from askwise.core.errors import BadInput
from askwise.core.history import Batch, History
from askwise.tailor import posterior, tailor, worth

OFFERS = frozenset({"probs", "embeddings", "noise"})


def test_worth_turns_negative_beyond_half_of_the_labels():
    assert worth((5, 5)).tolist() == [0.2, 0.2]
    assert worth((6, 4)).tolist() == [-1 / 6, 0.25]
    assert worth(()).tolist() == [1.0]


@pytest.mark.parametrize("seed", range(20))
def test_the_posterior_is_the_loop_over_batches(seed):
    rng = np.random.default_rng(seed)
    names = ["margin", "random", "entropy"]
    past = [Batch(f"tailor: {names[rng.integers(3)]}", tuple(rng.integers(0, 5, 2).tolist())) for _ in range(6)]
    wanted = {name: np.ones(2) for name in names}
    for batch in past:
        for name in names:
            wanted[name] = 0.9 * wanted[name] + (np.array(batch.counts) if batch.strategy.endswith(name) else 0)
    past.insert(2, Batch("random: start", (9, 9)))
    past.insert(4, Batch("tailor: badge", (9, 9)))  # no candidate any more
    got = posterior(History(99, 5, (1, 1), batches=tuple(past)), names, 0.9)
    np.testing.assert_allclose(got, [wanted[name] for name in names])


def test_it_draws_by_the_posterior():
    """P(theta_a rare > theta_b rare) with Dirichlet(12, 2) and Dirichlet(2, 4), by a large sample."""
    past = History(99, 5, (12, 2), OFFERS, batches=(Batch("tailor: margin", (10, 0)), Batch("tailor: random", (0, 2))))
    policy = registry.get("policy", "tailor").using(candidates=["margin", "random"], decay=1.0)
    share = np.mean([policy(replace(past, seed=seed))[0].label == "random" for seed in range(800)])
    rng = np.random.default_rng(0)
    a, b = rng.dirichlet([12, 2], 100_000), rng.dirichlet([2, 4], 100_000)
    v = np.array([-1 / 12, 1 / 2])
    assert abs(share - np.mean(b @ v > a @ v)) < 0.04


def test_it_moves_to_the_strategy_that_finds_the_rare_class():
    batches, counts, chosen = (), np.zeros(2, dtype=int), []
    for _ in range(40):
        past = History(9999, 10, tuple(counts.tolist()), OFFERS, batches=batches)
        label = tailor(past)[0].label
        brought = (6, 4) if label == "margin" else (10, 0)
        batches += (Batch(f"tailor: {label}", brought),)
        counts += brought
        chosen.append(label)
    assert chosen[10:].count("margin") > 20


def test_it_waits_for_evidence_and_goes_by_the_past_alone():
    past = History(99, 5, (0, 0), frozenset({"noise"}))
    assert tailor(past)[0].label == "random"
    only = registry.get("policy", "tailor").using(candidates=["margin"])
    strategy, reason = only(past)
    assert strategy.label == "random" and "no candidate" in reason
    known = replace(past, offers=OFFERS, seed=3)
    assert tailor(known) == tailor(replace(known))
    assert {tailor(replace(known, seed=seed))[0].label for seed in range(30)} == {"margin", "badge", "random"}


def test_bad_settings_are_named():
    past = History(99, 5, (0, 0), OFFERS)
    policy = registry.get("policy", "tailor")
    with pytest.raises(BadInput, match="'auto' is a policy"):
        policy.using(candidates=["auto"])(past)
    with pytest.raises(BadInput, match="decay=2"):
        policy.using(decay=2.0)(past)


def test_a_session_tells_which_strategy_brought_which_labels(tmp_path):
    rng = np.random.default_rng(0)
    y = np.array(["common", "rare"])[(rng.random(300) < 0.1).astype(int)]
    X = rng.normal(size=(300, 3)) + 2.0 * (y == "rare")[:, None]
    from sklearn.naive_bayes import GaussianNB

    given = {"pool": X, "learner": GaussianNB(), "classes": ["common", "rare"], "strategy": "tailor", "seed": 1}
    oracle = aw.Oracle(y)
    with aw.Session(tmp_path / "one.aw", **given) as session:
        for _ in range(6):
            session.tell(oracle(session.ask(10)))
        past = session.history
        assert past.seed == 1 and len(past.batches) == 6
        assert all(batch.strategy.startswith("tailor: ") for batch in past.batches)
        rows = [q.row for q in session.queries.values() if q.arm == "strategy"]
        wanted = [sum(y[rows] == name) for name in ("common", "rare")]
        assert np.sum([batch.counts for batch in past.batches], axis=0).tolist() == wanted
        asked = [q.row for q in session.ask(10)]
    with aw.Session(tmp_path / "one.aw", **given) as again:
        assert [q.row for q in again.ask(10)] == asked


def test_select_passes_its_seed_on():
    P = np.random.default_rng(0).dirichlet(np.ones(3), 50)
    assert len({aw.select(5, "tailor", probs=P, seed=seed).strategy.label for seed in range(20)}) > 1


def test_for_each_row_it_is_a_mixture_by_the_chance_to_win():
    """P(theta_a rare > theta_b rare) as above, now as the weight of a mixture; and labels count for all proposers."""
    past = History(99, 5, (12, 2), OFFERS, batches=(Batch("tailor: margin", (10, 0)), Batch("tailor: random", (0, 2))))
    policy = registry.get("policy", "tailor").using(candidates=["margin", "random"], decay=1.0, per_row=True)
    mixture, _ = policy(past)
    rng = np.random.default_rng(0)
    a, b = rng.dirichlet([12, 2], 100_000), rng.dirichlet([2, 4], 100_000)
    v = np.array([-1 / 12, 1 / 2])
    assert mixture.shares[1] == pytest.approx(np.mean(b @ v > a @ v), abs=0.03)
    mixed = Batch("tailor: mixture of a, b", (1, 1), (0, 1), (("a", "b"), ("b",)), (1.0, 0.5))
    got = posterior(History(99, 5, (1, 1), batches=(mixed,)), ["a", "b"], 0.5)
    np.testing.assert_allclose(got, [[1.5, 0.5], [1.5, 1.5]])


def test_a_session_that_draws_for_each_row():
    rng = np.random.default_rng(1)
    y = (np.arange(300) % 10 == 0).astype(int)
    X = np.c_[2.0 * y, np.zeros(300)] + rng.standard_normal((300, 2))
    policy = registry.get("policy", "tailor").using(candidates=["margin", "random"], per_row=True)
    session = aw.Session(pool=X, classes=[0, 1], learner=LogisticRegression(), strategy=policy, control=0.0)
    for _ in range(5):
        session.tell(aw.Oracle(y)(session.ask(8)))
    batches = [batch for batch in session.history.batches if batch.shares]
    assert len(batches) >= 3 and {name for batch in batches for by in batch.by for name in by} == {"margin", "random"}
