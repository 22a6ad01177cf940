"""Mixtures of strategies: the law of their draws, what `why` says, JSON, sessions; ALBL by the formulas of Exp4.P."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.albl import albl, exp4p, rewards
from askwise.core import registry
from askwise.core.errors import BadInput
from askwise.core.history import Batch, History, Round
from askwise.strategy import Mixture, Strategy


def probs(m: int = 40, seed: int = 0):
    p = 0.5 + np.random.default_rng(seed).permutation(m) / (2 * m)
    return np.c_[p, 1 - p]


def test_one_place_is_drawn_by_the_weights():
    """margin and rare want different rows first; over seeds they get their shares."""
    P = probs()
    both = Mixture(members=(("margin", 3.0), (aw.score.rare.using(target=0), 1.0)))
    first = [int(aw.select(1, both, probs=P, seed=seed).rows[0]) for seed in range(600)]
    margin, rare = int(P[:, 0].argmin()), int(P[:, 0].argmax())
    assert set(first) == {margin, rare}
    assert first.count(margin) / 600 == pytest.approx(0.75, abs=0.05)


def test_places_follow_the_orders_of_the_members():
    P = probs()
    got = aw.select(12, Mixture(members=(("margin", 1.0), (aw.score.rare.using(target=0), 1.0))), probs=P, seed=3)
    assert len(set(got.rows.tolist())) == 12
    for name, order in (("margin", np.argsort(P[:, 0])), ("rare", np.argsort(-P[:, 0]))):
        mine = [int(row) for row, by in zip(got.rows, got.by, strict=True) if name in by]
        assert mine == order[: len(mine)].tolist()


def test_why_says_who_had_the_row_and_with_what_chance():
    """Two members that agree: every row is both's, with certainty; one that differs has its own share."""
    P = probs()
    same = aw.select(5, Mixture(members=(("margin", 1.0), ("entropy", 1.0))), probs=P)
    assert [same.why(i).by for i in range(5)] == [("margin", "entropy")] * 5
    assert [same.why(i).share for i in range(5)] == [1.0] * 5
    third = aw.score.rare.using(target=0)
    got = aw.select(6, Mixture(members=(("margin", 2.0), ("entropy", 1.0), (third, 1.0))), probs=P, seed=1)
    for i in range(6):
        why = json.loads(json.dumps(got.why(i).to_dict()))
        assert why["share"] == (0.75 if why["by"] == ["margin", "entropy"] else 0.25)
        assert why["by"] in (["margin", "entropy"], ["rare"])


def test_a_member_that_runs_out_leaves_its_places_to_the_others():
    P, groups = probs(20), np.zeros(20, dtype=int)
    narrow = Strategy("margin", limits=(aw.limit.at_most(2),))
    source = {"probs": P, "groups": groups}
    from askwise.core.source import ArraySource
    from askwise.engine import run

    both = Mixture(members=((narrow, 1.0), ("random", 1.0)))
    got = run(12, both, ArraySource(source), np.arange(20), 0, None, True)
    assert len(got.rows) == 12
    only = Mixture(members=((narrow, 1.0),))
    assert len(run(12, only, ArraySource(source), np.arange(20), 0, None, True).rows) == 2


def test_seeds_order_and_json():
    P = probs()
    both = Mixture(members=(("margin", 1.0), (Strategy("entropy", shortlist=9, pick="power"), 2.0)), name="m")
    again = Strategy.from_dict(json.loads(json.dumps(both.to_dict())))
    assert again == both and again.label == "m" and isinstance(again, Mixture)
    ids, order = np.array([f"r{i}" for i in range(40)]), np.random.default_rng(0).permutation(40)
    wanted = ids[aw.select(9, both, probs=P, ids=ids, seed=5).rows]
    assert (ids[order][aw.select(9, again, probs=P[order], ids=ids[order], seed=5).rows] == wanted).all()


