"""The backend behind the routes: one session, predictions ready beforehand, training behind the scenes."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from askwise.bridge.formats.example import Losses
from askwise.bridge.formats.label_studio import results_of
from askwise.bridge.ml_backend.wire import CREATED, DELETED, TRAIN, Control, Taken, control_of, deleted, taken_of
from askwise.core.errors import AskwiseError, BadInput
from askwise.core.types import FloatArray

if TYPE_CHECKING:
    from askwise.session import Session

BLOCK = 4096
"""Rows predicted at a time: between blocks, answers get in."""

AHEAD = 50
"""Queries that are out, so that Label Studio has an order to go by."""

SETTLE, PATIENCE = 0.5, 3.0
"""Seconds without an answer before a model is fitted, and the longest wait for such a pause."""

KINDS = ("choice", "number", "multilabel")
"""Tasks for which there are predictions; for others annotations are taken, and nothing is said."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _View:
    """What was worked out for one model: predictions (n, ...) of all rows, and the place of rows to be asked."""

    version: int = 0
    predicted: FloatArray | None = None
    place: Mapping[int, int] = field(default_factory=dict)


class Backend:
    """A session as Label Studio's ML backend; `start` it, and `close` it at the end. Safe to use from many threads.

    Tasks are rows by ``data["askwise_id"]``, else by content: the row whose text or cells are those of the task.
    Raises BadInput for tasks of kinds that Label Studio's controls do not give here.
    """

    def __init__(self, session: Session, *, ahead: int = AHEAD) -> None:
        self.session, self.ahead = session, ahead
        self._lock = threading.Lock()
        self._dirty, self._stopping = threading.Event(), threading.Event()
        self._view = _View()
        self._controls: dict[str, Control] = {}
        self._rows = {_key(view): row for row, view in enumerate(_views(session.pool))}
        self._ids = {str(one): row for row, one in enumerate(session.pool.ids)}
        self._answers = {_annotation_of(one.event): one.seq for one in session.answers if one.event.startswith("ls-")}
        self.foreign = 0
        session.share(self._lock, lambda busy: None)
        self._worker = threading.Thread(target=self._work, name="askwise-ml-backend", daemon=True)

    def start(self) -> Backend:
        """Fit and choose for the first time, in the background; returns the backend."""
        self._dirty.set()
        self._worker.start()
        return self

    def close(self) -> None:
        """Stop, wait for the worker, and close the session."""
        self._stopping.set()
        self._dirty.set()
        if self._worker.is_alive():
            self._worker.join()
        with self._lock:
            self.session.close()

    @property
    def version(self) -> str:
        """The name of the model whose predictions are given out."""
        return f"askwise-{self._view.version}"

    def health(self) -> dict[str, Any]:
        """That it is up, and what for."""
        return {"status": "UP", "model_class": f"askwise {self.session.task.kind}", "model_version": self.version}

    # ---- predictions ----------------------------------------------------------------------------------------------

    def predict(self, tasks: Sequence[Mapping[str, Any]], config: str = "") -> list[dict[str, Any]]:
        """One prediction a task, in order: what the model would say, and a score by which the lowest is asked first.

        A task that the strategy asks has a score below 0.5, in its order; another has 0.5 and half of the probability.
        Before the first model, and for what cannot be predicted, the result is empty.
        """
        control, view = self._control(config), self._view
        rows = [self.row_of(task.get("data") or {}) for task in tasks]
        return [
            self._prediction(row, task.get("data") or {}, control, view) for row, task in zip(rows, tasks, strict=True)
        ]

    def _prediction(self, row: int | None, data: Mapping[str, Any], control: Control, view: _View) -> dict[str, Any]:
        said = None if row is None or view.predicted is None else view.predicted[row]
        label, sure = self._label(said)
        results = [] if label is None else results_of(label, self.session.task, data, Losses())
        named = [{**one, "from_name": control.name, "to_name": control.to, "score": sure} for one in results]
        place = None if row is None else view.place.get(row)
        score = 0.5 + sure / 2 if place is None else place / (2 * max(len(view.place), 1))
        return {"model_version": f"askwise-{view.version}", "score": round(score, 6), "result": named}

    def _label(self, said: Any) -> tuple[Any, float]:
        """A label and how probable it is, from what the model says of a row."""
        if said is None:
            return None, 0.0
        kind, classes = self.session.task.kind, self.session.classes
        if kind == "number":
            return float(said), 1.0
        if kind == "multilabel":
            chosen = [name for name, share in zip(classes, said, strict=True) if share >= 0.5]
            return chosen, float(np.prod(np.maximum(said, 1 - said)))
        best = int(np.argmax(said))
        return classes[best], float(said[best])

    def _control(self, config: str) -> Control:
        if not config:
            return Control()
        if config not in self._controls:
            if len(self._controls) > 100:
                self._controls.clear()
            self._controls[config] = control_of(config, self.session.task.kind)
        return self._controls[config]

    def row_of(self, data: Mapping[str, Any]) -> int | None:
        """The row that a task is, None for a foreign one."""
        if "askwise_id" in data:
            return self._ids.get(str(data["askwise_id"]))
        whole = self._rows.get(_key({"kind": "row", "cells": data}))
        texts = (
            self._rows.get(_key({"kind": "text", "text": value})) for value in data.values() if isinstance(value, str)
        )
        return whole if whole is not None else next((row for row in texts if row is not None), None)

    # ---- annotations ----------------------------------------------------------------------------------------------

    def heard(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take in a webhook's body; repeating it changes nothing. Actions that are none of ours are left alone.

        Raises BadInput for an annotation that is no answer of this session, BudgetSpent when its budget is gone.
        """
        action = body.get("action")
        if action in CREATED:
            several = self.session.task.kind == "multilabel"
            done = {"answers": sum([self._take(one) for one in taken_of(body, several)])}
        elif action in DELETED:
            done = {"withdrawn": sum(self._withdraw(name) for name in deleted(body))}
        elif action == TRAIN:
            done = {}
        else:
            return {"status": "ignored"}
        self._dirty.set()
        return {"status": "ok", **done}

    def _take(self, one: Taken) -> bool:
        from askwise.session import Answer

        row = self.row_of(one.data)
        if row is None:
            self.foreign += 1
            log.warning("annotation %s is about a task that is no row of this session; it was left out", one.annotation)
            return False
        given = one.given
        answer = Answer(
            row=row,
            label=given.label,
            kind="abstain" if given.label is None else "label",
            annotator=given.annotator,
            seconds=given.seconds,
            event=one.key,
        )
        with self._lock:
            before = self._answers.get(one.annotation)
            if before is not None and before in self.session.state.answers:
                if self.session.state.answers[before].event == one.key:
                    return False
                self.session.revise(before, answer)
            elif not self.session.tell(answer):
                return False
            self._answers[one.annotation] = self.session.state.seq
        return True

    def _withdraw(self, name: str) -> bool:
        with self._lock:
            seq = self._answers.pop(name, None)
            if seq is None or seq not in self.session.state.answers:
                return False
            self.session.withdraw([seq])
        return True

    # ---- behind the scenes ----------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._dirty.wait()
            until = time.monotonic() + PATIENCE
            while self._dirty.is_set() and not self._stopping.is_set() and time.monotonic() < until:
                self._dirty.clear()
                self._stopping.wait(SETTLE)
            if not self._stopping.is_set():
                try:
                    self.learn()
                except AskwiseError:
                    log.exception("the model could not be fitted; it is tried again after the next answer")

    def learn(self) -> None:
        """Choose what to ask next, by a new model where labels have come in; then predict all rows with it."""
        session = self.session
        with self._lock:
            out = len(session.open_queries)
            if out < self.ahead:
                session.ask(self.ahead, "label-studio")
            if session.task.kind in KINDS and session.labels and self._stale():
                session.refit()
            place = {query.row: i for i, query in enumerate(session.open_queries)}
            version = len(session.rounds)
        known = self._view
        predicted = known.predicted if known.version == version else self._predict_all()
        self._view = _View(version, predicted, place)

    def _stale(self) -> bool:
        state = self.session.state
        return state.refit is None or state.changed > state.refit["upto"]

    def _predict_all(self) -> FloatArray | None:
        session, parts = self.session, []
        if session.task.kind not in KINDS:
            return None
        for start in range(0, len(session.pool), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(session.pool)))
            with self._lock:
                part = session.predict(session.pool.take(rows))
            if part is None:
                return None
            parts.append(np.asarray(part, dtype=np.float32))
        return np.concatenate(parts)


def _annotation_of(event: str) -> str:
    return event.rpartition("-")[0]


def _views(pool: Any) -> Iterable[Mapping[str, Any]]:
    return (pool.show(row) for row in range(len(pool)))


def _key(view: Mapping[str, Any]) -> str:
    """What a row and the task made from it have in common: the text, else the cells as text."""
    if view["kind"] == "text":
        return "t" + str(view["text"]).strip()
    if view["kind"] == "row":
        return "c" + json.dumps({str(name): str(value) for name, value in view["cells"].items()}, sort_keys=True)
    return "v" + json.dumps({str(name): str(value) for name, value in view.items()}, sort_keys=True)


def check(session: Session) -> None:
    """Raise BadInput for a task whose annotations Label Studio's controls do not give here."""
    if session.task.kind not in (*KINDS, "span", "ranking", "region"):
        raise BadInput(
            f"Label Studio gives no answers of the kind {session.task.kind!r} here; use the room: askwise serve"
        )
