"""auto: which strategy in which phase, with the reason; stateless; and good for a batch in each phase."""

from __future__ import annotations

import numpy as np
import pytest

import askwise as aw
from askwise.auto import auto
from askwise.core.history import History

BOTH = frozenset({"probs", "embeddings", "noise"})
E_ONLY = frozenset({"embeddings", "noise"})
P_ONLY = frozenset({"probs", "noise"})


SET = auto.using(few=3, cover=5, wide=5)


@pytest.mark.parametrize(
    ("counts", "offers", "batch", "label", "reason"),
    [
        ((0, 0, 0), E_ONLY, 10, "typiclust", "no model yet: cover the pool"),
        ((), E_ONLY, 10, "typiclust", "no model yet"),
        ((0, 0, 0), frozenset({"noise"}), 10, "random", "draw at random"),
        ((9, 1, 0), BOTH, 10, "typiclust", "10 labels, 2 of 3 classes seen, the rarest 0 times"),
        ((2, 2, 2), BOTH, 10, "typiclust", "3 of 3 classes seen, the rarest 2 times"),
        ((3, 3, 3), BOTH, 10, "margin+k_means", "diverse rows among the 50 with the smallest margin"),
        ((20, 1, 0), BOTH, 10, "margin+k_means", "21 labels"),  # a rare class is not waited for without end
        ((9, 1, 0), P_ONLY, 10, "margin", "10 labels: smallest margin"),
        ((9, 9, 9), BOTH, 1, "margin", "smallest margin"),
        ((9, 9, 9), BOTH, 0, "margin", "smallest margin"),
        ((9, 9, 9), frozenset({"samples", "embeddings"}), 10, "margin+k_means", "27 labels"),
    ],
)
def test_phases(counts, offers, batch, label, reason):
    strategy, why = SET(History(rows=100, batch=batch, counts=counts, offers=offers))
    assert strategy.label == label and reason in why


def test_texts_are_asked_by_the_doubt_about_their_words():
    offers = frozenset({"part_doubt", "units", "embeddings"})
    few, many = (SET(History(rows=rows, batch=10, counts=(), offers=offers)) for rows in (5000, 5001))
    assert few[0].score.name == "mnlp" and few[0].among is None
    assert few[0].pick.name == "k_means" and few[0].shortlist == 40
    alone = SET(History(rows=5000, batch=10, counts=(), offers=frozenset({"part_doubt"})))
    single = SET(History(rows=5000, batch=1, counts=(), offers=offers))
    assert alone[0].label == single[0].label == "mnlp", "nothing to spread"
    assert many[0].among.settings == {"size": 5000} and "5,000 random ones" in many[1]


def test_where_rows_get_no_label_doubt_keeps_away_from_their_like():
    past = {"rows": 100, "batch": 10, "counts": (9, 9, 9), "offers": BOTH}
    some, few = SET(History(**past, refused=3)), SET(History(**past, refused=2))
    assert some[0].label == "known_margin+k_means" and "far from the 3 rows that got no label" in some[1]
    assert few[0].label == "margin+k_means"
    assert SET.using(open_from=0.2)(History(**past, refused=3))[0].label == "margin+k_means"


def test_settings():
    past = History(rows=100, batch=10, counts=(4, 4), offers=BOTH)
    assert SET(past)[0].label == "margin+k_means"
    assert SET.using(few=5)(past)[0].label == "typiclust"
    assert SET.using(wide=2)(past)[0].shortlist == 20
    assert SET.using(few=5, cover=4)(past)[0].label == "margin+k_means"


def test_select_names_the_phase_and_logs_the_reason():
    rng = np.random.default_rng(0)
    rows, probs = rng.standard_normal((40, 3)), rng.dirichlet(np.ones(3), 40)
    first = aw.select(5, embeddings=rows)
    assert first.strategy.label == "auto: typiclust" and "cover the pool" in first.reason
    assert first.why(0).strategy == "auto: typiclust"
    later = aw.select(5, SET, embeddings=rows, probs=probs, counts=(9, 9, 9))
    assert later.strategy.label == "auto: margin+k_means" and len(later) == 5
    short = set(aw.select(25, "margin", probs=probs).rows.tolist())
    assert set(later.rows.tolist()) <= short
    assert aw.select(5, "auto", probs=probs, counts=(9, 9, 9)).strategy.label == "auto: margin"


def test_the_first_batch_covers_the_pool():
    rng = np.random.default_rng(1)
    which = np.repeat(np.arange(4), 25)
    rows = 50.0 * np.eye(4)[which] + rng.standard_normal((100, 4))
    assert sorted(which[aw.select(4, embeddings=rows).rows]) == [0, 1, 2, 3]
