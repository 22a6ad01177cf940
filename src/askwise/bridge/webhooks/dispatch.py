"""Delivering: the log is followed, messages are put into the outbox, and sent until they are taken or given up."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askwise.bridge.webhooks.messages import Teller
from askwise.bridge.webhooks.outbox import Delivery, Endpoint, Outbox, beside
from askwise.bridge.webhooks.sign import sign
from askwise.core.errors import AskwiseError, StoreError
from askwise.core.event import Event
from askwise.net import Door, Fetcher, Refused, Reply, Unreachable
from askwise.net.retry import retry_after

if TYPE_CHECKING:
    from askwise.core.protocols import Store

WAITS = (5.0, 60.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 86_400.0)
"""Seconds before each further try, each a tenth more or less: a day and a half in all. Then a message is dead."""

LONGEST_PAUSE = 2
"""Which of the waits is the longest pause of an endpoint that fails, whatever message it is tried with."""

TICK = 1.0
SECONDS = 15.0
GONE = 410

log = logging.getLogger(__name__)


class Dispatcher:
    """Delivers the messages of one log to the endpoints of its outbox; `start` it, and `close` it at the end.

    `store` opens the log to read along. A message is sent at least once, with the same ``webhook-id`` each time, so
    that a receiver can tell. While an endpoint fails it is tried less and less often, up to every five minutes.
    """

    def __init__(
        self,
        outbox: Outbox,
        store: Callable[[], Store],
        project: str,
        fetcher: Fetcher | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.outbox, self.project, self._open, self._clock = outbox, project, store, clock
        self._fetcher = fetcher or Fetcher(seconds=SECONDS, most=64 * 1024)
        self._teller = Teller(project)
        self._log: Store | None = None
        self._pause: dict[str, tuple[int, float]] = {}
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="askwise-webhooks", daemon=True)

    def start(self) -> Dispatcher:
        """Begin; returns the dispatcher."""
        self._worker.start()
        return self

    def close(self) -> None:
        """Stop after the try that is under way, and close the outbox. What is not delivered waits in it."""
        self._stopping.set()
        if self._worker.is_alive():
            self._worker.join()
        self._forget_log()
        self.outbox.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
            except AskwiseError:
                log.exception("webhooks: trouble with the outbox or the log; tried again in a moment")
            self._stopping.wait(TICK)

    def step(self) -> int:
        """Follow the log, then try all that is due; returns how many messages were taken."""
        self.collect()
        return sum(self._deliver(endpoint) for endpoint in self.outbox.endpoints() if not endpoint.shut)

    def collect(self) -> None:
        """Put the messages of events since last time into the outbox."""
        endpoints = self.outbox.endpoints()
        if any(endpoint.cursor < self._teller.state.seq for endpoint in endpoints):
            # Somebody was added who wants to hear of what this teller has passed already.
            self._teller = Teller(self.project)
        messages = list(self._teller.follow(self._read(self._teller.state.seq)))
        for endpoint in endpoints:
            if endpoint.cursor < self._teller.state.seq:
                self.outbox.put(endpoint, messages, self._teller.state.seq)

    def _read(self, after: int) -> list[Event]:
        """Events after a number. The log stays open between times: opening it checks all of it."""
        try:
            self._log = self._log or self._open()
            return list(self._log.read(after=after))
        except StoreError:
            self._forget_log()
            raise

    def _forget_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _deliver(self, endpoint: Endpoint) -> int:
        taken = 0
        failures, until = self._pause.get(endpoint.id, (0, 0.0))
        if self._clock() < until:
            return 0
        while not self._stopping.is_set() and (some := self.outbox.due(endpoint.id, self._clock())):
            for one in some:
                if not self._try(endpoint, one):
                    wait = WAITS[min(failures, LONGEST_PAUSE)]
                    self._pause[endpoint.id] = failures + 1, self._clock() + wait
                    return taken
                self._pause.pop(endpoint.id, None)
                failures, taken = 0, taken + 1
        return taken

    def _try(self, endpoint: Endpoint, one: Delivery) -> bool:
        body = one.body.encode()
        headers = {"content-type": "application/json", "user-agent": "askwise", **self._signed(endpoint, one, body)}
        fetcher = replace(self._fetcher, door=Door(endpoint.private, endpoint.networks))
        reply: Reply | None = None
        try:
            reply = fetcher.post(endpoint.url, body, headers)
            said = str(reply.status)
        except Refused as error:
            # Time does not mend this, so it does not wait: whoever looks at dead messages sees why.
            self.outbox.mark(one, "dead", 0.0, str(error))
            return False
        except Unreachable as error:
            said = str(error)
        if reply is not None and 200 <= reply.status < 300:
            self.outbox.mark(one, "done", 0.0, said)
            return True
        self._failed(endpoint, one, reply, said)
        return False

    def _failed(self, endpoint: Endpoint, one: Delivery, reply: Reply | None, said: str) -> None:
        if reply is not None and reply.status == GONE:
            self.outbox.shut(endpoint.id, "it answered 410: it wants no more")
        if one.tries >= len(WAITS):
            self.outbox.mark(one, "dead", 0.0, said)
            log.warning("webhooks: message %s to %s is given up after %d tries", one.id, endpoint.id, one.tries + 1)
            return
        asked = None if reply is None else retry_after(reply.headers.get("retry-after"))
        wait = WAITS[one.tries] * random.uniform(0.9, 1.1)
        due = self._clock() + max(wait, min(asked or 0.0, WAITS[-1]))
        self.outbox.mark(one, "waiting", due, said)

    def _signed(self, endpoint: Endpoint, one: Delivery, body: bytes) -> dict[str, str]:
        return sign(endpoint.secret, one.id, int(self._clock()), body)


def dispatcher_of(session: Path, place: Any = None) -> Dispatcher | None:
    """The dispatcher of a session whose outbox is there, None for one that tells nobody.

    `place` is where its log is, if not in that file.
    """
    from askwise.store import open_store

    path = beside(session)
    if not path.exists():
        return None
    return Dispatcher(Outbox(path), lambda: open_store(place or session, readonly=True), session.name)
