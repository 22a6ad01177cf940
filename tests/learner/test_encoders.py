"""Text, table, array and image encoders, and the recipes made of them."""

from __future__ import annotations

import io
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from askwise.core.errors import BadInput
from askwise.learner import ArrayEncoder, ImageEncoder, SentenceEncoder, TableEncoder, TfidfEncoder, recipe
from askwise.learner.image import orientations
from askwise.learner.latent import directions, project

DATA = Path(os.environ.get("ASKWISE_DATA", Path(__file__).parents[3] / "shared" / "data"))
TEXTS = ["the good film", "a bad film", "good plot and good cast", "stocks fall", "stocks rise", "bank stocks"]


def test_text_features_are_words_beside_directions():
    encoder = TfidfEncoder(dims=3)
    features, embeddings = encoder.fit_transform(TEXTS)
    assert features.format == "csr" and features.dtype == embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(features[:, -3:].toarray(), embeddings)
    films, banks = embeddings[:2], embeddings[3:]
    assert (films @ films.T).min() > (films @ banks.T).max()


def test_text_fit_then_transform_equals_both_at_once_and_is_row_local():
    once, again = TfidfEncoder(seed=2), TfidfEncoder(seed=2).fit(TEXTS)
    wanted = once.fit_transform(TEXTS)
    for part in (slice(0, 6), slice(2, 3)):
        got = again.transform(TEXTS[part])
        np.testing.assert_allclose(got.embeddings, wanted.embeddings[part], atol=1e-6)
        np.testing.assert_allclose(got.features.toarray(), wanted.features[part].toarray(), atol=1e-6)


def test_text_of_no_known_word_is_zero_and_finite():
    encoder = TfidfEncoder().fit(TEXTS)
    features, embeddings = encoder.transform(["zebra", ""])
    assert features.nnz == 0 and not embeddings.any()


def test_small_pools_keep_rare_words():
    assert TfidfEncoder().fit(TEXTS)._vectorizer.min_df == 1
    assert TfidfEncoder().fit(TEXTS * 200)._vectorizer.min_df == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a b", None], "row 1 is None, which is no text; fill missing texts with ''"),
        (["fine", 3.5], "row 1 is 3.5"),
        ([], "there are 0 texts"),
        ("one text", "single text 'one text'"),
        (["", "  ..."], "no word occurs"),
    ],
)
def test_bad_texts_are_quoted(rows, message):
    with pytest.raises(BadInput, match=message):
        TfidfEncoder().fit(rows)


@pytest.mark.parametrize("encoder", [TfidfEncoder(), TableEncoder(), ArrayEncoder(), ImageEncoder()])
def test_encoders_ask_to_be_fitted(encoder):
    with pytest.raises(BadInput, match="fit"):
        encoder.transform(np.ones((2, 2)))


def test_directions_are_those_of_the_exact_decomposition():
    rng = np.random.default_rng(0)
    X = sparse.csr_matrix((rng.random((60, 12)) * 10 ** -np.arange(12.0)).astype(np.float32))
    V = directions(X, 3, seed=0)
    exact = np.linalg.svd(X.toarray(), full_matrices=False)[2][:3].T
    np.testing.assert_allclose(np.abs((V * exact).sum(0)), 1, atol=1e-3)
    assert project(X, V).shape == (60, 3)


def _frame():
    pd = pytest.importorskip("pandas")
    n = 40
    return pd.DataFrame(
        {
            "age": [20.0 + i for i in range(n - 1)] + [None],
            "paid": [i % 2 == 0 for i in range(n)],
            "when": pd.date_range("2024-01-01", periods=n),
            "city": ["rome", "oslo", "bonn", None] * 10,
            "id": [f"row-{i}" for i in range(n)],
            "same": [1] * n,
            "empty": [None] * n,
            "grade": pd.Categorical(["a", "b"] * 20),
        }
    )


def test_table_columns_are_found():
    encoder = TableEncoder().fit(_frame())
    kinds = {column.name: column.kind for column in encoder.columns}
    assert kinds == {"age": "number", "paid": "number", "when": "number", "city": "category", "grade": "category"}
    assert set(encoder.dropped) == {"id", "same", "empty"}
    assert "names or free text" in encoder.dropped["id"]


def test_table_features_are_scaled_imputed_and_marked():
    encoder = TableEncoder()
    features, embeddings = encoder.fit_transform(_frame())
    assert embeddings is features and features.dtype == np.float32
    assert np.isfinite(features).all()
    np.testing.assert_allclose(features[:, :4].mean(0), 0, atol=1e-5)
    assert features[-1, 0] == pytest.approx(0, abs=0.1)  # the median
    assert features[-1, 3] > 5  # the column that says that age is missing
    np.testing.assert_allclose(features[:, 4:8].sum(1), 1)  # rome, oslo, bonn, missing


