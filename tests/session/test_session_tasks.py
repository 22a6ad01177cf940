"""Sessions whose answers are numbers or several labels: asked, told, learned, predicted and resumed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge

import askwise as aw
from askwise.task import Candidates, Multilabel, Number, Span


@pytest.fixture
def line() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(80, 3))
    return X, X @ np.array([1.0, -2.0, 0.5]) + 0.01 * generator.normal(size=80)


def test_a_session_of_numbers_learns_and_resumes(tmp_path, line):
    X, y = line
    given = {"pool": X, "task": "number", "learner": BayesianRidge(), "budget": aw.Budget(answers=24), "seed": 1}
    oracle = aw.Oracle(y)
    with aw.Session(tmp_path / "n.aw", **given) as session:
        assert session.classes == []
        session.tell(oracle(session.ask(8)))
    with aw.Session(tmp_path / "n.aw", **given) as session:
        while queries := session.ask(8):
            assert {query.kind for query in queries} == {"number"}
            session.tell(oracle(queries))
        predicted = session.predict(X)
        assert predicted.shape == (80,)
        assert np.sqrt(np.mean((predicted - y) ** 2)) < 0.05
        assert len(session.labels) == 24
        foreseen = [query.why["predicted"] for query in session.queries.values() if query.round > 1]
        assert len(foreseen) == 16
        assert "24" in str(session.report())
        with pytest.raises(aw.BadInput, match="for choices among classes; this task is a number"):
            session.savings()
    record = aw.Session.open(tmp_path / "n.aw")
    assert record.labels.keys() == session.labels.keys()
    assert record.task == Number()


def test_auto_goes_by_coverage_for_numbers(line):
    X, y = line
    session = aw.Session(pool=X, task=Number(), learner=BayesianRidge(), control=0.0)
    session.tell(aw.Oracle(y)(session.ask(5)))
    session.ask(5)
    assert "covered worst" in session.asked[-1]["reason"]


def test_the_default_learner_of_numbers(line):
    X, y = line
    session = aw.Session(pool=X, task="number", strategy="predictive_std")
    session.tell(aw.Oracle(y)(session.ask(10)))
    session.ask(5)
    assert session.asked[-1]["strategy"]["score"] == {"name": "predictive_std"}


def test_two_annotators_of_a_number_are_one_median():
    session = aw.Session(pool=np.eye(4), task="number", learner=BayesianRidge())
    for name, label in (("a", 1.0), ("b", 4.0), ("c", 100.0)):
        session.tell({"row": 2, "label": label, "annotator": name})
    assert session.labels == {2: 4.0}


def test_wrong_numbers_are_refused_and_named():
    session = aw.Session(pool=np.eye(4), task=Number(low=0), learner=BayesianRidge())
    with pytest.raises(aw.BadInput, match="row 1: the label -1 is out of bounds"):
        session.tell({"row": 1, "label": -1})
    with pytest.raises(aw.BadInput, match="LogisticRegression predicts classes, but the task has none"):
        from sklearn.linear_model import LogisticRegression

        aw.Session(pool=np.eye(4), task="number", learner=LogisticRegression())


def test_another_task_does_not_open_the_file(tmp_path):
    given = {"pool": np.eye(4), "learner": BayesianRidge()}
    aw.Session(tmp_path / "n.aw", task=Number(low=0), **given).close()
    with pytest.raises(aw.BadInput, match=r"created with task=.*'low': 0.0"):
        aw.Session(tmp_path / "n.aw", task=Number(), **given)


def test_several_labels_reach_the_learner_as_a_table():
    class Seen:
        provides = frozenset({"marginals"})

        def fit(self, rows, labels, weights=None, *, seed=0):
            self.labels = labels

        def evidence(self, rows, names):
            return {"marginals": np.full((len(rows), 3), 0.5)}

    learner = Seen()
    session = aw.Session(pool=np.eye(6), task=Multilabel(["x", "y", "z"]), learner=learner, strategy="random")
    for row, label in ((0, ["z", "x"]), (1, []), (2, ["y"])):
        session.tell({"row": row, "label": label})
    assert session.predict(np.eye(6)).shape == (6, 3)
    assert learner.labels.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert session.labels[0] == ["x", "z"]


def test_a_session_of_spans_covers_the_pool_then_asks_doubtful_texts_and_checks_offsets():
    texts = [f"word{i} in a text about {'cats' if i % 2 else 'the sea and ships'}" for i in range(30)]
    session = aw.Session(pool=texts, task=Span(["animal"]), control=0.0)
    for query in session.ask(4):
        session.tell({"row": query.row, "query": query.number, "label": [{"start": 0, "end": 5, "label": "animal"}]})
    assert session.asked[-1]["strategy"]["pick"] == {"name": "typiclust"}
    assert len(session.ask(3)) == 3
    assert session.asked[-1]["strategy"]["score"] == {"name": "mnlp"}
    assert session.asked[-1]["reason"].startswith(f"{len(session.labels)} labels: ")
    with pytest.raises(aw.BadInput, match=r"row 3: .* ends beyond the text, which has"):
        session.tell({"row": 3, "label": [{"start": 0, "end": 500, "label": "animal"}]})
    assert "4" in str(session.report())


def test_an_answer_that_settles_nothing_is_no_label_yet():
    session = aw.Session(pool=np.eye(6), task=Candidates(["a", "b", "c"]))
    session.tell({"row": 1, "label": {"not": ["a"]}, "annotator": "x"})
    assert session.labels == {}
    assert len(session.answers) == 1
    session.tell({"row": 1, "label": {"not": ["b"]}, "annotator": "y"})
    assert session.labels == {1: "c"}
