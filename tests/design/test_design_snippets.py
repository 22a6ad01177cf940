"""The snippets of the design, section 5, as they stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import askwise as aw


def arrays() -> tuple[Any, Any, Any, Any]:
    """P (600, 5), E (600, 8), E0 (20, 8), G (600,)."""
    rng = np.random.default_rng(0)
    return (
        rng.dirichlet(np.ones(5), size=600),
        rng.normal(size=(600, 8)),
        rng.normal(size=(20, 8)),
        np.arange(600) // 10,
    )


def check(picked: aw.Picked, n: int) -> None:
    assert picked.rows.dtype == np.int64
    assert picked.rows.shape == (n,)
    assert len(set(picked.rows.tolist())) == n
    assert picked.rows.min() >= 0
    assert picked.rows.max() < 600


def one_liners(P: Any, E: Any, E0: Any, G: Any) -> list[list[int]]:
    picked = aw.select(100, "margin", probs=P, seed=0)
    check(picked, 100)
    found = [picked.rows.tolist()]
    why = picked.why(0)
    assert (why.row, why.rank, why.strategy, why.limits, why.seed) == (picked.rows[0], 0, "margin", (), 0)
    assert isinstance(why.score, float)
    assert 0 < why.tie_noise < 1

    picked = aw.select(100, aw.pick.badge, probs=P, embeddings=E, seed=0)
    check(picked, 100)
    found.append(picked.rows.tolist())

    picked = aw.select(100, "k_center", embeddings=E, labelled_embeddings=E0)
    check(picked, 100)
    found.append(picked.rows.tolist())

    picked = aw.select(
        50, aw.Strategy(aw.score.entropy, limits=[aw.limit.at_most(3, per="patient")]), probs=P, groups=G
    )
    check(picked, 50)
    assert np.bincount(G[picked.rows]).max() <= 3
    assert picked.why(0).limits == ("at_most(count=3, per='patient')",)
    return [*found, picked.rows.tolist()]


def test_one_line_over_arrays() -> None:
    P, E, E0, G = arrays()
    margin, _badge, k_center, _limited = one_liners(P, E, E0, G)
    two = np.sort(P, axis=1)[:, -2:]
    assert margin == np.argsort(two[:, 1] - two[:, 0])[:100].tolist()
    assert k_center[:5] == farthest_first(E, E0, 5)


def farthest_first(E: Any, E0: Any, n: int) -> list[int]:
    """k-center greedy as one writes it on a blackboard."""
    centres, chosen = list(E0), []
    for _ in range(n):
        distance = np.min([np.linalg.norm(E - centre, axis=1) for centre in centres], axis=0)
        chosen.append(int(distance.argmax()))
        centres.append(E[chosen[-1]])
    return chosen


@pytest.mark.slow
def test_one_line_over_tensors() -> None:
    torch = pytest.importorskip("torch")
    P, E, E0, G = arrays()
    tensors = [torch.from_numpy(array) for array in (P, E, E0)]
    assert one_liners(*tensors, G) == one_liners(P, E, E0, G)


def test_the_loop_on_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    X, y = load_digits(return_X_y=True)

    def digits() -> aw.Session:
        return aw.Session("digits.aw", pool=X, learner=LogisticRegression(max_iter=500), classes=range(10),
                          strategy="auto", budget=aw.Budget(answers=200), seed=0)  # fmt: skip

    session = digits()
    oracle = aw.Oracle(y)
    numbers = []
    while queries := session.ask(20):
        numbers.append(len(queries))
        for q in queries:
            assert (q.id, q.kind) == (q.row, "choice")
            assert q.why["row"] == q.row
            assert q.why["strategy"]
        session.tell(oracle(queries))
    assert numbers == [20] * 10
    assert session.finished == "budget spent: 200 of 200 answers"
    probs = session.predict(X)
    assert probs is not None
    assert (probs.argmax(axis=1) == y).mean() > 0.85
    rows = [answer.row for answer in session.answers]
    session.close()

    answers = aw.Session.open("digits.aw").answers
    assert [answer.row for answer in answers] == [answer.id for answer in answers] == rows
    assert len(set(rows)) == 200
    assert all(answer.label == y[answer.row] for answer in answers)
    assert {(answer.annotator, answer.seconds) for answer in answers} == {("oracle", None)}

    with digits() as again:  # resumed where it stopped
        assert again.ask(20) == []


def test_the_report_of_the_loop(tmp_path: Path) -> None:
    X, y = load_digits(return_X_y=True)
    with aw.Session(
        tmp_path / "digits.aw", pool=X, learner=LogisticRegression(max_iter=500), classes=range(10), seed=0
    ) as session:
        session.tell(aw.Oracle(y)(session.ask(40)))
        assert str(session.report())
