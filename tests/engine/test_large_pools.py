"""Pools on disk: the same picks as in memory, in as many passes as the docstrings say, and nothing held whole."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import askwise as aw
from askwise.core.errors import BadInput
from askwise.core.noise import Noise
from askwise.core.stored import Stored
from askwise.kernels import cluster, few_pass, log_det

ROWS, COLUMNS = 3000, 12
PICKS = ("k_center", "k_means_pp", "badge", "max_det", "k_means", "typiclust", "facility_location")


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Embeddings and probabilities as arrays, and as memory maps of the same."""
    folder = tmp_path_factory.mktemp("pool")
    rng = np.random.default_rng(0)
    arrays = {
        "embeddings": rng.standard_normal((ROWS, COLUMNS)).astype(np.float16),
        "probs": rng.dirichlet(np.full(4, 0.3), size=ROWS).astype(np.float32),
    }
    for name, value in arrays.items():
        np.save(folder / f"{name}.npy", value)
    return arrays, {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in arrays}


@pytest.fixture
def everything_on_disk(monkeypatch):
    """Small maps count as large."""
    monkeypatch.setattr("askwise.core.stored.LARGE", 0)


def of(name, evidence):
    return evidence if name == "badge" else {"embeddings": evidence["embeddings"]}


def counting(array):
    return Stored(array.shape, array.dtype, lambda at: array[at])


@pytest.mark.parametrize("name", PICKS)
def test_a_memory_map_gives_the_picks_of_the_array(name, pool, everything_on_disk, caplog):
    arrays, maps = pool
    caplog.set_level(logging.INFO, logger="askwise")
    wanted = aw.select(40, name, seed=3, **of(name, arrays)).rows
    assert not caplog.records
    got = aw.select(40, name, seed=3, memory=1000, **of(name, maps)).rows
    assert got.tolist() == wanted.tolist()
    assert f"{name} reads embeddings (3000, 12)" in caplog.text


@pytest.mark.parametrize("name", PICKS)
def test_candidates_ids_and_labelled_rows(name, pool, everything_on_disk):
    arrays, maps = pool
    rng = np.random.default_rng(1)
    given = {"ids": rng.permutation(10**6)[:ROWS], "candidates": rng.choice(ROWS, 1500, replace=False)}
    given |= {f"labelled_{kind}": value[:30] for kind, value in of(name, arrays).items()}
    wanted = aw.select(25, name, **given, **of(name, arrays)).rows
    assert aw.select(25, name, memory=1000, **given, **of(name, maps)).rows.tolist() == wanted.tolist()


def passes(name, arrays, n, **given):
    """Passes over the embeddings that a selection makes, random rows included."""
    stored = {kind: counting(value) for kind, value in of(name, arrays).items()}
    aw.select(n, name, memory=1000, **stored, **given)
    return stored["embeddings"].rows_read / ROWS