def test_bad_mixtures():
    with pytest.raises(BadInput, match="weights >= 0"):
        Mixture(members=())
    with pytest.raises(BadInput, match="weights >= 0"):
        Mixture(members=(("margin", -1.0), ("random", 2.0)))
    with pytest.raises(BadInput, match="made of strategies"):
        Mixture(members=(("auto", 1.0),))
    with pytest.raises(BadInput, match="Did you mean 'mixture'"):
        Strategy.from_dict({"mixture": [], "mixtur": 1})
    with pytest.raises(aw.MissingEvidence, match="probs"):
        aw.select(1, Mixture(members=(("margin", 1.0), ("k_center", 1.0))), embeddings=np.eye(3))


# ---- ALBL -----------------------------------------------------------------------------------------------------------

OFFERS = frozenset({"probs", "embeddings", "noise"})


def past(*judged):
    """A history of batches (by, shares, reward of the model after)."""
    batches = tuple(
        Batch("albl: mixture", (1, 1), (0,) * len(by), by, shares, model=i) for i, (by, shares, _) in enumerate(judged)
    )
    rounds = tuple(Round(i + 1, 10 * i, None, 2, {"weighted_accuracy": r}) for i, (_, _, r) in enumerate(judged))
    return History(999, 5, (5, 5), OFFERS, rounds, {}, {"answers": 200.0}, batches)


@pytest.mark.parametrize("seed", range(10))
def test_weights_by_the_formulas(seed):
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c"]
    judged = []
    for _ in range(4):
        by = tuple(tuple(rng.choice(names, size=rng.integers(1, 3), replace=False).tolist()) for _ in range(5))
        judged.append((by, tuple(rng.uniform(0.2, 1, 5).tolist()), float(rng.random())))
    p, w = np.sqrt(np.log(3) / (3 * 200)), np.ones(3)
    for by, shares, r in judged:
        for k, name in enumerate(names):
            y = sum(r / q for had, q in zip(by, shares, strict=True) if name in had)
            v = sum(1 / q for had, q in zip(by, shares, strict=True) if name in had)
            w[k] *= np.exp(p / 2 * (y + v * np.sqrt(np.log(3 / 0.1) / (3 * 200))))
    np.testing.assert_allclose(exp4p(past(*judged), names, 200.0, 0.1), (1 - 3 * p) * w / w.sum() + p)


def test_a_batch_counts_once_a_model_has_learned_from_it():
    history = past(((("a",),), (0.5,), 0.9), ((("b",),), (0.5,), 0.1))
    assert [reward for _, reward in rewards(history)] == [0.9, 0.1]
    assert len(rewards(replace(history, rounds=history.rounds[:1]))) == 1
    assert rewards(replace(history, batches=(Batch("margin", (1, 1), (0, 1)),))) == []


def test_shares_stay_even_without_a_past_and_candidates_wait_for_evidence():
    policy = registry.get("policy", "albl")
    mixture, reason = policy(replace(past(), offers=frozenset({"noise", "probs"})))
    assert [one.label for one in mixture.strategies] == ["margin", "random"] and mixture.shares == (0.5, 0.5)
    assert "0 judged batches" in reason
    assert policy(replace(past(), offers=frozenset({"noise"})))[0].label == "mixture of random"
    with pytest.raises(BadInput, match="a policy itself"):
        albl(past(), candidates=("auto",))
    with pytest.raises(BadInput, match="delta=1"):
        albl(past(), delta=1)


def test_a_session_learns_which_strategy_helps():
    """All shares sum to one, rewards come from the session's own models, and the file says who had each row."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    X = np.c_[3 * y - 1.5, np.zeros(200)] + rng.standard_normal((200, 2))
    session = aw.Session(pool=X, classes=[0, 1], learner=LogisticRegression(), strategy="albl", control=0.0, seed=2)
    oracle = aw.Oracle(y)
    for _ in range(6):
        session.tell(oracle(session.ask(8)))
    history = session.history
    judged = rewards(history)
    assert len(judged) >= 3 and all(0.5 < reward <= 1 for _, reward in judged)
    mixed = [batch for batch in history.batches if batch.shares]
    assert all(len(batch.shares) == len(batch.labels) == 8 for batch in mixed)
    last = session.state.queries[max(session.state.queries)]
    assert last.why["by"] and 0 < last.why["share"] <= 1
    assert session.asked[-1]["strategy"]["name"].startswith("albl: mixture of")
