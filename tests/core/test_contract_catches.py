"""The contract suite can fail: for every promise there is a method that breaks it, and is caught by name."""

from __future__ import annotations

import os

import numpy as np
import pytest

from askwise.core import registry
from askwise.core.errors import BadInput
from askwise.core.history import Verdict
from askwise.core.topn import top_order
from askwise.strategy import Strategy
from askwise.testing import (
    ContractBroken,
    Hint,
    check_limit,
    check_pick,
    check_score,
    check_stop,
    check_strategy,
    contract,
)
from askwise.testing.__main__ import main

DOC = """A toy: (m, c) -> (m,). Shines never, fails always, cost nothing.

>>> 1 + 1
2
"""


@pytest.fixture(autouse=True)
def registry_as_it_was(monkeypatch):
    """Toys leave the registry when their test is over."""
    for kind in registry.KINDS:
        list(registry.methods(kind))
        monkeypatch.setitem(registry._METHODS, kind, dict(registry._METHODS[kind]))


def make(kind, fn, doc=DOC, cite="Nobody 2000"):
    fn.__doc__ = doc
    return registry._Decorator(kind)(cite=cite)(fn)


def broken(method, hint=None):
    return {outcome.promise for outcome in contract(method, hint) if outcome.status == "broken"}


# Scores


def honest(probs):
    return -(probs**2).sum(1) if isinstance(probs, np.ndarray) else -_namespace(probs).sum(probs**2, axis=1)


def _namespace(array):
    import array_api_compat

    return array_api_compat.array_namespace(array)


def looks_at_other_rows(probs):
    return honest(probs) - honest(probs).mean()


def two_columns(probs):
    return probs[:, :1]


def mutates(probs):
    probs[:, 0] += 0.125
    return honest(probs)


def draws_globally(probs):
    return honest(probs) + np.random.random(len(probs))  # noqa: NPY002


def is_nan_at_zero(probs):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -(probs * np.log(probs)).sum(1)


def numpy_only(probs):
    return -np.square(np.asarray(probs)).sum(axis=1) if len(probs) else None


def asks_the_environment(probs):
    return honest(probs) * (2 if os.environ.get("ASKWISE_BACKEND") == "numpy" else 1)


def overflows(probs):
    with np.errstate(all="ignore"):
        return honest(probs * np.asarray(300, dtype=probs.dtype) if isinstance(probs, np.ndarray) else probs * 300)


def ranks(noise):
    return np.argsort(np.argsort(np.asarray(noise))).astype(float)


@pytest.mark.parametrize(
    ("fn", "promise"),
    [
        (looks_at_other_rows, "row-local"),
        (ranks, "row-local"),
        (ranks, "chunks and workers"),
        (two_columns, "shape"),
        (mutates, "pure"),
        (draws_globally, "pure"),
        (is_nan_at_zero, "edge cases"),
        (numpy_only, "array-api-strict"),
        (asks_the_environment, "kernel sets"),
        (overflows, "float types"),
    ],
)
def test_broken_scores_are_caught(fn, promise):
    method = make("score", fn)
    with pytest.raises(ContractBroken) as caught:
        check_score(method)
    assert f"score {fn.__name__!r} breaks the promise {promise!r}: " in str(caught.value)


def test_an_honest_score_passes_without_a_word():
    assert broken(make("score", honest)) == set()


def test_every_kind_of_evidence_is_there_for_a_new_score():
    def everything(
        samples, draws, std, votes, density, costs, labelled_embeddings, labels, head, price, previous_probs
    ):
        assert labelled_embeddings.shape[0] == labels.shape[0] and head.weights.shape[1] == samples.shape[2]
        return density / costs + std + draws[:, 0] + samples[:, 0, 0] - previous_probs[:, 0] + 0 * price[0]

    assert broken(make("score", everything)) == set()


def test_direction_of_a_score():
    def upside_down(probs):
        return -honest(probs)

    hint = Hint(sooner={"probs": [[0.5, 0.5], [1.0, 0.0]]})
    assert broken(make("score", upside_down), hint) == {"higher is sooner"}
    assert broken(make("score", honest), hint) == set()


