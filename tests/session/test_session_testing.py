"""Test rows in a session: they never train, survive a kill, and estimate the model without bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

import askwise as aw
from askwise.session.measuring import Snapshot

Start = Callable[..., "aw.Session"]


def ready(session: aw.Session, oracle: aw.Oracle, labels: int = 20) -> aw.Session:
    while len(session.labels) < labels:
        session.tell(oracle(session.ask(5)))
    return session


def test_test_rows_never_train(start: Start, oracle: aw.Oracle) -> None:
    session = ready(start(), oracle)
    queries = session.test(15)
    assert {query.arm for query in queries} == {"test"} and len({query.row for query in queries}) == 15
    before, models = session.labels, len(session.rounds)
    session.tell(oracle(queries))
    session.refit()
    assert session.labels == before and session.rounds[models].labels == len(before)
    assert set(session.test_labels) == {query.row for query in queries}
    while more := session.ask(10):
        session.tell(oracle(more))
    assert not set(session.labels) & set(session.test_labels)
    assert len(session.labels) == 60 - 15 and session.finished == "every row has been asked"


def test_the_budget_does_not_count_them(start: Start, oracle: aw.Oracle) -> None:
    session = ready(start(budget=aw.Budget(answers=25)), oracle)
    session.tell(oracle(session.test(12)))
    assert session.spent["answers"] == 20 and session.spent_on_tests["answers"] == 12
    session.tell(oracle(session.ask(10)))
    assert session.ask(1) == [] and session.finished == "budget spent: 25 of 25 answers"
    assert len(session.test(3)) == 3  # a finished session can be tested


def test_asking_and_testing_keep_to_themselves(start: Start, oracle: aw.Oracle, tmp_path: Any) -> None:
    session = ready(start(tmp_path / "s.aw"), oracle)
    tests, asked = session.test(4), session.ask(4)
    assert {query.arm for query in asked} <= {"strategy", "control"}
    session.close()
    again = start(tmp_path / "s.aw")
    assert [query.number for query in again.test(9)] == [query.number for query in tests]
    assert [query.number for query in again.ask(9)] == [query.number for query in asked]


def test_a_killed_session_draws_what_the_uninterrupted_one_would(
    start: Start, oracle: aw.Oracle, tmp_path: Any
) -> None:
    whole, parts = ready(start(seed=3), oracle), ready(start(tmp_path / "s.aw", seed=3), oracle)
    for _ in range(3):
        parts.close()
        parts = start(tmp_path / "s.aw", seed=3)
        mine, theirs = whole.test(5), parts.test(5)
        assert [(q.row, q.why["chance"]) for q in mine] == [(q.row, q.why["chance"]) for q in theirs]
        whole.tell(oracle(mine))
        parts.tell(oracle(theirs))
    one, other = whole.estimate(), parts.estimate()
    assert one == other and set(one) == {"accuracy", "macro_f1", "nll", "brier"}


def test_what_is_asked_next_does_not_depend_on_an_estimate(start: Start, oracle: aw.Oracle) -> None:
    plain, looked = ready(start(), oracle), ready(start(), oracle)
    for session in (plain, looked):
        session.tell(oracle(session.test(10)))
    looked.estimate()
    assert [query.row for query in plain.ask(8)] == [query.row for query in looked.ask(8)]


def test_undo_skip_and_abstain(start: Start, oracle: aw.Oracle) -> None:
    session = ready(start(), oracle)
    queries = session.test(8)
    session.tell(oracle(queries[:6]))
    session.undo(1)
    assert [query.number for query in session.test(1)] == [queries[5].number]
    session.skip(queries[6])
    session.abstain(queries[7])
    session.tell(oracle([queries[5]]))
    assert len(session.test_labels) == 6
    assert queries[6].row not in {
        query.row for query in session.ask(60)
    }  # set aside, and kept from training all the same
    assert session.estimate()["accuracy"].draws >= 8


def test_the_chances_add_up_and_the_order_is_as_asked(start: Start, oracle: aw.Oracle) -> None:
    session = ready(start(control=0.2), oracle)
    session.tell(oracle(session.test(10)))
    now = Snapshot.of(session.state, 60)
    assert now.rows.tolist()[-10:] == [query.row for query in session.queries.values() if query.arm == "test"]
    drawn = ~np.isnan(now.known.chances)
    controls = {query.row: query.why["chance"] for query in session.queries.values() if query.arm == "control"}
    assert drawn.sum() == 10 + len(controls)
    for i in np.flatnonzero(drawn)[:-10]:
        left = 60 - 5 * (i // 5)  # controls are drawn first in each batch of five
        assert 1 / now.known.chances[i] == left - (i - 5 * (i // 5))
    assert (now.known.least[-10:] <= now.known.chances[-10:]).all()
    assert (now.known.chances[-10:] >= 0.5 / 60).all()  # half of the draws are uniform


def test_rows_added_later_are_not_spoken_for_by_earlier_draws(clouds: Any, start: Start, tmp_path: Any) -> None:
    X, y = clouds
    oracle = aw.Oracle(y)
    session = ready(start(tmp_path / "s.aw", pool=X[:50]), oracle)
    session.tell(oracle(session.test(10)))
    session.close()
    grown = start(tmp_path / "s.aw", pool=X)
    assert np.isnan(Snapshot.of(grown.state, 60).known.chances).all()
    with pytest.raises(aw.BadInput, match="0 drawn rows say nothing"):
        grown.estimate()
    grown.tell(oracle(grown.test(8)))
    assert grown.estimate()["accuracy"].draws == 8


def test_bad_input(start: Start, oracle: aw.Oracle) -> None:
    session = start()
    with pytest.raises(aw.BadInput, match="there is no model to test"):
        session.test(5)
    with pytest.raises(aw.BadInput, match=r"test\(0\) asks for nothing"):
        session.test(0)
    ready(session, oracle, 10)
    with pytest.raises(aw.BadInput, match="1 drawn rows say nothing of the rest"):
        session.estimate()
    session.tell(oracle(session.ask(50)))
    assert session.test(5) == []


def test_a_learner_without_embeddings_in_a_sparse_pool_tests_itself(clouds: Any, start: Start) -> None:
    from scipy.sparse import csr_matrix

    X, y = clouds
    oracle = aw.Oracle(y)
    session = ready(start(pool=csr_matrix(np.abs(X)), learner=LogisticRegression(), strategy="random"), oracle)
    session.tell(oracle(session.test(10)))
    assert 0 <= session.estimate()["accuracy"].low <= session.estimate()["accuracy"].high <= 1


def test_a_learner_of_decision_values_can_be_tested(start: Start, oracle: aw.Oracle) -> None:
    session = ready(start(learner=LinearSVC()), oracle)
    assert len(session.test(5)) == 5


def test_numbers_are_tested_by_their_error() -> None:
    from sklearn.linear_model import BayesianRidge

    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = X @ [1.0, 2.0, 0.0] + 0.5 * rng.normal(size=300)
    session = aw.Session(pool=X, learner=BayesianRidge(), task="number", strategy="random", control=0.2)
    oracle = aw.Oracle(y)
    session.tell(oracle(session.ask(30)))
    queries = session.test(40)
    assert {query.kind for query in queries} == {"number"}
    session.tell(oracle(queries))
    found = session.estimate()
    assert set(found) == {"rmse", "mae", "mse"}
    assert found["rmse"].low < 0.5 < found["rmse"].high and found["rmse"].value ** 2 == pytest.approx(
        found["mse"].value
    )
    assert "rmse" in str(session.report()) and "accuracy by" not in str(session.report())


def test_several_labels_a_row_cannot_be_tested_yet() -> None:
    session = aw.Session(pool=np.eye(20), task="multilabel", classes=["a", "b"], strategy="random")
    session.tell({"row": 0, "label": ["a"]})
    with pytest.raises(aw.BadInput, match="a multilabel cannot be tested yet"):
        session.test(5)


def pool_of(seed: int, n: int = 400) -> tuple[Any, Any]:
    """Three classes, two of which overlap."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    return rng.normal(size=(n, 4)) + np.array([[0, 0, 0, 0], [1.2, 0, 0, 0], [0, 3, 0, 0]])[y], y


