"""at_most against a brute-force greedy filter, alone and inside a selection."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import askwise as aw
from askwise.core.errors import BadInput, MissingEvidence


def ranked_probs(m, seed):
    first = 0.5 + np.random.default_rng(seed).permutation(m) / (2 * m)
    return np.column_stack([first, 1 - first])


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 4), st.integers(0, 9999))
@settings(max_examples=80, deadline=None)
def test_selection_is_the_greedy_filter(m, kinds, count, seed):
    groups = np.random.default_rng(seed).integers(0, kinds, m)
    probs = ranked_probs(m, seed)
    kept: list[int] = []
    for row in np.argsort(probs[:, 0], kind="stable").tolist():
        if sum(groups[other] == groups[row] for other in kept) < count:
            kept.append(row)
    strategy = aw.Strategy("margin", limits=[aw.limit.at_most(count)])
    for n in {1, len(kept) // 2, len(kept)}:
        assert aw.select(n, strategy, probs=probs, groups=groups).rows.tolist() == kept[:n]
    if len(kept) < m:
        words = rf"only {len(kept)} of {len(kept) + 1} rows pass the limits \[at_most\(count={count}\)\]"
        with pytest.raises(BadInput, match=words):
            aw.select(len(kept) + 1, strategy, probs=probs, groups=groups)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(1, 3), st.data())
@settings(max_examples=60, deadline=None)
def test_mask_is_a_count(groups, count, data):
    groups = np.array(groups)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(groups) - 1), unique=True)), dtype=np.int64)
    wanted = [(groups[chosen] == group).sum() < count for group in groups]
    assert aw.limit.at_most(count).run(groups, chosen=chosen).tolist() == wanted


def test_groups_may_be_text_and_several_columns():
    probs = ranked_probs(6, 0)
    columns = {"patient": np.array(list("aabbcc")), "site": np.array([1, 1, 1, 2, 1, 2])}
    both = aw.Strategy("margin", limits=[aw.limit.at_most(1, per="patient"), aw.limit.at_most(1, per="site")])
    got = aw.select(2, both, probs=probs, groups=columns).rows
    assert len(set(columns["patient"][got])) == 2 and set(columns["site"][got]) == {1, 2}
    assert aw.select(2, both, probs=probs, groups=columns).why(0).limits == (
        "at_most(count=1, per='patient')",
        "at_most(count=1, per='site')",
    )


def test_diverse_picks_obey_limits_too():
    rng = np.random.default_rng(0)
    rows, groups = rng.standard_normal((40, 2)), np.repeat(np.arange(10), 4)
    for pick in ("k_center", "typiclust", "k_means"):
        strategy = aw.Strategy(pick=pick, limits=[aw.limit.at_most(1)])
        got = aw.select(10, strategy, embeddings=rows, groups=groups).rows
        assert sorted(groups[got]) == list(range(10))


def test_bad_input():
    with pytest.raises(BadInput, match=r"at_most\(0\) lets no row through; give a count of at least 1"):
        aw.limit.at_most(0).run(np.array([1]), chosen=np.array([], dtype=int))
    strategy = aw.Strategy("margin", limits=[aw.limit.at_most(1, per="patient")])
    with pytest.raises(MissingEvidence, match=r"limit 'at_most' needs 'groups'.*name a column of the pool"):
        aw.select(1, strategy, probs=ranked_probs(3, 0))
    columns = {"patients": np.arange(3), "site": np.arange(3)}
    with pytest.raises(BadInput, match=r"there is no group column 'patient'. Did you mean 'patients'"):
        aw.select(1, strategy, probs=ranked_probs(3, 0), groups=columns)