def test_nan_that_is_not_refused_is_caught(monkeypatch):
    monkeypatch.setattr("askwise.core.source.check", lambda name, array, ids: array)

    def hides_nan(probs):
        return np.nan_to_num(np.asarray(honest(probs)))

    assert "NaN is refused" in broken(make("score", hides_nan))


# Documents and values


@pytest.mark.parametrize(
    ("doc", "cite", "promise", "words"),
    [
        ("No shape. Shines, fails, cost.\n\n>>> 1\n1\n", "x", "document", "has no shape"),
        ("A toy: (m,) -> (m,). Shines; fails.\n\n>>> 1\n1\n", "x", "document", "'cost'"),
        ("A toy: (m,) -> (m,). Cost; fails.\n\n>>> 1\n1\n", "x", "document", "'shine'"),
        (DOC, "", "document", "no cite"),
        ("A toy: (m,) -> (m,). Shines, fails, cost.", "x", "example", "no >>> example"),
        ("A toy: (m,) -> (m,). Shines, fails, cost.\n\n>>> 1\n2\n", "x", "example", "the example fails"),
    ],
)
def test_broken_documents_are_caught(doc, cite, promise, words):
    def undocumented(probs):
        return honest(probs)

    with pytest.raises(ContractBroken, match=f"score 'undocumented' breaks the promise '{promise}'") as caught:
        check_score(make("score", undocumented, doc, cite))
    assert words in str(caught.value)


def test_settings_that_are_no_json_are_caught():
    def unjsonable(probs, *, power=None):
        return honest(probs)

    method = make("score", unjsonable)
    assert broken(method, Hint(settings={"power": np.float64})) == {"value"}


def test_the_wrong_kind_is_refused():
    with pytest.raises(BadInput, match="a pick is wanted here, got the score 'honest'"):
        check_pick(make("score", honest))
    with pytest.raises(BadInput, match="decorate the function with @score"):
        check_score(honest)


# Picks


def first_n(embeddings, *, n, rng, taken):
    return np.arange(n)


def duplicates(embeddings, *, n, rng, taken):
    return np.zeros(n, dtype=np.int64)


def too_few(embeddings, *, n, rng, taken):
    return np.arange(max(n - 1, 1))


def out_of_range(embeddings, *, n, rng, taken):
    return np.arange(n) + 1


def small_integers(embeddings, *, n, rng, taken):
    return np.arange(n, dtype=np.int32)


def own_generator(embeddings, *, n, rng, taken):
    return np.random.default_rng().permutation(len(rng))[:n]


def global_generator(embeddings, *, n, rng, taken):
    return np.random.permutation(len(rng))[:n]  # noqa: NPY002


def sorts_in_place(embeddings, *, n, rng, taken):
    np.asarray(embeddings).sort(axis=0)
    return np.arange(n)


def rewrites_taken(embeddings, *, n, rng, taken):
    if len(taken):
        np.asarray(taken.get("embeddings"))[:] = 0
    return np.arange(n)


def trips_over_taken(embeddings, *, n, rng, taken):
    return np.argsort(np.asarray(embeddings)[:, 0] + np.asarray(taken.get("embeddings") or 0))[:n]


def needs_distinct_rows(embeddings, *, n, rng, taken):
    return np.unique(np.asarray(embeddings), axis=0, return_index=True)[1][:n]


def likes_float64(embeddings, *, n, rng, taken):
    return np.arange(n) if np.asarray(embeddings).dtype == np.float64 else np.arange(n)[::-1]


def depends_on_rounding_of_ids(scores, *, n, rng, taken):
    return np.argsort(-scores + (1 if os.environ.get("ASKWISE_BACKEND") == "numpy" else -1) * rng.uniform())[:n]


def needs_numpy(embeddings, *, n, rng, taken):
    return np.argsort(embeddings[0], axis=None)[:1].repeat(n) * 0 + np.arange(n)


@pytest.mark.parametrize(
    ("fn", "promise"),
    [
        (duplicates, "n distinct rows"),
        (too_few, "n distinct rows"),
        (out_of_range, "n distinct rows"),
        (small_integers, "n distinct rows"),
        (own_generator, "seeded"),
        (own_generator, "row order, chunks, candidates"),
        (global_generator, "seeded"),
        (sorts_in_place, "inputs untouched"),
        (rewrites_taken, "inputs untouched"),
        (trips_over_taken, "taken rows"),
        (needs_distinct_rows, "edge cases"),
        (likes_float64, "float types"),
        (depends_on_rounding_of_ids, "kernel sets"),
        (needs_numpy, "array-api-strict"),
    ],
)
def test_broken_picks_are_caught(fn, promise):
    with pytest.raises(ContractBroken) as caught:
        check_pick(make("pick", fn))
    assert f"pick {fn.__name__!r} breaks the promise {promise!r}: " in str(caught.value)


