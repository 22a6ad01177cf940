"""The labelling room: one session, many requests, and a worker that chooses and learns ahead of the person."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from askwise.core.errors import AskwiseError, BadInput
from askwise.core.event import Event
from askwise.server import progress
from askwise.server.bell import Bell
from askwise.server.desk import Desk, Done, Given, Kind
from askwise.server.exposure import Exposure, Guess
from askwise.server.guidelines import Guidelines, tree
from askwise.server.reasons import neighbours, reasons
from askwise.server.supply import TICK, Supply
from askwise.server.tally import Insight, Tally
from askwise.server.views import Act, Clash, Item, Page, Reasons, Receipt, Standing, Status, Suggestion
from askwise.server.views import Guidelines as GuidelinesView
from askwise.server.writer import Writer
from askwise.session import Answer, Query, Session
from askwise.session.state import TEST
from askwise.session.values import AnswerKind

T = TypeVar("T")

LOW = 8
BATCH = 6
"""For each who is there: new queries are chosen, by a new model, when no more than LOW wait. Nobody is ever without."""

MOST_CHOSEN = 512
"""Queries in one choice, however many people are there."""

AHEAD = LOW + BATCH
"""Items that lie before one annotator at most; what is beyond waits for whoever comes first."""

NEIGHBOURS = 3
"""Labelled rows that explain why an item is asked."""

SPARE, SPARE_SHARE = 20, 10
"""Items that the page of somebody alone puts by for when the network is gone: so many, or a tenth of what is left. They
are old by the time they are shown, so never more; and in a team they would be missing elsewhere."""

AWAY = 60.0
"""Seconds without a word from an annotator's page after which nothing is chosen ahead for her."""

INSIGHT_PAUSE = 2.0
"""Seconds for which a team's curves and forecast may be old: they look at everything, and people answer at once."""


class Conflict(AskwiseError):
    """The page and the room disagree about what happened: say so, and change nothing.

    `clash` says what stands in the way, where it is an answer of the same annotator.
    """

    def __init__(self, message: str, clash: Clash | None = None) -> None:
        super().__init__(message)
        self.clash = clash


