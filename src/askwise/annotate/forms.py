"""The JSON that a language model answers with, for each task: a form that it can fill in reliably.

Offsets, for one, it cannot count: so it quotes a span, and the quotation is found in the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from askwise.core.errors import BadInput
from askwise.task import Task


class _CannotTell:
    def __repr__(self) -> str:
        return "CANNOT_TELL"


CANNOT_TELL = _CannotTell()
UNSURE = "(cannot tell)"
"""The option for a model that cannot tell, where it may say so."""


class Form(Protocol):
    """One task's form: what to do in words, the JSON as an example and as a schema, to and from a label."""

    @property
    def what(self) -> str: ...
    @property
    def shown(self) -> str: ...
    @property
    def options(self) -> Sequence[str]: ...
    def schema(self) -> dict[str, Any]: ...
    def write(self, label: Any, view: Mapping[str, Any]) -> str: ...
    def read(self, found: Mapping[str, Any], view: Mapping[str, Any]) -> Any: ...
    def bare(self, text: str) -> Any: ...


def form_of(task: Task, *, unsure: bool = False) -> Form:
    """The form of a task. Raises BadInput for regions and pixels.

    >>> from askwise.task import as_task
    >>> form_of(as_task("choice", ["cat", "dog"])).schema()["properties"]
    {'label': {'type': 'string', 'enum': ['cat', 'dog']}}
    """
    if task.kind in ("choice", "candidates", "verify", "pair"):
        return OneOf(task, unsure)
    forms: Mapping[str, Any] = {"multilabel": SomeOf, "number": ANumber, "span": Quotes, "ranking": Order}
    if task.kind not in forms:
        raise BadInput(
            f"a language model gives no answers of the kind {task.kind!r} here; it does for choice, candidates, verify,"
            f" pair, {', '.join(forms)}"
        )
    made: Form = forms[task.kind](task)
    return made


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties, as strict structured output wants it."""
    return {
        "type": "object",
        "properties": {name: dict(value) for name, value in properties.items()},
        "required": [*properties],
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class _Base:
    task: Task

    @property
    def options(self) -> Sequence[str]:
        """None: the answer is not one of a list."""
        return ()

    def bare(self, text: str) -> Any:
        """What a reply without JSON may mean: nothing."""
        return None

    @property
    def _names(self) -> dict[str, Any]:
        return {str(one): one for one in self.task.classes}

    @property
    def _listed(self) -> str:
        return ", ".join(json.dumps(name, ensure_ascii=False) for name in self._names)


@dataclass(frozen=True)
class OneOf(_Base):
    """{"label": one of the classes}."""

    unsure: bool = False

    @property
    def what(self) -> str:
        """The instruction."""
        asked = str(getattr(self.task, "question", "")) or "Give the one class that fits the item."
        extra = f" If nobody could tell, answer {UNSURE}." if self.unsure else ""
        return f"{asked} The possible answers: {self._listed}.{extra}"

    @property
    def shown(self) -> str:
        """An example of the JSON."""
        return '{"label": "..."}'

    @property
    def options(self) -> Sequence[str]:
        """The classes as texts."""
        return (*self._names, UNSURE) if self.unsure else (*self._names,)

    def schema(self) -> dict[str, Any]:
        """The classes as an enum."""
        return _object(label={"type": "string", "enum": [*self.options]})

    def write(self, label: Any, view: Mapping[str, Any]) -> str:
        """JSON of a label."""
        return json.dumps({"label": UNSURE if label is None else str(label)}, ensure_ascii=False)

    def read(self, found: Mapping[str, Any], view: Mapping[str, Any]) -> Any:
        """The class; the spelling must be exact, but for case and spaces around where that leaves one class."""
        given = str(found["label"])
        if given == UNSURE and self.unsure:
            return CANNOT_TELL
        if given in self._names:
            return self._names[given]
        alike = [one for name, one in self._names.items() if name.strip().lower() == given.strip().lower()]
        return alike[0] if len(alike) == 1 else given

    def bare(self, text: str) -> Any:
        """A reply that is nothing but the class, perhaps in quotes or with a full stop."""
        return {"label": text.strip().strip("\"'`*.")}


@dataclass(frozen=True)
class SomeOf(_Base):
    """{"labels": [classes that apply]}."""

    @property
    def what(self) -> str:
        """The instruction."""
        return f"Give every class that applies to the item, none if none does. The classes: {self._listed}."

    @property
    def shown(self) -> str:
        """An example of the JSON."""
        return '{"labels": ["...", "..."]}'

    def schema(self) -> dict[str, Any]:
        """A list over the enum."""
        return _object(labels={"type": "array", "items": {"type": "string", "enum": [*self._names]}})

    def write(self, label: Any, view: Mapping[str, Any]) -> str:
        """JSON of a label."""
        return json.dumps({"labels": [str(one) for one in label]}, ensure_ascii=False)

    def read(self, found: Mapping[str, Any], view: Mapping[str, Any]) -> Any:
        """The classes."""
        return [self._names.get(str(one), one) for one in found["labels"]]


@dataclass(frozen=True)
class ANumber(_Base):
    """{"number": value}."""

    @property
    def what(self) -> str:
        """The instruction, with bounds and unit."""
        low, high, unit = (getattr(self.task, name, None) for name in ("low", "high", "unit"))
        bounds = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
        said = " and ".join(one for one in bounds if one)
        return f"Give the number that is asked for{f', {said}' if said else ''}{f', in {unit}' if unit else ''}."

    @property
    def shown(self) -> str:
        """An example of the JSON."""
        return '{"number": 3.5}'

    def schema(self) -> dict[str, Any]:
        """A number; bounds are checked here, since strict structured output does not take them everywhere."""
        return _object(number={"type": "number"})

    def write(self, label: Any, view: Mapping[str, Any]) -> str:
        """JSON of a label."""
        return json.dumps({"number": label})

    def read(self, found: Mapping[str, Any], view: Mapping[str, Any]) -> Any:
        """The number."""
        return found["number"]


@dataclass(frozen=True)
class Quotes(_Base):
    """{"spans": [{"quote", "label"}]}: each quotation is found in the text, after the one before it where it can be."""

    @property
    def what(self) -> str:
        """The instruction."""
        return (
            f"Find every piece of the text that belongs to one of these classes: {self._listed}. Quote each piece"
            " exactly as it stands, letter by letter, in the order of the text."
        )

    @property
    def shown(self) -> str:
        """An example of the JSON."""
        return '{"spans": [{"quote": "...", "label": "..."}]}'

    def schema(self) -> dict[str, Any]:
        """A list of quotations with their classes."""
        one = _object(quote={"type": "string"}, label={"type": "string", "enum": [*self._names]})
        return _object(spans={"type": "array", "items": one})

    def write(self, label: Any, view: Mapping[str, Any]) -> str:
        """JSON of a label."""
        text = str(view["text"])
        quotes = [{"quote": text[one["start"] : one["end"]], "label": str(one["label"])} for one in label]
        return json.dumps({"spans": quotes}, ensure_ascii=False)

    def read(self, found: Mapping[str, Any], view: Mapping[str, Any]) -> Any:
        """Spans by character offsets. Raises BadInput for a quotation that is not in the text."""
        text, spans, after = str(view["text"]), [], 0
        for one in found["spans"]:
            quote = str(one["quote"])
            start = text.find(quote, after)
            start = text.find(quote) if start < 0 else start
            if not quote or start < 0:
                raise BadInput(f"{quote!r} does not stand in the text, so it cannot be marked; quote it exactly")
            after = start + len(quote)
            spans.append({"start": start, "end": after, "label": self._names.get(str(one["label"]), one["label"])})
        return spans


@dataclass(frozen=True)
class Order(_Base):
    """{"order": [numbers from 1, best first]}."""

    @property
    def what(self) -> str:
        """The instruction."""
        of, asked = getattr(self.task, "of", 2), getattr(self.task, "question", "Which is better?")
        return (
            f"{asked} The item holds {of} things, numbered 1 to {of} as they come. Give their numbers, the best first."
        )

    @property
    def shown(self) -> str:
        """An example of the JSON."""
        return '{"order": [2, 1]}'

    def schema(self) -> dict[str, Any]:
        """A list of numbers; that each is there once is checked here."""
        return _object(order={"type": "array", "items": {"type": "integer"}})

    def write(self, label: Any, view: Mapping[str, Any]) -> str:
        """JSON of a label."""
        return json.dumps({"order": [place + 1 for place in label]})

    def read(self, found: Mapping[str, Any], view: Mapping[str, Any]) -> Any:
        """Positions from 0."""
        return [int(number) - 1 for number in found["order"]]
