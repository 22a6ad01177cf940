"""What an annotator got to see of the model's guess, and when: before she answered, after, or never."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from askwise.core.errors import BadInput, did_you_mean
from askwise.server.calibration import Outcomes, calibrated, outcomes
from askwise.server.views import Suggestion
from askwise.session import Query, Session

Guess = tuple[Any, float | None] | None
Mode = Literal["show", "after", "never"]
MODES: tuple[Mode, ...] = get_args(Mode)

MEASURING = frozenset({"control", "test"})
"""Arms of random rows. They measure the model, so nobody may be led by what it thinks of them."""


def check_mode(mode: str) -> None:
    """Raise BadInput unless this is one of `MODES`."""
    if mode not in MODES:
        raise BadInput(f"suggestions={mode!r} is no way to show them.{did_you_mean(mode, MODES)}")


class Exposure:
    """The guesses of one room, kept as they were when their items were handed out.

    `mode` says when people see them: ``show`` with the item, ``after`` the answer, or ``never``. Raises BadInput for
    another mode.
    """

    def __init__(self, session: Session, mode: str) -> None:
        check_mode(mode)
        self.session, self.mode = session, mode
        self._guesses: dict[int, Suggestion | None] = {}
        self._seen: set[int] = set()

    def hand_out(self, *queries: Query, guesses: Mapping[int, Guess] | None = None) -> None:
        """Keep what the model says of queries' rows now, unless they were handed out before.

        Of queries that do not say so, `guesses` has it by number; without it the session is asked.
        """
        known = outcomes(self.session)
        for query in queries:
            if query.number not in self._guesses:
                self._guesses[query.number] = self._ask(query, guesses, known)

    def guess(self, query: Query) -> Suggestion | None:
        """What the model said when the item was first handed out in this run: never what it learnt from the answer."""
        return self._guesses.get(query.number)

    def _ask(self, query: Query, guesses: Mapping[int, Guess] | None, known: Outcomes) -> Suggestion | None:
        found: Guess
        if "predicted" in query.why:  # worked out when it was chosen
            found, model = (query.why["predicted"], query.why.get("probability")), int(query.why["model"])
        else:
            found = self.session.suggest(query.row) if guesses is None else guesses.get(query.number)
            model = len(self.session.rounds)
        if found is None:
            return None
        probability, on = (None, 0) if found[1] is None else calibrated(known, found[1])
        return Suggestion(label=found[0], probability=probability, model=model, calibrated_on=on)

    def said(self, query: Query) -> Suggestion | None:
        """What there is to show: what a machine proposed for the row, else the model's guess."""
        found = self.session.state.proposed.get(query.row)
        if found is None:
            return self.guess(query)
        model = len(self.session.rounds)
        return Suggestion(label=found.label, probability=found.probability, model=model, calibrated_on=0, by=found.by)

    def blind(self, query: Query) -> str:
        """Why the annotator is shown nothing of the model before she answers; empty where she may see it."""
        if query.arm in MEASURING:
            return "This item was drawn at random to measure the model: nothing may lead you here."
        if self.mode != "show" and query.number not in self._seen:
            return "In this room nobody is shown what the model thinks before answering."
        return ""

    def before(self, query: Query) -> Suggestion | None:
        """What is shown with the item."""
        return None if self.blind(query) else self.said(query)

    def after(self, query: Query) -> Suggestion | None:
        """What is shown once the item is answered, in a room that does so; from then on she has seen it."""
        if self.mode != "after" or query.arm in MEASURING:
            return None
        self._seen.add(query.number)
        return self.said(query)

    def context(self, query: Query) -> dict[str, Any]:
        """What to keep with an answer: the guess, and whether it was shown before. Nothing without a guess."""
        guess = self.guess(query) if query.arm in MEASURING else self.said(query)
        if guess is None:
            return {}
        shown = "before" if self.before(query) else "after" if self.mode == "after" else "never"
        if query.arm in MEASURING:
            shown = "never"
        return {"suggestion": guess.model_dump(), "shown": shown}
