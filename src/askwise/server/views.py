"""What goes over the wire between the page and the room."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

EventId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
LabelValue = Annotated[bool | int | str, Field(union_mode="smart")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Act(_Request):
    """Something done to a query: skip or unsure. `event` makes a repeat harmless."""

    event: EventId
    query: int
    seconds: Seconds | None = None


class Submission(Act):
    """A label for a query."""

    label: LabelValue


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
    """What the model would say."""

    label: LabelValue
    probability: float


class Item(BaseModel):
    """One query as the page shows it. `place` orders items; a later item has a higher one."""

    place: int
    query: int
    id: Any
    arm: str
    why: dict[str, Any]
    view: dict[str, Any]
    suggestion: Suggestion | None


class Page(BaseModel):
    """Items ahead. Empty with `finished` set: nothing more will come; empty without: the room is choosing."""

    items: list[Item]
    finished: str


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
    budget: int | None
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
    """What was done is on disk. `reopened` is the item that an undo brings back."""

    event: str
    query: int
    reopened: Item | None
    status: Status


class Opening(BaseModel):
    """All that the page needs to begin; `role` is the caller's."""

    status: Status
    task: dict[str, Any]
    role: str
