"""How sure a language model is: from the probabilities of its tokens, else from the share of its votes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Tokens = Sequence[Mapping[str, Any]]
"""``choices[0].logprobs.content``: a token, its log probability, and the alternatives at its place."""


def from_tokens(
    text: str, tokens: Tokens | None, options: Sequence[str], field: str = "label"
) -> dict[str, float] | None:
    """Probability of each option, from the tokens of a reply such as ``{"label": "cat"}``; None where none can be told.

    The option that was written has the product of its tokens' probabilities. At each of its places, an alternative
    token that begins other options gives its probability, times that of the way there, to them in equal parts. The sum
    is made 1: what is no option (another spelling, a space) does not count. Tokens are laid over the text as bytes.

    >>> tokens = [
    ...     {"token": '{"label": "', "bytes": None, "logprob": 0.0, "top_logprobs": []},
    ...     {"token": "cat", "logprob": math.log(0.6), "top_logprobs": [{"token": "dog", "logprob": math.log(0.2)}]},
    ...     {"token": '"}', "logprob": 0.0, "top_logprobs": []},
    ... ]
    >>> found = from_tokens('{"label": "cat"}', tokens, ["cat", "dog", "cow"])
    >>> {name: round(share, 3) for name, share in found.items()}
    {'cat': 0.75, 'dog': 0.25, 'cow': 0.0}
    """
    if not tokens or not options:
        return None
    whole = text.encode()
    if b"".join(_bytes(one) for one in tokens)[: len(whole)] != whole:
        return None  # the server's tokens are not those of its text, so nothing can be laid over anything
    value = _value(text, field)
    if value is None or value[1] not in options:
        return None
    start, chosen = value
    full = {name: whole[:start] + json.dumps(name, ensure_ascii=False).encode()[1:-1] + b'"' for name in options}
    mass = dict.fromkeys(options, 0.0)
    way = 0.0
    for place, token in _over(tokens, start, len(full[chosen])):
        for other in token.get("top_logprobs") or ():
            seen = whole[:place] + _bytes(other)
            begun = [name for name in options if full[name].startswith(seen) or seen.startswith(full[name])]
            if _bytes(other) != _bytes(token) and begun and chosen not in begun:
                for name in begun:
                    mass[name] += math.exp(way + float(other["logprob"])) / len(begun)
        way += float(token["logprob"])
    mass[chosen] += math.exp(way)
    total = sum(mass.values())
    return {name: share / total for name, share in mass.items()} if 0 < total < math.inf else None


def _value(text: str, field: str) -> tuple[int, str] | None:
    """Where, in bytes, the text of a field's value begins (after its quote), and the value."""
    name = json.dumps(field)
    at = text.find(name)
    quote = text.find('"', at + len(name)) if at >= 0 else -1
    if quote < 0 or text[at + len(name) : quote].strip() != ":":
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, quote)
    except ValueError:
        return None
    return (len(text[: quote + 1].encode()), value) if isinstance(value, str) else None


def _over(tokens: Tokens, start: int, end: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Tokens that hold a byte from `start` to `end`, each with where it begins."""
    place = 0
    for token in tokens:
        size = len(_bytes(token))
        if place < end and place + size > start:
            yield place, token
        place += size


def _bytes(token: Mapping[str, Any]) -> bytes:
    # A letter may be spread over tokens, each then no text of its own: hence the bytes, where they are sent.
    found = token.get("bytes")
    return bytes(found) if found else str(token.get("token", "")).encode()


def from_votes(labels: Sequence[Any]) -> tuple[Any, float]:
    """The label that most votes are for, the earliest among equals, and its share (any JSON value is a label).

    >>> from_votes(["a", "b", "b"]), from_votes([["x"], ["y"]])
    (('b', 0.6666666666666666), (['x'], 0.5))
    """
    named = [json.dumps(label, sort_keys=True) for label in labels]
    best, count = Counter(named).most_common(1)[0]
    return labels[named.index(best)], count / len(labels)
