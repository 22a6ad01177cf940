"""The session: ask, tell, refit, stop. The only object that appends to the log.

Every choice is a function of the log and the seed. So a session killed at any moment and opened again asks what the
uninterrupted one would have asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, BudgetSpent, did_you_mean
from askwise.core.event import Event
from askwise.core.history import History
from askwise.core.noise import row_keys
from askwise.core.protocols import Execute, Store
from askwise.core.registry import Method
from askwise.core.types import FloatArray, IntArray
from askwise.session import control
from askwise.session.choosing import Chooser
from askwise.session.opening import Setup, begin
from askwise.session.state import State, fold
from askwise.session.training import RefitPolicy, Trainer, kappa
from askwise.session.values import Answer, Budget, Query, as_answer, plain
from askwise.session.view import View
from askwise.stop import budget as budget_rule
from askwise.strategy import Strategy


class Session(View):
    """A labelling session over a pool, kept in one file, created or resumed where it stopped.

    `pool` is anything that holds rows (array, DataFrame, texts, a Pool); `learner` an unwrapped estimator or module,
    or None for the default of the pool's kind; `classes` the possible labels, in order. `control` is the share of
    queries drawn at random, an unbiased sample of the pool. `start` chooses while a named strategy still lacks a
    model. `refit` is 'batch', a number of labels, or '30s'. `costs` (n,) price the rows for Budget(cost=...).

    Raises BadInput for what does not fit together, StoreError for a file that cannot be used.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        pool: Any,
        classes: Iterable[Any],
        learner: Any = None,
        strategy: Strategy | Method | str = "auto",
        budget: Budget | None = None,
        seed: int = 0,
        control: float = 0.1,
        start: Strategy | Method | str = "random",
        refit: str | int = "batch",
        stop: Sequence[Method] = (),
        costs: Any = None,
        lease: float | None = 600.0,
        execute: Execute | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> None:
        setup = Setup.of(
            pool, learner, classes, strategy, start, budget, seed, control, refit, stop, costs, lease, note
        )
        self.path = None if path is None else Path(path)
        self._prepare(setup, execute)
        self._store: Store
        self._store, self.state = begin(path, setup)
        self._handed: dict[int, float] = {}
        self._fitted_at = 0.0
        self._chooser = Chooser(setup, self.keys, execute)

    def _prepare(self, setup: Setup, execute: Execute | None) -> None:
        self._setup = setup
        self.pool = setup.pool
        self.keys = row_keys(setup.pool.ids)
        self._trainer = Trainer(setup.pool, setup.learner, setup.seed)
        self._refit_policy = RefitPolicy(setup.refit)
        self._index = {label: i for i, label in enumerate(setup.classes)}

    @staticmethod
    def open(path: str | Path) -> Any:
        """Read a session file without its pool: a `Record` with answers, labels, events and a report."""
        from askwise.session.record import Record

        return Record(path)

    # ---- asking ---------------------------------------------------------------------------------------------------

    def ask(self, n: int = 1) -> list[Query]:
        """Up to n queries: first those whose answers were lost or whose lease ran out, else new ones.

        Empty when the budget is handed out, a stopping rule fired, or no row is left; `finished` then says why.
        """
        if n < 1:
            raise BadInput(f"ask({n}) asks for nothing; give a number of at least 1")
        waiting = self._waiting()
        if waiting:
            return self._hand_out(waiting[:n])
        if self.state.finished:
            return []
        candidates = self._candidates()
        n = min(n, self._affordable(), len(candidates))
        reason = self._reason_to_stop(n, candidates)
        if reason is not None:
            self._finish(reason)
            return []
        self._refit_if_due()
        verdict = self._stop_verdict()
        if verdict:
            self._finish(verdict)
            return []
        return self._hand_out(self._choose(n, candidates))

    def _waiting(self) -> list[Query]:
        """Open queries that nobody holds: from a process that died, undone, or with a lease that ran out."""
        now = time.time()
        return [q for number, q in self.state.open.items() if self._handed.get(number, 0.0) <= now]

    def _hand_out(self, queries: list[Query]) -> list[Query]:
        until = float("inf") if self._setup.lease is None else time.time() + self._setup.lease
        self._handed |= {query.number: until for query in queries}
        return queries

    def renew(self, queries: Iterable[Query]) -> None:
        """Start the leases of these queries anew, for annotators who are still at work."""
        self._hand_out([q for q in queries if q.number in self.state.open])

    def _candidates(self) -> IntArray:
        everything = np.ones(len(self.pool), dtype=bool)
        everything[list(self.state.touched)] = False
        free = np.flatnonzero(everything)
        if len(free) == 0:
            answered = {*self.state.by_row, *(q.row for q in self.state.open.values())}
            free = np.array(sorted(set(self.state.skipped) - answered), dtype=np.int64)
        return free

    @property
    def spent(self) -> dict[str, float]:
        """Answers, cost and seconds so far. A skipped query costs nothing; an abstention is an answer."""
        answers = self.state.answers.values()
        costs = self._setup.costs
        return {
            "answers": len(answers),
            "cost": float(sum(1.0 if costs is None else costs[a.row] for a in answers)),
            "seconds": sum(a.seconds or 0.0 for a in answers),
        }

    def _affordable(self) -> int:
        allowed = self._setup.budget.answers
        if allowed is None:
            return len(self.pool)
        return max(0, allowed - int(self.spent["answers"]) - len(self.state.open))

    def _reason_to_stop(self, n: int, candidates: IntArray) -> str | None:
        """Why nothing can be asked: '' while answers are still out, None when there is something to ask."""
        verdict = budget_rule.run(self.history)
        if n > 0 and not verdict.stop:
            return None
        if self.state.open:
            return ""
        if verdict.stop:
            return str(verdict.reason)
        return "every row has been asked" if len(candidates) == 0 else "budget spent"

    def _stop_verdict(self) -> str:
        for rule in self._setup.stop:
            verdict = rule.run(self.history)
            if verdict.stop:
                return f"{rule.name}: {verdict.reason}"
        return ""

    def _finish(self, reason: str) -> None:
        if reason:
            self._append(Event("finished", {"reason": reason}))

    def _choose(self, n: int, candidates: IntArray) -> list[Query]:
        state = self.state
        body = self._chooser.choose(
            n,
            candidates,
            history=self.history,
            learner=self._trainer.learner if self._trainer.fitted else None,
            labelled=self._labelled(state),
            pending=np.array([q.row for q in state.open.values()], dtype=np.int64),
            asked=[query.arm for query in state.queries.values()],
            round_number=state.round + 1,
            left=self._money_left(),
        )
        if not body["queries"]:
            self._finish(f"budget spent: no row costs as little as the {self._money_left():g} that are left")
            return []
        body["model"] = len(state.rounds)
        self._append(Event("asked", body))
        return [state.queries[one["number"]] for one in body["queries"]]

    def _money_left(self) -> float:
        if self._setup.budget.cost is None:
            return float("inf")
        costs = self._setup.costs
        out = sum(1.0 if costs is None else costs[q.row] for q in self.state.open.values())
        return self._setup.budget.cost - self.spent["cost"] - out

    # ---- telling --------------------------------------------------------------------------------------------------

    def tell(self, answers: Answer | Mapping[str, Any] | Iterable[Answer | Mapping[str, Any]]) -> int:
        """Take in answers; returns how many were new, once they are on disk.

        All are checked before any is written. An answer may come late, twice (same event), for a row never asked, or
        again for a row already answered (then it revises). Raises BadInput for an unknown label, row or query, and
        BudgetSpent for an unasked row when the budget is gone.
        """
        given = [answers] if isinstance(answers, Answer | Mapping) else list(answers)
        events = [self._answer_event(as_answer(one)) for one in given]
        known = {answer.event for answer in self.state.answers.values()}
        before = len(self.state.answers)
        self._append(*(event for event in events if event.key not in known))
        return len(self.state.answers) - before

    def _answer_event(self, answer: Answer) -> Event:
        row = self._row(answer)
        query = self._query_of(answer, row)
        if answer.kind not in ("label", "abstain"):
            raise BadInput(f"an answer of kind {answer.kind!r} is unknown; use 'label' or 'abstain', or session.skip")
        label = self._label(answer, row) if answer.kind == "label" else None
        if query is None and self._affordable() == 0 and row not in self.state.by_row:
            raise BudgetSpent(f"row {row} was never asked and the budget of {self._setup.budget.answers} is gone")
        late = query is not None and self._handed.get(query, float("inf")) < time.time()
        body = {
            "row": row,
            "id": plain(self.pool.ids[row]),
            "label": label,
            "annotator": answer.annotator,
            "seconds": answer.seconds,
            "kind": answer.kind,
            "query": query,
            "late": late,
        }
        return Event("answered", body, key=answer.event, at=answer.at)

    def _row(self, answer: Answer) -> int:
        if not isinstance(answer.row, int | np.integer) or not 0 <= answer.row < len(self.pool):
            raise BadInput(f"the answer names row {answer.row!r}; the pool has rows 0 to {len(self.pool) - 1}")
        if answer.id is not None and plain(answer.id) != plain(self.pool.ids[answer.row]):
            raise BadInput(f"row {answer.row} has the id {self.pool.ids[answer.row]!r}, not {answer.id!r}")
        return int(answer.row)

    def _query_of(self, answer: Answer, row: int) -> int | None:
        if answer.query is None:
            return next((number for number, q in self.state.open.items() if q.row == row), None)
        query = self.state.queries.get(answer.query)
        if query is None or query.row != row:
            about = "was never asked" if query is None else f"was about row {query.row}, not {row}"
            raise BadInput(f"query {answer.query} {about}; answer a query that ask() returned")
        return answer.query

    def _label(self, answer: Answer, row: int) -> Any:
        label = plain(answer.label)
        try:
            known = label in self._index
        except TypeError:
            known = False
        if not known:
            hint = did_you_mean(str(label), [str(c) for c in self.classes]) if len(self.classes) < 200 else ""
            raise BadInput(f"the label {label!r} of row {row} is not one of the {len(self.classes)} classes.{hint}")
        return self.classes[self._index[label]]

    def undo(self, k: int = 1) -> list[Answer]:
        """Take back the last k answers, newest first; their queries are asked again. The log keeps everything."""
        last = sorted(self.state.answers)[::-1][: max(k, 0)]
        answers = [self.state.answers[seq] for seq in last]
        self._append(*(Event("undone", {"answer": seq}, key=f"undo-{seq}") for seq in last))
        for answer in answers:
            self._handed.pop(answer.query if answer.query is not None else -1, None)
        return answers

    def skip(self, query: Query, annotator: str = "me") -> None:
        """Put a query aside: its row may come again in a later round. Costs nothing."""
        self._append(Event("skipped", {"query": query.number, "annotator": annotator}))

    def abstain(self, query: Query, annotator: str = "me", seconds: float | None = None) -> None:
        """Record that the annotator cannot tell: an answer without a label, and the row is not asked again."""
        self.tell(Answer(row=query.row, annotator=annotator, seconds=seconds, kind="abstain", query=query.number))

    # ---- the model ------------------------------------------------------------------------------------------------

    def refit(self) -> None:
        """Fit a new model on all labels now, whatever the policy says; without labels nothing happens."""
        rows, labels = self._labelled(self.state)
        if len(rows) == 0:
            return
        before = (self.state.refit or {}).get("predicted")
        seconds = self._trainer.fit(rows, labels)
        self._fitted_at = time.time()
        predicted = self._trainer.predicted()
        body = {
            "model": len(self.state.rounds) + 1,
            "upto": self.state.seq,
            "labels": len(rows),
            "agreement": kappa(before, predicted),
            "classes_predicted": len(set(predicted or ())),
            "predicted": predicted,
            "seconds": seconds,
        }
        self._append(Event("refit", body))

    def _refit_if_due(self) -> None:
        self._ensure_model()
        last = self.state.refit
        labels = len(self.state.labels)
        changed = labels > 0 and (last is None or any(seq > last["upto"] for seq in self._changes()))
        new = labels - (last["labels"] if last else 0)
        first = last is None and labels > 0
        if changed and (first or self._refit_policy.due(max(new, 1), time.time() - self._fitted_at)):
            self.refit()

    def _changes(self) -> Iterator[int]:
        """Sequence numbers of answers, and of the log's end if something was undone since the last model."""
        yield from self.state.answers
        if self.state.refit and len(self.state.labels) != self.state.refit["labels"]:
            yield self.state.seq

    def _ensure_model(self) -> None:
        """Rebuild the last model of the log after a restart, from the labels that it saw."""
        last = self.state.refit
        if last is None or self._trainer.fitted:
            return
        snapshot = fold(event for event in self._store.read() if event.seq <= last["upto"])
        self._trainer.fit(*self._labelled(snapshot))
        self._fitted_at = time.time()

    def _labelled(self, state: State) -> tuple[IntArray, IntArray]:
        labels = state.labels
        rows = np.array(sorted(labels), dtype=np.int64)
        return rows, np.array([self._index[labels[row]] for row in rows.tolist()], dtype=np.int64)

    def predict(self, data: Any) -> FloatArray | None:
        """Class probabilities (m, c) of the latest model for rows as the learner takes them; None before any label."""
        self._refit_if_due()
        return self._trainer.probs(data) if self._trainer.fitted else None

    def suggest(self, row: int) -> tuple[Any, float] | None:
        """The model's label for a row and its probability, from the model at hand; None without one."""
        self._ensure_model()
        if not self._trainer.fitted:
            return None
        probs = self._trainer.probs(self.pool.take(np.array([row])))[0]
        best = int(probs.argmax())
        return self.classes[best], float(probs[best])

    # ---- looking back ---------------------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The past in numbers, as policies and stopping rules see it."""
        labels = self.state.labels.values()
        counts = np.bincount([self._index[label] for label in labels], minlength=len(self.classes))
        return History(
            rows=len(self.pool),
            batch=0,
            counts=tuple(int(count) for count in counts),
            offers=self.pool.offers | (self._trainer.learner.provides if self._trainer.fitted else frozenset()),
            rounds=tuple(self.state.rounds),
            spent=self.spent,
            budget=self._setup.budget.to_dict(),
        )

    @property
    def control_rows(self) -> IntArray:
        """Rows of the control sample: labelled, and a uniform random sample of the pool."""
        drawn = {query.row for query in self.state.queries.values() if query.arm == "control"}
        return control.sample(self._setup.seed, self.keys, set(self.state.labels), drawn)

    def measure(self, **values: Any) -> None:
        """Record measurements beside the number of labels and of the model, for curves."""
        body = {"labels": len(self.state.labels), "model": len(self.state.rounds), **values}
        self._append(Event("measured", body))

    def events(self) -> Iterator[Event]:
        """The whole log."""
        return self._store.read()

    # ---- keeping --------------------------------------------------------------------------------------------------

    def _append(self, *events: Event) -> None:
        if not events:
            return
        before = self.state.seq
        self._store.append(*events)
        for event in self._store.read(after=before):
            self.state.apply(event)

    def close(self) -> None:
        """Release the file. Nothing is lost without it."""
        self._store.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
