"""Queries shared out among annotators: by skill, price and load, or so that all are heard; nobody gets too much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import askwise as aw
from askwise.core.noise import Noise
from askwise.crowd import semantic_diversity
from askwise.session.assigning import WAYS, Panel

PEOPLE = ("ana", "ben", "cleo")


def taught(start, clouds, right, rows=range(30), **given):
    """A session in which everybody has answered these rows, as often right as said."""
    session = start(overlap=3, strategy="random", control=0.0, guard=False, **given)
    rng = np.random.default_rng(0)
    for row in rows:
        for name, skill in right.items():
            said = clouds[1][row] if rng.random() < skill else {"cat": "dog", "dog": "cat"}[clouds[1][row]]
            session.tell(aw.Answer(row=row, label=str(said), annotator=name))
    return session


def one_each(session):
    """Each open query wants one annotator."""
    session.state.config["overlap"] = 1
    return session


def test_the_good_are_asked_until_they_hold_enough(start, clouds):
    session = one_each(taught(start, clouds, {"ana": 0.95, "ben": 0.9, "cleo": 0.5}))
    found = session.assign(6, PEOPLE, capacity=4)
    assert not found["cleo"] and found["ana"] and found["ben"]
    assert sum(map(len, found.values())) == 6 and max(map(len, found.values())) <= 4


def test_the_cheap_are_asked_where_they_are_worth_it(start, clouds):
    session = one_each(taught(start, clouds, {"ana": 0.95, "cleo": 0.9}))
    assert not session.assign(4, ["ana", "cleo"], price={"ana": 10.0})["ana"]


def test_skill_is_local(clouds):
    """Ana knows the left half, Ben the right one: each is asked about what she knows."""
    X = np.column_stack([np.linspace(-1, 1, 60), np.zeros(60)])
    truth = np.where(np.arange(60) % 2, "dog", "cat")
    with aw.Session(
        pool=X, classes=["cat", "dog"], strategy="random", control=0.0, overlap=3, truth="majority", guard=False
    ) as session:
        rng = np.random.default_rng(1)
        for row in range(0, 60, 2):
            for name in PEOPLE:
                knows = name == "cleo" or (name == "ana") == (row < 30)
                said = truth[row] if knows or rng.random() < 0.2 else {"cat": "dog", "dog": "cat"}[truth[row]]
                session.tell(aw.Answer(row=row, label=str(said), annotator=name))
        found = one_each(session).assign(20, ["ana", "ben"])
    assert np.mean([q.row < 30 for q in found["ana"]]) > 0.8 and np.mean([q.row >= 30 for q in found["ben"]]) > 0.8


def test_each_query_goes_to_as_many_as_it_is_owed_and_is_held_for_them(start, clouds):
    session = start(overlap=2, strategy="random")
    found = session.assign(5, PEOPLE)
    holders = {}
    for name, mine in found.items():
        for query in mine:
            holders.setdefault(query.number, set()).add(name)
    assert len(holders) == 5 and all(len(names) == 2 for names in holders.values())
    for name in PEOPLE:
        assert not {query.number for query in session.claim(9, name)} & set(holders), "held for others"
    assert session.assign(5, PEOPLE) != found  # those are out: new ones are chosen


def test_semantic_diversity_asks_who_has_seen_the_least_like_it(start, clouds):
    session = one_each(taught(start, clouds, {"ana": 1.0}, rows=range(12)))
    for row in range(12, 24):
        session.tell(aw.Answer(row=row, label=str(clouds[1][row]), annotator="ben"))
    found = session.assign(6, ["ana", "ben"], by="semantic_diversity")
    for name, mine in found.items():
        for query in mine:
            past, who = clouds[0][:24], np.repeat([0, 1], 12)
            wanted = semantic_diversity([[True, True]], clouds[0][[query.row]], past, who)
            assert ["ana", "ben"][wanted[0]] == name


@pytest.mark.parametrize("by", WAYS)
def test_newcomers_are_heard_whatever_their_place(start, clouds, by):
    session = one_each(taught(start, clouds, {"ben": 0.9, "cleo": 0.9}))
    found = session.assign(12, ["zoe", "ben", "cleo"], by=by, capacity=4)
    assert {name: len(mine) for name, mine in found.items()} == {"zoe": 4, "ben": 4, "cleo": 4}


@given(
    owed=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    load=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    capacity=st.one_of(st.none(), st.integers(1, 4)),
    by=st.sampled_from(("skill", "random")),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_nobody_is_asked_twice_or_too_much(owed, load, capacity, by, seed):
    with aw.Session(pool=np.arange(12.0).reshape(6, 2), classes=["no", "yes"], strategy="random") as session:
        queries = session.choose(len(owed))
        mask = np.random.default_rng(seed).random((len(queries), 3)) < 0.7
        panel = Panel(session.state, session.pool, PEOPLE, Noise(0, session.keys))
        given = {"way": by, "price": {}, "load": np.array(load), "capacity": capacity}
        found = panel.share_out(queries, mask, np.array(owed[: len(queries)]), **given)
    assert len(set(found)) == len(found) and all(mask[at, who] for at, who in found)
    for at, wanted in enumerate(owed[: len(queries)]):
        assert sum(one == at for one, _ in found) <= wanted
    for who in range(3):
        mine = sum(one == who for _, one in found)
        assert capacity is None or mine == 0 or mine + load[who] <= capacity


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"annotators": []}, "names nobody"),
        ({"annotators": "ana"}, "give a list of names"),
        ({"by": "skil"}, "Did you mean 'skill'"),
        ({"price": {"ana": 0}}, "must cost something"),
        ({"capacity": 0}, "leaves nobody anything"),
    ],
)
def test_bad_panels_are_refused(start, given, words):
    settled = {"annotators": ["ana"], **given}
    with pytest.raises(aw.BadInput, match=words):
        start().assign(3, settled.pop("annotators"), **settled)
