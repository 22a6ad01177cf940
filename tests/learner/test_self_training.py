"""Self-training: who gets a pseudo-label, what it weighs, and what it is good for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

import askwise as aw
from askwise.core.errors import BadInput
from askwise.learner import SelfTrainingLearner
from askwise.learner.self_training import _keys
from askwise.testing.learner import LEARNER_CHECKS, Case


class Recorder:
    """A classifier that keeps what it was trained on, and says of a row (x,) that x is its chance of class 1."""

    provides = frozenset({"probs"})

    def __init__(self) -> None:
        self.fits: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]] = []

    def fit(self, rows, labels, weights=None, *, seed=0):
        self.fits.append((np.asarray(rows), np.asarray(labels), weights))

    def evidence(self, rows, names):
        x = np.asarray(rows)[:, 0]
        return {"probs": np.stack([1 - x, x], axis=1)}


LINE = np.array([[0.05], [0.1], [0.15], [0.5], [0.9], [0.95]])
PLACES = np.array([[1.0, 0.0], [1.0, 0.01], [1.0, 0.02], [1.0, 0.03], [0.0, 1.0], [0.02, 1.0]])


def trained(**settings):
    inner = Recorder()
    given = {"embeddings": PLACES, "certainty": 0.6, "neighbours": 1, **settings}
    learner = SelfTrainingLearner(inner, 2, LINE, **given)
    learner.fit(LINE[[0, 5]], np.array([0, 1]))
    return inner, learner


def test_rows_that_are_sure_among_their_like_are_learned_with_half_of_the_weight():
    inner, learner = trained()
    (first, second) = inner.fits
    assert first[0].ravel().tolist() == [0.05, 0.95] and first[2] is None
    # 0.5 is not certain; 0.05 and 0.95 are labelled; the nearest row of every other one is predicted like it.
    assert second[0].ravel().tolist() == [0.05, 0.95, 0.1, 0.15, 0.9]
    assert second[1].tolist() == [0, 1, 0, 0, 1]
    assert second[2] == pytest.approx([1, 1, 2 / 3, 2 / 3, 2 / 3])
    assert learner.pseudo_labels == 3


def test_a_row_whose_neighbours_are_predicted_otherwise_gets_no_pseudo_label():
    places = PLACES.copy()
    places[4] = [1.0, 0.011]  # sure of class 1, amid rows of class 0
    inner, _ = trained(embeddings=places, neighbours=3)
    assert inner.fits[1][0].ravel().tolist() == [0.05, 0.95, 0.1, 0.15]


def test_balance_gives_the_rarer_class_more_by_hand():
    inner, _ = trained(balance=True)
    plain = np.array([1 / (1 + np.exp(1 - 1.5 / n)) for n in (2, 2, 1)])
    assert inner.fits[1][2][2:] == pytest.approx(2 * plain / plain.sum())


def test_factor_weighs_against_given_weights():
    inner, learner = trained(factor=0.5)
    learner.fit(LINE[[0, 5]], np.array([0, 1]), np.array([3.0, 1.0]))
    assert inner.fits[-1][2] == pytest.approx([3, 1, 2 / 3, 2 / 3, 2 / 3])


def test_one_class_or_nobody_sure_is_trained_once():
    inner, learner = trained(certainty=0.99)
    assert len(inner.fits) == 1 and learner.pseudo_labels == 0
    learner.certainty = 0.6
    learner.fit(LINE[[0, 1]], np.array([0, 0]))
    assert len(inner.fits) == 2


def test_sparse_rows_are_learned_as_dense_ones_are():
    rng = np.random.default_rng(0)
    X, y = np.abs(rng.normal(size=(60, 4))) + np.repeat(np.eye(4)[:3] * 3, 20, axis=0), np.repeat([0, 1, 2], 20)
    some = np.arange(0, 60, 5)
    found = []
    for rows in (X, sparse.csr_matrix(X)):
        learner = SelfTrainingLearner(LogisticRegression(), 3, rows)
        learner.fit(rows[some], y[some], seed=3)
        found.append((learner.pseudo_labels, learner.evidence(rows, frozenset({"probs"}))["probs"]))
    assert found[0][0] == found[1][0] > 0
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-4)
    assert _keys(X).tolist() != _keys(X[::-1]).tolist()


def test_a_large_pool_is_drawn_from_once():
    X = np.random.default_rng(1).normal(size=(300, 2))
    learner = SelfTrainingLearner(LogisticRegression(), 2, X, most=50)
    assert learner._rows.shape == (50, 2) and set(_keys(learner._rows)) <= set(_keys(X))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"certainty": 1.0}, "certainty=1.0"),
        ({"neighbours": 0}, "neighbours=0"),
        ({"factor": 0.0}, "factor=0.0"),
        ({"embeddings": PLACES[:2]}, "2 embeddings"),
    ],
)
def test_settings_out_of_range(settings, said):
    with pytest.raises(BadInput, match=said):
        SelfTrainingLearner(Recorder(), 2, LINE, **settings)


def test_rows_of_another_kind_and_learners_that_cannot_be_sure():
    with pytest.raises(BadInput, match="list"):
        SelfTrainingLearner(LogisticRegression(), 2, ["a text", "another"])
    learner = SelfTrainingLearner(KNeighborsClassifier(1), 2, LINE, certainty=0.0)
    with pytest.raises(BadInput, match="takes no sample weights"):
        learner.fit(LINE[[0, 5]], np.array([0, 1]))


def test_a_session_learns_with_it_and_does_the_same_again():
    rng = np.random.default_rng(2)
    X = np.concatenate([rng.normal(size=(60, 2)) + at for at in ([4, 0], [0, 4])])
    oracle = aw.Oracle(np.repeat([0, 1], 60))

    def rows():
        learner = SelfTrainingLearner(LogisticRegression(), 2, X)
        with aw.Session(pool=X, learner=learner, classes=[0, 1], strategy="margin", seed=4) as session:
            for _ in range(3):
                session.tell(oracle(session.ask(6)))
            assert learner.pseudo_labels > 50
            return sorted(session.labels)

    assert rows() == rows()


RNG = np.random.default_rng(5)
ROWS = RNG.normal(size=(60, 4)) + np.repeat(3 * np.eye(4)[:3], 20, axis=0)


@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_contract(check):
    pool = np.concatenate([ROWS, RNG.normal(size=(30, 4))])
    check(Case(lambda: SelfTrainingLearner(LogisticRegression(), 3, pool), ROWS, np.repeat([0, 1, 2], 20), 3))
