"""The same loop over every kind of row, learner and label that people come with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

import askwise as aw

WORDS = {"good": ["fine", "lovely", "great", "warm"], "bad": ["dull", "cold", "awful", "grey"]}


def texts() -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(1)
    truth = rng.choice(["good", "bad"], size=40).tolist()
    return [f"{' '.join(rng.choice(WORDS[t], 3))} day {i}" for i, t in enumerate(truth)], truth


def accuracy_of_loop(session: aw.Session, truth: Any, rows: Any) -> float:
    """Ask and tell 24 labels, never twice; share of right predictions over all rows."""
    oracle = aw.Oracle(truth)
    for _ in range(3):
        queries = session.ask(8)
        assert len(queries) == 8
        session.tell(oracle(queries))
    assert len(session.labels) == 24
    probs = session.predict(rows)
    assert probs is not None
    np.testing.assert_allclose(probs.sum(axis=1), 1.0, rtol=1e-6)
    index = [session.classes.index(label) for label in aw.Oracle(truth)._y]
    return float((probs.argmax(axis=1) == index).mean())


@pytest.mark.parametrize("strategy", ["auto", "margin"])
def test_texts_with_the_default_learner(strategy: str) -> None:
    rows, truth = texts()
    with aw.Session(pool=rows, classes=["good", "bad"], strategy=strategy) as session:
        encoded = session.pool.encoder.transform(rows).features
        assert accuracy_of_loop(session, truth, encoded) == 1.0
        assert session.pool.show(0) == {"kind": "text", "text": rows[0]}


def test_texts_through_a_pipeline_of_ones_own() -> None:
    rows, truth = texts()
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    with aw.Session(pool=rows, learner=pipeline, classes=["good", "bad"]) as session:
        assert accuracy_of_loop(session, truth, rows) == 1.0


def test_sparse_rows(clouds: tuple[Any, Any]) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    X = sparse.csr_matrix(np.where(np.abs(clouds[0]) > 0.3, clouds[0], 0.0))
    with aw.Session(pool=X, learner=LogisticRegression(), classes=["cat", "dog"]) as session:
        assert accuracy_of_loop(session, clouds[1], X) > 0.7
        assert {b["reason"] for b in session.asked}  # auto goes without embeddings


@pytest.mark.parametrize("learner", [None, "forest"])
def test_a_data_frame(clouds: tuple[Any, Any], learner: str | None) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(clouds[0], columns=["a", "b", "c"])
    if learner is None:
        frame["site"] = np.where(np.arange(60) % 2, "north", "south")
    with aw.Session(
        pool=frame, learner=learner and RandomForestClassifier(10), classes=["cat", "dog"], strategy="entropy"
    ) as session:
        rows = session.pool.encoder.transform(frame).features if learner is None else frame
        assert accuracy_of_loop(session, clouds[1], rows) > 0.7


def test_a_committee_disagrees(clouds: tuple[Any, Any]) -> None:
    X, truth = clouds
    with aw.Session(pool=X, learner=[GaussianNB(), LogisticRegression()], classes=["cat", "dog"]) as session:
        assert accuracy_of_loop(session, truth, X) > 0.7
        assert "samples" in session.history.offers


@pytest.mark.slow
def test_a_torch_module(clouds: tuple[Any, Any]) -> None:
    torch = pytest.importorskip("torch")
    X, truth = clouds[0].astype(np.float32), clouds[1]
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    with aw.Session(pool=X, learner=net, classes=["cat", "dog"], strategy="margin") as session:
        assert accuracy_of_loop(session, truth, X) > 0.5


def test_integer_classes_in_an_order_of_ones_own(clouds: tuple[Any, Any]) -> None:
    X, truth = clouds[0], np.where(clouds[1] == "cat", 7, 3)
    with aw.Session(pool=X, learner=GaussianNB(), classes=range(9, 2, -1), strategy="margin") as session:
        assert accuracy_of_loop(session, truth, X) > 0.7
        assert set(session.labels.values()) == {7, 3}
        assert session.suggest(0) is not None


def test_one_class_so_far(clouds: tuple[Any, Any]) -> None:
    with aw.Session(pool=clouds[0], learner=LogisticRegression(), classes=["cat", "dog"], strategy="margin") as session:
        for _ in range(3):
            session.tell([aw.Answer(row=q.row, label="dog", query=q.number) for q in session.ask(3)])
        assert session.history.counts == (0, 6 + 3)
        assert session.rounds[-1].classes_predicted == 1
        label, chance = session.suggest(5) or ("", 0.0)
        assert (label, chance) == ("dog", pytest.approx(7 / 8))  # (6 + 1) / (6 + 2): the model before the last batch


def test_ids_that_are_texts(clouds: tuple[Any, Any]) -> None:
    from askwise.pool import as_pool

    names = [f"case-{i}" for i in range(60)]
    with aw.Session(pool=as_pool(clouds[0], ids=names), learner=GaussianNB(), classes=["cat", "dog"]) as session:
        query = session.ask(1)[0]
        assert query.id == names[query.row]
        session.tell({"row": query.row, "id": query.id, "label": "cat"})
        assert session.answers[0].id == query.id
        with pytest.raises(aw.BadInput, match="has the id 'case-"):
            session.tell({"row": 0, "id": "case-1", "label": "cat"})


def test_the_order_of_the_pool_does_not_matter(clouds: tuple[Any, Any]) -> None:
    from askwise.pool import as_pool

    X, truth = clouds
    asked = []
    for order in (np.arange(60), np.random.default_rng(2).permutation(60)):
        pool = as_pool(X[order], ids=[f"case-{i}" for i in order])
        with aw.Session(pool=pool, learner=GaussianNB(), classes=["cat", "dog"], strategy="margin") as session:
            oracle = aw.Oracle(truth[order])
            for _ in range(4):
                session.tell(oracle(session.ask(5)))
            asked.append([query.id for query in session.queries.values()])
    assert asked[0] == asked[1]
