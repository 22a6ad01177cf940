"""The registry reads signatures: evidence, wishes, settings; finds by name or alias; and methods are values."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import askwise as aw
from askwise.core import registry
from askwise.core.errors import BadInput, MissingEvidence


@pytest.fixture(autouse=True)
def registry_as_it_was(monkeypatch):
    for kind in registry.KINDS:
        list(registry.methods(kind))
        monkeypatch.setitem(registry._METHODS, kind, dict(registry._METHODS[kind]))


def test_signature_is_read():
    @registry.pick(cite="x", aliases=("other",))
    def toy(probs, density=None, *, n, rng, taken, beta=2.0):
        """Toy."""

    assert (toy.kind, toy.name, toy.needs, toy.wishes) == ("pick", "toy", ("probs",), ("density",))
    assert dict(toy.defaults) == {"beta": 2.0}
    assert registry.get("pick", "other") is toy and registry.get("pick", "toy") is toy
    assert toy.summary == "Toy." == toy.doc
    assert [m.name for m in registry.methods("pick")].count("toy") == 1


def test_bare_decorator_and_another_name():
    @registry.score
    def plain(probs):
        """Plain."""

    @registry.score(name="max")
    def maximum(probs):
        """Maximum."""

    assert plain.name == "plain" and plain.cite == ""
    assert registry.get("score", "max") is maximum and not registry.has("score", "maximum")


def test_bad_signatures_are_refused():
    with pytest.raises(MissingEvidence, match=r"score 'f' has the positional parameter 'probz'.*Did you mean 'probs'"):
        registry.score(_named("f", lambda probz: probz))
    with pytest.raises(BadInput, match=r"score 'g' has \*args; name each evidence and each setting"):
        registry.score(_named("g", lambda *args: args))
    with pytest.raises(BadInput, match=r"score 'h' has no docstring"):
        registry.score(_named("h", lambda probs: probs, doc=None))


def _named(name, fn, doc="A toy."):
    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = doc
    return fn


def test_a_taken_name_is_refused_but_a_reload_is_not():
    again = _named("twice", lambda probs: probs)
    assert registry.score(again) == registry.score(again)
    with pytest.raises(BadInput, match=r"score 'margin' is already registered by askwise.score.uncertainty"):
        registry.score(_named("margin", lambda probs: probs))
    with pytest.raises(BadInput, match=r"score 'breaking_ties' is already registered"):
        registry.score(aliases=("breaking_ties",))(_named("mine", lambda probs: probs))
    other = _named("elsewhere", lambda probs: probs)
    with pytest.raises(BadInput, match=r"score 'twice' is already registered by"):
        registry.score(name="twice")(other)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(BadInput, match=r"there is no score called 'entorpy'. Did you mean 'entropy'?"):
        registry.get("score", "entorpy")
    with pytest.raises(BadInput, match=r"no kind of method called 'scores'. Did you mean 'score'?"):
        registry.get("scores", "entropy")
    with pytest.raises(BadInput, match=r"pick 'power' has no setting 'bta'. Did you mean 'beta'?"):
        aw.pick.power.using(bta=1)


def test_settings_make_values():
    sharp = aw.pick.power.using(beta=8.0)
    assert sharp != aw.pick.power and sharp == aw.pick.power.using(beta=2.0).using(beta=8.0)
    assert aw.pick.power.using(beta=1.0) == aw.pick.power
    assert len({sharp, aw.pick.power.using(beta=8.0), aw.pick.power}) == 2
    assert aw.pick.power.settings == {}
    assert json.loads(json.dumps(sharp.to_dict())) == {"name": "power", "settings": {"beta": 8.0}}
    assert pickle.loads(pickle.dumps(sharp)) == sharp
    assert pickle.loads(pickle.dumps(aw.stop.agreement(0.9))).settings == {"threshold": 0.9}


def test_settings_reach_the_function():
    scores = np.array([1.0, 0.9, 0.1])
    draws = [aw.pick.power.using(beta=200.0)(scores, n=1, rng=seed)[0] for seed in range(50)]
    assert set(draws) == {0}
    assert aw.stop.agreement(threshold=0.5).run.__self__.settings["threshold"] == 0.5


def test_limits_are_set_by_calling():
    assert aw.limit.at_most(3, per="patient").settings == {"count": 3, "per": "patient"}
    with pytest.raises(BadInput, match=r"limit 'at_most' takes 2 settings \(count, per\), got 3"):
        aw.limit.at_most(1, "a", "b")
    with pytest.raises(BadInput, match=r"has no setting 'pre'. Did you mean 'per'?"):
        aw.limit.at_most(1, pre="x")


def test_picks_by_hand():
    scores = np.array([0.1, 0.9, 0.5])
    assert aw.pick.top(scores, n=2).tolist() == [1, 2]
    assert aw.pick.top(scores, n=0).dtype == np.int64
    for n in (4, -1):
        with pytest.raises(BadInput, match=f"pick 'top' was asked for {n} rows out of 3; ask for 0 to 3"):
            aw.pick.top(scores, n=n)


def test_picks_count_rows_by_row_evidence():
    """Not by the first parameter, which may be the head, a table of labels, or factors."""

    @registry.pick
    def first(head, head_grads, *, n, rng, taken):
        """First rows."""
        return np.arange(n)

    head = ("weights", "bias", 0.0)
    assert first(head, (np.ones((7, 2)), np.ones((7, 3))), n=7).tolist() == list(range(7))
    with pytest.raises(BadInput, match=r"8 rows out of 7"):
        first(head, (np.ones((7, 2)), np.ones((7, 3))), n=8)


def test_methods_are_listed_once_and_sorted():
    for kind in registry.KINDS:
        names = [m.name for m in registry.methods(kind)]
        assert names == sorted(set(names)) and names
    assert {m.kind for m in registry.methods()} == set(registry.KINDS)
