"""The state of a session is a fold of its log: nothing is known that the log does not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from askwise.core.errors import StoreError
from askwise.core.event import Event
from askwise.core.history import Batch, Round
from askwise.session.values import Answer, Flag, Proposal, Query
from askwise.strategy import Strategy
from askwise.task import Task, as_task

TEST = "test"
"""The arm of queries whose answers measure the model and never train it."""


@dataclass
class State:
    """Everything that the events so far say.

    `open` are queries that wait for an answer (of `overlap` annotators), by number, in order; `passed` says who put one
    of them aside or left it to others; `labels` the current label of each labelled row; `changed` is the sequence
    number of the last event that an answer made or took back, or that settled labels, `heard` that of the last answer
    or taking back. Rows of the arm ``test`` are kept from training for good: their labels are in `tested`, never in
    `labels`. `controls` are the numbers of the control arm's queries. `first` has every row that was asked or answered,
    in that order, with the number of the query that asked it first (None: volunteered). `grown` is how many queries
    there were when rows were last added to the pool. `adjudicated` has a reviewer's word on a row; `flags` are notes in
    force, by row and annotator; `guidelines` every text that annotators worked by, by version, the one in force last;
    `proposed` the latest proposal for a row.
    """

    config: dict[str, Any] = field(default_factory=dict)
    task: Task = field(default_factory=lambda: as_task("number"))
    fingerprint: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    round: int = 0
    queries: dict[int, Query] = field(default_factory=dict)
    open: dict[int, Query] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    by_row: dict[int, list[int]] = field(default_factory=dict)
    labels: dict[int, Any] = field(default_factory=dict)
    tested: dict[int, Any] = field(default_factory=dict)
    adjudicated: dict[int, Answer] = field(default_factory=dict)
    reserved: set[int] = field(default_factory=set)
    controls: list[int] = field(default_factory=list)
    first: dict[int, int | None] = field(default_factory=dict)
    grown: int = 0
    changed: int = 0
    heard: int = 0
    skipped: dict[int, int] = field(default_factory=dict)
    passed: dict[int, set[str]] = field(default_factory=dict)
    proposed: dict[int, Proposal] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    chosen_by: list[str] = field(default_factory=list, repr=False)
    rounds: list[Round] = field(default_factory=list)
    refit: dict[str, Any] | None = None
    measures: list[dict[str, Any]] = field(default_factory=list)
    flags: dict[tuple[int, str], Flag] = field(default_factory=dict)
    guidelines: dict[str, str] = field(default_factory=dict)
    finished: str = ""

    def apply(self, event: Event) -> None:
        """Take in one event. Raises StoreError for a kind that this version does not know."""
        handler = _HANDLERS.get(event.kind)
        if handler is None:
            raise StoreError(
                f"event {event.seq} is of the kind {event.kind!r}, which this version of askwise does not know;"
                " open the session with the version that wrote it, or a later one"
            )
        handler(self, event)
        self.seq = event.seq

    def label_of(self, row: int) -> Any:
        """A reviewer's word, else what the task believes of the latest labels: for a choice, what most of them say."""
        if row in self.adjudicated:
            return self.adjudicated[row].label
        votes = [answer.label for answer in self.voices(row).values()]
        return self.task.believe(votes) if votes else None

    def voices(self, row: int) -> dict[str, Answer]:
        """The latest label of each annotator who gives one for the row, reviewers' words aside."""
        given = [self.answers[seq] for seq in self.by_row.get(row, ()) if self.answers[seq].kind != "adjudicate"]
        latest = {answer.annotator: answer for answer in given}
        return {name: answer for name, answer in latest.items() if answer.kind == "label"}

    def tied(self, row: int) -> bool:
        """Whether a row has no label because as many annotators name one class as another."""
        if row in self.labels or row in self.tested:
            return False
        return any(self.task.names(answer.label) for answer in self.voices(row).values())

    @property
    def truth(self) -> str:
        """How several answers to a row become its label."""
        return str(self.config.get("truth", "majority"))

    @property
    def overlap(self) -> int:
        """How many annotators are to answer each query."""
        return int(self.config.get("overlap", 1))

    def answered_by(self, row: int) -> set[str]:
        """Annotators whose answers to a row are in force."""
        given = [self.answers[seq] for seq in self.by_row.get(row, ())]
        return {answer.annotator for answer in given if answer.kind != "adjudicate"}

    def owed(self, query: Query) -> int:
        """Answers that an open query still waits for: none once a reviewer has spoken. A test row waits for one."""
        if query.row in self.adjudicated:
            return 0
        wanted = query.wants or (1 if query.arm == TEST else self.overlap)
        return max(0, wanted - len(self.answered_by(query.row)))

    def relabel(self, row: int, seq: int) -> None:
        """Bring the label of a row up to date after the event `seq`."""
        known = self.tested if row in self.reserved else self.labels
        if known is self.labels:
            self.changed = seq
        label = self.label_of(row)
        if label is None:
            known.pop(row, None)
        else:
            known[row] = label

    def out(self, answer: Answer) -> list[int]:
        """Open queries that an answer may settle, by number: its own; where rows come back, all about its row."""
        if answer.kind != "adjudicate" and self.config.get("relabel") is None:
            return [] if answer.query is None or answer.query not in self.open else [answer.query]
        return [number for number, query in self.open.items() if query.row == answer.row]

    def waiting(self, *, test: bool) -> dict[int, Query]:
        """Open queries by number: those of the arm ``test``, or all others."""
        return {number: query for number, query in self.open.items() if (query.arm == TEST) == test}

    @property
    def unlabelled(self) -> set[int]:
        """Rows that were answered, and got no label from anybody: abstained, or of no known class; no ties."""
        out = {*self.labels, *self.reserved, *(query.row for query in self.open.values())}
        return {row for row in self.by_row if row not in out and not self.tied(row)}

    @property
    def touched(self) -> set[int]:
        """Rows that are not to be asked now: answered, out, or skipped in the round that is under way."""
        waiting = {row for row, when in self.skipped.items() if when >= self.round}
        return {*self.by_row, *self.reserved, *(query.row for query in self.open.values()), *waiting}


