"""A run over a session: check the machine on rows that people labelled, then let it answer, or suggest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from askwise.annotate.annotator import Annotator, Reading, Show
from askwise.annotate.check import Checked, checkable, checked
from askwise.annotate.price import Preview
from askwise.core.errors import AskwiseError, BadInput
from askwise.core.words import counted
from askwise.session.control import order

if TYPE_CHECKING:
    from askwise.session import Answer, Query, Session

BATCH = 20
"""Rows asked for at once: the session may learn between them."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run: answers and proposals that are in the session now, and queries left to people.

    `check` says how far the machine can be trusted, None without rows that people labelled. `unread` says what went
    wrong with rows that got no label, `stopped` why the run ended early, `lacks` what the endpoint does not offer.
    """

    preview: Preview
    told: int = 0
    proposed: int = 0
    left: int = 0
    cost: float = 0.0
    spent: float = 0.0
    check: Checked | None = None
    unread: tuple[str, ...] = ()
    stopped: str = ""
    lacks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        check = None if self.check is None else self.check.to_dict()
        return {**vars(self), "preview": vars(self.preview), "check": check}


@dataclass
class _Run:
    """What is counted while a run goes on."""

    session: Session
    machine: Annotator
    least: float
    check: Checked | None
    told: int = 0
    proposed: int = 0
    left: int = 0
    cost: float = 0.0
    stopped: str = ""
    unread: dict[str, None] = field(default_factory=dict)

    def read(self, rows: Sequence[int], show: Show) -> dict[int, Reading]:
        """Readings by row; where the budget is out, it is noted and some are missing."""
        found = self.machine.read(rows, show)
        if len(found) < len(rows):
            self.stopped = f"the budget of {self.machine.budget:g} is spent"
        self.cost += sum(one.cost for one in found)
        self.unread |= dict.fromkeys(one.trouble for one in found if one.trouble)
        return {one.row: one for one in found}

    def chance(self, one: Reading) -> float | None:
        """The chance that a reading is right: by the people's labels, else as the machine says."""
        if self.check is None:
            return one.confidence
        return float(self.check.calibration(np.nan if one.confidence is None else one.confidence)[0])

    def sure(self, one: Reading | None) -> bool:
        """Whether a reading may stand without a person."""
        if one is None or one.trouble:
            return False
        chance = self.chance(one)
        return self.least == 0 or (chance is not None and chance >= self.least)


def annotate(
    session: Session,
    machine: Annotator,
    n: int,
    *,
    check: int = 100,
    without: Sequence[int] = (),
    least: float = 0.0,
    propose: bool = False,
    control: bool = False,
    dry_run: bool = False,
    told: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Let a machine answer up to n queries of a session, within its budget of money.

    First it reads up to `check` rows that people labelled, random ones first: they say how far it can be trusted, and
    what its confidence is worth; rows `without` are left out, as examples in the prompt must be. A reading whose chance
    of being right is below `least` is left to people. So are the rows of the control arm, which measure the model,
    unless `control`. With `propose` nothing is answered: people see what the machine would say. A dry run counts and
    prices, and calls nothing. `told` hears of progress.

    Raises BadInput where no call can succeed, and Unreachable where nothing answers at the endpoint: the rows that were
    asked are handed back, as if nobody had been asked.
    """
    _check(n, check, least)
    show = show_of(session)
    known = checkable(session, check, without)
    if dry_run:
        return Outcome(machine.preview([*known, *_next_rows(session, n)], show), spent=machine.purse.spent)
    told(f"checking on {counted(len(known), 'row')} that people labelled")
    preview = machine.preview(known, show)
    run = _Run(session, machine, least, None)
    run.check = checked(session, run.read(known, show).values())
    if least > 0 and run.check is None:
        raise BadInput(
            f"least={least:g} needs rows that people labelled, to learn what a confidence is worth; label some"
        )
    (_propose if propose else _answer)(run, n, show, told, control)
    return Outcome(
        preview=preview,
        told=run.told,
        proposed=run.proposed,
        left=run.left,
        cost=run.cost,
        spent=machine.purse.spent,
        check=run.check,
        unread=tuple(run.unread),
        stopped=run.stopped,
        lacks=tuple(sorted(machine.endpoint.lacks)),
    )


def _answer(run: _Run, n: int, show: Show, told: Callable[[str], None], control: bool) -> None:
    session, name = run.session, run.machine.name
    while run.told + run.left < n and not run.stopped:
        queries = session.ask(min(BATCH, n - run.told - run.left), name)
        if not queries:
            run.stopped = session.finished or "nothing is left to ask of this machine"
            return
        mine = [query for query in queries if control or query.arm == "strategy"]
        try:
            readings = run.read([query.row for query in mine], show)
        except AskwiseError:
            session.hand_back(queries, name)
            raise
        for query in queries:
            one = readings.get(query.row)
            if run.sure(one) and one is not None:
                session.tell(_told(query, one, run.machine))
                run.told += 1
            elif one is not None or query not in mine:
                session.decline(query, name)
                run.left += 1
        told(f"{counted(run.told, 'answer')}, {run.left:,} left to people, {run.machine.purse.spent:.4f} spent")


def _told(query: Query, one: Reading, machine: Annotator) -> Answer:
    from askwise.session import Answer

    return Answer(
        row=query.row,
        id=query.id,
        label=one.label,
        kind="abstain" if one.label is None else "label",
        annotator=machine.name,
        query=query.number,
        event=f"llm-{one.key[:32]}-{query.number}",
        cost=one.price if machine.priced else None,
    )


def _propose(run: _Run, n: int, show: Show, told: Callable[[str], None], control: bool) -> None:
    from askwise.session import Proposal

    session, name = run.session, run.machine.name
    rows = [row for row in _next_rows(session, n) if row not in session.state.proposed]
    for start in range(0, len(rows), BATCH):
        readings = run.read(rows[start : start + BATCH], show)
        sure = [one for one in readings.values() if run.sure(one) and one.label is not None]
        session.propose(Proposal(one.row, one.label, name, run.chance(one)) for one in sure)
        run.proposed += len(sure)
        run.left += len(readings) - len(sure)
        told(f"{counted(run.proposed, 'proposal')}, {run.machine.purse.spent:.4f} spent")
        if run.stopped:
            return


def _next_rows(session: Session, n: int) -> list[int]:
    """Rows that may be asked next: those that are out, then others in a fixed random order."""
    out = [query.row for query in session.open_queries if query.arm == "strategy"]
    touched = session.state.touched
    rest = (int(row) for row in order(session.config["seed"], session.keys) if int(row) not in touched)
    return [*out, *rest][:n]


def show_of(session: Session) -> Show:
    """What rows of a session's pool show, with the bytes of images."""
    raw: Any = getattr(session.pool, "raw", session.pool)

    def show(row: int) -> tuple[Mapping[str, Any], tuple[str, bytes] | None]:
        view = session.pool.show(row)
        return view, raw.media(row) if view["kind"] == "image" else None

    return show


def _check(n: int, check: int, least: float) -> None:
    if n < 0 or check < 0:
        raise BadInput(f"n={n} and check={check}: give whole numbers of 0 or more")
    if not 0 <= least <= 1:
        raise BadInput(f"least={least!r} is no chance; give a number from 0 to 1")
