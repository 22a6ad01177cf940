"""What calls cost: prices in money for a million tokens, tokens estimated before a call and counted after it."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from askwise.core.errors import BadInput
from askwise.core.words import counted

MILLION = 1_000_000
IMAGE_TOKENS = 1_100
"""Taken for an image: vendors count 85 to 1,100 for one in high resolution, so this errs on the dear side."""


@dataclass(frozen=True)
class Prices:
    """Money for a million tokens of prompt and of reply. Raises BadInput for a negative price.

    >>> Prices(0.15, 0.60).of(1_000_000, 500_000)
    0.45
    """

    prompt: float = 0.0
    written: float = 0.0

    def __post_init__(self) -> None:
        for name in ("prompt", "written"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise BadInput(
                    f"the price {name}={value!r} is none; give money for a million tokens, 0 for a free model"
                )

    def of(self, prompt: float, written: float) -> float:
        """Cost of so many tokens."""
        return (self.prompt * prompt + self.written * written) / MILLION


def tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """Estimate of a chat's tokens: a quarter of the ASCII characters, one for each other, four for each message.

    >>> tokens([{"role": "user", "content": "twelve chars"}])
    7
    """
    count = 0.0
    for message in messages:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            text = part.get("text", "")
            plain = sum(map(str.isascii, text))
            count += IMAGE_TOKENS if part["type"] == "image_url" else plain / 4 + (len(text) - plain)
        count += 4
    return math.ceil(count)


@dataclass(frozen=True)
class Preview:
    """What a run would cost, looked at on `looked` of `rows` rows: calls to pay, those kept already, tokens, money.

    `most` is the cost if every reply were as long as it may be; `spent` is what the ledger holds already.
    """

    rows: int
    looked: int
    calls: int
    kept: int
    prompt_tokens: int
    written_tokens: int
    cost: float
    most: float
    spent: float

    def __str__(self) -> str:
        return (
            f"{counted(self.rows, 'row')}: {counted(self.calls, 'call')} to pay, {self.kept:,} kept from before; about"
            f" {self.prompt_tokens:,} tokens of prompt and {self.written_tokens:,} of reply: {self.cost:.4f}, at most"
            f" {self.most:.4f}; spent so far: {self.spent:.4f}"
        )


@dataclass
class Purse:
    """Money for calls: what a call may cost at most is set aside before it, so that the budget holds with many at once.

    None is no limit. `spent` counts what earlier runs paid too.
    """

    budget: float | None
    spent: float = 0.0
    aside: float = 0.0
    _settled: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def take(self, most: float) -> bool:
        """Set `most` aside for a call; waits for calls that are out to settle. False if all is spent."""
        with self._settled:
            while self.budget is not None and self.spent + self.aside + most > self.budget + 1e-12:
                if self.aside <= 1e-12 or self.spent + most > self.budget + 1e-12:
                    return False
                self._settled.wait()
            self.aside += most
            return True

    def pay(self, most: float, cost: float) -> None:
        """The call for which `most` was set aside has cost so much (nothing if it failed)."""
        with self._settled:
            self.aside -= most
            self.spent += cost
            self._settled.notify_all()
