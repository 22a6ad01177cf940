"""An encoded pool: features for the learner, embeddings for picks, and the raw rows for people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.core.protocols import Pool
from askwise.encode import EncodedPool, encode, kind_of
from askwise.learner import recipe
from askwise.pool import as_pool

TEXTS = ["a red fox", "a red hen", "the blue sea", "the blue sky"] * 5


def texts(**given: Any) -> Pool:
    return as_pool(TEXTS, **given)


def test_rows_are_features_and_evidence_is_embeddings() -> None:
    raw = texts()
    pool = encode(raw, recipe("text"))
    assert isinstance(pool, Pool)
    rows = np.array([7, 0, 7])
    assert pool.take(rows).shape == (3, pool.features.shape[1])
    assert (pool.take(rows) != pool.features[rows]).nnz == 0
    (name,) = pool.offers
    embeddings = pool.evidence(rows, pool.offers)[name]
    np.testing.assert_array_equal(embeddings, pool.embeddings[rows])
    assert pool.evidence(rows, frozenset()) == {}
    assert len(pool) == 20
    np.testing.assert_array_equal(pool.ids, raw.ids)


def test_people_see_the_raw_row_and_the_raw_pool_is_the_identity() -> None:
    raw = texts(columns={"site": list("ab") * 10})
    pool = encode(raw, recipe("text"))
    assert pool.show(2) == {"kind": "text", "text": "the blue sea"}
    assert pool.fingerprint() == raw.fingerprint()
    assert pool.column_names == ("site",)
    assert pool.column("site").tolist() == list("ab") * 10


def test_new_rows_go_through_the_same_encoder() -> None:
    pool = encode(texts(), recipe("text"))
    features, embeddings = pool.encoder.transform(TEXTS[:3])
    np.testing.assert_allclose(features.toarray(), pool.take(np.arange(3)).toarray(), atol=1e-6)
    np.testing.assert_allclose(embeddings, pool.embeddings[:3], atol=1e-5)


def test_the_kind_of_a_pool_is_its_own_word() -> None:
    pd = pytest.importorskip("pandas")
    assert kind_of(texts()) == "text"
    assert kind_of(as_pool(np.eye(3))) == "array"
    assert kind_of(as_pool(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}))) == "table"


def test_a_pool_of_another_kind_needs_a_learner() -> None:
    pool = encode(texts(), recipe("text"))
    with pytest.raises(BadInput, match="there is no default learner for a EncodedPool; pass learner="):
        kind_of(pool)


def test_an_encoding_of_other_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="the encoding has 3 rows, the pool 20; encode the same rows"):
        EncodedPool(texts(), np.eye(3), np.eye(20))
    with pytest.raises(BadInput, match="there are 3 embeddings for a pool of 20 rows; give one of each row"):
        EncodedPool(texts(), np.eye(20), np.eye(3))