class Room:
    """Serves queries of a session and takes answers, from any thread; `start` it, and `close` it at the end.

    Owns the session: nobody else may use it until `close` has returned. An answer is durable when `answer` returns;
    repeating a call with the same event changes nothing. Calls by `soon` share their waits for the disk. Each annotator
    has a desk; `who` is her name, and `annotator` stands for callers who give none. A `team` has no such one: nothing
    is chosen before somebody comes. With `tests`, it asks so many rows that test the model, and none to learn from.
    `suggestions` says when people see what the model thinks: ``show``, ``after`` the answer, or ``never``.
    With `apart`, choosing and learning go on in a process of their own.
    """

    def __init__(
        self,
        session: Session,
        *,
        annotator: str = "me",
        title: str = "",
        export_command: str = "",
        tests: int | None = None,
        team: bool = False,
        suggestions: str = "show",
        guidelines: Guidelines | None = None,
        apart: bool = False,
    ) -> None:
        self.session, self.annotator = session, annotator
        self.title, self.export_command, self.tests = title or "labelling", export_command, tests
        self.task, self.team = session.task, team
        self._lock = threading.RLock()
        self._news = threading.Condition(self._lock)
        self.bell = Bell()
        self._stopping = threading.Event()
        self._desks: dict[str, Desk] = {}
        self._exposure = Exposure(session, suggestions)
        self._guidelines = guidelines
        if guidelines is not None:
            session.guide(guidelines.text)
        self._media: dict[str, tuple[int, ...]] = {}
        self._media_token = secrets.token_urlsafe(16)
        events = list(session.events())
        self._name = hashlib.blake2b(f"{session.path}{events[0].at!r}".encode(), digest_size=8).hexdigest()
        self._tally = Tally(session, tests=tests is not None, pause=INSIGHT_PAUSE if team else 0.0)
        self._events = {event.key: _given(event) for event in events}
        session.watch(self._hear)
        self._writer = Writer(self._lock, session.grouped, self._begin_anew)
        self._supply = Supply(
            session,
            self._news,
            self._writer,
            tests=tests,
            wanted=self._wanted,
            chosen=self._chosen,
            apart=apart,
            alone=not team,
        )
        session.share(self._lock, self._supply.set_training)

    # ---- life -----------------------------------------------------------------------------------------------------

    def start(self) -> Room:
        """Begin to choose, for the one annotator at once; returns the room."""
        if not self.team:
            with self._lock:
                self._desk(None)
        self._supply.start()
        return self

    def stop(self) -> None:
        """Let waiting requests return and the worker end; safe in a signal handler."""
        self._stopping.set()
        self._supply.stop()
        self.bell.ring()

    @property
    def stopping(self) -> bool:
        """Whether the room is being closed, so that nobody should wait for more."""
        return self._stopping.is_set()

    def close(self) -> None:
        """Stop, wait for the worker, and close the session."""
        self.stop()
        self._supply.close()
        self._writer.close()
        with self._lock:
            self.session.close()

    def soon(self, act: Callable[[], T]) -> Future[T]:
        """Do something to the room in its turn, such as ``lambda: room.skip(...)``; done once it is on disk.

        Many acts that come at once share one wait for the disk. Never waits in this thread.
        """
        return self._writer.do(act)

    def _hear(self, event: Event) -> None:
        self._events[event.key] = _given(event)

    def _begin_anew(self) -> None:
        """After a commit that failed: forget what it was about to keep. The session does so by itself."""
        self._events = {event.key: _given(event) for event in self.session.events()}
        self._tally.recount()
        for desk in self._desks.values():
            desk.items.clear()
            desk.past = self._past(desk.annotator)
        self._wake()

    # ---- what the page asks ---------------------------------------------------------------------------------------

    def next(
        self, after: int | None = None, n: int = 6, wait: float = 0.0, who: str | None = None, first: int | None = None
    ) -> Page:
        """Up to n items, those whose place is after `after` if it is given; with none, waits so many seconds.

        `first` is the query that a page showed before it was loaded anew: it comes first, if it is still hers.
        """
        until = time.monotonic() + wait
        with self._news:
            desk = self._desk(who)
            self._show_again(desk, first)
            while not (found := self._ahead(desk, after, n)) and not self._over(desk) and not self._stopping.is_set():
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(min(left, TICK))
            over = "" if found or desk.items else self._over(desk)
            return Page(items=found, finished=over, spare=self._spare())

    def _spare(self) -> int:
        """How many items a page may put by: none before there is a model, for the first ones shall teach it."""
        if self.team or self.tests is not None or not self.session.rounds:
            return 0
        return min(SPARE, self._left() // SPARE_SHARE)

    def _left(self) -> int:
        """Answers that may still be given."""
        budget = self.session.config["budget"]["answers"] if self.tests is None else self.tests
        return max(0, (len(self.session.pool) if budget is None else budget) - self._tally.answers)

    def status(self, who: str | None = None) -> Status:
        """Where the session stands. The page asks every few seconds, which keeps the leases of its items alive."""
        with self._lock:
            desk = self._desk(who)
            held = [self.session.queries[number] for number in desk.items if number not in desk.back]
            kept = {*(query.number for query in self.session.renew(held, desk.annotator)), *desk.back}
            desk.items = {number: item for number, item in desk.items.items() if number in kept}
            if self._guidelines is not None and self._guidelines.changed():
                self.session.guide(self._guidelines.text)
            return self._status(desk)

    def guidelines(self) -> GuidelinesView:
        """The text to work by, as of now. Raises BadInput in a room without one."""
        if self._guidelines is None:
            raise BadInput("this room has no guidelines; start it with --guidelines FILE.md")
        return GuidelinesView(version=self._guidelines.version, tree=tree(self._guidelines.text))

    def why(self, number: int) -> Reasons:
        """Why a query was asked, with the labelled rows nearest to it where they lead nobody. Raises BadInput."""
        with self._lock:
            query = self._query(number)
            blind = self._exposure.blind(query)
            near = [] if blind else neighbours(self.session, query.row, NEIGHBOURS, self._view)
            return Reasons(query=number, why=reasons(query.why, bool(blind)), neighbours=near, blind=blind)

    def _show_again(self, desk: Desk, number: int | None) -> None:
        query = None if number is None else self.session.queries.get(number)
        if query is None or (query.arm == TEST) != (self.tests is not None):
            return
        self._clear(desk)
        if query.number in desk.items or self.session.renew([query], desk.annotator):
            desk.items.setdefault(query.number, self._item(query, desk.place()))
            desk.lay_first(query.number)

    def _ahead(self, desk: Desk, after: int | None, n: int) -> list[Item]:
        """Up to n items, of those on the desk and of those that nobody holds."""
        self._clear(desk)
        found = desk.ahead(after, n)
        wanted = min(n - len(found), AHEAD + self._spare() - len(desk.items))
        if wanted <= 0:
            return found
        shown = {self.session.queries[number].row for number in desk.items}
        for query in self.session.claim(wanted, desk.annotator, test=self.tests is not None):
            if query.row not in shown:  # skipped, brought back, and asked anew meanwhile: once is enough
                desk.items[query.number] = self._item(query, desk.place())
        self._news.notify_all()
        return desk.ahead(after, n)

    def _desk(self, who: str | None) -> Desk:
        """The desk of an annotator, whose page was heard of just now."""
        name = self.annotator if who is None else who
        if name not in self._desks:
            self._desks[name] = Desk(name, self._past(name))
            self._news.notify_all()
        self._desks[name].seen = time.monotonic()
        return self._desks[name]

    def _past(self, name: str) -> list[Done]:
        """What somebody did so far; in a room for one, whoever did it."""
        alone = name == self.annotator and not self.team
        own = [a for a in self.session.answers if alone or a.annotator == name]
        return [Done(a.kind, a.query) for a in own if a.query is not None and a.kind != "adjudicate"]

    def media(self, token: str, name: str) -> tuple[str, bytes] | None:
        """Media type and bytes of an image that was handed out under this name in this run, else None."""
        with self._lock:
            place = self._media.get(name)
        if place is None or not secrets.compare_digest(token.encode(), self._media_token.encode()):
            return None
        found: tuple[str, bytes] = self._shown_pool().media(*place)
        return found

    # ---- what the person does -------------------------------------------------------------------------------------

    def answer(
        self, event: str, query: int, label: Any, seconds: float | None = None, who: str | None = None, **more: Any
    ) -> Receipt:
        """Store a label. Raises BadInput for an unknown query or a label that the task does not take, Conflict for a
        query answered already.

        `more` is what an `Act` holds beside: the version of the guidelines, the number of an answer that this replaces.
        """
        return self._tell(_act(event, query, seconds, more), "label", label, who)

    def abstain(
        self, event: str, query: int, seconds: float | None = None, who: str | None = None, **more: Any
    ) -> Receipt:
        """Store that the annotator cannot tell."""
        return self._tell(_act(event, query, seconds, more), "abstain", None, who)

    def reject(
        self, event: str, query: int, seconds: float | None = None, who: str | None = None, **more: Any
    ) -> Receipt:
        """Store that the item is at fault, and nobody could tell."""
        return self._tell(_act(event, query, seconds, more), "reject", None, who)

    def flag(self, event: str, query: int, note: str, who: str | None = None) -> Receipt:
        """Keep a note on a query's row; an empty one takes it back. The item stays where it is."""
        with self._lock:
            desk, found = self._desk(who), self._query(query)
            self.session.flag(found.row, note, desk.annotator, event)
            return self._receipt(desk, event, query)

    def skip(self, event: str, query: int, who: str | None = None) -> Receipt:
        """Put an item aside; its row comes again later. Skipping twice is skipping once."""
        with self._news:
            desk, found = self._desk(who), self._query(query)
            if desk.items.pop(query, None) is not None:
                if query in self.session.state.open:
                    self.session.skip(found, annotator=desk.annotator)
                self._did(desk, "skip", query)
            return self._receipt(desk, event, query)

    def undo(self, event: str, query: int, who: str | None = None) -> Receipt:
        """Take back the last thing she did, which must be about this query; its item comes back with the receipt."""
        with self._news:
            desk, found = self._desk(who), self._query(query)
            if query in desk.items:
                return self._receipt(desk, event, query, desk.items[query])
            if not desk.past or desk.past[-1].query != query:
                raise Conflict(f"query {query} is not the last one answered, so it cannot be undone; reload the page")
            if desk.past[-1].kind == "skip":  # it changed no answer: showing the item again is all there is to do
                desk.back.add(query)
            else:
                self._take_back(query, who)
            desk.past.pop()
            desk.items[query] = self._item(found, desk.first_place())
            self._wake()
            return self._receipt(desk, event, query, desk.items[query])

    def _take_back(self, query: int, who: str | None) -> None:
        last = next(a for a in reversed(self.session.answers) if who is None or a.annotator == who)
        if last.query != query:  # told from elsewhere, before this room was opened
            raise Conflict(
                f"the last answer is about row {last.id!r}, given without this page; undo it where it was given"
            )
        self.session.undo(1, who)

    def _tell(self, act: Act, kind: Given, label: Any, who: str | None) -> Receipt:
        with self._news:
            desk, query = self._desk(who), self._query(act.query)
            if act.event in self._events:
                self._check_repeat(act.event, query, desk)
                return self._receipt(desk, act.event, act.query)
            if kind == "label":  # before anything is noted of it
                label = self.task.check(label, self.session.pool.show(query.row))
            answer = Answer(
                row=query.row,
                id=query.id,
                label=label,
                annotator=desk.annotator,
                seconds=act.seconds,
                kind=kind,
                query=act.query,
                event=act.event,
                context=self._exposure.context(query) | ({"guidelines": act.guidelines} if act.guidelines else {}),
            )
            self._store_answer(query, answer, act.base, desk)
            desk.items.pop(act.query, None)
            self._drop_twins(query, desk)
            self._did(desk, kind, act.query)
            return self._receipt(desk, act.event, act.query, revealed=self._exposure.after(query))

    def _store_answer(self, query: Query, answer: Answer, base: int | None, desk: Desk) -> None:
        """Store a first answer, or one that replaces `base`. Raises Conflict where another one is in force."""
        state = self.session.state
        own = [state.answers[seq] for seq in state.by_row.get(query.row, ())]
        given = [one for one in own if one.annotator == desk.annotator and one.kind != "adjudicate"]
        if not given:
            self._judge(query, answer.label, answer.kind)
            self.session.tell(answer)
        elif given[-1].seq == base:
            self.session.revise(base, answer)
            desk.past = [done for done in desk.past if done.query != answer.query]
        else:
            raise _clash(query, given[-1])

    def _check_repeat(self, event: str, query: Query, desk: Desk) -> None:
        """Raise BadInput where an event's name is used again for something else: that would be lost in silence."""
        if self._events[event] != (desk.annotator, query.row):
            raise BadInput(
                f"the event {event!r} was used for something else; give each act a name of its own, and send it again"
            )

    def _drop_twins(self, query: Query, desk: Desk) -> None:
        """A skipped row that was brought back may have been asked anew meanwhile: one answer settles both."""
        queries = self.session.queries
        for number in [number for number in desk.items if queries[number].row == query.row]:
            del desk.items[number]
        for other in self.session.open_queries:
            if other.row == query.row and other.number != query.number:
                self.session.skip(other, annotator=desk.annotator)

    def _judge(self, query: Query, label: Any, kind: AnswerKind) -> None:
        """Record whether the model was right about a random row before it saw the answer, for the accuracy curve."""
        guess = self._exposure.guess(query) if query.arm == "control" and kind == "label" else None
        if guess is not None and self.task.one_class:
            self.session.measure(**{progress.GUESS: bool(guess.label == label), "query": query.number})

    def _query(self, number: int) -> Query:
        query = self.session.queries.get(number)
        if query is None:
            raise BadInput(f"query {number} was never asked; reload the page")
        return query

    def _did(self, desk: Desk, kind: Kind, query: int) -> None:
        desk.past.append(Done(kind, query))
        self._wake()

    def _wake(self) -> None:
        self._supply.refresh()
        self.bell.ring()

    def _receipt(
        self,
        desk: Desk,
        event: str,
        query: int,
        reopened: Item | None = None,
        revealed: Suggestion | None = None,
    ) -> Receipt:
        return Receipt(event=event, query=query, reopened=reopened, revealed=revealed, status=self._status(desk))

    # ---- ahead of the person --------------------------------------------------------------------------------------

    def _wanted(self) -> int:
        """How many queries to choose now: none while enough lie before those who are there, or wait for them."""
        since = time.monotonic() - AWAY
        there = [desk for desk in self._desks.values() if desk.seen >= since and not self._finished(desk)]
        if self._supply.stale or not there:
            return 0
        enough = LOW * len(there)
        poorest = min(there, key=lambda desk: len(desk.items))
        free = islice(self.session.claimable(poorest.annotator, test=self.tests is not None), enough + 1)
        spare = self._spare()
        ahead = sum(max(0, len(desk.items) - spare) for desk in there) + sum(1 for _ in free)
        return min(BATCH * len(there), MOST_CHOSEN) if ahead <= enough else 0

    def _chosen(self, queries: Sequence[Query], guesses: Mapping[int, Guess]) -> None:
        self._exposure.hand_out(*queries, guesses=guesses)
        self._news.notify_all()
        self.bell.ring()

    @contextmanager
    def quiet(self) -> Iterator[Session]:
        """The session, for a look at it while nobody writes: a short one, for everybody waits."""
        with self._lock:
            yield self.session

    def view(self, row: int) -> dict[str, Any]:
        """What a person sees of a row; inside `quiet`, or in turn."""
        return self._view(row)

    def glance(self) -> Insight:
        """How good the model seems, what more labels would bring, class balance; inside `quiet`."""
        return self._tally.insight()

    def settled(self) -> None:
        """Something was said beside the labelling page: choosing may be of use again, and pages hear of it."""
        self._wake()

    def compute(self, name: str, *args: Any, **kwargs: Any) -> Future[Any]:
        """What a method of the session that takes its time returns, such as ``savings``.

        It runs where models are fitted, between two choices, so nobody waits for it.
        """
        return self._supply.compute(name, *args, **kwargs)

    def _clear(self, desk: Desk) -> None:
        """Take away what others have settled while the annotator's lease had run out."""
        state, queries = self.session.state, self.session.queries
        desk.back = {number for number in desk.back & set(desk.items) if queries[number].row not in state.by_row}
        desk.items = {n: item for n, item in desk.items.items() if n in state.open or n in desk.back}

    def _item(self, query: Query, place: int) -> Item:
        return Item(
            place=place,
            query=query.number,
            id=query.id,
            arm=query.arm,
            why=reasons(query.why, bool(self._exposure.blind(query))),
            view=self._view(query.row),
            suggestion=self._exposure.before(query),
        )

    def _view(self, row: int) -> dict[str, Any]:
        return self._with_media(dict(self.session.pool.show(row)), row)

    def _with_media(self, view: dict[str, Any], row: int, *part: int) -> dict[str, Any]:
        """A view whose images have addresses of this run; `part` is the place of one of several things in a row."""
        if view["kind"] == "several":
            items = [self._with_media(dict(one), row, place) for place, one in enumerate(view["items"])]
            return {**view, "items": items}
        if view["kind"] != "image":
            return view
        name = secrets.token_urlsafe(12)
        self._media[name] = (row, *part)
        sizes: dict[str, Any] = {key: view[key] for key in ("width", "height") if key in view}
        return {"kind": "image", "url": f"/media/{self._media_token}/{name}", **sizes}

    def _shown_pool(self) -> Any:
        """The pool that holds the bytes: below an encoded one lies the raw one."""
        return getattr(self.session.pool, "raw", self.session.pool)

    # ---- with the lock held ---------------------------------------------------------------------------------------

    def _over(self, desk: Desk) -> str:
        return self._finished(desk) if not desk.items else ""

    def _finished(self, desk: Desk) -> str:
        """Why nothing more will be asked, or the empty string."""
        if self.tests is None:
            return self.session.finished
        open_tests = self.session.state.waiting(test=True)
        done = self.session.tests_asked - len(open_tests)
        if open_tests or (done < self.tests and not (self._supply.exhausted and not desk.items)):
            return ""
        return f"{done} test rows answered"

    def _status(self, desk: Desk) -> Status:
        session, tally = self.session, self._tally
        budget = session.config["budget"]["answers"] if self.tests is None else self.tests
        seconds = tally.pace()
        left = self._left()
        insight = tally.insight()
        return Status(
            session=self._name,
            title=self.title,
            annotator=desk.annotator,
            rows=len(session.pool),
            labels=tally.labels,
            answers=tally.answers,
            unsure=tally.unsure,
            skipped=insight.skipped,
            rejected=tally.rejected,
            flagged=len(session.state.flags),
            budget=budget,
            left=left,
            guidelines="" if self._guidelines is None else self._guidelines.version,
            per_minute=60.0 / seconds if seconds else None,
            eta_seconds=seconds * left if seconds and left else None,
            accuracy=insight.accuracy,
            curve=insight.curve,
            forecast=insight.forecast,
            forecast_text=insight.forecast_text,
            balance=insight.balance,
            model=len(session.rounds),
            training=self._supply.training,
            last=desk.past[-1].query if desk.past else None,
            finished=self._finished(desk),
            trouble=self._supply.trouble,
            export_command=self.export_command,
        )


def _act(event: str, query: int, seconds: float | None, more: dict[str, Any]) -> Act:
    return Act.model_construct(event=event, query=query, seconds=seconds, **more)


def _clash(query: Query, given: Answer) -> Conflict:
    """The conflict with an answer of the same annotator that is in force."""
    what = {"abstain": "unsure", "reject": "rejected"}.get(given.kind, repr(given.label))
    said = f"row {query.id!r} is answered already ({what}); undo that first"
    ago = max(0.0, time.time() - given.at)
    standing = Standing(base=given.seq, kind=given.kind, label=given.label, seconds_ago=ago)
    return Conflict(said, Clash(detail=said, query=query.number, standing=standing))


def _given(event: Event) -> tuple[str, int] | None:
    """Who answered which row, if an event is an answer."""
    return (event.body["annotator"], event.body["row"]) if event.kind == "answered" else None
