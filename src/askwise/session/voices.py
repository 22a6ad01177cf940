"""A session of many voices: labels folded from all answers at once, and a reviewer's word above them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.event import Event
from askwise.core.noise import Noise
from askwise.core.protocols import Pool
from askwise.core.types import FloatArray, IntArray, KeyArray
from askwise.crowd import majority
from askwise.session.again import Heard, may_be_asked_again
from askwise.session.assigning import Panel, check_panel
from askwise.session.belief import Belief, Votes, believe
from askwise.session.crosswise import held_out
from askwise.session.leases import ANYONE, Leases
from askwise.session.opening import Setup
from askwise.session.sharing import Sharing
from askwise.session.state import State
from askwise.session.training import Trainer
from askwise.session.values import Answer, Query
from askwise.session.view import View

_CHUNK = 8192

REASONS = ("ambiguous", "hard", "mistake", "guidelines", "other")
"""Why annotators disagreed, in a reviewer's eyes."""


class Voices(View):
    """What a session does with several answers to a row."""

    keys: KeyArray
    pool: Pool
    _setup: Setup
    _trainer: Trainer
    _sharing: Sharing
    _leases: Leases
    _settled = 0
    _held: tuple[tuple[int, int], FloatArray] | None = None

    def tell(self, answers: Answer | Mapping[str, Any] | Iterable[Answer | Mapping[str, Any]]) -> int:
        """Take in answers."""
        raise NotImplementedError

    def _append(self, *events: Event) -> None:
        raise NotImplementedError

    def _ensure_model(self) -> None:
        raise NotImplementedError

    def choose(self, n: int, annotator: str = ANYONE) -> list[Query]:
        """Up to n new queries."""
        raise NotImplementedError

    def _hand_out(self, queries: list[Query], annotator: str) -> list[Query]:
        raise NotImplementedError

    def _labelled(self, state: State) -> tuple[IntArray, IntArray]:
        raise NotImplementedError

    def settle(self) -> int:
        """Bring every label up to date with all answers, by the session's `truth`; returns how many labels changed.

        Between two calls a row that is answered anew has the label that most give, or none where they are equally
        divided. Asking and refitting settle first, so
        this need not be called. What changed is in the log, so that the file says the same whatever is installed.
        """
        state = self.state
        if state.truth in ("majority", "voices") or self._settled >= state.heard:
            return 0
        votes, heard, upto = Votes.of(state), state.heard, state.seq
        changes: list[tuple[int, Any]] = []
        if votes is not None and votes.several:
            belief = self._believe(votes)
            for row, at, decided in zip(votes.rows.tolist(), belief.labels.tolist(), belief.decided, strict=True):
                label = state.task.classes[at] if decided else state.label_of(row)
                if row not in state.adjudicated and state.labels.get(row) != label:
                    changes.append((row, label))
        if changes:
            self._append(Event("folded", {"upto": upto, "truth": state.truth, "labels": changes}))
        self._settled = heard
        return len(changes)

    def _believe(self, votes: Votes) -> Belief:
        probs = self._out_of_sample(votes) if self.state.truth == "crowdlab" else None
        with self._sharing.heavy():
            return believe(votes, self.state.truth, self._setup.seed, probs)

    def _again(self, annotator: str) -> Mapping[int, int]:
        """Answered rows that may be asked again, with the answers that each would then have."""
        most = self._setup.relabel
        return {} if most is None else may_be_asked_again(self.state, most, annotator)

    def _heard(self) -> Heard | None:
        """What is known of answered rows, where they may be asked again."""
        if self._setup.relabel is None:
            return None
        votes = Votes.of(self.state)
        return Heard.nothing(len(self.classes)) if votes is None else Heard.of(votes, self._out_of_sample(votes))

    def _out_of_sample(self, votes: Votes) -> FloatArray:
        """Class probabilities (u, c) of the voted rows, by models that have not seen them."""
        if self._held is not None and self._held[0] == self._answered:
            return self._held[1]
        at, labels = self._answered, majority(votes.table)
        for i, row in enumerate(votes.rows.tolist()):
            if row in self.state.adjudicated:
                labels[i] = self.task.targets([self.state.adjudicated[row].label])[0]
        noise = Noise(self._setup.seed, self.keys)
        with self._sharing.heavy():
            found = held_out(self._trainer, votes.rows, labels, noise, votes.table.classes)
        self._trainer.fitted = False
        self._held = at, found
        return found

    @property
    def _answered(self) -> tuple[int, int]:
        """Names the answers in force: the last one, and how many there are."""
        return max(self.state.answers, default=0), len(self.state.answers)

    def _lessons(self, state: State) -> tuple[IntArray, Any, FloatArray | None]:
        """What a model learns from a state: rows (l,), targets, and with `soft` the chances (l, c) of the classes."""
        rows, labels = self._labelled(state)
        votes = Votes.of(state) if state.config["soft"] else None
        if votes is None:
            return rows, labels, None
        belief = believe(votes, state.truth)
        chances = dict(zip(rows.tolist(), np.eye(len(state.task.classes))[labels], strict=True))
        named = dict(zip(rows.tolist(), labels.tolist(), strict=True))
        for i, row in enumerate(votes.rows.tolist()):
            if row not in state.adjudicated:
                chances[row] = belief.chance[i]  # of a tie, too: it is learnt as such
                named.setdefault(row, int(belief.labels[i]))
        rows = np.array(sorted(chances), dtype=np.int64)
        return rows, np.array([named[row] for row in rows.tolist()]), np.array([chances[row] for row in rows.tolist()])

    def assign(
        self,
        n: int,
        annotators: Iterable[str],
        *,
        by: str = "skill",
        price: Mapping[str, float] | None = None,
        capacity: int | None = None,
    ) -> dict[str, list[Query]]:
        """Share out up to n queries among annotators, and hold each for those it went to; queries by name.

        By ``skill``: who is likely right for the price, near the row where the pool has embeddings. For matters of
        opinion: ``random``, or ACAL's ``semantic_diversity`` (who has seen the least like it), ``minority_bias`` (who
        leans most to the rarest class), ``representation_diversity`` (who is least like the others). `price` of an
        answer by name (1 where none is given); nobody holds more than `capacity` queries. As many annotators answer a
        query as it is owed. An expired lease is free again. Raises BadInput for nobody, or another way.
        """
        names = check_panel(annotators, by, price, capacity)
        state, leases = self.state, self._leases
        waiting = [q for q in state.waiting(test=False).values() if any(leases.may(who, q, state) for who in names)]
        queries = waiting[:n] or self.choose(n)
        panel = Panel(state, self.pool, names, Noise(self._setup.seed, self.keys))
        pairs = panel.share_out(
            queries,
            np.array([[leases.may(who, query, state) for who in panel.names] for query in queries], dtype=bool),
            np.array([state.owed(q) - len(leases.holders(q.number) - state.answered_by(q.row)) for q in queries]),
            way=by,
            price=price or {},
            load=np.array([leases.load(who) for who in panel.names]),
            capacity=capacity,
        )
        out: dict[str, list[Query]] = {name: [] for name in names}
        for at, who in pairs:
            out[panel.names[who]].append(queries[at])
        return {name: self._hand_out(mine, name) for name, mine in out.items()}

    def adjudicate(self, row: int, label: Any, *, reviewer: str, reason: str = "other", event: str = "") -> int:
        """A reviewer's word on a row that was answered: its label from now on, whatever the answers say.

        `reason` says why they did not settle it: ambiguous, hard, mistake, guidelines or other. It costs none of the
        budget's answers, and a row that still waited for some waits no more. `undo_adjudication` takes it back. The
        same `event` twice counts once. Returns 1 if it is new. Raises BadInput for a row without answers.
        """
        if reason not in REASONS:
            raise BadInput(f"reason={reason!r} is not known; use one of {', '.join(REASONS)}")
        given = Answer(row=row, label=label, annotator=reviewer, kind="adjudicate", reason=reason)
        return self.tell(given if not event else Answer(**{**vars(given), "event": event}))

    def take_back(self, answers: Iterable[Answer]) -> int:
        """Take back these answers, whoever gave them; returns how many were in force. Their queries are asked again."""
        numbers = [one.seq for one in answers if one.seq in self.state.answers]
        self._append(*(Event("undone", {"answer": seq}, key=f"undo-{seq}") for seq in numbers))
        return len(numbers)

    def doubts(self, rows: Iterable[int]) -> FloatArray | None:
        """How unsure the latest model is of rows (m,), from 0 to 1: (1 - max p) / (1 - 1/c); None without a model."""
        self._ensure_model()
        if not self._trainer.fitted or not self._trainer.classifies:
            return None
        at = np.fromiter(rows, dtype=np.int64)
        with self._sharing.heavy():
            parts = [self._trainer.probs(self.pool.take(at[i : i + _CHUNK])) for i in range(0, len(at), _CHUNK)]
        probs = np.concatenate(parts) if parts else np.ones((0, 1))
        return np.asarray((1.0 - probs.max(axis=1)) / (1.0 - 1.0 / max(probs.shape[1], 2)))

    def undo_adjudication(self, row: int) -> Answer:
        """Take back the last adjudication of a row, and return it. Raises BadInput where there is none."""
        last = self.state.adjudicated.get(row)
        if last is None:
            raise BadInput(
                f"row {row!r} has no adjudication to undo; those that have: {sorted(self.state.adjudicated)}"
            )
        self._append(Event("undone", {"answer": last.seq}, key=f"undo-{last.seq}"))
        return last
