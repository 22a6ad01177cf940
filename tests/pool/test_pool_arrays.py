"""Array, text and table pools: what they give, and what they refuse."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from askwise.core.errors import BadInput, MissingEvidence
from askwise.pool import ArrayPool, FramePool, ImagePool, TextPool, as_pool, unique_ids

EMBEDDINGS = frozenset({"embeddings"})


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "bool", ">f8"])
def test_embeddings_are_contiguous_float32(dtype: str) -> None:
    X = np.asfortranarray(np.arange(12).reshape(4, 3).astype(dtype))
    E = ArrayPool(X).evidence(np.array([3, 1]), EMBEDDINGS)["embeddings"]
    assert E.dtype == np.float32
    assert E.flags.c_contiguous
    np.testing.assert_array_equal(E, X[[3, 1]].astype(np.float32))
    assert ArrayPool(X).take(np.array([3, 1])).dtype == X.dtype


def test_memory_map_is_neither_copied_nor_loaded_whole(tmp_path: Path) -> None:
    n, d = 200_000, 250  # 200 MB
    X = np.lib.format.open_memmap(tmp_path / "X.npy", mode="w+", dtype=np.float32, shape=(n, d))
    X[:] = np.arange(d, dtype=np.float32)
    del X
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    tracemalloc.start()
    pool = as_pool(mapped)
    assert isinstance(pool, ArrayPool)
    mark = pool.fingerprint()
    for start in range(0, n, 16_384):
        pool.evidence(np.arange(start, min(start + 16_384, n)), EMBEDDINGS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64e6, f"{peak / 1e6:.0f} MB on the heap"
    assert len(mark["digests"]) <= 4096
    assert len(json.dumps(mark)) < 150_000


def test_sparse_rows_and_what_they_show() -> None:
    X = sparse.coo_matrix(([1.0, 2.5], ([0, 2], [1, 0])), shape=(3, 2))
    pool = ArrayPool(X, names=["a", "b"])
    assert pool.offers == frozenset()
    np.testing.assert_array_equal(pool.take(np.array([2, 2, 0])).toarray(), [[2.5, 0], [2.5, 0], [0, 1]])
    assert pool.show(2) == {"kind": "row", "cells": {"a": 2.5}}


def test_unsorted_sparse_entries_are_left_alone_and_hash_alike() -> None:
    messy = sparse.csr_matrix(([1.0, 2.0, 3.0, 0.0], [2, 0, 0, 1], [0, 2, 4]), shape=(2, 3))
    clean = sparse.csr_matrix(([2.0, 1.0, 3.0], [0, 2, 0], [0, 2, 3]), shape=(2, 3))
    assert ArrayPool(messy).fingerprint() == ArrayPool(clean).fingerprint()
    assert messy.indices.tolist() == [2, 0, 0, 1]


def test_show_writes_float32_as_a_person_would() -> None:
    assert ArrayPool(np.float32([[0.1, 2]])).show(0) == {"kind": "row", "cells": {"x0": 0.1, "x1": 2.0}}


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (np.empty((0, 3)), "0 rows"),
        (np.empty((3, 0)), "no features"),
        (np.arange(3.0), "reshape"),
        (np.array([["a"]]), "DataFrame"),
        (np.array([[1j]]), "complex"),
        (np.array([[0.0, 1], [2, np.nan]]), "row 1, column 1 is nan"),
        (np.array([[[0.0, 1], [np.inf, 3]]]), r"row 0, place \[1, 0\] is inf"),
        (sparse.csr_matrix(np.array([[0.0, 1], [0, -np.inf]])), "row 1, column 1 is -inf"),
    ],
)
def test_bad_arrays(X: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        ArrayPool(X)


def test_bad_value_names_the_column_far_into_the_array() -> None:
    X = np.zeros((70_000, 100), dtype=np.float32)
    X[69_123, 7] = np.nan
    names = [f"f{j}" for j in range(100)]
    with pytest.raises(BadInput, match=r"row 69123, column 7 \('f7'\) is nan.*impute"):
        ArrayPool(X, names=names)
    assert len(ArrayPool(X, check=False)) == 70_000


def test_values_beyond_float32_are_refused_not_clipped() -> None:
    pool = ArrayPool(np.array([[1.0], [1e300]]))
    with pytest.raises(BadInput, match="row 1, column 0 holds 1e\\+300"):
        pool.evidence(np.array([0, 1]), EMBEDDINGS)


def test_missing_evidence_says_what_is_offered() -> None:
    with pytest.raises(MissingEvidence, match="array pool offers embeddings, not probs"):
        ArrayPool(np.ones((2, 1))).evidence(np.array([0]), frozenset({"probs"}))


def test_side_columns() -> None:
    pool = TextPool(["a", "b"], columns={"patient": ["p1", "p2"], "cost": pa.array([1, 2])})
    assert pool.column("patient").tolist() == ["p1", "p2"]
    assert pool.column("cost").dtype == np.int64
    with pytest.raises(BadInput, match="Did you mean 'patient'"):
        pool.column("patent")
    with pytest.raises(BadInput, match="'cost' has 3 values, the pool has 2 rows"):
        TextPool(["a", "b"], columns={"cost": [1, 2, 3]})


def test_ids() -> None:
    assert TextPool(["a", "b"]).ids.dtype == np.int64
    assert unique_ids(pd.Series(["x", "y"]), 2).tolist() == ["x", "y"]
    assert unique_ids(pa.array([7, 3]), 2).tolist() == [7, 3]
    assert unique_ids(np.array([7, 3], dtype=np.uint8), 2).dtype == np.int64


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (["a", "c", "b", "c", "b"], "'c' is given to two rows, 1 and 3.*2 repeated"),
        ([5, 1, 2, 3, 5], "5 is given to two rows, 0 and 4"),
        (["a", "b"], r"shape \(2,\), the pool has 5 rows"),
        ([0.5, 1, 2, 3, 4], "float64 are not usable"),
        (["a", "b", None, "c", "d"], "id None at row 2"),
        (pa.array([1, 2, None, 4, 5]), "id at row 2 is missing"),
        (np.array([2**63, 1, 2, 3, 4], dtype=np.uint64), "does not fit"),
    ],
)
def test_bad_ids(ids: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        ArrayPool(np.ones((5, 1)), ids)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a", None, float("nan"), pd.NA], "3 texts are missing, at rows 1, 2, 3; remove"),
        (pa.array(["a", None]), "1 text is missing, at row 1"),
        (pa.chunked_array([["a"], [None] * 7]), r"7 texts are missing, at rows 1, 2, 3, 4, 5, \.\.\."),
        (pd.Series(["a", None]), "1 text is missing, at row 1"),
        (["a", 5], "row 1 is 5, a int"),
        (pa.array([1, 2]), "int64 is no text"),
        ([], "0 rows"),
    ],
)
def test_bad_texts(texts: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        TextPool(texts)


def test_table_pool_feeds_a_column_transformer_without_pandas() -> None:
    table = pa.table({"age": [20, 30, 40, 50], "town": ["x", "y", "x", "y"], "y": [0, 0, 1, 1]})
    pool = FramePool(table, features=["age", "town"])
    encoder = make_column_transformer((StandardScaler(), ["age"]), (OneHotEncoder(), ["town"]))
    model = make_pipeline(encoder, LogisticRegression())
    rows = pool.take(np.array([3, 2, 1, 0]))
    assert isinstance(rows, pa.Table)
    assert rows.column_names == ["age", "town"]
    assert model.fit(rows, [1, 1, 0, 0]).predict(pool.take(np.array([0]))).tolist() == [0]
    assert pool.column("y").tolist() == [0, 0, 1, 1]


def test_table_pool_gives_a_frame_for_a_frame() -> None:
    frame = pd.DataFrame({"a": [1.5, None], "b": pd.Categorical(["u", "v"])}, index=[5, 9])
    pool = FramePool(frame)
    pd.testing.assert_frame_equal(pool.take(np.array([1])), frame.iloc[[1]])
    assert pool.show(1) == {"kind": "row", "cells": {"a": None, "b": "v"}}
    assert len(FramePool(pd.DataFrame(np.eye(3)))) == 3  # columns 0, 1, 2
    same = pa.table({"a": [1.5, float("nan")], "b": ["u", "v"]})
    assert FramePool(same).fingerprint() == pool.fingerprint()


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"a": [1.0, float("inf")]}, "'a' holds inf at row 1"),
        ({"a": [None, None]}, "empty in every row"),
        ({"a": [[1], [2]]}, "holds list"),
        ({"a": [b"x", b"y"]}, "holds binary"),
    ],
)
def test_bad_cells(cells: dict[str, list[object]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        FramePool(pa.table(cells))


def test_bad_frames() -> None:
    with pytest.raises(BadInput, match="mixes types"):
        FramePool(pd.DataFrame({"a": [1, "x"]}))
    with pytest.raises(BadInput, match="'a' is there twice"):
        FramePool(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(BadInput, match=r"no column 'aeg'. Did you mean 'age'"):
        FramePool(pa.table({"age": [1]}), features=["aeg"])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (np.eye(3), ArrayPool),
        ([[1, 2], [3, 4]], ArrayPool),
        (sparse.eye_array(3), ArrayPool),
        (["a", "b"], TextPool),
        (np.array(["a", "b"]), TextPool),
        (pd.Series(["a", "b"]), TextPool),
        (pa.array(["a", "b"]), TextPool),
        ([b"GIF89a"], ImagePool),
        (pd.DataFrame({"a": [1]}), FramePool),
        (pa.table({"a": [1]}), FramePool),
    ],
)
def test_as_pool(data: object, kind: type) -> None:
    pool = as_pool(data)
    assert isinstance(pool, kind)
    assert as_pool(pool) is pool


def test_as_pool_takes_columns_by_name() -> None:
    frame = pd.DataFrame({"review": ["good", "bad"], "key": ["a", "b"], "label": [1, 0], "stars": [5, 1]})
    pool = as_pool(frame, ids="key", text="review")
    assert pool.ids.tolist() == ["a", "b"]
    assert pool.take(np.array([1])) == ["bad"]
    assert pool.column("stars").tolist() == [5, 1]  # type: ignore[attr-defined]
    assert as_pool(frame, ids="key").take(np.array([0])).columns.tolist() == ["review", "stars"]
    with pytest.raises(BadInput, match="'label' is the label"):
        as_pool(frame, features=["stars", "label"])
    with pytest.raises(BadInput, match="text and images given: name one"):
        as_pool(frame, text="review", images="stars")


def test_as_pool_refuses() -> None:
    with pytest.raises(BadInput, match="a set cannot be a pool"):
        as_pool({1, 2})
    with pytest.raises(BadInput, match="need a table, not a ndarray"):
        as_pool(np.eye(2), text="review")
    with pytest.raises(BadInput, match="its own ids"):
        as_pool(TextPool(["a"]), ids=[1])
    with pytest.raises(BadInput, match="name of a column"):
        as_pool("pool.csv", ids=[1, 2])
