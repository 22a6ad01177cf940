"""What goes over the wire between the page and the room."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

EventId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
LabelValue = JsonValue
"""Any JSON: what a label may be, the session's task says (`Task.check`)."""


def sendable(value: Any) -> Any:
    """The value with each lone surrogate, as of a file name that is no UTF-8, replaced by one U+FFFD.

    JSON on the wire has no such thing; offsets into a text stay right.
    """
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(one) for key, one in value.items()}
    return [sendable(one) for one in value] if isinstance(value, list | tuple) else value


_SURROGATE = re.compile("[\ud800-\udfff]")
Sendable = Annotated[Any, BeforeValidator(sendable)]
SendableFields = Annotated[dict[str, Any], BeforeValidator(sendable)]
"""What comes from the data, fit to be sent."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Version = Annotated[str, Field(max_length=12, pattern=r"^[0-9a-f]*$")]


class Act(_Request):
    """Something done to a query: skip, unsure, reject. `event` makes a repeat harmless.

    `guidelines` is the version that lay before the annotator, empty for none. `base` is the number of an answer of hers
    that this one replaces, as a refusal named it.
    """

    event: EventId
    query: int
    seconds: Seconds | None = None
    guidelines: Version = ""
    base: int | None = None


class Submission(Act):
    """A label for a query: whatever the task takes, as its `schema` says."""

    label: LabelValue


class Flagging(_Request):
    """A note on a query's row, which stays open; an empty note takes the last one back."""

    event: EventId
    query: int
    note: Annotated[str, Field(max_length=2000)]


class Undoing(_Request):
    """Take back the last thing done; `query` says what the page takes that to be."""

    event: EventId
    query: int
    seconds: Seconds | None = None


class Login(_Request):
    """A name and a password."""

    name: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=200)]


class Named(BaseModel):
    """Who is logged in now."""

    name: str


class Nothing(BaseModel):
    """Nothing more to say."""


class Problem(BaseModel):
    """Why a request was refused, in words for the person in front of the page."""

    detail: str


class Suggestion(BaseModel):
    """What the model would say. `probability` is calibrated on so many random items, or the model's own for 0.

    `by` is who else says it: a language model that proposed it, as ``llm:small``; empty for the session's own model.
    None where there is no single one: of a number, of several labels.
    """

    label: LabelValue
    probability: float | None
    model: int
    calibrated_on: int
    by: str = ""


class Standing(BaseModel):
    """An answer that is in force: what a new one would replace, by its number `base`."""

    base: int
    kind: str
    label: Any
    seconds_ago: float


class Clash(BaseModel):
    """A refusal because the annotator has answered the row already; `standing` says what, where that is known."""

    detail: str
    query: int | None = None
    standing: Standing | None = None


class Neighbour(BaseModel):
    """A labelled row near the one that is asked; `similarity` is the cosine of their embeddings."""

    id: Sendable
    label: Any
    similarity: float
    view: SendableFields


class Reasons(BaseModel):
    """Why a query was asked: everything that its log entry says, and the labelled rows nearest to it.

    `blind` says why there are no neighbours, where they would lead the annotator.
    """

    query: int
    why: SendableFields
    neighbours: list[Neighbour]
    blind: str


class Guidelines(BaseModel):
    """The text to work by: a tree of `[tag, attributes, children]` with texts as leaves, sanitised; by version."""

    version: str
    tree: list[Any]


class Item(BaseModel):
    """One query as the page shows it. `place` orders items; a later item has a higher one."""

    place: int
    query: int
    id: Sendable
    arm: str
    why: SendableFields
    view: SendableFields
    suggestion: Suggestion | None


class Page(BaseModel):
    """Items ahead. Empty with `finished` set: nothing more will come; empty without: the room is choosing.

    `spare` is how many items beside the next ones the page may put by, to be shown when nothing else is there.
    """

    items: list[Item]
    finished: str
    spare: int = 0


class Class(BaseModel):
    """One class and how many labels it has."""

    label: LabelValue
    text: str
    count: int


class Share(BaseModel):
    """A share with its interval, from n rows."""

    value: float
    low: float
    high: float
    n: int


class Point(BaseModel):
    """The accuracy estimate when there were so many labels."""

    labels: int
    value: float
    low: float
    high: float


class Status(BaseModel):
    """Where the session stands."""

    session: str
    title: str
    annotator: str
    rows: int
    labels: int
    answers: int
    unsure: int
    skipped: int
    rejected: int
    flagged: int
    budget: int | None
    left: int
    guidelines: str
    per_minute: float | None
    eta_seconds: float | None
    accuracy: Share | None
    curve: list[Point]
    forecast: list[Point]
    forecast_text: str
    balance: list[Class]
    model: int
    training: bool
    last: int | None
    finished: str
    trouble: str
    export_command: str


class Receipt(BaseModel):
    """What was done is on disk. `reopened` is the item that an undo brings back.

    `revealed` is what the model would have said, in a room that shows it after the answer.
    """

    event: str
    query: int
    reopened: Item | None
    revealed: Suggestion | None = None
    status: Status


class Opening(BaseModel):
    """All that the page needs to begin; `role` is the caller's, and a `team` has log-ins."""

    status: Status
    task: dict[str, Any]
    role: str
    team: bool
