"""The client: one call of an OpenAI-compatible endpoint, tried again with growing waits while that may help."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from askwise.core.errors import AskwiseError, BadInput
from askwise.net import Door, Fetcher, Reply, Unreachable
from askwise.net.retry import LONGEST, backoff, retry_after

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses that another try may mend."""

FEATURES = ("logprobs", "json_schema", "json_object")
"""What not every server offers, in the order in which it is done without."""

NOBODY = frozenset({502, 503, 504})
"""Statuses by which a gateway says that nothing behind it answers."""

GONE = 3
"""Calls in a row without any answer after which an endpoint is given up; if it never answered, the first is enough."""

NAMED = ("temperature", "seed", "max_tokens")
"""What some models refuse, done without only where the refusal names it; the last has a newer name."""


class CallFailed(AskwiseError):
    """One call brought no reply, for good; others may."""


@dataclass
class Endpoint:
    """A model behind an OpenAI-compatible `url`, such as ``http://localhost:8000/v1``; `key` is its API key.

    Private addresses are open, since whoever names the endpoint means it; redirects are not followed. A status that may
    pass, or no answer within `seconds`, is tried up to `tries` times in all, with waits that double from one second and
    vary by a half, or as the server's Retry-After says. What a server refuses (`FEATURES`, `NAMED`) is done without.
    Where nothing answers, nobody waits for long: before the first answer ever there are two tries, and once a call has
    gone without, the next ones have one.

    Safe to use from several threads. Raises BadInput for a URL that is none.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    seconds: float = 60.0
    tries: int = 5
    max_tokens: int = 256
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    lacks: set[str] = field(default_factory=set)
    _heard: bool = field(default=False, init=False, repr=False)
    _without: int = field(default=0, init=False, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        if not self.model:
            raise BadInput(
                f"model={self.model!r} has no name; give the one that the endpoint serves, such as gpt-4o-mini"
            )
        if not self.url.startswith(("http://", "https://")):
            raise BadInput(f"{self.url!r} is no endpoint; give its address, such as http://localhost:8000/v1")
        self.url = self.url.rstrip("/").removesuffix("/chat/completions")
        self._fetcher = Fetcher(Door(private=True), seconds=self.seconds)

    def body(
        self, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], temperature: float, seed: int
    ) -> dict[str, Any]:
        """The request as it is now sent: without what the server turned out to lack."""
        made: dict[str, Any] = {
            "model": self.model,
            "messages": list(messages),
            "max_completion_tokens" if "max_tokens" in self.lacks else "max_tokens": self.max_tokens,
        }
        optional = {"temperature": temperature, "seed": seed}
        made |= {name: value for name, value in optional.items() if name not in self.lacks}
        if "json_schema" not in self.lacks:
            named = {"name": "answer", "strict": True, "schema": dict(schema)}
            made["response_format"] = {"type": "json_schema", "json_schema": named}
        elif "json_object" not in self.lacks:
            made["response_format"] = {"type": "json_object"}
        if "logprobs" not in self.lacks:
            made |= {"logprobs": True, "top_logprobs": 20}
        return made

    def call(
        self, messages: Sequence[Mapping[str, Any]], schema: Mapping[str, Any], temperature: float = 0.0, seed: int = 0
    ) -> dict[str, Any]:
        """The whole reply as JSON.

        Raises BadInput where no call can succeed (key, model), Unreachable where nothing answers, CallFailed where this
        one call brought no reply.
        """
        while True:
            lacking = set(self.lacks)
            body = self.body(messages, schema, temperature, seed)
            reply = self._try(json.dumps(body, ensure_ascii=False).encode())
            if reply.status == 200:
                return self._parsed(reply)
            said = _detail(reply)
            if reply.status in (401, 403):
                raise BadInput(
                    f"{self.url} refuses the key ({reply.status}: {said}); set the right one in ASKWISE_LLM_KEY"
                )
            if reply.status == 404:
                raise BadInput(
                    f"{self.url} has no model {self.model!r} here (404: {said}); check --model and the address"
                )
            if reply.status not in (400, 422, 501) or not self._do_without(body, said, lacking):
                raise CallFailed(f"{self.url} refuses the request ({reply.status}: {said})")

    def _do_without(self, body: Mapping[str, Any], said: str, lacking: set[str]) -> bool:
        """Note the next feature that the server lacks: one that it names, else the next in order; False for none."""
        with self._guard:
            if self.lacks != lacking:  # another thread has found out meanwhile
                return True
            shown = body.get("response_format", {}).get("type")
            sent = [name for name in FEATURES if name == shown or name in body]
            named = [name for name in sent if name in said or (name == shown and "response_format" in said)]
            named += [name for name in NAMED if name in body and name in said]
            lack = next(iter(named or sent), None)
            if lack is None:
                return False
            self.lacks.add(lack)
            return True

    def _try(self, body: bytes) -> Reply:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self.key:
            headers["authorization"] = f"Bearer {self.key}"
        attempt = 0
        while True:
            wait, nobody = None, True
            try:
                reply = self._fetcher.post(f"{self.url}/chat/completions", body, headers)
                nobody = reply.status in NOBODY
                self._heard_of(nobody)
                if reply.status not in AGAIN:
                    return reply
                trouble, wait = f"{reply.status}: {_detail(reply)}", retry_after(reply.headers.get("retry-after"))
            except Unreachable as error:
                trouble = str(error)
            attempt += 1
            if attempt >= self._allowed:
                raise self._given_up(attempt, trouble, nobody)
            self.sleep(min(LONGEST, wait) if wait is not None else backoff(attempt - 1))

    @property
    def _allowed(self) -> int:
        """Tries of a call: few where nothing has answered so far, one where the last call got no answer."""
        return 1 if self._without else self.tries if self._heard else min(2, self.tries)

    def _heard_of(self, nobody: bool) -> None:
        with self._guard:
            self._heard = True
            self._without = self._without if nobody else 0

    def _given_up(self, tries: int, trouble: str, nobody: bool) -> CallFailed | Unreachable:
        """What to raise after the last try: the call has failed, or the endpoint is not there."""
        with self._guard:
            self._without += nobody
            gone = not self._heard or self._without >= GONE
        if not gone:
            return CallFailed(f"{self.url} did not answer in {tries} tries; the last said: {trouble}")
        since = f"any more: {self._without} calls in a row got no answer" if self._heard else "at all"
        return Unreachable(
            f"nothing answers at {self.url} {since} ({trouble}); check the address and that the server runs, then run"
            " it again: what was answered is kept"
        )

    def _parsed(self, reply: Reply) -> dict[str, Any]:
        try:
            found = json.loads(reply.body)
            content = found["choices"][0]["message"].get("content")
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise CallFailed(
                f"{self.url} answers with something that is no chat completion: {reply.body[:200]!r}"
            ) from error
        if not isinstance(content, str | None):
            raise CallFailed(f"{self.url} answers with a message that is no text: {content!r}")
        whole: dict[str, Any] = found
        return whole


def _detail(reply: Reply) -> str:
    """What an error says, in one short line; servers put it in different places."""
    try:
        found = json.loads(reply.body)
    except ValueError:
        return reply.body[:300].decode("utf-8", "replace").strip() or "no reason given"
    inside = found.get("error", found) if isinstance(found, dict) else found
    said = (inside.get("message") or inside.get("detail") or inside) if isinstance(inside, dict) else inside
    return " ".join(str(said).split())[:300]
