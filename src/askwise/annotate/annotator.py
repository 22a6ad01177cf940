"""A language model that reads rows: each with a label, how sure it is, what it cost; nothing is paid twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from askwise.annotate.confidence import from_tokens, from_votes
from askwise.annotate.endpoint import CallFailed, Endpoint
from askwise.annotate.ledger import Call, Ledger, key_of
from askwise.annotate.price import Preview, Prices, Purse, tokens
from askwise.annotate.question import Malformed, Question
from askwise.core.errors import BadInput
from askwise.session.values import MACHINE

READINGS = 2
"""How often a reply that cannot be read is asked for again, with another seed."""

LOOKED = 50
"""Rows whose prompts are made for a preview."""

LEAST_WRITTEN = 12.0
"""Tokens taken for a reply before the first one has been counted."""

LONGER = 1.5
"""How many times longer than estimated a prompt may be, to be on the safe side of a budget; more where it has been."""

Show = Callable[[int], tuple[Mapping[str, Any], tuple[str, bytes] | None]]
"""What a row shows, and the media type and bytes of its image if it is one."""

Source = Literal["tokens", "votes", ""]


@dataclass(frozen=True)
class Reading:
    """What the model says of a row: a label (None: it cannot tell), and how sure it is, in (0, 1], None if unknown.

    `chances` are the options' probabilities where they come from tokens. With `trouble` there is no label, and this is
    why. `kept` is whether all of it came from the ledger. `cost` is what was paid for it now, `price` what all its
    calls cost, whenever that was.
    """

    row: int
    label: Any = None
    confidence: float | None = None
    chances: Mapping[str, float] = field(default_factory=dict)
    source: Source = ""
    cost: float = 0.0
    kept: bool = False
    key: str = ""
    trouble: str = ""
    price: float = 0.0


@dataclass
class Annotator:
    """A model at an endpoint that answers a question about rows, within a budget of money for the whole ledger.

    With `votes` of 1 the model answers at temperature 0, and its tokens say how sure it is if the endpoint tells; with
    more, it answers so often at `temperature`, and the share of votes says it. `workers` calls run at once. Raises
    BadInput for what does not fit together.
    """

    endpoint: Endpoint
    question: Question
    ledger: Ledger = field(default_factory=Ledger)
    prices: Prices = field(default_factory=Prices)
    budget: float | None = None
    votes: int = 1
    temperature: float = 1.0
    workers: int = 4

    def __post_init__(self) -> None:
        if self.votes < 1 or self.workers < 1:
            raise BadInput(f"votes={self.votes} and workers={self.workers}: give whole numbers of at least 1")
        if self.votes > 1 and not self.temperature > 0:
            raise BadInput(
                f"{self.votes} votes at temperature {self.temperature:g} would all be the same; give 0.7 or 1"
            )
        if self.budget is not None and not self.budget > 0:
            raise BadInput(f"budget={self.budget!r} allows nothing; give money such as 5.0, or None for no limit")
        if self.budget is not None and not self.priced:
            raise BadInput(f"a budget of {self.budget:g} needs prices to be kept: say what a million tokens cost")
        self.purse = Purse(self.budget, self.ledger.spent)
        self._longer = LONGER
        _ = self.question.form

    @property
    def name(self) -> str:
        """The name under which it answers in a session.

        >>> from askwise.task import as_task
        >>> Annotator(Endpoint("http://localhost:8000/v1", "small"), Question(as_task("number"))).name
        'llm:small'
        """
        return f"{MACHINE}{self.endpoint.model}"

    @property
    def priced(self) -> bool:
        """Whether it is known what its calls cost."""
        return self.prices != Prices()

    def read(self, rows: Iterable[int], show: Show) -> list[Reading]:
        """A reading of each row, in order; without one for rows that the budget does not reach.

        Raises BadInput where no call can succeed (the key or the model is wrong), and Unreachable where nothing answers
        at the endpoint; what was read until then is kept.
        """
        pool = ThreadPoolExecutor(self.workers)
        try:
            found = list(pool.map(lambda row: self._reading(row, *show(row)), list(rows)))
        finally:  # after an error, or Ctrl-C, only the calls that are out are waited for
            pool.shutdown(cancel_futures=True)
        return [one for one in found if one is not None]

    def preview(self, rows: Sequence[int], show: Show) -> Preview:
        """What reading these rows would cost, from the prompts of up to `LOOKED` of them. Calls nothing."""
        looked = list(rows)[:: max(1, len(rows) // LOOKED)][:LOOKED]
        prompts, paid = 0, 0
        for row in looked:
            view, media = show(row)
            messages = self.question.messages(view, media)
            new = [key for key in self._keys(messages) if self.ledger.find(key) is None]
            paid += len(new)
            prompts += tokens(messages) * len(new)
        calls, mean_written = self.ledger.usage(self.endpoint.model)
        scale = len(rows) / max(len(looked), 1)
        to_pay = round(paid * scale)
        prompt = round(prompts * scale)
        written = round(to_pay * (mean_written if calls else LEAST_WRITTEN))
        return Preview(
            rows=len(rows),
            looked=len(looked),
            calls=to_pay,
            kept=len(rows) * self.votes - to_pay,
            prompt_tokens=prompt,
            written_tokens=written,
            cost=self.prices.of(prompt, written),
            most=self.prices.of(prompt, to_pay * self.endpoint.max_tokens),
            spent=self.purse.spent,
        )

    def _keys(self, messages: Sequence[Mapping[str, Any]], again: int = 0) -> list[str]:
        """The ledger's key of each vote's call."""
        return [
            key_of(
                url=self.endpoint.url,
                model=self.endpoint.model,
                messages=messages,
                schema=self.question.schema,
                temperature=self._heat,
                seed=vote + again * self.votes,
            )
            for vote in range(self.votes)
        ]

    @property
    def _heat(self) -> float:
        return 0.0 if self.votes == 1 else self.temperature

    def _reading(self, row: int, view: Mapping[str, Any], media: tuple[str, bytes] | None) -> Reading | None:
        """One row's reading; None when the budget is out."""
        messages = self.question.messages(view, media)
        labels: list[Any] = []
        texts: list[tuple[str, Any]] = []
        calls: list[Call] = []
        trouble = ""
        for vote in range(self.votes):
            try:
                found = self._vote(row, messages, vote, view, calls)
            except (CallFailed, Malformed) as error:
                trouble = str(error)
                continue
            if found is None:
                return None
            labels.append(found[0])
            texts.append(found[1])
        about: dict[str, Any] = {
            "cost": sum(call.cost for call in calls if not call.cached),
            "kept": bool(calls) and all(call.cached for call in calls),
            "key": self._keys(messages)[0],
            "price": sum(call.cost for call in calls),
        }
        if not labels:
            return Reading(row, trouble=trouble, **about)
        return self._judged(row, labels, texts, about)

    def _judged(self, row: int, labels: list[Any], texts: list[tuple[str, Any]], about: dict[str, Any]) -> Reading:
        if self.votes > 1:
            label, share = from_votes(labels)
            return Reading(row, label, share, {}, "votes", **about)
        chances = from_tokens(texts[0][0], texts[0][1], self.question.form.options)
        if chances is None:
            return Reading(row, labels[0], None, {}, "", **about)
        sure = chances.get(str(labels[0]), max(chances.values()))
        return Reading(row, labels[0], sure, chances, "tokens", **about)

    def _vote(
        self, row: int, messages: Sequence[Mapping[str, Any]], vote: int, view: Mapping[str, Any], calls: list[Call]
    ) -> tuple[Any, tuple[str, Any]] | None:
        """Label, and text with tokens, of one vote; asked again while it cannot be read. None: the budget is out."""
        last = Malformed("no reply was read")
        for again in range(READINGS + 1):
            call = self._call(row, messages, vote + again * self.votes, self._keys(messages, again)[vote])
            if call is None:
                return None
            calls.append(call)
            choice = call.reply["choices"][0]
            text = choice["message"].get("content")
            try:
                label = self.question.read(text, view)
            except Malformed as error:
                last = error
                continue
            return label, (text or "", (choice.get("logprobs") or {}).get("content"))
        raise last

    def _call(self, row: int, messages: Sequence[Mapping[str, Any]], seed: int, key: str) -> Call | None:
        known = self.ledger.find(key)
        if known is not None:
            return known
        guessed = tokens(messages)
        most = self.prices.of(guessed * self._longer, self.endpoint.max_tokens)
        if not self.purse.take(most):
            return None
        cost = 0.0
        try:
            begun = time.monotonic()
            reply = self.endpoint.call(messages, self.question.schema, self._heat, seed)
            prompt, written = _usage(reply, guessed)
            self._longer = max(self._longer, prompt / guessed)
            cost = self.prices.of(prompt, written)
            call = Call(reply, prompt, written, cost, time.monotonic() - begun, cached=False)
            self.ledger.keep(key, self.endpoint.model, row, call)
            return call
        finally:
            self.purse.pay(most, cost)


def _usage(reply: Mapping[str, Any], guessed: int) -> tuple[int, int]:
    """Tokens of prompt and reply as the server counted them; estimated where it does not say."""
    said = reply.get("usage") or {}
    text = str(reply["choices"][0]["message"].get("content") or "")
    prompt, written = said.get("prompt_tokens"), said.get("completion_tokens")
    return (
        prompt if isinstance(prompt, int) else guessed,
        written if isinstance(written, int) else tokens([{"content": text}]),
    )
