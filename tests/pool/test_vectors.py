"""Vectors in files: every kind of column, bad ones named, read in blocks, and pools and picks over them."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

import askwise as aw
from askwise.core.errors import BadInput
from askwise.pool import ArrayPool, as_pool, open_pool, open_vectors, vectors
from askwise.testing.pool import check_pool

ROWS = np.random.default_rng(0).standard_normal((500, 4)).astype(np.float16)


def column(kind, rows=ROWS):
    if kind == "fixed-size binary":
        return pa.array([row.tobytes() for row in rows], pa.binary(rows.shape[1] * rows.itemsize))
    value = {"f2": pa.float16(), "f4": pa.float32(), "f8": pa.float64()}[rows.dtype.str[1:]]
    lists = {"list": pa.list_(value), "large list": pa.large_list(value), "fixed-size list": pa.list_(value, 4)}
    return pa.array(list(rows), lists[kind])


def write(path, **columns):
    table = pa.table(columns)
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=120)
    else:
        feather.write_feather(table, path, compression="uncompressed", chunksize=120)
    return path


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(vectors, "_BATCH", 70)


KINDS = ("list", "large list", "fixed-size list", "fixed-size binary")


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_kind_of_column(kind, suffix, dtype, tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="askwise")
    rows = ROWS.astype(dtype)
    path = write(tmp_path / f"pool{suffix}", other=np.arange(500), e=column(kind, rows))
    got = open_vectors(path, "e", dtype=dtype)
    assert got.shape == (500, 4) and got.dtype == rows.dtype
    # One pass, in blocks that fit no batch, is read as it stands.
    whole = np.concatenate([got[start : start + 33] for start in range(0, 500, 33)])
    assert np.array_equal(whole, rows) and not caplog.records
    assert np.array_equal(got[np.array([499, 3, 250])], rows[[499, 3, 250]])
    assert "written once to a flat temporary file" in caplog.text
    assert np.array_equal(got[100:400], rows[100:400]) and len(caplog.records) == 1


def test_npy(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    np.save(tmp_path / "fortran.npy", np.asfortranarray(ROWS))
    for name in ("rows.npy", "fortran.npy"):
        assert np.array_equal(open_vectors(tmp_path / name)[7:9], ROWS[7:9])
    np.save(tmp_path / "flat.npy", np.arange(3.0))
    with pytest.raises(BadInput, match=r"'flat.npy' holds an array of shape \(3,\)"):
        open_vectors(tmp_path / "flat.npy")


def test_picks_from_a_file_are_those_of_the_array(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="askwise")
    path = write(tmp_path / "pool.parquet", e=column("list"))
    for name in ("k_center", "k_means_pp", "max_det"):
        wanted = aw.select(20, name, embeddings=ROWS).rows
        assert aw.select(20, name, embeddings=open_vectors(path), memory=1000).rows.tolist() == wanted.tolist()
    assert "written once" in caplog.text


def test_a_score_decodes_the_column_once(tmp_path, caplog):
    caplog.set_level(logging.INFO, logger="askwise")
    probs = np.random.default_rng(1).dirichlet(np.ones(4), size=500)
    path = write(tmp_path / "pool.parquet", p=column("fixed-size list", probs))
    got = aw.select(10, "margin", probs=open_vectors(path))
    assert got.rows.tolist() == aw.select(10, "margin", probs=probs).rows.tolist() and not caplog.records


@pytest.mark.parametrize("kind", ["list", "fixed-size list"])
def test_missing_and_ragged_vectors_are_named(kind, tmp_path):
    values = list(ROWS)
    values[321] = None
    path = write(tmp_path / "a.parquet", e=pa.array(values, column(kind).type))
    with pytest.raises(BadInput, match="the vector at row 321 of column 'e' is missing"):
        open_vectors(path)[:]
    values[321] = [1.0, None, 2.0, 3.0]
    path = write(tmp_path / "b.parquet", e=pa.array(values, column(kind).type))
    with pytest.raises(BadInput, match="a value of the vector at row 321"):
        open_vectors(path)[:]


@pytest.mark.parametrize("at", [5, 70, 321])
def test_vectors_of_different_lengths(at, tmp_path):
    values = [list(row) for row in ROWS]
    for row in range(at, 500 if at == 70 else at + 1):
        values[row] = [1.0, 2.0]
    path = write(tmp_path / "a.parquet", e=pa.array(values, pa.list_(pa.float32())))
    with pytest.raises(BadInput, match=f"the vector at row {at} of column 'e' has 2 values, those before it 4"):
        open_vectors(path)[:]


def test_columns_that_are_no_vectors(tmp_path):
    path = write(tmp_path / "a.parquet", e=column("list"), f=column("list"), text=["a"] * 500)
    with pytest.raises(BadInput, match="Columns of vectors: e, f; name one"):
        open_vectors(path)
    with pytest.raises(BadInput, match="no column 'g'"):
        open_vectors(path, "g")
    with pytest.raises(BadInput, match=r"column 'text' of 'a\.parquet' holds string"):
        open_vectors(path, "text")
    with pytest.raises(BadInput, match="give dtype="):
        open_vectors(write(tmp_path / "b.parquet", e=column("fixed-size binary")))
    with pytest.raises(BadInput, match="no whole number of float64"):
        bytes_ = pa.array([b"abc"] * 3, pa.binary(3))
        open_vectors(write(tmp_path / "c.parquet", e=bytes_), dtype="f8")
    with pytest.raises(BadInput, match="has 0 rows"):
        open_vectors(write(tmp_path / "d.parquet", e=pa.array([], pa.list_(pa.float32()))))
    with pytest.raises(BadInput, match="hold no values"):
        open_vectors(write(tmp_path / "e.parquet", e=pa.array([[], []], pa.list_(pa.float32()))))
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(BadInput, match=r"'a\.csv' holds no vectors"):
        open_vectors(tmp_path / "a.csv")


def test_a_pool_keeps_the_contract(tmp_path):
    def make(changed=None):
        rows = ROWS[:9].copy()
        if changed is not None:
            rows[changed] = 7.0
        path = write(tmp_path / f"pool-{changed}.parquet", e=column("list", rows))
        return ArrayPool(open_vectors(path))

    check_pool(make, make_changed=make)


def test_a_file_opens_as_a_pool_of_its_vectors(tmp_path):
    labels = ["cat", "dog"] * 250
    path = write(tmp_path / "a.parquet", name=[f"r{i}" for i in range(500)], e=column("list"), label=labels)
    opened = open_pool(path, ids="name")
    assert opened.pool.kind == "array" and opened.pool.ids[3] == "r3" and opened.labels.tolist() == labels
    assert opened.pool.column("name")[2] == "r2" and opened.chosen.features == ("e",)
    assert np.array_equal(opened.pool.take(np.array([4, 2])), ROWS[[4, 2]])
    named = as_pool(write(tmp_path / "b.arrow", e=column("list"), f=column("list")), features="f")
    assert named.take(np.array([1])).shape == (1, 4)


def test_a_session_over_a_file(tmp_path):
    from sklearn.linear_model import LogisticRegression

    labels = (ROWS[:, 0] > 0).astype(int)
    path = write(tmp_path / "a.parquet", e=column("fixed-size list"))

    def asked(pool):
        learner = LogisticRegression(max_iter=500)
        with aw.Session(pool=pool, classes=[0, 1], learner=learner, strategy="badge", seed=1) as session:
            for _ in range(3):
                session.tell(aw.Oracle(labels)(session.ask(5)))
            return [query.row for query in session.queries.values()]

    assert asked(path) == asked(ROWS)


def test_a_nan_in_a_file_is_named(tmp_path):
    rows = ROWS.copy()
    rows[77, 2] = np.nan
    path = write(tmp_path / "a.parquet", e=column("list", rows))
    with pytest.raises(BadInput, match="row 77, column 2 is nan"):
        as_pool(path)
    with pytest.raises(BadInput, match="embeddings of row 77 holds nan"):
        aw.select(3, "k_center", embeddings=open_vectors(path), memory=100)
