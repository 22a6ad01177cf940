"""`Strategy.among`: a sub-pool is drawn before anything is scored, and only its rows are."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise.catalogue import NAMED
from askwise.core import registry
from askwise.core.errors import BadInput, MissingEvidence
from askwise.core.source import ArraySource
from askwise.core.stored import Stored

RNG = np.random.default_rng(0)
P = RNG.dirichlet(np.ones(3), size=400)
E = RNG.standard_normal((400, 5))


@pytest.fixture
def scored(monkeypatch):
    """Rows whose probabilities were asked for, in order."""
    asked = []
    plain = ArraySource.rows

    def rows(self, at, names):
        if "probs" in names:
            asked.extend(at.tolist())
        return plain(self, at, names)

    monkeypatch.setattr(ArraySource, "rows", rows)
    return asked


def test_only_the_sub_pool_is_scored(scored):
    strategy = aw.Strategy("margin", among=aw.among.random_subset.using(size=50))
    picked = aw.select(10, strategy, probs=P, seed=3)
    assert len(scored) == 50 == len(set(scored)) and set(picked.rows.tolist()) <= set(scored)
    inside = np.sort(scored)
    assert picked.rows.tolist() == inside[np.argsort(-aw.score.margin(P[inside]))[:10]].tolist()
    assert picked.why(0).notes == ("random_subset left 50 of 400 rows to choose from",)
    assert picked.why(0).to_dict()["notes"] == list(picked.notes) and picked.why(0).strategy == strategy.label
    assert strategy.label == "margin among random_subset"


def test_what_is_on_disk_is_read_for_the_sub_pool_only(caplog):
    caplog.set_level(logging.INFO, logger="askwise")
    stored = Stored(P.shape, P.dtype, lambda at: P[at])
    aw.select(10, aw.Strategy("entropy", among=aw.among.random_subset.using(size=70)), probs=stored)
    assert stored.rows_read == 70 and "random_subset left 70 of 400 rows" in caplog.text


def test_a_pick_without_a_score_chooses_among_the_sub_pool():
    strategy = aw.Strategy(pick="k_center", among=aw.among.varied.using(size=40))
    got = aw.select(8, strategy, embeddings=E).rows
    inside = aw.among.varied(E, n=8, size=40)
    assert got.tolist() == inside[aw.pick.k_center(E[inside], n=8)].tolist()


def test_candidates_and_the_random_share():
    strategy = aw.Strategy("margin", among=aw.among.random_subset.using(size=30), mix_random=0.5)
    candidates = np.arange(200, 400)
    picked = aw.select(20, strategy, probs=P, candidates=candidates)
    assert set(picked.rows.tolist()) <= set(candidates.tolist()) and picked.arms.count("random") == 10


def test_a_sub_pool_that_is_used_up_is_followed_by_the_others(scored):
    known = E[:1]
    strategy = aw.Strategy("margin", among=aw.among.seals.using(neighbours=6))
    picked = aw.select(20, strategy, probs=P, embeddings=E, labelled_embeddings=known)
    nearest = np.argsort(-(E @ E[0]) / np.linalg.norm(E, axis=1))[:6]
    assert sorted(picked.rows[:6].tolist()) == sorted(nearest.tolist())
    others = np.setdiff1d(np.arange(400), nearest)
    assert picked.rows[6:].tolist() == others[np.argsort(-aw.score.margin(P[others]))[:14]].tolist()


def test_limits_hold_across_the_sub_pool_and_the_others():
    groups = np.arange(400) % 10
    strategy = aw.Strategy("margin", among=aw.among.random_subset.using(size=12), limits=[aw.limit.at_most(2)])
    picked = aw.select(20, strategy, probs=P, groups=groups)
    assert np.bincount(groups[picked.rows]).tolist() == [2] * 10
    with pytest.raises(BadInput, match=r"only 20 of 21 rows pass the limits"):
        aw.select(21, strategy, probs=P, groups=groups)


def test_json_and_back():
    strategy = aw.Strategy("margin", among=aw.among.anchor_al.using(size=500), pick="power")
    again = aw.Strategy.from_dict(json.loads(json.dumps(strategy.to_dict())))
    assert again == strategy and strategy.to_dict()["among"] == {"name": "anchor_al", "settings": {"size": 500}}
    assert aw.Strategy("margin", among="seals") == aw.Strategy("margin", among=aw.among.seals)
    with pytest.raises(BadInput, match="got the pick 'k_center'"):
        aw.Strategy("margin", among=aw.pick.k_center)
    with pytest.raises(BadInput, match=r"there is no among called 'saels'\. Did you mean 'seals'"):
        aw.Strategy("margin", among="saels")


def test_missing_evidence_is_named_before_any_work(scored):
    with pytest.raises(MissingEvidence, match="among 'seals' needs 'embeddings'"):
        aw.select(5, aw.Strategy("margin", among="seals"), probs=P)
    assert scored == []


def test_a_sub_pool_cannot_look_at_scores():
    with pytest.raises(BadInput, match="drawn before anything is scored"):

        @registry.among
        def wrong(scores, *, n, rng, taken):
            """Wrong."""


class Counting(LogisticRegression):
    """Counts the rows that it is asked about."""

    asked = 0

    def predict_proba(self, X):
        Counting.asked += len(X)
        return super().predict_proba(X)


def test_in_a_session_the_learner_is_asked_for_the_sub_pool_only():
    labels = (E[:, 0] > 0).astype(int)
    strategy = aw.Strategy("margin", among=aw.among.random_subset.using(size=40))
    with aw.Session(pool=E, classes=[0, 1], learner=Counting(), strategy=strategy, control=0) as session:
        oracle = aw.Oracle(labels)
        session.tell(oracle(session.ask(10)))
        session.refit()
        Counting.asked = 0
        queries = session.ask(5)
    # The rows of the sub-pool, and once more the five that were chosen, to note what the model says of them.
    assert Counting.asked == 40 + 5
    assert queries[0].why["notes"] == ["random_subset left 40 of 390 rows to choose from"]


def test_named_strategies_score_sub_pools():
    named = ("anchor_margin", "seals_margin", "subset_margin", "tyrogue")
    assert [NAMED[name][0].among_method.name for name in named] == ["anchor_al", "seals", "random_subset", "tyrogue"]