def fold(events: Iterable[Event]) -> State:
    """The state after these events."""
    state = State()
    for event in events:
        state.apply(event)
    return state


def batches(state: State) -> tuple[Batch, ...]:
    """What became of each batch, in the order asked: labels of each class, for a choice."""
    index = {label: i for i, label in enumerate(state.task.classes)} if state.task.one_class else {}
    rows: dict[int, list[Query]] = {one["round"]: [] for one in state.asked}
    for query in state.queries.values():
        if index and query.arm == "strategy" and query.row in state.labels:
            rows[query.round].append(query)
    pairs = zip(chosen_by(state), state.asked, strict=True)
    return tuple(_batch(label, one, rows[one["round"]], state.labels, index) for label, one in pairs)


def chosen_by(state: State) -> list[str]:
    """The label of the strategy of each batch, in the order asked."""
    # Worked out once for each batch, and when it is asked for: a log may name methods that are not registered here.
    for one in state.asked[len(state.chosen_by) :]:
        state.chosen_by.append(Strategy.from_dict(one["strategy"]).label)
    return state.chosen_by


def _batch(
    strategy: str, asked: Mapping[str, Any], rows: list[Query], labels: Mapping[int, Any], index: Mapping[Any, int]
) -> Batch:
    given = tuple(index[labels[query.row]] for query in rows)
    mixed = bool(rows) and all("share" in query.why for query in rows)
    return Batch(
        strategy=strategy,
        counts=tuple(given.count(c) for c in range(len(index))),
        labels=given,
        by=tuple(tuple(query.why["by"]) for query in rows) if mixed else (),
        shares=tuple(float(query.why["share"]) for query in rows) if mixed else (),
        model=int(asked.get("model", 0)),
    )


def class_counts(state: State) -> tuple[int, ...]:
    """Labels of each class; empty where an answer is no single class."""
    if not state.task.one_class:
        return ()
    counted = Counter(state.labels.values())
    return tuple(counted[label] for label in state.task.classes)


