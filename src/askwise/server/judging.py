"""What goes over the wire to those who look after the work: disputes, people, numbers, the map of the pool."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from askwise.server.views import Class, EventId, LabelValue, Point, Sendable, SendableFields, Share

MOST_ROWS = 5_000
"""Rows that one lasso may label in one call."""

Row = Annotated[int, Field(ge=0)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


# ---- review ---------------------------------------------------------------------------------------------------------


class Voice(BaseModel):
    """One answer to a disputed row. `who` is a letter where names are hidden."""

    who: str
    kind: str
    label: Any
    seconds: float | None
    at: float


class Ruling(BaseModel):
    """A reviewer's word on a row."""

    label: Any
    reviewer: str
    reason: str
    at: float


class Disputed(BaseModel):
    """A row whose answers do not settle it; `value` is the chance that a reviewer's word changes its label."""

    row: int
    id: Sendable
    value: float
    label: Any
    about: str
    notes: list[str]
    view: SendableFields
    voices: list[Voice]
    ruling: Ruling | None


class Queue(BaseModel):
    """Disputes, worth the most first, of so many in all; and what a reviewer may say."""

    items: list[Disputed]
    total: int
    ruled: int
    reasons: list[str]


class Word(_Request):
    """A reviewer's word on a row."""

    event: EventId
    row: Row
    label: LabelValue
    reason: Annotated[str, Field(max_length=40)]


class Unword(_Request):
    """Take back the last word on a row."""

    row: Row


class Ruled(BaseModel):
    """What was said is on disk; `total` disputes are left."""

    row: int
    label: Any
    total: int
    ruled: int


class Coefficient(BaseModel):
    """One coefficient of agreement; `why` says why there is none."""

    name: str
    about: str
    why: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    rows: int | None = None
    level: float | None = None


class Agreement(BaseModel):
    """How far the annotators agree."""

    kind: str
    rows: int
    shared: int
    annotators: list[str]
    coefficients: list[Coefficient]


# ---- insight --------------------------------------------------------------------------------------------------------


class Worker(BaseModel):
    """One annotator in numbers; see `askwise.session.annotators.Worker`."""

    name: str
    answers: int
    labels: int
    unsure: int
    rejected: int
    late: int
    seconds: float | None
    shared: int
    agreement: float | None
    accuracy: float | None
    confusion: list[list[float]] | None


class Rule(BaseModel):
    """When a stopping rule would have ended the session, after how many labels; None: not yet."""

    rule: str
    labels: int | None
    after: int
    reason: str


class Savings(BaseModel):
    """What was saved against random at equal accuracy, with how many labels it was worked out."""

    sentence: str
    verdict: str
    labels: int
    saved: float | None
    low: float | None
    high: float | None
    accuracy: float | None
    random_labels: float | None
    strategy_labels: float | None


class Insight(BaseModel):
    """How the work goes, in numbers."""

    classes: list[str]
    labels: int
    answers: int
    budget: int | None
    cost: float
    seconds: float
    overlap: int
    truth: str
    strategy: str
    accuracy: Share | None
    curve: list[Point]
    forecast: list[Point]
    forecast_text: str
    balance: list[Class]
    advice: str
    stop: bool
    rules: list[Rule]
    savings: Savings | None
    workers: list[Worker]
    disputes: int
    working: bool = False
    trouble: str = ""


class NoBody(_Request):
    """Nothing to say beside the call itself."""


# ---- the map --------------------------------------------------------------------------------------------------------


class Landscape(BaseModel):
    """Rows of the pool in two dimensions, x and y from 0 to 4095; of a large pool a random part."""

    method: str
    methods: list[str]
    explained: float | None
    size: int
    rows: list[int]
    x: list[int]
    y: list[int]


class Ground(BaseModel):
    """For the rows of the map, in their order: index of the label among the classes (-1 none), doubt from 0 to 100."""

    classes: list[str]
    labels: list[int]
    doubts: list[int] | None
    model: int
    budget_left: int | None


class Found(BaseModel):
    """Rows that a search found, best first, and how many there are in all."""

    rows: list[int]
    total: int
    scores: list[float]


class Shown(BaseModel):
    """A row as people see it, with its label so far."""

    row: int
    id: Sendable
    label: Any
    view: SendableFields


class Rows(BaseModel):
    """Some rows."""

    rows: list[Shown]


class Bulk(_Request):
    """One label for many rows at once. Rows that have a label keep it, unless `over` says otherwise."""

    event: Annotated[str, Field(min_length=8, max_length=48, pattern=r"^[A-Za-z0-9_-]+$")]
    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)]
    label: LabelValue
    over: bool = False


class Unbulk(_Request):
    """Take back what one lasso labelled."""

    event: Annotated[str, Field(min_length=8, max_length=48, pattern=r"^[A-Za-z0-9_-]+$")]


class Labelled(BaseModel):
    """How many rows got the label (or lost it again), and how many were left as they are."""

    event: str
    done: int
    left: int


# ---- people ---------------------------------------------------------------------------------------------------------


class Pass(BaseModel):
    """A token as it is known: its first characters, and when it ends (Unix time)."""

    prefix: str
    ends: float


class Member(BaseModel):
    """Somebody who may log in."""

    name: str
    role: str
    tokens: list[Pass]


class Members(BaseModel):
    """Everybody who may log in, and the roles that there are. `single` is a room for one, which nobody logs in to."""

    people: list[Member]
    roles: list[str]
    single: bool


class NewMember(_Request):
    """Somebody to let in."""

    name: Annotated[str, Field(max_length=64)]
    role: Annotated[str, Field(max_length=20)]


class Secret(BaseModel):
    """A password or a token, shown this once; empty where there is none."""

    name: str
    secret: str


class NewToken(_Request):
    """A token for somebody, for so many days."""

    name: Annotated[str, Field(max_length=64)]
    days: Annotated[float, Field(gt=0, le=3650)] = 90.0


class Leaving(_Request):
    """Somebody to shut out."""

    name: Annotated[str, Field(max_length=64)]
