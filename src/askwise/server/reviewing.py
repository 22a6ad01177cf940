"""The reviewer's desk: what is not settled, side by side, and the word that settles it."""

from __future__ import annotations

import hashlib

from askwise.core.errors import BadInput
from askwise.server import judging as wire
from askwise.server.room import Room
from askwise.session.reviewing import Dispute, unsettled
from askwise.session.voices import REASONS

DRAWS = 300
"""Resamples of an interval on a page: ends that hold to a percent, in a fraction of a second."""


class Reviewing:
    """What reviewers see and do in a room."""

    def __init__(self, room: Room) -> None:
        self.room = room

    def queue(self, n: int = 20, ruled: bool = False, names: bool = False) -> wire.Queue:
        """Disputes, worth the most first, or rows ruled on, the latest first; letters for names unless `names`."""
        with self.room.quiet() as session:
            found = session.disputes(ruled=ruled)
            other = unsettled(session.state) if ruled else len(session.state.adjudicated)
            if ruled:
                found.sort(key=lambda one: -one.ruling.seq if one.ruling else 0)
            items = [self._disputed(one, names) for one in found[:n]]
        total, words = (other, len(found)) if ruled else (len(found), other)
        return wire.Queue(items=items, total=total, ruled=words, reasons=list(REASONS))

    def _disputed(self, one: Dispute, names: bool) -> wire.Disputed:
        given = sorted(one.answers, key=lambda answer: _shuffled(one.row, answer.annotator))
        voices = [
            wire.Voice(
                who=answer.annotator if names else chr(ord("A") + i % 26),
                kind=answer.kind,
                label=answer.label,
                seconds=answer.seconds,
                at=answer.at,
            )
            for i, answer in enumerate(given)
        ]
        word = one.ruling
        ruling = word and wire.Ruling(label=word.label, reviewer=word.annotator, reason=word.reason, at=word.at)
        return wire.Disputed(
            row=one.row,
            id=one.id,
            value=one.value,
            label=one.label,
            about=one.about,
            notes=list(one.notes),
            view=self.room.view(one.row),
            voices=voices,
            ruling=ruling or None,
        )

    def rule(self, word: wire.Word, who: str | None) -> wire.Ruled:
        """Take in a reviewer's word. Raises BadInput for a row without answers, a label that the task does not take."""
        session = self.room.session
        self._check(word.row)
        label = session.task.check(word.label, session.pool.show(word.row))
        name = who or self.room.annotator
        session.adjudicate(word.row, label, reviewer=name, reason=word.reason, event=word.event)
        self.room.settled()
        return self._ruled(word.row)

    def unrule(self, row: int) -> wire.Ruled:
        """Take back the last word on a row. Raises BadInput where there is none."""
        self.room.session.undo_adjudication(row)
        self.room.settled()
        return self._ruled(row)

    def agreement(self, scale: str | None) -> wire.Agreement:
        """Every coefficient that fits, or why there is none."""
        from askwise.session.agreeing import agreements
        from askwise.session.state import fold

        # The log is folded anew, beside the session, so that hundreds of resamples keep nobody waiting.
        session = self.room.session
        pool = getattr(session.pool, "raw", session.pool)
        found = agreements(fold(session.events()), pool, scale=scale, draws=DRAWS)
        return wire.Agreement.model_validate(found.to_dict())

    def _ruled(self, row: int) -> wire.Ruled:
        session = self.room.session
        label = session.state.labels.get(row)
        return wire.Ruled(row=row, label=label, total=unsettled(session.state), ruled=len(session.state.adjudicated))

    def _check(self, row: int) -> None:
        if row not in self.room.session.state.by_row:
            raise BadInput(f"row {row} has no answer to judge; choose one from the queue")


def _shuffled(row: int, name: str) -> bytes:
    """A place for a name beside a row: the same at each look, another for each row, so that letters tell nothing."""
    return hashlib.blake2b(f"{row}/{name}".encode(), digest_size=8).digest()