def outcomes(state: State) -> tuple[tuple[int, bool], ...]:
    """Labels of the model that predicted each control row before its answer, and whether it was right, as answered.

    A row that several answer counts once, by what they say together: answers to one row are no independent tests; as
    long as they are equally divided it does not count. What
    a truth model makes of them does not count, as it may have asked the very model that is tested. Of an answer that is
    no class nobody is simply right, so there are none; nor of rows asked before there was a model.
    """
    if not state.task.one_class:
        return ()
    found = []
    for number in state.controls:
        query = state.queries[number]
        guess = query.why.get("predicted")
        first = _first_said(state, query, guess) if guess is not None else None
        label = state.label_of(query.row)
        if first is not None and (label is not None or not state.tied(query.row)):
            right = bool(guess == label)
            found.append((first, state.rounds[query.why["model"] - 1].labels, right))
    return tuple((labels, right) for _, labels, right in sorted(found))


def commonest(state: State) -> float:
    """Share of the commonest class among the labelled control rows, (n + 1) / (k + 2); 0 where there are none."""
    if not state.task.one_class:
        return 0.0
    rows = {state.queries[number].row for number in state.controls}
    counts = Counter(label for row in rows if (label := state.labels.get(row)) is not None)
    return (max(counts.values()) + 1) / (counts.total() + 2) if counts else 0.0


def _first_said(state: State, query: Query, guess: Any) -> int | None:
    # An answer that names no class, only what it is not, says "wrong" or nothing.
    for seq in state.by_row.get(query.row, ()):
        answer = state.answers[seq]
        if answer.query != query.number or answer.kind != "label":
            continue
        if state.task.names(answer.label) or guess in answer.label["not"]:
            return seq
    return None


def _created(state: State, event: Event) -> None:
    # Files from before there were tasks are choices among their classes, each row answered once.
    state.config = {
        "task": {"kind": "choice", "classes": event.body["classes"]},
        "overlap": 1,
        "guard": False,
        "truth": "majority",
        "soft": False,
        "prices": {},
        **event.body,
    }
    state.task = as_task(state.config["task"])
    state.fingerprint = dict(event.body["pool"])


def _extended(state: State, event: Event) -> None:
    state.fingerprint = dict(event.body["pool"])
    state.finished, state.grown = "", len(state.queries)
    if state.refit is not None:  # the rows on which models are compared are drawn anew from the larger pool
        state.refit = {**state.refit, "predicted": None}


def _asked(state: State, event: Event) -> None:
    body = event.body
    state.round = body["round"]
    state.asked.append({"seq": event.seq, "at": event.at, **{k: v for k, v in body.items() if k != "queries"}})
    _queried(state, body)


def _tested(state: State, event: Event) -> None:
    state.reserved |= {one["row"] for one in event.body["queries"]}
    _queried(state, {"round": state.round, **event.body})


def _queried(state: State, body: Mapping[str, Any]) -> None:
    for one in body["queries"]:
        why = {**one["why"], "reason": body["reason"], "model": body["model"]}
        own = (one["number"], one["row"], one["id"], body["round"], one["arm"], one["kind"])
        query = Query(*own, why, one.get("wants"))
        state.queries[query.number] = query
        state.open[query.number] = query
        if query.arm == "control":
            state.controls.append(query.number)
    # Of a batch, random rows were drawn before the strategy chose among the rest.
    for one in sorted(body["queries"], key=lambda one: one["arm"] == "strategy"):
        state.first.setdefault(one["row"], one["number"])


def _answered(state: State, event: Event) -> None:
    answer = Answer(**event.body, event=event.key, at=event.at, seq=event.seq)
    state.heard = event.seq
    state.answers[event.seq] = answer
    state.by_row.setdefault(answer.row, []).append(event.seq)
    state.first.setdefault(answer.row, None)
    if answer.kind == "adjudicate":
        state.adjudicated[answer.row] = answer
    state.relabel(answer.row, event.seq)
    for number in state.out(answer):
        if not state.owed(state.open[number]):
            del state.open[number]


