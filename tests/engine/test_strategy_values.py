"""Strategies are values: equal, hashable, to JSON and back, and refused when they make no sense."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import askwise as aw
from askwise.catalogue import NAMED, find, names
from askwise.core.errors import BadInput

METHODS = st.builds(
    aw.Strategy,
    score=st.sampled_from(["margin", "entropy", "least_confidence", "random"]),
    shortlist=st.none() | st.integers(1, 10**6),
    pick=st.sampled_from(["top", "k_center", "badge"]) | st.floats(0.1, 20).map(lambda b: aw.pick.power.using(beta=b)),
    limits=st.lists(st.integers(1, 5).map(lambda k: aw.limit.at_most(k, per="patient")), max_size=2),
    mix_random=st.floats(0, 1),
    name=st.none() | st.text(min_size=1),
)


@given(METHODS)
@settings(max_examples=40, deadline=None)
def test_json_and_pickle_round_trip(strategy):
    again = aw.Strategy.from_dict(json.loads(json.dumps(strategy.to_dict())))
    assert again == strategy and hash(again) == hash(strategy) and again.to_dict() == strategy.to_dict()
    assert pickle.loads(pickle.dumps(strategy)) == strategy


def test_labels():
    assert aw.Strategy("margin").label == "margin"
    assert aw.Strategy("margin", pick="badge").label == "margin+badge"
    assert aw.Strategy(pick="badge").label == "badge"
    assert aw.Strategy(pick="badge", name="mine").label == "mine"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pick": "top"}, r"pick 'top' ranks by score; give the strategy one"),
        ({"pick": "power"}, r"pick 'power' ranks by score"),
        ({"pick": "badge", "shortlist": 5}, r"shortlist=5 needs a score"),
        ({"score": "margin", "shortlist": 0}, r"shortlist=0 needs a score to rank by and at least one row"),
        ({"score": "margin", "mix_random": 1.5}, r"mix_random=1.5 is no share; give a number from 0 to 1"),
        ({"score": "marign"}, r"no score called 'marign'. Did you mean 'margin'"),
        ({"score": "margin", "pick": "bagde"}, r"no pick called 'bagde'. Did you mean 'badge'"),
        ({"score": aw.pick.badge}, r"a score is wanted here, got the pick 'badge'"),
        ({"score": "margin", "limits": [3]}, r"a limit is wanted here, got 3"),
    ],
)
def test_nonsense_is_refused(fields, words):
    with pytest.raises(BadInput, match=words):
        aw.Strategy(**fields)


def test_bad_json():
    with pytest.raises(BadInput, match=r"a strategy has no field 'scores'. Did you mean 'score'"):
        aw.Strategy.from_dict({"scores": {"name": "margin"}})
    with pytest.raises(BadInput, match=r"no score called 'marginn'"):
        aw.Strategy.from_dict({"score": {"name": "marginn"}})
    with pytest.raises(BadInput, match=r"pick 'power' has no setting 'alpha'"):
        aw.Strategy.from_dict({"score": {"name": "margin"}, "pick": {"name": "power", "settings": {"alpha": 1}}})


def test_catalogue():
    for name in names():
        found = find(name)
        assert getattr(found, "label", name)
    assert set(NAMED) <= set(names()) and {"auto", "margin", "badge"} <= set(names())
    assert not {"top", "power"} & set(names())  # they rank by a score, so they are no strategies by themselves
    assert find("core_set").pick_method is aw.pick.k_center
    for name, (strategy, line) in NAMED.items():
        assert strategy.label == name and line
