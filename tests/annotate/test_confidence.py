"""Probabilities from tokens, worked by hand, in every way a tokenizer cuts a label."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askwise.annotate.confidence import from_tokens, from_votes


def token(text: str | bytes, chance: float = 1.0, **others: float) -> dict[str, Any]:
    data = text.encode() if isinstance(text, str) else text
    top = [{"token": name, "logprob": math.log(share), "bytes": list(name.encode())} for name, share in others.items()]
    mine = {"token": data.decode("utf-8", "replace"), "logprob": math.log(chance), "bytes": list(data)}
    return {**mine, "top_logprobs": [mine, *top]}


def rounded(found: dict[str, float] | None) -> dict[str, float] | None:
    return None if found is None else {name: round(share, 6) for name, share in found.items()}


def test_a_label_of_several_tokens() -> None:
    # P(cat) = 0.5 * 0.8 = 0.4; "car" = 0.5 * 0.2 = 0.1; "dog" = 0.5: sum 1
    tokens = [token('{"label":"'), token("ca", 0.5, do=0.5), token("t", 0.8, r=0.2), token('"}')]
    assert rounded(from_tokens('{"label":"cat"}', tokens, ["cat", "car", "dog"])) == {
        "cat": 0.4,
        "car": 0.1,
        "dog": 0.5,
    }


def test_an_alternative_that_begins_several_options_is_shared() -> None:
    # "ca" 0.3 begins cat and car: 0.15 each; dog 0.6: sum 0.9
    tokens = [token('{"label":"'), token("dog", 0.6, ca=0.3), token('"}')]
    found = rounded(from_tokens('{"label":"dog"}', tokens, ["cat", "car", "dog"]))
    assert found == {"cat": 0.166667, "car": 0.166667, "dog": 0.666667}


def test_an_option_that_begins_another_is_told_by_its_quote() -> None:
    # "art" (0.7), then the closing quote 0.9 against "ist" 0.1
    tokens = [token('{"label":"'), token("art", 0.7, sport=0.3), token('"', 0.9, ist=0.1), token("}")]
    found = rounded(from_tokens('{"label":"art"}', tokens, ["art", "artist", "sport"]))
    assert found == {"art": 0.63, "artist": 0.07, "sport": 0.3}


def test_the_first_token_may_hold_the_quote_and_the_last_the_rest() -> None:
    tokens = [token('{"label"'), token(': "yes', 0.75, **{': "no': 0.25}), token('"}')]
    assert rounded(from_tokens('{"label": "yes"}', tokens, ["yes", "no"])) == {"yes": 0.75, "no": 0.25}


def test_what_is_no_option_does_not_count() -> None:
    tokens = [token('{"label":"'), token("yes", 0.6, no=0.2, Yes=0.1, maybe=0.1), token('"}')]
    assert rounded(from_tokens('{"label":"yes"}', tokens, ["yes", "no"])) == {"yes": 0.75, "no": 0.25}


def test_letters_that_are_spread_over_tokens() -> None:
    e = "é".encode()
    tokens = [token('{"label":"caf'), token(e[:1], 0.9), token(e[1:], 1.0), token('"}')]
    assert rounded(from_tokens('{"label":"café"}', tokens, ["café", "tea"])) == {"café": 1.0, "tea": 0.0}
    # An item before the value that is not ASCII moves bytes, not letters.
    whole = [token('{"why":"déjà","label":"'), token("a", 0.8, b=0.2), token('"}')]
    assert rounded(from_tokens('{"why":"déjà","label":"a"}', whole, ["a", "b"])) == {"a": 0.8, "b": 0.2}


@pytest.mark.parametrize(
    ("text", "options"),
    [('{"label":"cow"}', ["cat", "dog"]), ('{"other":"cat"}', ["cat"]), ("cat", ["cat"]), ('{"label":"cat', ["cat"])],
)
def test_nothing_is_told_where_nothing_can_be(text: str, options: list[str]) -> None:
    assert from_tokens(text, [token(text)], options) is None


def test_tokens_that_are_not_those_of_the_text_tell_nothing() -> None:
    assert from_tokens('{"label":"cat"}', [token("cat")], ["cat", "dog"]) is None
    assert from_tokens('{"label":"cat"}', [], ["cat", "dog"]) is None
    assert from_tokens('{"label":"cat"}', None, ["cat", "dog"]) is None
    impossible = [token('{"label":"'), {**token("cat"), "logprob": -math.inf, "top_logprobs": None}, token('"}')]
    assert from_tokens('{"label":"cat"}', impossible, ["cat", "dog"]) is None


@given(st.data())
def test_shares_sum_to_one_however_the_reply_is_cut(data: st.DataObject) -> None:
    names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6)
    options = data.draw(st.lists(names, min_size=2, max_size=4, unique=True))
    text = json.dumps({"label": options[0]}, ensure_ascii=False)
    whole = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    chances = data.draw(st.lists(st.floats(0.01, 1.0), min_size=len(parts), max_size=len(parts)))
    found = from_tokens(text, [token(part, chance) for part, chance in zip(parts, chances, strict=True)], options)
    assert found is not None and math.isclose(sum(found.values()), 1.0) and set(found) == set(options)
    assert found[options[0]] == 1.0  # without alternatives nothing speaks against it


def test_votes() -> None:
    assert from_votes([1.0, 2.0, 2.0]) == (2.0, 2 / 3)
    assert from_votes([{"a": 1, "b": 2}, {"b": 2, "a": 1}]) == ({"a": 1, "b": 2}, 1.0)
    assert from_votes([None, "x", None]) == (None, 2 / 3)