def test_a_coverage_pick_must_pass_over_copies_of_labelled_rows():
    assert broken(make("pick", first_n)) == set()
    assert broken(make("pick", first_n), Hint(coverage=True)) == {"taken rows"}


def test_every_kind_of_evidence_is_there_for_a_new_pick():
    def everything(head_grads, scores, groups, neighbours, labelled_probs=None, *, n, rng, taken):
        assert neighbours.shape[0] == groups.shape[0] == head_grads[0].shape[0] == scores.shape[0]
        return top_order(scores, rng.keys, n, rng.seed)

    assert broken(make("pick", everything)) == set()


def test_a_wish_that_must_be_there_is_caught():
    def wishful(embeddings, density=None, *, n, rng, taken):
        return np.argsort(-np.asarray(density), kind="stable")[:n]

    assert broken(make("pick", wishful)) == {"wishes may be absent"}


def test_a_skipped_promise_is_told_with_its_reason():
    hint = Hint(skip={"seeded": "draws from a quantum device"})
    found = {outcome.promise: outcome for outcome in contract(make("pick", own_generator), hint)}
    assert found["seeded"].status == "skipped" and found["seeded"].detail == "draws from a quantum device"


# Limits and stopping rules


def frees_rows(groups, *, chosen):
    return (np.arange(len(groups)) % 2 == 0) | (len(chosen) > 2)


def by_position(groups, *, chosen):
    return np.arange(len(groups)) < max(len(groups) - len(chosen), 1)


def counts(groups, *, chosen):
    return np.ones(len(groups))


def closed(groups, *, chosen):
    return np.zeros(len(groups), dtype=bool)


def writes(groups, *, chosen):
    groups[:] = 0
    return np.ones(len(groups), dtype=bool)


@pytest.mark.parametrize(
    ("fn", "promise"),
    [
        (frees_rows, "monotone"),
        (by_position, "row order"),
        (counts, "mask"),
        (closed, "mask"),
        (writes, "pure"),
    ],
)
def test_broken_limits_are_caught(fn, promise):
    with pytest.raises(ContractBroken, match=f"limit '{fn.__name__}' breaks the promise '{promise}'"):
        check_limit(make("limit", fn))


_calls: list[int] = []


def without_reason(history):
    return Verdict(False, "")


def at_once(history):
    return Verdict(True, "why begin")


def moody(history):
    _calls.append(1)
    return Verdict(len(_calls) % 2 == 0, "who knows")


def half_true(history):
    return Verdict(np.bool_(False), "numpy")


@pytest.mark.parametrize(
    ("fn", "promise"),
    [(without_reason, "verdict"), (at_once, "starts"), (moody, "pure"), (half_true, "verdict")],
)
def test_broken_stops_are_caught(fn, promise):
    with pytest.raises(ContractBroken, match=f"stop '{fn.__name__}' breaks the promise '{promise}'"):
        check_stop(make("stop", fn))


# Strategies


def restless(history):
    _calls.append(1)
    return Strategy("margin" if len(_calls) % 2 else "entropy"), "changed its mind"


def silent(history):
    return Strategy("margin"), ""


@pytest.mark.parametrize("fn", [restless, silent])
def test_broken_policies_are_caught(fn):
    with pytest.raises(ContractBroken, match=f"policy '{fn.__name__}' breaks the promise 'stateless'"):
        check_strategy(make("policy", fn))


def test_a_strategy_that_picks_badly_is_caught():
    with pytest.raises(ContractBroken, match="strategy 'duplicates' breaks the promise 'batch'"):
        check_strategy(Strategy(pick=make("pick", duplicates)))


def test_command_line_fails_with_a_broken_method(capsys):
    make("pick", duplicates)
    assert main(["duplicates"]) == 1
    assert "BROKEN pick 'duplicates' breaks the promise 'n distinct rows'" in capsys.readouterr().out
