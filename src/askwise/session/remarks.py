"""What is said beside labels: cannot tell, item at fault, notes, guidelines, second thoughts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from askwise.core.errors import BadInput
from askwise.core.event import Event
from askwise.session.intake import Intake, check_query
from askwise.session.leases import Leases
from askwise.session.state import State
from askwise.session.values import Answer, AnswerKind, Proposal, Query

LONGEST_GUIDELINES = 200_000
"""Characters of a text that annotators work by."""


def version_of(text: str) -> str:
    """The version of a text of guidelines: the first twelve hex digits of its SHA-256.

    >>> version_of("abc")
    'ba7816bf8f01'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Remarks:
    """The part of a session that takes in what is no label."""

    state: State
    _intake: Intake
    _leases: Leases

    def _append(self, *events: Event) -> None:
        raise NotImplementedError

    def tell(self, answers: Any) -> int:
        """Take in answers; see `Session.tell`."""
        raise NotImplementedError

    def abstain(self, query: Query, annotator: str = "me", seconds: float | None = None) -> None:
        """Record that the annotator cannot tell: an answer without a label, and the row is not asked again."""
        self._without_label(query, annotator, seconds, "abstain")

    def reject(self, query: Query, annotator: str = "me", seconds: float | None = None) -> None:
        """Record that the item is at fault (empty, broken, foreign): an answer without a label, not asked again."""
        self._without_label(query, annotator, seconds, "reject")

    def _without_label(self, query: Query, annotator: str, seconds: float | None, kind: AnswerKind) -> None:
        check_query(query)
        self.tell(Answer(row=query.row, annotator=annotator, seconds=seconds, kind=kind, query=query.number))

    def decline(self, query: Query, annotator: str) -> None:
        """Leave an open query to others: this annotator is not asked about it again. Costs nothing."""
        check_query(query)
        self._append(Event("declined", {"query": query.number, "annotator": annotator}))
        self._leases.release(query.number, annotator)

    def propose(self, proposals: Iterable[Proposal]) -> None:
        """Keep what somebody would say of rows, for people to see: no answers. Of a row, the latest holds."""
        self._append(*[self._intake.proposal(one) for one in proposals])

    def flag(self, row: int, note: str, annotator: str = "me", event: str | None = None) -> None:
        """Keep a note on a row for whoever looks after the data; its query stays open, and a label stays a label.

        A later note of the same annotator takes its place, an empty one takes it back. The same event counts once.
        Raises BadInput for an unknown row and a note that is too long.
        """
        self._append(self._intake.flag(row, note, annotator, event))

    def guide(self, text: str) -> str:
        """Note that annotators work by this text from now on; returns its version, which answers can name.

        Raises BadInput for a text that is too long.
        """
        if len(text) > LONGEST_GUIDELINES:
            raise BadInput(f"the guidelines have {len(text):,} characters, and {LONGEST_GUIDELINES:,} is the most")
        version = version_of(text)
        if next(reversed(self.state.guidelines), None) != version:
            self._append(Event("guided", {"version": version, "text": text}))
        return version

    def withdraw(self, answers: Iterable[int]) -> None:
        """Take back answers by their sequence numbers, wherever they stand in the order; see `undo` for the last ones.

        Raises BadInput when one of them is not in force.
        """
        given = list(answers)
        for seq in given:
            if seq not in self.state.answers:
                raise BadInput(f"answer {seq} is not in force, so it cannot be taken back; look at session.answers")
        self._append(*[Event("undone", {"answer": seq}, key=f"undo-{seq}") for seq in given])

    def revise(self, base: int, answer: Answer) -> None:
        """Put an answer in the place of the one with the sequence number `base`, in one step.

        Raises BadInput when that one is not in force, or is another annotator's or about another row.
        """
        new = self._intake.event(answer, self.state, self._leases)
        old = self.state.answers.get(base)
        if old is None or (old.row, old.annotator) != (answer.row, answer.annotator):
            raise BadInput(
                f"answer {base} is no answer of {answer.annotator!r} to row {answer.row} that is in force; look at what"
                " is there now, and revise that"
            )
        self._append(Event("undone", {"answer": base}, key=f"undo-{base}"), new)
