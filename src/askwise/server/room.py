"""The labelling room: one session, many requests, and a worker that chooses and learns ahead of the person."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

from askwise.core.errors import AskwiseError, BadInput
from askwise.server import progress
from askwise.server.views import Item, Page, Receipt, Status, Suggestion
from askwise.session import Answer, Query, Session

LOW = 8
BATCH = 6
"""New queries are chosen, by a new model, when no more than LOW wait: the page is never without."""

TICK = 0.25
RETRY = 2.0

Kind = Literal["label", "abstain", "skip"]


class Conflict(AskwiseError):
    """The page and the room disagree about what happened: say so, and change nothing."""


@dataclass(frozen=True)
class Done:
    """Something the person did, so that it can be taken back."""

    kind: Kind
    query: int


class Room:
    """Serves queries of a session and takes answers, from any thread; `start` it, and `close` it at the end.

    Owns the session: nobody else may use it until `close` has returned. An answer is durable when `answer` returns;
    repeating a call with the same event changes nothing. With `tests`, it asks so many rows that test the model, and
    none to learn from.
    """

    def __init__(
        self,
        session: Session,
        *,
        annotator: str = "me",
        title: str = "",
        export_command: str = "",
        tests: int | None = None,
    ) -> None:
        self.session, self.annotator = session, annotator
        self.title, self.export_command, self.tests = title or "labelling", export_command, tests
        self.task = session.task
        self._lock = threading.Lock()
        self._news = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._training, self._trouble, self._stale = False, "", False
        self._items: dict[int, Item] = {}
        self._guess: dict[int, tuple[Any, float] | None] = {}
        self._media: dict[str, int] = {}
        self._media_token = secrets.token_urlsafe(16)
        self._places = 0
        events = list(session.events())
        self._events = {event.key for event in events if event.kind == "answered"}
        self._past = [Done(a.kind, a.query) for a in session.answers if a.query is not None]
        self._name = hashlib.blake2b(f"{session.path}{events[0].at!r}".encode(), digest_size=8).hexdigest()
        session.share(self._lock, self._set_training)
        self._worker = threading.Thread(target=self._work, name="askwise-room", daemon=True)

    # ---- life -----------------------------------------------------------------------------------------------------

    def start(self) -> Room:
        """Begin to choose; returns the room."""
        self._worker.start()
        return self

    def stop(self) -> None:
        """Let waiting requests return and the worker end; safe in a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, wait for the worker, and close the session."""
        self.stop()
        if self._worker.is_alive():
            self._worker.join()
        with self._lock:
            self.session.close()

    # ---- what the page asks ---------------------------------------------------------------------------------------

    def next(self, after: int = 0, n: int = 6, wait: float = 0.0) -> Page:
        """Up to n items whose place is after `after`; with none, waits so many seconds for the worker."""
        until = time.monotonic() + wait
        with self._news:
            while not (found := self._ahead(after, n)) and not self._over() and not self._stopping.is_set():
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(min(left, TICK))
            return Page(items=found, finished="" if found or self._items else self._over())

    def status(self) -> Status:
        """Where the session stands."""
        with self._lock:
            return self._status()

    def media(self, token: str, name: str) -> tuple[str, bytes] | None:
        """Media type and bytes of an image that was handed out under this name in this run, else None."""
        with self._lock:
            row = self._media.get(name)
        if row is None or not secrets.compare_digest(token.encode(), self._media_token.encode()):
            return None
        found: tuple[str, bytes] = self._shown_pool().media(row)
        return found

    # ---- what the person does -------------------------------------------------------------------------------------

    def answer(self, event: str, query: int, label: Any, seconds: float | None = None) -> Receipt:
        """Store a label. Raises BadInput for an unknown query or class, Conflict for a query answered already."""
        label = self.task.check(label)
        return self._tell(event, query, "label", label, seconds)

    def abstain(self, event: str, query: int, seconds: float | None = None) -> Receipt:
        """Store that the annotator cannot tell."""
        return self._tell(event, query, "abstain", None, seconds)

    def skip(self, event: str, query: int) -> Receipt:
        """Put an item aside; its row comes again later. Skipping twice is skipping once."""
        with self._news:
            found = self._query(query)
            if self._items.pop(query, None) is not None:
                if query in self.session.state.open:
                    self.session.skip(found, annotator=self.annotator)
                self._did("skip", query)
            return self._receipt(event, query)

    def undo(self, event: str, query: int) -> Receipt:
        """Take back the last thing done, which must be about this query; its item comes back with the receipt."""
        with self._news:
            found = self._query(query)
            if query in self._items:
                return self._receipt(event, query, self._items[query])
            if not self._past or self._past[-1].query != query:
                raise Conflict(f"query {query} is not the last one answered, so it cannot be undone; reload the page")
            if self._past[-1].kind != "skip":  # a skip changed no answer: showing the item again is all there is to do
                self._take_back(query)
            self._past.pop()
            first = min((item.place for item in self._items.values()), default=1)
            self._items[query] = self._item(found, first - 1)
            self._wake()
            return self._receipt(event, query, self._items[query])

    def _take_back(self, query: int) -> None:
        last = self.session.answers[-1]
        if last.query != query:  # told from elsewhere, before this room was opened
            raise Conflict(
                f"the last answer is about row {last.id!r}, given without this page; undo it where it was given"
            )
        self.session.undo(1)

    def _tell(self, event: str, number: int, kind: Literal["label", "abstain"], label: Any, seconds: Any) -> Receipt:
        with self._news:
            query = self._query(number)
            if event not in self._events:
                self._refuse_second(query)
                answer = Answer(
                    row=query.row,
                    id=query.id,
                    label=label,
                    annotator=self.annotator,
                    seconds=seconds,
                    kind=kind,
                    query=number,
                    event=event,
                )
                self._judge(query, label, kind)
                self.session.tell(answer)
                self._events.add(event)
                self._items.pop(number, None)
                self._drop_twins(query)
                self._did(kind, number)
            return self._receipt(event, number)

    def _drop_twins(self, query: Query) -> None:
        """A skipped row that was brought back may have been asked anew meanwhile: one answer settles both."""
        queries = self.session.queries
        for number in [number for number in self._items if queries[number].row == query.row]:
            del self._items[number]
        for other in [other for other in self.session.open_queries if other.row == query.row]:
            self.session.skip(other, annotator=self.annotator)

    def _refuse_second(self, query: Query) -> None:
        given = [a for a in self.session.answers if a.row == query.row and a.annotator == self.annotator]
        if given:
            what = "unsure" if given[-1].kind == "abstain" else repr(given[-1].label)
            raise Conflict(f"row {query.id!r} is answered already ({what}); undo that first")

    def _judge(self, query: Query, label: Any, kind: Kind) -> None:
        """Record whether the model was right about a random row before it saw the answer, for the accuracy curve."""
        guess = self._guess.get(query.number)
        if query.arm == "control" and kind == "label" and guess is not None:
            self.session.measure(**{progress.GUESS: bool(guess[0] == label), "query": query.number})

    def _query(self, number: int) -> Query:
        query = self.session.queries.get(number)
        if query is None:
            raise BadInput(f"query {number} was never asked; reload the page")
        return query

    def _did(self, kind: Kind, query: int) -> None:
        self._past.append(Done(kind, query))
        self._wake()

    def _wake(self) -> None:
        self._stale = False
        self._news.notify_all()

    def _receipt(self, event: str, query: int, reopened: Item | None = None) -> Receipt:
        return Receipt(event=event, query=query, reopened=reopened, status=self._status())

    # ---- ahead of the person --------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                with self._news:
                    if self._wanted():
                        self._stock()
                    else:
                        self._news.wait(TICK)
        finally:
            if not self._stopping.is_set():
                self._trouble = "askwise stopped choosing: see the terminal, then start it again (nothing is lost)"

    def _wanted(self) -> bool:
        return len(self._items) <= LOW and not self._stale and not self._finished()

    def _stock(self) -> None:
        """Ask for a batch. On trouble, say so on the page and try again a little later."""
        try:
            queries = self.session.ask(BATCH) if self.tests is None else self.session.test(BATCH, total=self.tests)
            shown = {self.session.queries[number].row for number in self._items}
            fresh = [query for query in queries if query.row not in shown]
            for query in fresh:
                self._guess.setdefault(query.number, self.session.suggest(query.row))
                self._places += 1
                self._items[query.number] = self._item(query, self._places)
            # Nothing came: nothing will until the next answer. (Undone queries come back from ask() as they are here.)
            self._stale, self._trouble = not queries, ""
            self._news.notify_all()
        except AskwiseError as error:
            self._trouble = str(error)
            self._news.wait(RETRY)

    def _item(self, query: Query, place: int) -> Item:
        guess = self._guess.get(query.number)
        # A random row measures the model, so the person must not be led by what the model thinks of it.
        shown = guess is not None and query.arm == "strategy"
        return Item(
            place=place,
            query=query.number,
            id=query.id,
            arm=query.arm,
            why=dict(query.why),
            view=self._view(query.row),
            suggestion=Suggestion(label=guess[0], probability=guess[1]) if shown and guess else None,
        )

    def _view(self, row: int) -> dict[str, Any]:
        view = dict(self.session.pool.show(row))
        if view["kind"] == "image":
            name = secrets.token_urlsafe(12)
            self._media[name] = row
            return {"kind": "image", "url": f"/media/{self._media_token}/{name}"}
        return view

    def _shown_pool(self) -> Any:
        """The pool that holds the bytes: below an encoded one lies the raw one."""
        return getattr(self.session.pool, "raw", self.session.pool)

    # ---- with the lock held ---------------------------------------------------------------------------------------

    def _set_training(self, on: bool) -> None:
        self._training = on

    def _ahead(self, after: int, n: int) -> list[Item]:
        waiting = sorted((item for item in self._items.values() if item.place > after), key=lambda item: item.place)
        return waiting[:n]

    def _over(self) -> str:
        return self._finished() if not self._items else ""

    def _finished(self) -> str:
        """Why nothing more will be asked, or the empty string."""
        if self.tests is None:
            return self.session.finished
        open_tests = self.session.state.waiting(test=True)
        done = self.session.tests_asked - len(open_tests)
        if open_tests or (done < self.tests and not (self._stale and not self._items)):
            return ""
        return f"{done} test rows answered"

    def _counted(self) -> tuple[list[Answer], dict[int, Any], int | None]:
        """Answers and labels of the kind that this room asks for, and how many answers it may ask for."""
        session, reserved = self.session, self.session.state.reserved
        if self.tests is not None:
            return [a for a in session.answers if a.row in reserved], session.test_labels, self.tests
        budget = session.config["budget"]["answers"]
        return [a for a in session.answers if a.row not in reserved], session.labels, budget

    def _status(self) -> Status:
        session = self.session
        answers, labels, budget = self._counted()
        seconds = progress.pace(answers)
        left = max(0, (len(session.pool) if budget is None else budget) - len(answers))
        known, curve = progress.accuracy(progress.guesses(session))
        return Status(
            session=self._name,
            title=self.title,
            annotator=self.annotator,
            rows=len(session.pool),
            labels=len(labels),
            answers=len(answers),
            unsure=sum(answer.kind == "abstain" for answer in answers),
            skipped=len(set(session.state.skipped) - set(session.state.by_row)),
            budget=budget,
            per_minute=60.0 / seconds if seconds else None,
            eta_seconds=seconds * left if seconds and left else None,
            accuracy=known,
            curve=list(curve),
            balance=progress.balance(session.classes, list(labels.values())),
            model=len(session.rounds),
            training=self._training,
            last=self._past[-1].query if self._past else None,
            finished=self._finished(),
            trouble=self._trouble,
            export_command=self.export_command,
        )
