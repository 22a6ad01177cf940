"""The session: ask, tell, refit, stop. The only object that appends to the log.

Every choice is a function of the log and the seed. So a session killed at any moment and opened again asks what the
uninterrupted one would have asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import numpy as np

from askwise.core.errors import BadInput, BudgetSpent
from askwise.core.event import Event
from askwise.core.history import History
from askwise.core.noise import row_keys
from askwise.core.protocols import Execute, Store
from askwise.core.registry import Method
from askwise.core.types import IntArray
from askwise.judge import Measured
from askwise.judge.gained import Gained
from askwise.session import control
from askwise.session.again import Heard
from askwise.session.choosing import Chooser
from askwise.session.gains import CHEAP, gains, rows_of
from askwise.session.guard import GROWTH, LEAST, guarded
from askwise.session.intake import Intake, check_count, check_query
from askwise.session.keeping import Keeping
from askwise.session.leases import ANYONE, Leases
from askwise.session.measuring import Examiner, Snapshot, check_kind
from askwise.session.opening import Setup, begin, place_of
from askwise.session.past import history_of
from askwise.session.proposing import calibration, predictions
from askwise.session.remarks import Remarks
from askwise.session.sharing import Lock, Sharing
from askwise.session.spending import Spending
from askwise.session.state import TEST, State, fold
from askwise.session.training import RefitPolicy, Trainer, changes, kappa
from askwise.session.values import Answer, Budget, Query, as_answer
from askwise.session.view import View
from askwise.session.voices import Voices
from askwise.stop import budget as budget_rule
from askwise.strategy import Strategy
from askwise.task import Task


class Session(Keeping, Spending, Voices, Remarks, View):
    """A labelling session over a pool, kept in one file, created or resumed where it stopped.

    `pool` is anything that holds rows (array, DataFrame, texts, a Pool); `learner` an unwrapped estimator or module,
    or None for the default of the pool's kind; `classes` the possible labels, in order, for a choice among them; `task`
    any other kind of answer, from `askwise.task` or by name ('number'); `strategy` a name, a Strategy, a policy, or the
    JSON form of one. `control` is the share of
    queries drawn at random, an unbiased sample of the pool. `start` chooses while a named strategy still lacks a
    model. `refit` is 'batch', a number of labels, or '30s'. `costs` (n,) price the rows for Budget(cost=...); `prices`
    the annotators: money for an answer by name, or "18/hour", '*' for everybody else. `lease` seconds hold a query
    for whoever was handed it; `overlap` annotators answer each row, and `truth` says how their answers become its
    label: 'majority', 'dawid_skene', 'one_coin', 'crowdlab', 'glad', 'mace', or 'voices' where it is a matter of
    opinion. With `soft` the learner, which must take weights, learns the chances of all classes.

    With `relabel`, a strategy that weighs answers ('active_lab') may send a row to one more annotator, until it has so
    many answers; models of five parts then say of answered rows what they make of them unseen.

    With `guard`, each time that the control arm has grown by half, from twenty rows on, ten fits compare the strategy's
    rows with it; the report says what came of it, and `auto` draws at random for a while where they teach less.

    Raises BadInput for what does not fit together, StoreError for a file that cannot be used.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        pool: Any,
        classes: Iterable[Any] | None = None,
        task: Task | Mapping[str, Any] | str | None = None,
        learner: Any = None,
        strategy: Strategy | Method | str | Mapping[str, Any] = "auto",
        budget: Budget | None = None,
        seed: int = 0,
        control: float = 0.1,
        start: Strategy | Method | str | Mapping[str, Any] = "random",
        refit: str | int = "batch",
        stop: Method | str | Sequence[Method | str] = (),
        costs: Any = None,
        lease: float | None = 600.0,
        guard: bool = True,
        overlap: int = 1,
        truth: str = "majority",
        soft: bool = False,
        relabel: int | None = None,
        execute: Execute | None = None,
        note: Mapping[str, Any] | None = None,
        prices: Any = None,
    ) -> None:
        setup = Setup.of(
            pool,
            learner,
            classes,
            task,
            strategy,
            start,
            budget,
            seed,
            control,
            refit,
            stop,
            costs,
            lease,
            guard,
            overlap,
            truth,
            soft,
            relabel,
            note,
            prices,
        )
        self.path = place_of(path)
        self._prepare(setup, execute, *begin(path, setup))

    @classmethod
    def over(cls, setup: Setup, store: Store) -> Session:
        """A session over a log that another process keeps; `follow` takes in what comes there."""
        session = cls.__new__(cls)
        session.path = None
        session._prepare(setup, None, store, fold(store.read()))
        return session

    def _prepare(self, setup: Setup, execute: Execute | None, store: Store, state: State) -> None:
        self.setup, self._setup, self._store, self.state = setup, setup, store, state
        self._leases = Leases(setup.lease)
        self._fitted_at, self._elsewhere = 0.0, False
        self._sharing = Sharing()
        self._watchers: list[Callable[[Event], None]] = []
        self.pool = setup.pool
        self.keys = row_keys(setup.pool.ids)
        self._trainer = Trainer(setup.pool, self.keys, setup.learner, setup.seed)
        self._refit_policy = RefitPolicy(setup.refit)
        self._intake = Intake(setup.pool, setup.task)
        self._examiner = Examiner(setup.pool, self.keys, self._trainer, setup.seed)
        self._chooser = Chooser(setup, self.keys, execute)

    @staticmethod
    def open(path: str | Path) -> Any:
        """Read a session file without its pool: a `Record` with answers, labels, events and a report."""
        from askwise.session.record import Record

        return Record(path)

    # ---- asking ---------------------------------------------------------------------------------------------------

    def ask(self, n: int = 1, annotator: str = ANYONE) -> list[Query]:
        """Up to n queries: first those whose answers were lost or whose lease ran out, else new ones.

        With an annotator's name, only queries that she has neither answered, nor put aside, nor holds; nobody is
        handed a query that `overlap` others answered or hold. Empty when the budget is handed out, a stopping rule
        fired, or no row is left; `finished` then says why.
        """
        check_count("ask", n)
        return self.claim(n, annotator) or self._hand_out(self.choose(n, annotator), annotator)

    def claim(self, n: int, annotator: str = ANYONE, *, test: bool = False) -> list[Query]:
        """Up to n queries that are open and free for this annotator, at once: nothing is chosen, no model is fitted."""
        return self._hand_out(list(islice(self.claimable(annotator, test=test), n)), annotator)

    def claimable(self, annotator: str = ANYONE, *, test: bool = False) -> Iterator[Query]:
        """Open queries that would be handed to an annotator: of a process that died, undone, run out, or chosen."""
        return self._leases.free(annotator, self.state, test=test)

    def choose(self, n: int, annotator: str = ANYONE) -> list[Query]:
        """Up to n new queries, written down as asked, and free for whoever claims them. Fits a model if one is due.

        With an annotator's name and `relabel`, no row that she has answered is asked again. Empty when the budget is
        handed out, a stopping rule fired, or no row is left; `finished` then says why.
        """
        if self.state.finished or self._elsewhere:
            return []
        self.settle()
        free = self._free()
        candidates = free[self._foreseen()[free] <= self._money_left()]
        again = self._again(annotator)
        n = min(n, self._affordable(), len(candidates) + len(again))
        reason = self._reason_to_stop(n, len(free) + len(again))
        if reason is not None:
            self._finish(reason)
            return []
        heard = self._heard()
        self._refit_if_due()
        self._guard_if_due()
        verdict = self._stop_verdict()
        if verdict:
            self._finish(verdict)
            return []
        return self._choose(n, candidates, again, heard)

    def test(self, n: int = 1, *, total: int | None = None, annotator: str = ANYONE) -> list[Query]:
        """Up to n queries whose answers measure the model and never train it: first those whose answers were lost.

        Drawn by expected error with known chances, from rows never asked; `estimate` says what they found. The
        session's budget does not count them; `total` is a budget of their own: no more than so many in all, answered
        or out. Empty when that is reached, or no row is left. Raises BadInput where there is no model yet.
        """
        check_count("test", n)
        return self.claim(n, annotator, test=True) or self._hand_out(self.draw_tests(n, total=total), annotator)

    def draw_tests(self, n: int, *, total: int | None = None) -> list[Query]:
        """Up to n new queries of rows that measure the model, free for whoever claims them; see `test`."""
        check_kind(self.task.kind)
        if self._elsewhere:
            return []
        self._refit_if_due()
        self._examiner.check(self.task.kind)
        free = self._untouched()
        n = min(n, len(free), len(free) if total is None else total - self.tests_asked)
        if n <= 0:
            return []
        now, first, model = self._snapshot(), len(self.state.queries), len(self.state.rounds)
        with self._sharing.heavy():
            queries = self._examiner.choose(n, free, now, first)
        self._append(Event("tested", {"queries": queries, "model": model, "reason": "drawn to test the model"}))
        return [self.state.queries[one["number"]] for one in queries]

    @property
    def tests_asked(self) -> int:
        """Test rows answered (if only that nobody can tell) or out; a skipped one is made up for by another."""
        answered = sum(row in self.state.by_row for row in self.state.reserved)
        return answered + len(self.state.waiting(test=True))

    def _hand_out(self, queries: list[Query], annotator: str) -> list[Query]:
        self._leases.grant(queries, annotator)
        return queries

    def renew(self, queries: Iterable[Query], annotator: str = ANYONE) -> list[Query]:
        """Start leases anew for an annotator who is still at work; those that are still hers.

        What was answered meanwhile, or went to others when her lease had run out, is not.
        """
        return self._hand_out([q for q in queries if self._leases.keeps(annotator, q, self.state)], annotator)

    def hand_back(self, queries: Iterable[Query], annotator: str = ANYONE) -> None:
        """End an annotator's leases of queries that she will not answer after all; others may have them at once."""
        for query in queries:
            self._leases.release(query.number, annotator)

    def _free(self) -> IntArray:
        """Rows that may be asked, in order; once there are no others, those that were skipped."""
        free = self._untouched()
        if len(free) == 0:
            answered = {*self.state.by_row, *self.state.reserved, *(q.row for q in self.state.open.values())}
            free = _positions(sorted(set(self.state.skipped) - answered))
        return free

    def _untouched(self) -> IntArray:
        everything = np.ones(len(self.pool), dtype=bool)
        everything[_positions(self.state.touched)] = False
        return np.flatnonzero(everything)

    def _reason_to_stop(self, n: int, free: int) -> str | None:
        """Why nothing can be asked: '' while answers are still out, None when there is something to ask."""
        verdict = budget_rule.run(self.history)
        if n > 0 and not verdict.stop:
            return None
        if self.state.waiting(test=False):
            return ""
        if verdict.stop:
            return str(verdict.reason)
        if free == 0:
            return "every row has been asked"
        if self._affordable() == 0:
            return f"budget spent: {self._answers_left()} answers are left, and each row takes {self._setup.overlap}"
        return f"budget spent: no row costs as little as the {self._money_left():g} that are left"

    def _stop_verdict(self) -> str:
        for rule in self._setup.stop:
            verdict = rule.run(self.history)
            if verdict.stop:
                return f"{rule.name}: {verdict.reason}"
        return ""

    def _finish(self, reason: str) -> None:
        if reason:
            self._append(Event("finished", {"reason": reason}))
            self._savings_if_cheap()

    def _choose(self, n: int, candidates: IntArray, again: Mapping[int, int], heard: Heard | None) -> list[Query]:
        state = self.state
        given: dict[str, Any] = {
            "history": self.history,
            "learner": self._trainer.learner if self._trainer.fitted else None,
            "labelled": self._labelled(state),
            "pending": _positions(q.row for q in state.open.values()),
            "refused": _positions(sorted(state.unlabelled)),
            "asked": [query.arm for query in state.queries.values() if query.arm != TEST],
            "first": len(state.queries),
            "round_number": state.round + 1,
            "left": self._money_left(),
            "foreseen": self._foreseen(),
            "whole": len(candidates) + len(state.touched) == len(self.pool),
            "known": calibration(state) if self.task.kind == "candidates" else None,
            "again": again,
            "heard": heard,
        }
        with self._sharing.heavy():
            body = self._chooser.choose(n, candidates, **given)
        body["model"] = len(state.rounds)
        self._append(Event("asked", body))
        return [self.state.queries[one["number"]] for one in body["queries"]]

    # ---- telling --------------------------------------------------------------------------------------------------

    def tell(self, answers: Answer | Mapping[str, Any] | Iterable[Answer | Mapping[str, Any]]) -> int:
        """Take in answers; returns how many were new, once they are on disk.

        All are checked before any is written. An answer may come late, twice (same event), for a row never asked, or
        again for a row already answered (then it revises). Raises BadInput for an unknown label, row or query, and
        BudgetSpent for an unasked row when the budget is gone.
        """
        many = isinstance(answers, Iterable) and not isinstance(answers, Mapping)
        given: list[Any] = list(cast(Iterable[Any], answers)) if many else [answers]
        events = [self._intake.event(as_answer(one), self.state, self._leases) for one in given]
        self._check_budget(events)
        before = len(self.state.answers)
        self._append(*events)
        for event in events:
            self._leases.release(event.body["query"], event.body["annotator"])
        return len(self.state.answers) - before

    def _check_budget(self, events: list[Event]) -> None:
        """Raise BudgetSpent when these answers volunteer more unasked rows than the budget still allows."""
        unasked = {e.body["row"] for e in events if e.body["query"] is None} - self.state.by_row.keys()
        if unasked and len(unasked) > self._answers_left():
            raise BudgetSpent(
                f"{len(unasked)} row(s) were never asked (row {min(unasked)}), and of the budget of"
                f" {self._setup.budget.answers} answers {self._answers_left()} are left; raise the budget"
            )

    def undo(self, k: int = 1, annotator: str | None = None) -> list[Answer]:
        """Take back the last k answers (of one annotator), newest first; their queries are asked again.

        The log keeps everything.
        """
        if not isinstance(k, int | np.integer) or isinstance(k, bool) or k < 0:
            raise BadInput(f"undo({k!r}) is no number of answers; give a whole number such as 1")
        own = [seq for seq, a in self.state.answers.items() if annotator is None or a.annotator == annotator]
        last = sorted(own)[::-1][:k]
        answers = [self.state.answers[seq] for seq in last]
        self._append(*(Event("undone", {"answer": seq}, key=f"undo-{seq}") for seq in last))
        return answers

    def skip(self, query: Query, annotator: str = "me") -> None:
        """Put a query aside: its row may come again in a later round. Costs nothing.

        Where several annotators answer each row, it is put aside for this one alone.
        """
        check_query(query)
        if query.number not in self.state.open:
            known = "is not open any more" if query.number in self.state.queries else "was never asked"
            raise BadInput(f"query {query.number} {known}; skip a query that ask() returned and nobody has answered")
        self._append(Event("skipped", {"query": query.number, "annotator": annotator}))
        self._leases.release(query.number, annotator)

    # ---- the model ------------------------------------------------------------------------------------------------

    def refit(self) -> None:
        """Fit a new model on all labels now, whatever the policy says; without labels nothing happens."""
        lessons = self._lessons(self.state)
        rows, labels, _ = lessons
        if len(rows) == 0 or self._elsewhere:
            return
        before = (self.state.refit or {}).get("predicted")
        # Read before fitting: answers may come in meanwhile, and this model has not seen them.
        upto, number = self.state.seq, len(self.state.rounds) + 1
        with self._sharing.heavy():
            seconds = self._trainer.fit(*lessons)
            predicted = self._trainer.predicted()
        self._fitted_at = time.time()
        body = {
            "model": number,
            "upto": upto,
            "labels": len(rows),
            "agreement": kappa(before, predicted),
            "classes_predicted": len(set(predicted or ())),
            "predicted": predicted,
            "measures": {**changes(before, predicted), **self._trainer.doubt, **self._mixture_accuracy(rows, labels)},
            "seconds": seconds,
        }
        self._append(Event("refit", body))

    def _mixture_accuracy(self, rows: IntArray, labels: Any) -> dict[str, float]:
        """Accuracy of the new model on labelled rows that a mixture drew, each weighted by 1 / its share."""
        shares = {q.row: float(q.why["share"]) for q in self.state.queries.values() if "share" in q.why}
        return self._trainer.weighted_accuracy(rows, labels, shares) if self.task.one_class else {}

    def _refit_if_due(self) -> None:
        self.settle()
        self._ensure_model()
        last = self.state.refit
        labels = len(self.state.labels)
        changed = labels > 0 and (last is None or self.state.changed > last["upto"])
        new = labels - (last["labels"] if last else 0)
        first = last is None and labels > 0
        if changed and (first or self._refit_policy.due(max(new, 1), time.time() - self._fitted_at)):
            self.refit()

    def _ensure_model(self) -> None:
        """Rebuild the last model of the log after a restart, from the labels that it saw."""
        last = self.state.refit
        if last is None or self._trainer.fitted or self._elsewhere:
            return
        lessons = self._lessons(fold(event for event in self._store.read() if event.seq <= last["upto"]))
        with self._sharing.heavy():
            self._trainer.fit(*lessons)
        self._fitted_at = time.time()

    def _labelled(self, state: State) -> tuple[IntArray, IntArray]:
        labels = state.labels
        rows = _positions(sorted(labels))
        return rows, self._setup.task.targets([labels[row] for row in rows.tolist()])

    def predict(self, data: Any) -> Any:
        """What the latest model says of rows as the learner takes them; None before any label.

        Class probabilities (m, c) for a choice, means (m,) for numbers, the probability of each class (m, q) where
        several apply together; a list of spans for each text, class probabilities (lines, columns, c) of the cells of
        each image for pixels.
        """
        self._refit_if_due()
        return self._trainer.predict(data) if self._trainer.fitted else None

    def suggest(self, row: int) -> tuple[Any, float | None] | None:
        """The model's label for a row and its probability, from the model at hand; None without one.

        An answer that is no single class (a number, several labels, spans, an order) has no probability.
        """
        self._ensure_model()
        if not self._trainer.fitted:
            return None
        data = self.pool.take(np.array([row]))
        if not self.task.one_class:
            found = predictions(self.task, self._trainer.learner, data)
            return (found[0], None) if found else None
        if not self._trainer.classifies:
            return None
        probs = self._trainer.probs(data)[0]
        best = int(probs.argmax())
        return self.classes[best], float(probs[best])

    def suggestions(self, rows: Iterable[int]) -> list[tuple[Any, float | None] | None]:
        """What `suggest` says of each of these rows."""
        return [self.suggest(row) for row in rows]

    # ---- looking back ---------------------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The past in numbers, as policies and stopping rules see it."""
        offers = self.pool.offers | (self._trainer.learner.provides if self._trainer.fitted else frozenset())
        return replace(history_of(self.state), rows=len(self.pool), offers=offers, spent=self.spent)

    @property
    def control_rows(self) -> IntArray:
        """Rows of the control sample: labelled, and a uniform random sample of the pool."""
        state = self.state
        drawn = _positions(query.row for query in state.queries.values() if query.arm == "control")
        labelled = {*state.labels, *state.tested}
        out = {query.row for query in state.open.values()}
        passed = {*state.by_row, *state.skipped, *(state.reserved - out)} - labelled
        return control.sample(self._setup.seed, self.keys, _positions(labelled), _positions(passed), drawn)

    def savings(self) -> Gained:
        """Labels, cost and hours saved against random at equal accuracy, with intervals; noted in the log.

        The strategy's rows against the control arm, up to where that ends; "not yet distinguishable from random" while
        the interval includes nothing saved. Trains a hundred models on parts of the rows, so call it now and then, not
        each round. Raises BadInput below 20 labelled control rows, and for a task that is no choice.
        """
        if not self.task.one_class:
            raise BadInput(f"savings at equal accuracy are for choices among classes; this task is a {self.task.kind}")
        costs = self._setup.costs if self._setup.priced else None
        try:
            found = gains(self._trainer, rows_of(self.state, self.control_rows, costs))
        finally:
            self._trainer.fitted = False
        self.measure(savings=found.sentence(), saved=found.to_dict())
        return found

    def _savings_if_cheap(self) -> None:
        """Say at the end what was saved, where the models are quickly fitted; `savings` does it whatever it costs."""
        rounds = self.state.rounds
        if not self._setup.guard or not self.task.one_class or not rounds or len(self.control_rows) < LEAST:
            return
        if rounds[-1].measures["seconds"] <= CHEAP and any(map(self._chosen, self.state.labels)):
            self.savings()

    def _guard_if_due(self) -> None:
        """Compare the strategy's rows with the control arm as it grows, and note it, so that `auto` can act on it."""
        state = self.state
        if not self._setup.guard or not self.task.one_class or len(state.controls) < LEAST:
            return
        last = max((one["controls"] for one in state.measures if "guard" in one), default=0)
        chosen = _positions(filter(self._chosen, state.labels))
        if len(state.controls) < GROWTH * last or len(chosen) < len(state.controls) or not state.rounds:
            return
        control_rows = self.control_rows
        if len(control_rows) < LEAST:
            return
        known = {**state.labels, **state.tested}
        truth = dict(zip(known, self.task.targets([*known.values()]).tolist(), strict=True))
        controls = len(state.controls)
        with self._sharing.heavy():
            found = guarded(self._trainer, truth, chosen, control_rows)
        self._trainer.fitted = False
        self.measure(guard=found.to_dict(), controls=controls)
        self._ensure_model()

    def _chosen(self, row: int) -> bool:
        """Whether the strategy was the first to ask for the row."""
        number = self.state.first.get(row)
        return number is not None and self.state.queries[number].arm == "strategy"

    def estimate(self) -> dict[str, Measured]:
        """How good the model is on the whole pool: accuracy, macro_f1, nll and brier, or rmse, mae and mse for numbers.

        Each with its interval, from every row that was drawn at random, by the control arm or by `test`; noted in the
        log. Rows that the model learnt from are judged by ten models that have not seen them, so call it now and then,
        not each round. Raises BadInput below five drawn rows.
        """
        check_kind(self.task.kind)
        self._refit_if_due()
        self._examiner.check(self.task.kind)
        now = self._snapshot()
        try:
            with self._sharing.heavy():
                found = self._examiner.estimate(now)
        finally:
            self._trainer.fitted = False
        self.measure(estimate={name: one.to_dict() for name, one in found.items()})
        return found

    def _snapshot(self) -> Snapshot:
        return Snapshot.of(self.state, len(self.pool))

    def measure(self, **values: Any) -> None:
        """Record measurements beside the number of labels and of the model, for curves."""
        body = {"labels": len(self.state.labels), "model": len(self.state.rounds), **values}
        self._append(Event("measured", body))

    def events(self, after: int = 0) -> Iterator[Event]:
        """The log, behind a sequence number."""
        return self._store.read(after)

    # ---- keeping --------------------------------------------------------------------------------------------------

    def share(self, lock: Lock, busy: Callable[[bool], None]) -> None:
        """Let threads share the session: the caller holds `lock` around every use, and the session lets go of it while
        it fits or chooses (saying so to `busy`), so that answers get in meanwhile. One thread only may ask or refit.
        """
        self._sharing.by(lock, busy)

    def close(self) -> None:
        """Release the file. Nothing is lost without it."""
        self._store.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _positions(rows: Iterable[int]) -> IntArray:
    return np.fromiter(rows, dtype=np.int64)
