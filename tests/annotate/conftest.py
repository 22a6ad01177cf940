"""A small server that speaks the protocol of chat completions, well or badly, as a test wants it."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

TOKENS = 10


class Model:
    """An endpoint at `url`. `answer` turns (item, schema, seed) into (text of the reply, probability of its label).

    `script` holds replies to give first: a status with a body and headers, a text to send as content, or a function of
    the handler. `refuses` are words of a request that it does not take.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.script: deque[Any] = deque()
        self.refuses: set[str] = set()
        self.silent: set[str] = set()
        self.delay = 0.0
        self.usage = True
        self.most_at_once = self._now = 0
        self._guard = threading.Lock()
        self.answer: Callable[[str, list[str], int], tuple[str, float]] = self.by_words
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with model._guard:
                    model.requests.append(body)
                    model.paths.append(self.path)
                    model.headers.append({name.lower(): value for name, value in self.headers.items()})
                    model._now += 1
                    model.most_at_once = max(model.most_at_once, model._now)
                    scripted = model.script.popleft() if model.script else None
                time.sleep(model.delay)
                with model._guard:  # before the reply: after it the next call may be here already
                    model._now -= 1
                try:
                    model.play(self, body, scripted)
                except OSError:
                    self.close_connection = True

            def log_message(self, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @staticmethod
    def by_words(item: str, options: list[str], seed: int) -> tuple[str, float]:
        """The first option that the item names, surely; else the last one, hardly."""
        for option in options:
            if option in item:
                return json.dumps({"label": option}), 0.9
        return json.dumps({"label": options[-1]}), 0.55

    def play(self, handler: BaseHTTPRequestHandler, body: dict[str, Any], scripted: Any) -> None:
        if callable(scripted):
            scripted(handler)
        elif isinstance(scripted, tuple):
            status, said, *rest = scripted
            self.send(handler, status, said, *rest)
        elif refused := [word for word in sorted(self.refuses) if word in json.dumps({**body, "messages": 0})]:
            self.send(handler, 400, {"error": {"message": f"{refused[0]} is not supported by this server"}})
        elif isinstance(scripted, str):
            self.send(handler, 200, self.completion(scripted, 0.9, body))
        else:
            item = body["messages"][-1]["content"]
            item = item if isinstance(item, str) else item[0]["text"]
            self.send(handler, 200, self.completion(*self.answer(item, self.options(body), body.get("seed", 0)), body))

    @staticmethod
    def options(body: dict[str, Any]) -> list[str]:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        return list(schema.get("properties", {}).get("label", {}).get("enum", ["food", "sport"]))

    def completion(self, text: str, sure: float, body: dict[str, Any]) -> dict[str, Any]:
        """A reply whose tokens are the whole of what stands before the label, the label, and the rest."""
        made: dict[str, Any] = {
            "model": body["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        }
        if self.usage:
            made["usage"] = {"prompt_tokens": 100, "completion_tokens": TOKENS}
        if body.get("logprobs") and "logprobs" not in self.silent:
            made["choices"][0]["logprobs"] = {"content": tokens_of(text, sure, self.options(body))}
        return made

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, status: int, said: Any, headers: dict[str, str] | None = None) -> None:
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        handler.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(data)),
            **(headers or {}),
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)


def tokens_of(text: str, sure: float, options: list[str]) -> list[dict[str, Any]]:
    """Three tokens, with the other options as alternatives that share what is left."""

    def token(part: str, chance: float, others: dict[str, float]) -> dict[str, Any]:
        top = [{"token": name, "logprob": math.log(share), "bytes": None} for name, share in others.items()]
        mine = {"token": part, "logprob": math.log(chance), "bytes": list(part.encode())}
        return {**mine, "top_logprobs": [mine, *top]}

    label = json.loads(text).get("label", "") if text.startswith("{") else ""
    start = text.find(f'"{label}"') + 1 if label else len(text)
    rest = {name: (1 - sure) / (len(options) - 1) for name in options if name != label} if len(options) > 1 else {}
    parts = [
        (text[:start], 1.0, {}),
        (text[start : start + len(label)], sure, rest),
        (text[start + len(label) :], 1.0, {}),
    ]
    return [token(*part) for part in parts if part[0]]


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.server.shutdown()
    made.server.server_close()
