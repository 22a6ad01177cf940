"""Testing in a session: which rows to label so that a few labels say how good the model is, and what they say.

Test rows are asked through the session and kept from training for good, so that they test every later model too. Each
is drawn with a known chance; the chance is in the log, and the estimate is a function of the log and the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput
from askwise.core.evidence import plan, reachable
from askwise.core.noise import Noise, stream_key
from askwise.core.protocols import Pool
from askwise.core.types import Array, FloatArray, IntArray, KeyArray
from askwise.judge import Known, Measured, draw, expected_loss, expected_squared_error, measured, proposal
from askwise.session.state import TEST, State
from askwise.session.training import Trainer
from askwise.session.values import Query, plain

UNIFORM = 0.5
"""Share of equal chances among test rows: no row weighs more than twice what a uniform draw would, even where the
surrogate is sure and wrong."""

LOOKED_AT = 20_000
"""Rows whose expected error is worked out, drawn uniformly from all: that adds 1/200 to the variance of a test of 100
rows."""

MEASURES = {"choice": ("accuracy", "macro_f1", "nll", "brier"), "number": ("rmse", "mae", "mse")}
"""What is estimated of each kind of answer."""

BoolArray = np.ndarray[Any, np.dtype[np.bool_]]

_CHUNK = 8192
_FOLDS = 10


@dataclass(frozen=True)
class Snapshot:
    """What a session knows at one moment: rows (k,) in the order asked, their targets, and where they are from.

    `truth` (k,) has class indices, -1 where there is no label; or numbers, NaN where there is none. `tested` (k,) are
    rows kept from training, `learnt` (k,) those that the model learns from.
    """

    kind: str
    rows: IntArray
    truth: Array
    known: Known
    tested: BoolArray
    learnt: BoolArray

    @classmethod
    def of(cls, state: State, size: int) -> Snapshot:
        """The moment that a state describes, in a pool of `size` rows."""
        rows = list(state.first)
        labels = {**state.labels, **state.tested}
        out = {query.row for query in state.open.values()}
        # Before rows were added, no new row could be drawn: such draws say nothing of the larger pool.
        queries = [None if n is None or n < state.grown else state.queries[n] for n in state.first.values()]
        chances = np.array([_chance(query, "chance") for query in queries], dtype=np.float64)
        least = np.array([_chance(query, "least") for query in queries], dtype=np.float64)
        settled = np.array([row not in out for row in rows], dtype=bool)
        return cls(
            state.task.kind,
            np.array(rows, dtype=np.int64),
            _truth(state, labels, rows),
            Known(chances, size, least, settled),
            np.array([row in state.tested for row in rows], dtype=bool),
            np.array([row in state.labels for row in rows], dtype=bool),
        )


def _truth(state: State, labels: Mapping[int, Any], rows: Sequence[int]) -> Array:
    there = [row in labels for row in rows]
    targets = state.task.targets([labels[row] for row in rows if row in labels])
    truth = np.full(len(rows), -1 if state.task.kind == "choice" else np.nan, dtype=targets.dtype)
    truth[there] = targets
    return truth


def _chance(query: Query | None, name: str) -> float:
    if query is None or query.arm == "strategy" or query.why.get("chance") is None:
        return np.nan
    return float(query.why.get(name, query.why["chance"]))


def check_kind(kind: str) -> None:
    """Raise BadInput for a kind of answer that nothing is measured of."""
    if kind not in MEASURES:
        raise BadInput(f"a {kind} cannot be tested yet; {' and '.join(MEASURES)} can")


class Examiner:
    """Draws test rows for a session and estimates its model's scores from them: a function of the log and the seed."""

    def __init__(self, pool: Pool, keys: KeyArray, trainer: Trainer, seed: int) -> None:
        self.pool, self.keys, self.trainer, self.seed = pool, keys, trainer, seed

    def check(self, kind: str) -> None:
        """Raise BadInput where there is nothing to test: no model yet, or one that does not say what is needed."""
        learner, wanted = self.trainer.learner, "mean" if kind == "number" else "probs"
        if not reachable(wanted, learner.provides):
            raise BadInput(
                f"testing needs {wanted}, and {type(learner).__name__} gives {sorted(learner.provides)};"
                " use a learner that provides it"
            )
        if not self.trainer.fitted:
            raise BadInput("there is no model to test, for the session has no label to learn from; ask() and tell()")

    def choose(self, n: int, candidates: IntArray, now: Snapshot, first: int) -> list[dict[str, Any]]:
        """The next n test rows among the candidates, as queries of a ``tested`` event numbered from `first`."""
        seed = int(stream_key(self.seed, f"test/{first}") >> np.uint64(1))
        noise = Noise(seed, self.keys[candidates])
        looked = np.argsort(noise.bits("looked_at"), kind="stable")[: max(LOOKED_AT, n)]
        rows = candidates[looked]
        expected = self._expected(rows, now, seed)
        drawn = draw(proposal(expected, uniform=UNIFORM), n, rng=noise.take(looked))
        # The rows looked at are a uniform sample of all candidates, and stay one while rows are drawn from them.
        share = (len(rows) - np.arange(n)) / (len(candidates) - np.arange(n))
        numbers = np.column_stack([drawn.chances * share, drawn.least * share, expected[drawn.rows]]).tolist()
        return [
            {
                "number": first + i,
                "row": int(row),
                "id": plain(self.pool.ids[row]),
                "arm": TEST,
                "kind": now.kind,
                "why": dict(zip(("chance", "least", "expected_loss"), numbers[i], strict=True)),
            }
            for i, row in enumerate(rows[drawn.rows])
        ]

    def estimate(self, now: Snapshot) -> dict[str, Measured]:
        """Each measure of the model over the pool. Leaves the trainer with another model.

        Rows that the model learnt from, control rows among them, are predicted by models that have not seen them, in
        ten folds; test rows by the model itself.
        """
        like = self._predicted(now.rows[:1])
        predicted = np.full((len(now.rows), *like.shape[1:]), 1.0 / like.shape[1] if like.ndim == 2 else 0.0)
        if now.tested.any():
            predicted[now.tested] = self._predicted(now.rows[now.tested])
        self._cross_fit(predicted, np.flatnonzero(now.learnt), now)
        return {name: measured(name, predicted, now.truth, now.known) for name in MEASURES[now.kind]}

    def _predicted(self, rows: IntArray) -> FloatArray:
        """Class probabilities (m, c), or means (m,)."""
        return _in_chunks(rows, lambda part: self.trainer.predict(self.pool.take(part)))

    def _expected(self, rows: IntArray, now: Snapshot, seed: int) -> FloatArray:
        """Loss (m,) to expect of each row: the chance of an error, or the squared error.

        Expected by a forest on the embeddings, fitted to all labels, those of test rows among them: a model
        that judges itself never looks where it is confidently wrong. Probabilities are the mean of the forest's and
        the model's, a better guess than either on the data sets tried. Without embeddings the model judges
        itself; for numbers then every row is alike.
        """
        predicted, labelled = self._predicted(rows), now.tested | now.learnt
        offers = self.pool.offers | self.trainer.learner.provides
        if len(np.unique(now.truth[labelled])) < 2 or not reachable("embeddings", offers):
            return expected_loss(predicted, predicted) if predicted.ndim == 2 else np.ones(len(rows))
        forest = _forest(now.kind, self._embeddings(now.rows[labelled]), now.truth[labelled], seed)
        if now.kind == "number":
            trees = _in_chunks(rows, lambda part: _each_tree(forest, self._embeddings(part)))
            return expected_squared_error(predicted, trees.mean(axis=1), trees.std(axis=1))
        found = np.zeros_like(predicted)
        found[:, forest.classes_] = _in_chunks(rows, lambda part: forest.predict_proba(self._embeddings(part)))
        return expected_loss(predicted, (found + predicted) / 2)

    def _embeddings(self, rows: IntArray) -> FloatArray:
        if "embeddings" in self.pool.offers:
            return np.asarray(host(self.pool.evidence(rows, frozenset({"embeddings"}))["embeddings"]))
        learner = self.trainer.learner
        resolved = plan({"embeddings": "testing"}, learner.provides)
        return host(resolved.complete(learner.evidence(self.pool.take(rows), resolved.ask))["embeddings"])

    def _cross_fit(self, predicted: FloatArray, learnt: IntArray, now: Snapshot) -> None:
        """Fill in what is predicted of the rows learnt from, each by a model of the other folds."""
        if len(learnt) < 2:
            return
        order = np.argsort(Noise(self.seed, self.keys[now.rows[learnt]]).bits("folds"), kind="stable")
        fold = np.empty(len(learnt), dtype=np.int64)
        fold[order] = np.arange(len(learnt)) % min(_FOLDS, len(learnt))
        for one in range(int(fold.max()) + 1):
            held, kept = learnt[fold == one], learnt[fold != one]
            self.trainer.fit(now.rows[kept], now.truth[kept])
            predicted[held] = self._predicted(now.rows[held])


def _forest(kind: str, embeddings: FloatArray, truth: Array, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    made = RandomForestRegressor if kind == "number" else RandomForestClassifier
    return made(100, random_state=seed % 2**32, n_jobs=1).fit(embeddings, truth)


def _each_tree(forest: Any, embeddings: FloatArray) -> FloatArray:
    """What every tree predicts, (m, trees)."""
    return np.stack([tree.predict(embeddings) for tree in forest.estimators_], axis=1)


def _in_chunks(rows: IntArray, work: Callable[[IntArray], FloatArray]) -> FloatArray:
    return np.concatenate([work(rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK)])
