"""`select`: the promises of the front door, and a message for every bad input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import askwise as aw
from askwise.core.errors import BadInput, MissingEvidence

RNG = np.random.default_rng(0)
P = RNG.dirichlet(np.ones(4), 60)
E = RNG.standard_normal((60, 5))


def test_reads_as_in_the_design():
    picked = aw.select(10, "margin", probs=P, seed=0)
    assert picked.rows.dtype == np.int64 and len(picked) == 10
    order = np.argsort(-aw.score.margin(P))
    assert picked.rows.tolist() == order[:10].tolist()
    np.testing.assert_allclose(picked.scores, aw.score.margin(P)[order[:10]])
    for strategy in (aw.pick.badge, "badge", aw.Strategy(pick="badge")):
        got = aw.select(10, strategy, probs=torch.asarray(P), embeddings=torch.asarray(E), seed=3)
        assert got.rows.tolist() == aw.select(10, aw.pick.badge, probs=P, embeddings=E, seed=3).rows.tolist()
    assert len(aw.select(10, "k_center", embeddings=E, labelled_embeddings=E[:3])) == 10


def test_why():
    picked = aw.select(3, aw.Strategy("entropy", mix_random=1 / 3, name="mine"), probs=P, seed=9)
    why = picked.why(0)
    assert (why.row, why.rank, why.arm, why.strategy, why.seed) == (picked.rows[0], 0, "strategy", "mine", 9)
    assert why.score == pytest.approx(aw.score.entropy(P)[why.row]) and 0 < why.tie_noise < 1
    assert picked.why(2).arm == "random" and picked.why(2).score is None
    assert picked.why(2).to_dict()["limits"] == []


def test_ties_are_broken_by_noise_that_why_shows():
    flat = np.full((50, 2), 0.5)
    picked = aw.select(50, "margin", probs=flat, seed=1)
    assert (np.diff(picked.noise) < 0).all()
    assert picked.rows.tolist() != aw.select(50, "margin", probs=flat, seed=2).rows.tolist()


def test_mix_random_is_a_share_of_the_batch_without_repeats():
    strategy = aw.Strategy("margin", mix_random=0.25)
    picked = aw.select(20, strategy, probs=P)
    assert picked.arms.count("random") == 5 and len(set(picked.rows.tolist())) == 20
    counts = np.zeros(60)
    for seed in range(300):
        picked = aw.select(20, aw.Strategy("margin", mix_random=1.0), probs=P, seed=seed)
        counts[picked.rows] += 1
    assert abs(counts - 100).max() < 45  # every row is drawn alike


def test_shortlist_bounds_what_the_pick_sees():
    short = set(aw.select(15, "margin", probs=P).rows.tolist())
    got = aw.select(6, aw.Strategy("margin", shortlist=15, pick="k_center"), probs=P, embeddings=E)
    assert set(got.rows.tolist()) <= short
    wide = aw.Strategy("margin", shortlist=1000, pick="k_center")
    none = aw.Strategy("margin", pick="k_center")
    same = [aw.select(6, s, probs=P, embeddings=E).rows.tolist() for s in (wide, none)]
    assert same[0] == same[1]
    assert len(aw.select(6, aw.Strategy("margin", shortlist=2, pick="k_center"), probs=P, embeddings=E)) == 6


def test_only_the_shortlist_is_asked_for_the_evidence_of_the_pick():
    from askwise.core.source import ArraySource
    from askwise.engine import run

    asked = {"probs": 0, "embeddings": 0}

    class Counting(ArraySource):
        chunk = 7

        def rows(self, rows, names):
            for name in names:
                asked[name] += len(rows)
            return super().rows(rows, names)

    strategy = aw.Strategy("margin", shortlist=10, pick="k_center")
    run(4, strategy, Counting({"probs": P, "embeddings": E}), np.arange(60), 0)
    assert asked == {"probs": 60, "embeddings": 10}


def test_ids_that_are_a_permutation_of_positions():
    """Rows in key order with the right first and last row, but not consecutive: never a slice."""
    ids = np.array([0, 2, 1, 3])
    probs = np.array([[0.5, 0.5], [0.9, 0.1], [0.6, 0.4], [1.0, 0.0]])
    assert aw.select(4, "margin", probs=probs, ids=ids).rows.tolist() == [0, 2, 1, 3]


def test_evidence_is_derived():
    samples = RNG.dirichlet(np.ones(3), (20, 8))
    got = aw.select(5, "margin", samples=samples).rows
    assert got.tolist() == aw.select(5, "margin", probs=samples.mean(1)).rows.tolist()


def test_memory_map(tmp_path):
    path = tmp_path / "probs.npy"
    np.save(path, P)
    before = path.read_bytes()
    got = aw.select(5, "margin", probs=np.load(path, mmap_mode="r")).rows
    assert got.tolist() == aw.select(5, "margin", probs=P).rows.tolist() and path.read_bytes() == before


def test_nothing_to_choose():
    for strategy in ("margin", "k_center", "auto"):
        assert aw.select(0, strategy, probs=P, embeddings=E).rows.tolist() == []
        assert aw.select(0, strategy, probs=P, embeddings=E, candidates=[]).rows.tolist() == []


def bad(row, value, array=P):
    array = array.copy()
    array[row] = value
    return array


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: aw.select(1, "margin", probs=bad(7, np.nan)), BadInput, r"probs of row 7 holds nan"),
        (lambda: aw.select(1, "margin", probs=bad(7, 0.5)), BadInput, r"probs of row 7 sums to 2, not to 1"),
        (lambda: aw.select(1, "margin", probs=P - 0.2), BadInput, r"probs of row \d+ holds -0\.\d+"),
        (lambda: aw.select(1, "k_center", embeddings=bad(5, np.inf, E)), BadInput, r"embeddings of row 5 holds inf"),
        (lambda: aw.select(61, "margin", probs=P), BadInput, r"cannot choose 61 rows from 60 candidates"),
        (lambda: aw.select(-1, "auto", probs=P), BadInput, r"cannot choose -1 rows"),
        (lambda: aw.select(2.5, "margin", probs=P), BadInput, r"n=2.5 is no whole number"),
        (lambda: aw.select(True, "margin", probs=P), BadInput, r"n=True is no whole number"),
        (lambda: aw.select(3, "margin", probs=P, candidates=[1, 2]), BadInput, r"3 rows from 2 candidates"),
        (lambda: aw.select(1, "margin", probs=P, candidates=[60]), BadInput, r"candidates holds row 60"),
        (lambda: aw.select(1, "margin", probs=P, candidates=[4, 4]), BadInput, r"row 4 more than once"),
        (lambda: aw.select(1, "margin", probs=P, ids=[*range(59), 3]), BadInput, r"the id 3 stands at 2 rows"),
        (lambda: aw.select(1, "margin", probs=P[:2], ids=["a", "a"]), BadInput, r"the id a stands at 2 rows"),
        (lambda: aw.select(1, "margin", probs=P[:3], ids=[1, 2, 3, 3]), BadInput, r"ids has shape \(4,\); give 3 ids"),
        (lambda: aw.select(1, "margin", probs=P, ids=np.linspace(0, 1, 60)), BadInput, r"row ids of type float64"),
        (lambda: aw.select(1, "margin", probs=P[:, 0]), BadInput, r"probs has shape \(60,\); give 2 dimensions"),
        (
            lambda: aw.select(1, "margin", probs=P[:, :0]),
            BadInput,
            r"probs has shape \(60, 0\): its rows hold no values",
        ),
        (lambda: aw.select(1, "margin", probs=np.zeros((0, 3))), BadInput, r"1 rows from 0 candidates"),
        (lambda: aw.select(1, "margin"), BadInput, r"no evidence of candidates was given"),
        (lambda: aw.select(1, "margin", porbs=P), BadInput, r"'porbs' is no evidence.*Did you mean 'probs'"),
        (
            lambda: aw.select(1, "badge", probs=P, embeddings=E[:9]),
            BadInput,
            r"embeddings has 9 rows, but probs has 60",
        ),
        (lambda: aw.select(1, "mragin", probs=P), BadInput, r"no strategy called 'mragin'. Did you mean 'margin'"),
        (lambda: aw.select(1, 7, probs=P), BadInput, r"7 is no strategy"),
        (lambda: aw.select(1, aw.limit.at_most, probs=P), BadInput, r"the limit 'at_most' is no strategy"),
        (lambda: aw.select(1, "badge", probs=P), MissingEvidence, r"pick 'badge' needs 'embeddings' \(m, d\)"),
        (lambda: aw.select(1, "margin", embeddings=E), MissingEvidence, r"score 'margin' needs 'probs'.*On offer: emb"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("labelled", "words"),
    [
        ({"labelled_embeddings": E[:3, :2]}, r"labelled_embeddings has \(2,\) values a row, but embeddings has \(5,\)"),
        ({"labelled_embeddings": bad(1, np.nan, E[:3])}, r"embeddings of row 1 of labelled_embeddings holds nan"),
        ({"labelled_embeddings": E[0]}, r"labelled_embeddings has shape \(5,\); give 2 dimensions"),
        ({"labelled_embeddings": E[:3], "labelled_probs": P[:2]}, r"different numbers of rows.*3.*2.*align"),
        ({"labelled_embeddings": E[:3], "labels": np.zeros(4)}, r"different numbers of rows.*'labels': 4"),
    ],
)
def test_bad_labelled_rows(labelled, words):
    with pytest.raises(BadInput, match=words):
        aw.select(2, "badge", probs=P, embeddings=E, **labelled)


def test_no_labelled_rows_is_not_bad():
    wanted = aw.select(4, "k_center", embeddings=E).rows.tolist()
    assert aw.select(4, "k_center", embeddings=E, labelled_embeddings=None).rows.tolist() == wanted
    assert aw.select(4, "k_center", embeddings=E, labelled_embeddings=E[:0]).rows.tolist() == wanted


def test_a_method_that_misbehaves_is_named():
    from askwise.core.registry import Method, Pick

    bad_score = Method("score", "broken", lambda probs: probs[:, 0] * np.nan, ("probs",), (), {})
    with pytest.raises(BadInput, match="score 'broken' of row 0 holds nan"):
        aw.select(1, bad_score, probs=P)
    twice = Pick("pick", "twice", lambda e, *, n, rng, taken: np.zeros(n, dtype=int), ("embeddings",), (), {})
    with pytest.raises(BadInput, match="pick 'twice' returned 1 distinct rows of 3; this is a bug in it"):
        aw.select(3, twice, embeddings=E)


def test_a_wish_for_scores_is_none_without_a_score():
    from askwise.core.registry import Pick

    seen = []
    wishful = Pick(
        "pick",
        "w",
        lambda e, s=None, *, n, rng, taken: seen.append(s) or np.arange(n),
        ("embeddings",),
        ("scores",),
        {},
    )
    aw.select(2, wishful, embeddings=E)
    aw.select(2, aw.Strategy("margin", pick=wishful), embeddings=E, probs=P)
    assert seen[0] is None and len(seen[1]) == 60


def test_groups_are_evidence_too():
    from askwise.core.registry import Pick

    seen = []
    grouped = Pick("pick", "g", lambda g, *, n, rng, taken: seen.append(g) or np.arange(n), ("groups",), (), {})
    ids = np.arange(60)[::-1].copy()
    aw.select(2, grouped, embeddings=E, groups=np.arange(60) % 7, ids=ids)
    assert seen[0].tolist() == (np.arange(60) % 7)[::-1].tolist()


@pytest.mark.parametrize("seed", [0.5, "1", None, True])
def test_a_seed_that_is_no_whole_number_is_quoted(seed):
    with pytest.raises(aw.BadInput, match=f"seed={seed!r} is no whole number"):
        aw.select(1, "margin", probs=np.full((2, 2), 0.5), seed=seed)