def test_table_takes_arrow_and_frame_alike_and_unseen_values():
    import pyarrow as pa

    frame = _frame()
    encoder = TableEncoder().fit(frame)
    table = pa.Table.from_pandas(frame)
    np.testing.assert_allclose(encoder.transform(table).features, encoder.transform(frame).features)
    odd = frame.iloc[:2].assign(city=["atlantis", "rome"])
    assert np.isfinite(encoder.transform(odd).features).all()
    with pytest.raises(BadInput, match="column 'age' is not in these rows"):
        encoder.transform(frame.drop(columns="age"))


def test_rare_values_share_a_column():
    pa = pytest.importorskip("pyarrow")
    values = ["common"] * 500 + ["usual"] * 490 + [f"rare{i // 2}" for i in range(10)]
    features = TableEncoder().fit_transform(pa.table({"v": values})).features
    assert features.shape == (1000, 3)
    assert features[-10:, -1].all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.array([[1.0, np.inf], [2.0, 3.0]]), "row 0, column 'x1' is inf"),
        (np.ones((5, 2)), "no column can be used: .'x0': 'constant'"),
        (np.ones(5), "give a table of at least one column"),
    ],
)
def test_bad_tables_are_quoted(rows, message):
    with pytest.raises(BadInput, match=message):
        TableEncoder().fit(rows)


def test_mixed_types_in_a_column_are_refused():
    pd = pytest.importorskip("pandas")
    with pytest.raises(BadInput, match="mixes types"):
        TableEncoder().fit(pd.DataFrame({"a": [1, "x", None]}))


def test_array_encoder_takes_missing_values_more_axes_and_sparse():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2, 3))
    X[0, 0, 0] = np.nan
    features, embeddings = ArrayEncoder().fit_transform(X)
    assert features.shape == (30, 7) and np.isfinite(features).all() and embeddings is features
    S = sparse.random(30, 9, 0.5, format="csr", random_state=0)
    encoder = ArrayEncoder(dims=4)
    features, embeddings = encoder.fit_transform(S)
    assert features.format == "csr" and embeddings.shape == (30, 4) and not encoder.features_are_embeddings
    with pytest.raises(BadInput, match="was not fitted on ndarray"):
        encoder.transform(X)
    with pytest.raises(BadInput, match="use kind='table'"):
        ArrayEncoder().fit(np.array([["a"], ["b"]]))


def _image(value, mode="L", kind="PNG", size=(20, 28)):
    from PIL import Image

    rng = np.random.default_rng(value)
    shape = (*size, 3) if mode == "RGB" else size
    out = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, shape, dtype=np.uint8)).save(out, kind)
    return out.getvalue()


def test_images_of_any_size_become_features():
    pytest.importorskip("PIL")
    grey = [_image(i, size=(10 + i, 20)) for i in range(5)]
    encoder = ImageEncoder(dims=3)
    features, embeddings = encoder.fit_transform(grey)
    assert encoder.grey and features.shape == (5, 256 + 324) and embeddings.shape == (5, 3)
    assert features.dtype == embeddings.dtype == np.float32
    np.testing.assert_allclose(encoder.transform(grey[3:]).features, features[3:], atol=1e-5)
    colour = [_image(0, "RGB"), _image(1, "RGB", "JPEG"), _image(2)]
    assert ImageEncoder().fit_transform(colour).features.shape == (3, 768 + 324)


def test_equal_images_are_finite():
    pytest.importorskip("PIL")
    features, embeddings = ImageEncoder().fit_transform([_image(0)] * 4)
    assert np.isfinite(features).all() and np.isfinite(embeddings).all()


@pytest.mark.parametrize(
    ("bad", "message"),
    [(b"not an image", "row 1 is no image .12 bytes that begin b'not an image'"), ("x", "row 1 is str")],
)
def test_bytes_that_are_no_image_name_their_row(bad, message):
    pytest.importorskip("PIL")
    with pytest.raises(BadInput, match=message):
        ImageEncoder().fit([_image(0), bad])
    with pytest.raises(BadInput, match="row 1 is no image"):
        ImageEncoder().fit([_image(0), _image(1)[:60]])


