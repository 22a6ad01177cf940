"""Choosing ahead of the people: one thread that keeps the stock of queries full, and computes what takes its time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from askwise.core.errors import AskwiseError
from askwise.core.event import Event
from askwise.server.apart import Apart
from askwise.server.exposure import Guess
from askwise.server.writer import Caught, Writer
from askwise.session import Query, Session

TICK = 0.25
RETRY = 2.0
"""Seconds before a choice that failed is tried again."""


class Supply:
    """Chooses whenever `wanted()` says how many, and calls `chosen(queries, guesses)`; both holding the lock of `news`.

    `guesses` has, by number, what the model says of queries that do not say so themselves.

    `tests` None chooses rows to learn from; else rows that test the model, so many in all. With `apart`, methods of the
    session run in another process, but for the first choices of somebody who is `alone`. Read `training`, `trouble` and
    `stale` with the lock held. `stale` means that choosing again is of no use before `refresh`, when something was
    answered.
    """

    def __init__(
        self,
        session: Session,
        news: threading.Condition,
        writer: Writer,
        *,
        tests: int | None,
        wanted: Callable[[], int],
        chosen: Callable[[Sequence[Query], Mapping[int, Guess]], None],
        apart: bool,
        alone: bool = False,
    ) -> None:
        self.session, self.tests = session, tests
        self.training, self.trouble, self.stale, self._choosing = False, "", False, False
        self._news, self._writer = news, writer
        self._wanted, self._chosen = wanted, chosen
        self._stopping = threading.Event()
        self._jobs: deque[tuple[Future[Any], str, tuple[Any, ...], dict[str, Any]]] = deque()
        self._apart: Apart | None = None
        self._alone = alone
        if apart:
            if not alone:
                session.decide_elsewhere()
            self._apart = Apart(session, news=self._since, write=self._write, busy=self.set_training)
        self._thread = threading.Thread(target=self._work, name="askwise-supply", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process in which models are fitted, if it is another one and runs."""
        return None if self._apart is None else self._apart.pid

    @property
    def exhausted(self) -> bool:
        """Whether the last choice gave nothing; not while one is under way."""
        return self.stale and not self._choosing

    def start(self) -> None:
        """Begin to choose."""
        if self._apart is not None:
            self._apart.start()
        self._thread.start()

    def stop(self) -> None:
        """Choose no more; safe in a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Stop, and wait until nothing is under way."""
        self.stop()
        if self._apart is not None:
            self._apart.close()
        if self._thread.is_alive():
            self._thread.join()

    def refresh(self) -> None:
        """Something was answered, so that choosing may be of use again; with the lock held."""
        self.stale = False
        self._news.notify_all()

    def set_training(self, on: bool) -> None:
        """Whether a model is being fitted, or a batch chosen."""
        self.training = on

    def compute(self, name: str, *args: Any, **kwargs: Any) -> Future[Any]:
        """What a method of the session that takes its time returns, such as ``savings``; runs between two choices."""
        future: Future[Any] = Future()
        with self._news:
            self._jobs.append((future, name, args, kwargs))
            self._news.notify_all()
        return future

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                with self._news:
                    n = self._wanted()
                    if self._jobs:
                        self._do_job(*self._jobs.popleft())
                    elif n:
                        self._stock(n)
                    else:
                        self._news.wait(TICK)
        finally:
            if not self._stopping.is_set():
                self.trouble = "askwise stopped choosing: see the terminal, then start it again (nothing is lost)"

    def _stock(self, n: int) -> None:
        """Choose queries for whoever comes first. On trouble, say so on the page and try again a little later."""
        # If nothing comes, nothing will until the next answer, which says so. (Undone queries are claimed as they are.)
        self.stale = self._choosing = True
        try:
            queries = self._choose(n)
            self.trouble = ""
            self.stale = self.stale and not queries
            self._chosen(queries, self._guesses(queries))
        except AskwiseError as error:
            self.stale, self.trouble = False, str(error)
            if not self._stopping.is_set():
                self._news.wait(RETRY)
        finally:
            self._choosing = False

    def _choose(self, n: int) -> list[Query]:
        test = {} if self.tests is None else {"total": self.tests}
        queries: list[Query] = self._run("choose" if self.tests is None else "draw_tests", n, **test)
        return [self.session.queries[query.number] for query in queries]

    def _guesses(self, queries: Sequence[Query]) -> dict[int, Guess]:
        open_ones = [query for query in queries if "predicted" not in query.why]
        if not open_ones or not self.session.state.rounds:
            return {}
        found = self._run("suggestions", [query.row for query in open_ones])
        return {query.number: guess for query, guess in zip(open_ones, found, strict=True)}

    def _do_job(self, future: Future[Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        done = Caught()
        with done:
            done.value = self._run(name, *args, **kwargs)
        if done.error is None:
            future.set_result(done.value)
        else:
            future.set_exception(done.error)

    def _run(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the session where models are fitted; with the lock held, which is let go of meanwhile."""
        # With nothing to learn from, choosing is quick: somebody alone need not wait until another process is up.
        first = self._alone and not (self.session.state.labels or self.session.state.rounds)
        if self._apart is None or first:
            return getattr(self.session, name)(*args, **kwargs)
        self.session.decide_elsewhere()
        self._news.release()
        try:
            return self._apart.run(name, *args, **kwargs)
        finally:
            self._news.acquire()

    def _since(self, seq: int) -> list[Event]:
        with self._news:
            return list(self.session.events(seq))

    def _write(self, events: Sequence[Event]) -> None:
        self._writer.do(lambda: self.session.write(*events)).result()