def _undone(state: State, event: Event) -> None:
    answer = state.answers.pop(event.body["answer"])
    state.heard = event.seq
    state.by_row[answer.row].remove(answer.seq)
    if not state.by_row[answer.row]:
        del state.by_row[answer.row]
    if answer.kind == "adjudicate":
        _unruled(state, answer.row)
    # Another query about the row waits for all the answers that are still wanted of it.
    if answer.query is not None and state.owed(state.queries[answer.query]) and not state.out(answer):
        state.open[answer.query] = state.queries[answer.query]
    state.relabel(answer.row, event.seq)
    state.finished = ""


def _unruled(state: State, row: int) -> None:
    """The reviewer's word before this one counts again; without one, the row waits for what it waited for."""
    words = [state.answers[seq] for seq in state.by_row.get(row, ()) if state.answers[seq].kind == "adjudicate"]
    state.adjudicated.pop(row)
    if words:
        state.adjudicated[row] = words[-1]
        return
    last = next((query for query in reversed(state.queries.values()) if query.row == row), None)
    if last is not None and row not in state.skipped and state.owed(last):
        state.open[last.number] = last


def _folded(state: State, event: Event) -> None:
    for row, label in event.body["labels"]:
        # Answers may have come in while it was worked out, elsewhere: what they say is settled next time.
        heard = row not in state.reserved and bool(state.voices(row))
        if heard and row not in state.adjudicated and max(state.by_row[row]) <= event.body["upto"]:
            state.labels[row] = label
            if label is None:  # equally divided once more
                del state.labels[row]
    state.changed = event.seq


def _skipped(state: State, event: Event) -> None:
    number = event.body["query"]
    query = state.open.get(number)
    if query is None:
        return
    if (
        state.overlap > 1 or query.wants
    ) and query.arm != TEST:  # put aside by one annotator, still there for the others
        state.passed.setdefault(number, set()).add(event.body["annotator"])
        return
    del state.open[number]
    state.skipped[query.row] = state.round


def _declined(state: State, event: Event) -> None:
    state.passed.setdefault(event.body["query"], set()).add(event.body["annotator"])


def _proposed(state: State, event: Event) -> None:
    state.proposed[event.body["row"]] = Proposal(**event.body)


def _refit(state: State, event: Event) -> None:
    body = event.body
    state.refit = {**body, "seq": event.seq}
    measures = {**body.get("measures", {}), "seconds": body["seconds"]}
    state.rounds.append(Round(body["model"], body["labels"], body["agreement"], body["classes_predicted"], measures))


def _measured(state: State, event: Event) -> None:
    state.measures.append(dict(event.body))
    if state.rounds and event.body.get("model") == state.rounds[-1].number:
        last = state.rounds[-1]
        state.rounds[-1] = replace(last, measures={**last.measures, **event.body})


def _flagged(state: State, event: Event) -> None:
    body = event.body
    state.flags.pop((body["row"], body["annotator"]), None)
    if body["note"]:
        flag = Flag(body["row"], body["id"], body["annotator"], body["note"], event.at)
        state.flags[flag.row, flag.annotator] = flag


def _guided(state: State, event: Event) -> None:
    state.guidelines.pop(event.body["version"], None)  # brought back: it is the last again
    state.guidelines[event.body["version"]] = event.body["text"]


def _finished(state: State, event: Event) -> None:
    state.finished = event.body["reason"]


def _budgeted(state: State, event: Event) -> None:
    state.config |= event.body
    state.finished = ""


_HANDLERS: Mapping[str, Callable[[State, Event], None]] = {
    "created": _created,
    "extended": _extended,
    "asked": _asked,
    "tested": _tested,
    "answered": _answered,
    "undone": _undone,
    "folded": _folded,
    "skipped": _skipped,
    "declined": _declined,
    "proposed": _proposed,
    "refit": _refit,
    "measured": _measured,
    "flagged": _flagged,
    "guided": _guided,
    "finished": _finished,
    "budgeted": _budgeted,
}