def test_orientation_of_an_edge():
    upright = np.zeros((1, 32, 32), dtype=np.float32)
    upright[:, :, 16:] = 1
    histogram = orientations(upright).reshape(-1, 9).sum(0)
    assert histogram[0] > 0 and histogram[0] == pytest.approx(histogram.sum())  # a gradient along x has angle 0
    lying = orientations(upright.transpose(0, 2, 1)).reshape(-1, 9).sum(0)
    assert lying[[4, 5]].sum() == pytest.approx(lying.sum())  # 90 degrees lies between bins 4 and 5


class _Model:
    """What SentenceTransformer does, at its boundary."""

    def __init__(self, name, device=None):
        if name == "absent":
            raise OSError("no such model")
        self.name = name

    def encode(self, texts, **settings):
        assert settings["normalize_embeddings"] and not settings["show_progress_bar"]
        return np.array([[len(t), 1.0] for t in texts])


def test_sentence_encoder_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", types.SimpleNamespace(SentenceTransformer=_Model))
    made = recipe("text", "sentence-transformers:some/model")
    assert made.encoder == SentenceEncoder("some/model")
    features, embeddings = made.encoder.fit(["a"]).transform(["a", "bcd"])
    assert features is embeddings and embeddings.dtype == np.float32
    assert embeddings.tolist() == [[1, 1], [3, 1]]
    with pytest.raises(BadInput, match=r"'absent' cannot be loaded \(no such model\)"):
        recipe("text", "sentence-transformers:absent").encoder.fit(["a"])


def test_sentence_encoder_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(BadInput, match=r"pip install 'askwise\[text\]'"):
        recipe("text", "sentence-transformers:m").encoder.fit(["a"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("video",), "no default for rows of kind 'video'"),
        (("text", "tfdf"), "no text encoder 'tfdf'. Did you mean 'tfidf'?"),
        (("text", "sentence-transformers:"), "names no model"),
        (("table", None, "boostin"), "no head 'boostin'. Did you mean 'boosting'?"),
        (("text", None, "boosting"), "needs dense features"),
    ],
)
def test_recipe_names_what_there_is(arguments, message):
    with pytest.raises(BadInput, match=message):
        recipe(*arguments)


def test_recipe_over_new_rows():
    made = recipe("text")
    labels = np.array([0, 0, 0, 1, 1, 1])
    features = made.encoder.fit_transform(TEXTS).features
    raw, over_features = made.raw_learner(2), made.learner(2)
    raw.fit(TEXTS, labels, None, seed=0)
    over_features.fit(features, labels, None, seed=0)
    found = raw.evidence(["good cast", "bank rise"], raw.provides)
    assert raw.provides == {"probs", "embeddings"} and found["probs"].argmax(1).tolist() == [0, 1]
    wanted = over_features.evidence(features, frozenset({"probs"}))["probs"]
    np.testing.assert_allclose(raw.evidence(TEXTS, frozenset({"probs"}))["probs"], wanted, atol=1e-6)


@pytest.mark.skipif(not (DATA / "trec6").exists(), reason="needs the shared data sets")
@pytest.mark.parametrize(("name", "n", "floor"), [("trec6", 500, 0.70), ("ag_news", 200, 0.68)])
def test_text_default_on_real_data(name, n, floor):
    import pyarrow.parquet as pq

    train, test = (pq.read_table(DATA / name / f"{part}.parquet") for part in ("train", "test"))
    labels = train["label"].to_numpy()
    made = recipe("text")
    features = made.encoder.fit_transform(train["text"].to_pylist()).features
    learner = made.learner(int(labels.max()) + 1)
    some = np.random.default_rng(0).permutation(len(labels))[:n]
    learner.fit(features[some], labels[some], None, seed=0)
    test_features = made.encoder.transform(test["text"].to_pylist()).features
    guess = learner.evidence(test_features, frozenset({"probs"}))["probs"].argmax(1)
    assert (guess == test["label"].to_numpy()).mean() > floor


@pytest.mark.skipif(not (DATA / "fashion_mnist").exists(), reason="needs the shared data sets")
def test_image_default_on_real_data():
    import pyarrow.parquet as pq

    table = pq.read_table(DATA / "fashion_mnist" / "test.parquet").slice(0, 1500)
    images, labels = table["image"].to_pylist(), table["label"].to_numpy()
    made = recipe("image")
    features = made.encoder.fit_transform(images).features
    learner = made.learner(10)
    learner.fit(features[:500], labels[:500], None, seed=0)
    guess = learner.evidence(features[500:], frozenset({"probs"}))["probs"].argmax(1)
    assert (guess == labels[500:]).mean() > 0.75