def outcome(seed: int, control: float, tests: int, *, between: int = 0) -> tuple[float, dict[str, Any]]:
    """True accuracy on the rows that the model was not trained on, and what the session estimates."""
    X, y = pool_of(seed)
    oracle = aw.Oracle(y)
    session = aw.Session(pool=X, learner=GaussianNB(), classes=range(3), strategy="margin", control=control, seed=seed)
    session.tell(oracle(session.ask(20)))
    session.tell(oracle(session.ask(20)))
    for _ in range(tests // 20):
        session.tell(oracle(session.test(20)))
        if between:
            session.tell(oracle(session.ask(between)))
    found = session.estimate()
    unseen = np.setdiff1d(np.arange(len(y)), list(session.labels))
    guess = session.predict(X[unseen])
    assert guess is not None
    return float((guess.argmax(1) == y[unseen]).sum() + 0.72 * len(session.labels)) / len(y), found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("control", "tests", "between"), [(0.0, 40, 0), (0.5, 0, 0), (0.2, 40, 0), (0.2, 40, 20)], ids=str
)
def test_estimates_are_unbiased_and_intervals_hold(control: float, tests: int, between: int) -> None:
    """Control arm, tests, both, and both with training in between, over 50 sessions that margin biases.

    The truth takes 0.72 for the few rows that were learnt from; what they are worth hardly matters.
    """
    runs = [outcome(seed, control, tests, between=between) for seed in range(50)]
    true = np.array([one for one, _ in runs])
    gaps = np.array([found["accuracy"].value for _, found in runs]) - true
    held = [found["accuracy"].low <= one <= found["accuracy"].high for one, found in runs]
    assert abs(gaps.mean()) < 3 * gaps.std() / np.sqrt(50) + 0.01
    assert np.mean(held) >= 0.88