def test_passes_are_those_of_the_docstrings(pool, monkeypatch):
    arrays, _ = pool
    monkeypatch.setattr(few_pass, "_HELD_BYTES", 4 * COLUMNS * ROWS // 20)
    monkeypatch.setattr(log_det, "_HELD_BYTES", 8 * COLUMNS * ROWS // 20)
    assert passes("k_center", arrays, 100) <= 2 + 10
    assert passes("k_center", arrays, 100, labelled_embeddings=arrays["embeddings"][:50]) <= 10
    assert passes("k_means_pp", arrays, 100) <= 2.5
    assert passes("badge", arrays, 100) <= 3.5
    assert passes("max_det", arrays, 100) <= 30
    monkeypatch.setattr(cluster, "_SAMPLE", 300)
    monkeypatch.setattr(cluster, "_PER_CENTRE", 2)
    assert passes("k_means", arrays, 100) <= 1.2
    assert passes("typiclust", arrays, 100) <= 2.2


def test_a_score_reads_the_pool_once(pool):
    probs = counting(pool[0]["probs"])
    aw.select(10, "margin", probs=probs, memory=1000)
    assert probs.rows_read == ROWS


@pytest.mark.parametrize("name", PICKS)
def test_a_nan_is_named_while_streaming(name, pool):
    arrays, _ = pool
    broken = arrays["embeddings"].copy()
    broken[2345, 3] = np.nan
    ids = [f"row-{i}" for i in range(ROWS)]
    with pytest.raises(BadInput, match="embeddings of row row-2345 holds nan"):
        aw.select(5, name, ids=ids, memory=1000, **of(name, {**arrays, "embeddings": counting(broken)}))


def test_labelled_rows_of_another_width(pool):
    arrays, _ = pool
    with pytest.raises(BadInput, match=r"labelled_embeddings has \(13,\) values a row, but embeddings has \(12,\)"):
        aw.select(5, "k_center", embeddings=counting(arrays["embeddings"]), labelled_embeddings=np.ones((2, 13)))


def test_no_columns_and_no_rows():
    with pytest.raises(BadInput, match=r"embeddings has shape \(5, 0\)"):
        aw.select(1, "k_center", embeddings=Stored((5, 0), np.dtype("f4"), lambda at: np.zeros((len(at), 0))))
    with pytest.raises(BadInput, match="cannot choose 1 rows from 0 candidates"):
        aw.select(1, "k_center", embeddings=Stored((0, 5), np.dtype("f4"), lambda at: np.zeros((len(at), 5))))


def test_evidence_derived_from_what_is_on_disk(pool):
    rng = np.random.default_rng(2)
    samples = rng.dirichlet(np.ones(3), size=(ROWS, 5))
    embeddings = pool[0]["embeddings"]
    wanted = aw.select(20, "badge", samples=samples, embeddings=embeddings).rows
    got = aw.select(20, "badge", samples=counting(samples), embeddings=counting(embeddings), memory=1000).rows
    assert got.tolist() == wanted.tolist()


def test_a_session_over_a_map_reads_it_in_blocks(pool, monkeypatch, caplog):
    arrays, maps = pool
    from sklearn.linear_model import LogisticRegression

    labels = (np.asarray(arrays["embeddings"][:, 0]) > 0).astype(int)

    def asked(data, memory):
        monkeypatch.setattr("askwise.session.choosing.MEMORY", memory)
        with aw.Session(pool=data, classes=[0, 1], learner=LogisticRegression(), strategy="badge", seed=4) as session:
            for _ in range(3):
                session.tell(aw.Oracle(labels)(session.ask(8)))
            return [query.row for query in session.queries.values()]

    caplog.set_level(logging.INFO, logger="askwise")
    wanted = asked(arrays["embeddings"], 1 << 30)
    assert not [r for r in caplog.records if "blocks" in r.message]
    assert asked(maps["embeddings"], 1000) == wanted
    assert "badge reads embeddings" in caplog.text and "probs is computed once" in caplog.text


def part_of(picked):
    return [note for note in picked.notes if "chooses among" in note]


def test_a_pick_that_must_hold_its_rows_chooses_among_a_part(pool, monkeypatch):
    arrays, _ = pool
    monkeypatch.setattr("askwise.engine._PART", {"random_subset": 300, "varied": 200})
    embeddings = arrays["embeddings"]
    for name, drawn in (
        ("random_clust", aw.among.random_subset.using(size=300)),
        ("lcmd", aw.among.varied.using(size=200)),
    ):
        stored = counting(embeddings)
        picked = aw.select(10, name, embeddings=stored, memory=1000)
        wanted = aw.select(10, aw.Strategy(pick=name, among=drawn), embeddings=embeddings).rows
        assert picked.rows.tolist() == wanted.tolist()
        assert f"{name} chooses among {drawn.settings['size']} rows of {drawn.name}" in part_of(picked)[0]
        assert "embeddings (3000, 12) is too much" in picked.why(0).notes[0]


def test_a_pick_may_estimate_from_disk_unless_it_shall_be_exact(pool):
    embeddings = pool[0]["embeddings"]
    stored = counting(embeddings)
    setting = aw.pick.prob_cover.using(delta=2.5, reference=500)
    picked = aw.select(10, setting, embeddings=stored, memory=1000)
    assert picked.notes == ("prob_cover reads embeddings (3000, 12) in blocks, with estimates of its gains",)
    assert ROWS < stored.rows_read < 3 * ROWS
    wanted = aw.select(10, setting, embeddings=embeddings).rows.tolist()
    held = aw.select(10, aw.Strategy(pick=setting, exact=True), embeddings=counting(embeddings), memory=1000)
    assert held.rows.tolist() == wanted and held.notes == ()


@pytest.mark.parametrize(("name", "passes"), [("frank_wolfe", 10 + 2), ("bait", 20 + 4)])
def test_a_pass_a_pick_only_if_it_shall_be_exact(name, passes, pool, caplog):
    caplog.set_level(logging.INFO, logger="askwise")
    stored = counting(pool[0]["embeddings"])
    picked = aw.select(10, aw.Strategy(pick=name, exact=True), embeddings=stored, memory=1000)
    assert picked.rows.tolist() == aw.select(10, name, embeddings=pool[0]["embeddings"]).rows.tolist()
    assert f"{name} makes {passes} passes over embeddings on disk" in caplog.text
    assert (passes - 1) * ROWS < stored.rows_read <= (passes + 0.1) * ROWS


def test_after_a_score_the_part_is_the_best_by_score(pool, monkeypatch):
    arrays, _ = pool
    monkeypatch.setattr("askwise.engine._PART", {"random_subset": 150, "varied": 150})
    given = {"probs": arrays["probs"], "embeddings": counting(arrays["embeddings"])}
    picked = aw.select(10, aw.Strategy("margin", pick="random_clust"), memory=1000, **given)
    wanted = aw.select(10, aw.Strategy("margin", shortlist=150, pick="random_clust"), **arrays)
    assert picked.rows.tolist() == wanted.rows.tolist() and "150 rows with the highest scores" in picked.notes[0]
    assert given["embeddings"].rows_read <= 151
    small = aw.select(10, aw.Strategy("margin", shortlist=100, pick="random_clust"), memory=1000, **given)
    assert part_of(small) == []


def test_exact_is_a_switch(pool, monkeypatch):
    arrays, _ = pool
    monkeypatch.setattr("askwise.engine._PART", {"random_subset": 300, "varied": 200})
    whole = aw.select(10, "lcmd", embeddings=arrays["embeddings"]).rows
    held = aw.select(10, aw.Strategy(pick="lcmd", exact=True), embeddings=counting(arrays["embeddings"]), memory=1000)
    assert held.rows.tolist() == whole.tolist() and held.notes == ()
    part = aw.select(10, aw.Strategy(pick="k_center", exact=False), embeddings=arrays["embeddings"])
    inside = aw.among.random_subset(n=10, rng=Noise(0, ROWS), size=300)
    assert part.rows.tolist() == inside[aw.pick.k_center(arrays["embeddings"][inside], n=10)].tolist()
    assert part.notes == ("k_center chooses among 300 rows of random_subset: exact=False",)
    again = aw.Strategy.from_dict(aw.Strategy(pick="lcmd", exact=False).to_dict())
    assert again == aw.Strategy(pick="lcmd", exact=False) != aw.Strategy(pick="lcmd")
    with pytest.raises(BadInput, match="exact='yes' is no choice"):
        aw.Strategy(pick="lcmd", exact="yes")


def test_whole_numbers_on_disk_are_converted_as_they_are_read(tmp_path, everything_on_disk):
    rows = np.random.default_rng(5).integers(0, 255, (ROWS, COLUMNS)).astype(np.uint8)
    np.save(tmp_path / "rows.npy", rows)
    wanted = aw.select(20, "k_center", embeddings=rows).rows
    got = aw.select(20, "k_center", embeddings=np.load(tmp_path / "rows.npy", mmap_mode="r"), memory=1000)
    assert got.rows.tolist() == wanted.tolist() and "in blocks" in got.notes[0]
    with pytest.raises(BadInput, match="embeddings has the type complex64"):
        aw.select(1, "k_center", embeddings=Stored((3, 2), np.dtype("c8"), lambda at: np.zeros((len(at), 2))))
