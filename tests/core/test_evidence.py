"""The vocabulary, what is derived from what, and the message when nobody offers what a method wants."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
import torch

from askwise.core.errors import MissingEvidence
from askwise.core.evidence import DERIVED, VOCABULARY, Taken, check_name, plan, reachable

SAMPLES = np.random.default_rng(0).dirichlet(np.ones(3), (5, 4))


def test_plan_asks_for_the_sources_and_derives_in_order():
    got = plan({"head_grads": "pick 'a'", "probs": "score 'b'"}, {"samples", "embeddings"})
    assert got.ask == {"samples", "embeddings"}
    assert got.derive == ("probs", "head_grads")
    done = got.complete({"samples": SAMPLES, "embeddings": np.ones((5, 2))})
    np.testing.assert_allclose(done["probs"], SAMPLES.mean(1))
    assert done["head_grads"][0] is done["probs"]


def test_plan_prefers_what_is_offered_over_what_is_derived():
    got = plan({"probs": "x", "votes": "y"}, {"samples", "probs"})
    assert got.ask == {"probs", "samples"} and got.derive == ("votes",)
    assert plan({}, {"probs"}).ask == frozenset()


def test_message_says_who_what_on_offer_and_what_would_help():
    with pytest.raises(MissingEvidence) as caught:
        plan({"samples": "score 'bald'"}, {"probs", "noise"})
    assert str(caught.value) == (
        "score 'bald' needs 'samples' (m, k, c): class probabilities under k draws of the model. On offer: probs."
        " To supply it: use a committee: a forest, a list of estimators, or a torch module with dropout."
    )
    with pytest.raises(MissingEvidence, match=r"On offer: nothing\."):
        plan({"probs": "score 'margin'"}, {"noise"})
    with pytest.raises(MissingEvidence, match=r"pick 'badge' needs 'head_grads'"):
        plan({"head_grads": "pick 'badge'"}, {"probs"})


def test_names_outside_the_vocabulary_are_refused_with_the_nearest():
    with pytest.raises(MissingEvidence, match=r"which is no evidence. Did you mean 'embeddings'") as caught:
        check_name("embedings", "pick 'x'")
    assert "settings are keyword-only (put them after a *)" in str(caught.value)


@pytest.mark.parametrize("to", [np.asarray, torch.asarray, array_api_strict.asarray], ids=["numpy", "torch", "strict"])
def test_derivations_hold_in_every_namespace(to):
    draws = np.random.default_rng(1).standard_normal((5, 4))
    given = {"samples": to(SAMPLES), "draws": to(draws)}
    wanted = {"probs": SAMPLES.mean(1), "votes": SAMPLES.argmax(-1), "mean": draws.mean(1), "std": draws.std(1)}
    for name, value in wanted.items():
        sources, rule = DERIVED[name]
        np.testing.assert_allclose(np.asarray(rule(*(given[source] for source in sources))), value, rtol=1e-12)


def test_every_derivation_is_between_names_of_the_vocabulary():
    for name, (sources, _) in DERIVED.items():
        assert name in VOCABULARY and set(sources) <= set(VOCABULARY)
        assert reachable(name, sources)
        assert not reachable(name, ())


def test_taken():
    taken = Taken({"embeddings": np.arange(6.0).reshape(3, 2)}, np.array([True, False, True]))
    assert len(taken) == 3 and list(taken) == ["embeddings"]
    assert taken.get("probs") is None and taken.get("embeddings").shape == (3, 2)
    np.testing.assert_array_equal(taken.only_pending().get("embeddings"), [[0.0, 1.0], [4.0, 5.0]])
    assert taken.only_pending().pending.all()
    assert Taken().get("embeddings") is None and len(Taken().only_pending()) == 0
    strict = Taken({"embeddings": array_api_strict.ones((2, 2))}, np.array([False, True]))
    assert strict.only_pending().get("embeddings").shape == (1, 2)
