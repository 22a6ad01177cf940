"""The client against a server that fails in every way the protocol knows."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from askwise.annotate.endpoint import CallFailed, Endpoint
from askwise.core.errors import BadInput
from askwise.net import Unreachable
from askwise.net.retry import backoff, retry_after

from .conftest import Model

CHAT = [{"role": "user", "content": "<item>\nfood\n</item>"}]
SCHEMA = {"type": "object", "properties": {"label": {"type": "string", "enum": ["food", "sport"]}}}
BUSY = (429, {"error": {"message": "slow down"}})


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def endpoint(model: Model, waits: list[float]) -> Endpoint:
    return Endpoint(model.url, "small", key="sk-secret", sleep=waits.append)


def content(reply: dict[str, Any]) -> str:
    text: str = reply["choices"][0]["message"]["content"]
    return text


def test_one_call_is_what_the_protocol_says(model: Model, endpoint: Endpoint) -> None:
    reply = endpoint.call(CHAT, SCHEMA, temperature=0.5, seed=7)
    assert content(reply) == '{"label": "food"}'
    assert model.paths == ["/v1/chat/completions"]
    assert model.headers[0]["authorization"] == "Bearer sk-secret"
    assert model.requests[0] == {
        "model": "small",
        "messages": CHAT,
        "temperature": 0.5,
        "seed": 7,
        "max_tokens": 256,
        "logprobs": True,
        "top_logprobs": 20,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        },
    }
    assert "sk-secret" not in repr(endpoint)


def test_an_address_may_be_given_whole(model: Model) -> None:
    Endpoint(f"{model.url}/chat/completions/", "small").call(CHAT, SCHEMA)
    assert model.paths == ["/v1/chat/completions"] and "authorization" not in model.headers[0]


def test_rate_limits_are_waited_for(model: Model, endpoint: Endpoint, waits: list[float]) -> None:
    model.script.extend([(*BUSY, {"retry-after": "3"}), BUSY, (503, b"<html>bad gateway</html>")])
    assert content(endpoint.call(CHAT, SCHEMA)) == '{"label": "food"}'
    assert waits[0] == 3.0
    assert 1.0 <= waits[1] <= 3.0 and 2.0 <= waits[2] <= 6.0


def test_a_server_may_not_make_us_wait_for_ever(model: Model, endpoint: Endpoint, waits: list[float]) -> None:
    model.script.append((*BUSY, {"retry-after": "86400"}))
    endpoint.call(CHAT, SCHEMA)
    assert waits == [60.0]


def test_tries_end(model: Model, endpoint: Endpoint, waits: list[float]) -> None:
    model.script.extend([BUSY] * 5)
    with pytest.raises(CallFailed, match=r"did not answer in 5 tries; the last said: 429: slow down"):
        endpoint.call(CHAT, SCHEMA)
    assert len(model.requests) == 5 and len(waits) == 4


def test_a_slow_server_and_one_that_is_gone(model: Model, waits: list[float]) -> None:
    slow = Endpoint(model.url, "small", seconds=0.1, tries=3, sleep=waits.append)
    slow.call(CHAT, SCHEMA)
    model.delay = 0.5
    with pytest.raises(CallFailed, match=r"in 3 tries; .* no whole answer within 0\.1 seconds"):
        slow.call(CHAT, SCHEMA)
    with pytest.raises(Unreachable, match=r"nothing answers at http://127.0.0.1:1/v1 at all .*cannot be reached"):
        Endpoint("http://127.0.0.1:1/v1", "small", sleep=waits.append).call(CHAT, SCHEMA)
    assert len(waits) == 3  # two of the slow one, one of that which never was there


def test_an_endpoint_that_dies_is_given_up(model: Model, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.call(CHAT, SCHEMA)
    model.script.extend([(502, b"bad gateway")] * 7)
    for tries in (5, 1):
        with pytest.raises(CallFailed, match=f"did not answer in {tries} tries"):
            endpoint.call(CHAT, SCHEMA)
    with pytest.raises(Unreachable, match=r"any more: 3 calls in a row got no answer \(502: bad gateway\)"):
        endpoint.call(CHAT, SCHEMA)
    assert len(model.requests) == 8 and len(waits) == 4


def test_one_answer_between_shows_that_it_lives(model: Model, endpoint: Endpoint) -> None:
    endpoint.call(CHAT, SCHEMA)
    for _ in range(4):
        model.script.extend([(503, b"loading")] * 5)
        with pytest.raises(CallFailed, match="did not answer in 5 tries"):
            endpoint.call(CHAT, SCHEMA)
        endpoint.call(CHAT, SCHEMA)


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "refuses the key"), (403, "refuses the key"), (404, "has no model 'small' here")],
)
def test_what_no_call_can_mend_is_said_at_once(model: Model, endpoint: Endpoint, status: int, said: str) -> None:
    model.script.append((status, {"error": {"message": "nope"}}))
    with pytest.raises(BadInput, match=said) as error:
        endpoint.call(CHAT, SCHEMA)
    assert "nope" in str(error.value) and "sk-secret" not in str(error.value)
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("refuses", "lacks"),
    [
        ({"logprobs"}, {"logprobs"}),
        ({"json_schema"}, {"json_schema"}),
        ({"json_schema", "json_object"}, {"json_schema", "json_object"}),
        ({"logprobs", "json_schema", "json_object"}, {"logprobs", "json_schema", "json_object"}),
        ({"temperature"}, {"temperature"}),
        ({'"max_tokens"', "seed"}, {"max_tokens", "seed"}),
    ],
)
def test_what_a_server_refuses_is_done_without(
    model: Model, endpoint: Endpoint, refuses: set[str], lacks: set[str]
) -> None:
    model.refuses = refuses
    assert content(endpoint.call(CHAT, SCHEMA)) == '{"label": "food"}'
    assert endpoint.lacks == lacks
    asked = len(model.requests)
    endpoint.call(CHAT, SCHEMA)
    assert len(model.requests) == asked + 1  # found out once
    if "max_tokens" in lacks:
        assert model.requests[-1]["max_completion_tokens"] == 256


def test_a_refusal_that_says_nothing_is_tried_without_one_feature_after_the_other(
    model: Model, endpoint: Endpoint
) -> None:
    model.script.extend([(400, {"detail": "bad request"})] * 2)
    endpoint.call(CHAT, SCHEMA)
    assert endpoint.lacks == {"logprobs", "json_schema"}
    model.script.extend([(400, {"detail": "too long"})] * 3)
    with pytest.raises(CallFailed, match=r"refuses the request \(400: too long\)"):
        endpoint.call(CHAT, SCHEMA)


def test_threads_find_out_together(model: Model, endpoint: Endpoint) -> None:
    model.refuses, model.delay = {"logprobs"}, 0.05
    threads = [threading.Thread(target=endpoint.call, args=(CHAT, SCHEMA)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endpoint.lacks == {"logprobs"}


@pytest.mark.parametrize(
    "said",
    [b"not json", {"choices": []}, {"error": "x"}, [], {"choices": [{"message": {"content": 3}}]}, {"choices": [{}]}],
)
def test_a_reply_that_is_no_completion(model: Model, endpoint: Endpoint, said: Any) -> None:
    model.script.append((200, said))
    with pytest.raises(CallFailed, match=r"no chat completion|no text"):
        endpoint.call(CHAT, SCHEMA)


def test_a_redirect_does_not_carry_the_key_away(model: Model, endpoint: Endpoint) -> None:
    model.script.append((307, {}, {"location": "http://127.0.0.1:1/"}))
    with pytest.raises(CallFailed, match="refuses the request"):
        endpoint.call(CHAT, SCHEMA)
    assert len(model.requests) == 1


@pytest.mark.parametrize(("url", "name"), [("localhost:8000", "m"), ("ftp://x", "m"), ("http://x/v1", "")])
def test_bad_settings(url: str, name: str) -> None:
    with pytest.raises(BadInput, match=r"is no endpoint|has no name"):
        Endpoint(url, name)


def test_waits_double_and_stay_below_the_longest() -> None:
    assert all(2.0**k * 0.5 <= backoff(k) <= 2.0**k * 1.5 for k in range(5))
    assert backoff(100) <= 90.0
    later = retry_after("Fri, 31 Dec 9999 23:59:59 GMT")
    assert later is not None and later > 1e9
