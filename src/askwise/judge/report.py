"""The report of a session: where it stands, what the control arm says, how it chose, and why it stopped."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from askwise.core.history import Round
from askwise.judge.against_random import against_random
from askwise.judge.ahead import advice, ahead
from askwise.judge.charts import Chart, Line, as_page_svg
from askwise.judge.control import WINDOW, Estimate, accuracy, prequential, recent
from askwise.judge.curve import Band
from askwise.judge.measured import Measured
from askwise.judge.page import Cell, Page, Section, Table

MANY = 30


class Readable(Protocol):
    """What a session shows of itself, live or read from its file."""

    @property
    def answers(self) -> Sequence[Any]: ...
    @property
    def labels(self) -> Mapping[int, Any]: ...
    @property
    def test_labels(self) -> Mapping[int, Any]: ...
    @property
    def queries(self) -> Mapping[int, Any]: ...
    @property
    def open_queries(self) -> Sequence[Any]: ...
    @property
    def rounds(self) -> Sequence[Round]: ...
    @property
    def asked(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def outcomes(self) -> Sequence[tuple[int, bool]]: ...
    @property
    def measures(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def classes(self) -> Sequence[Any]: ...
    @property
    def config(self) -> Mapping[str, Any]: ...
    @property
    def finished(self) -> str: ...
    def paid(self) -> Mapping[str, tuple[float, int]]: ...
    def stops(self, rules: Any = None, most: int | None = None) -> Sequence[Any]: ...


@dataclass(frozen=True)
class Report:
    """`str(report)` is text, `report.html()` one self-contained page; `control` is the recent accuracy, if known."""

    page: Page
    control: Estimate | None
    correct: tuple[bool, ...]

    def html(self) -> str:
        """The page. Raises BadInput where the packages for it are not installed."""
        return self.page.html()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: the sections by title, with their facts and tables."""
        control = None if self.control is None else vars(self.control)
        return {"headline": self.page.headline, "control": control, "sections": self.page.to_dict()}

    def __str__(self) -> str:
        return str(self.page)


def session_report(session: Readable) -> Report:
    """The report of a session or of its file.

    The control arm's accuracy is prequential: whether the model that stood when a control row was asked predicted
    the label that then came. It reads `predicted` in the queries' `why`.
    """
    correct = [right for _, right in session.outcomes]
    found = accuracy(recent(correct)) if correct else None
    sections = [
        _state(session),
        _estimated(session),
        _control(session, correct),
        ahead(session),
        against_random(session),
    ]
    sections += [
        _classes(session),
        _measured(session),
        _annotators(session),
        _rounds(session),
        advice(session),
        _setup(session),
    ]
    page = Page(
        title="askwise session",
        kicker="session",
        headline=_headline(session, latest_accuracy(session) or found),
        lead=f"Stopped: {session.finished}." if session.finished else "The session is open.",
        tiles=_tiles(session, latest_accuracy(session), found),
        sections=[one for one in sections if one is not None],
    )
    return Report(page, found, tuple(correct))


def latest_accuracy(session: Readable) -> Measured | None:
    """The accuracy that the session last estimated from all rows drawn at random, if it ever did."""
    known = [one["estimate"]["accuracy"] for one in session.measures if "accuracy" in one.get("estimate", ())]
    return Measured(**known[-1]) if known else None


def _headline(session: Readable, found: Estimate | Measured | None) -> str:
    rows, n = len(session.labels), session.config["pool"].get("n")
    among = f" of {n:,} rows" if n else ""
    labels = f"{rows:,}{among} labelled"
    if found is None:
        return f"{labels}."
    # The control arm of late tests the model on rows not labelled yet; an estimate is about the whole pool.
    where = "the rest" if isinstance(found, Estimate) else "rows like these"
    return f"{labels}; the model is right on {_ends(found)} of {where}."


def _tiles(session: Readable, latest: Measured | None, found: Estimate | None) -> list[tuple[str, str]]:
    budget = session.config["budget"].get("answers")
    tiles = [(f"{len(session.labels):,}", "labels" + (f" of a budget of {budget:,}" if budget else ""))]
    if latest is not None:
        tiles.append((f"{latest.value:.0%}", f"accuracy by {latest.draws} random rows ({_ends(latest)})"))
    elif found is not None:
        tiles.append((f"{found.value:.0%}", f"accuracy by the control arm ({_ends(found)})"))
    agreements = [one.agreement for one in session.rounds if one.agreement is not None]
    if agreements:
        tiles.append((f"{agreements[-1]:.3f}", "agreement of the last two models (kappa)"))
    return [*tiles, (str(len(session.rounds)), "models trained")]


def _ends(found: Estimate | Measured) -> str:
    return f"{found.low:.0%} to {found.high:.0%}"


def _state(session: Readable) -> Section:
    abstained = sum(answer.kind != "label" for answer in session.answers)
    facts = [
        ("labels", f"{len(session.labels):,}"),
        ("answers", f"{len(session.answers):,}" + (f", {abstained} without a label" if abstained else "")),
        *([("test labels", f"{len(session.test_labels):,}")] if session.test_labels else []),
        ("waiting for an answer", str(len(session.open_queries))),
        ("rounds", str(len(session.asked))),
        ("stopped", session.finished or "not yet"),
    ]
    return Section("Where it stands", facts=facts)


def _estimated(session: Readable) -> Section | None:
    """The last estimate from all random rows, with how many labels the model has had since."""
    known = [one for one in session.measures if "estimate" in one]
    if not known:
        return None
    last = known[-1]
    found = [Measured(**one) for one in last["estimate"].values()]
    rows = [[Cell(one.measure), Cell(f"{one.value:.3f}"), Cell(f"{one.low:.3f} to {one.high:.3f}")] for one in found]
    one = found[0]
    since = len(session.labels) - last["labels"]
    later = f" {since} labels came after." if since > 0 else ""
    lead = (
        f"The model of {last['labels']} labels, over all {one.size:,} rows: estimated from {one.draws} rows drawn at"
        f" random, as tests or by the control arm. Rows that it learnt from are judged by models without them.{later}"
    )
    columns = ["measure", "estimate", f"{one.level:.0%} interval"]
    return Section("How good the model is", lead=lead, table=Table(columns, rows))


def _control(session: Readable, correct: list[bool]) -> Section:
    title = "Accuracy by the control arm"
    asked = [query for query in session.queries.values() if query.arm == "control"]
    share = session.config.get("control", 0.0)
    if not correct:
        missing = (
            "None yet: no control query was asked with a model at hand."
            if share
            else "None: the session has no control arm; create it with control=0.1."
        )
        return Section(title, lead=missing)
    lead = (
        f"{len(correct)} of {len(asked)} queries drawn uniformly at random were predicted by the model of their"
        " time before they were answered and learned from: an unbiased test of it on the rows not yet labelled."
        f" Accuracy {accuracy(recent(correct))} of late; {accuracy(correct)} over the whole session."
    )
    steps = prequential(correct, WINDOW)
    rows = [[Cell(str(i + 1)), _estimate(steps[i])] for i in _spaced(len(steps))]
    table = Table(["control answers", f"accuracy, last {WINDOW}"], rows)
    return Section(title, lead=lead, svg=_prequential_svg(steps) if len(steps) > 2 else "", table=table)


def _prequential_svg(steps: Sequence[Estimate]) -> str:
    columns = zip(*((one.value, one.low, one.high) for one in steps), strict=True)
    band = Band(np.arange(1.0, len(steps) + 1), *(np.array(column) for column in columns))
    chart = Chart([Line("control arm", band)], f"accuracy, last {WINDOW}", across="control answers")
    return as_page_svg(chart, "pre")


def _estimate(one: Estimate) -> Cell:
    return Cell(f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}")


def _spaced(n: int, most: int = 8) -> list[int]:
    """At most `most` positions of 0..n-1, evenly apart, the last among them."""
    return sorted({round(i) for i in np.linspace(0, n - 1, min(n, most)).tolist()})


def _classes(session: Readable) -> Section | None:
    if not session.classes:
        return None
    counts, total = Counter(name for label in session.labels.values() for name in named_in(label)), len(session.labels)
    shown, lead = list(session.classes), ""
    if len(shown) > MANY:
        unseen = sum(counts[one] == 0 for one in shown)
        lead = f"{len(shown)} classes, {unseen} of them without a label; the {MANY} with the fewest labels are shown."
        shown = sorted(shown, key=lambda one: counts[one])[:MANY]
    rows = [[Cell(str(one)), Cell(str(counts[one])), Cell(f"{counts[one] / max(total, 1):.0%}")] for one in shown]
    return Section("Labels by class", lead=lead, table=Table(["class", "labels", "share"], rows))


def named_in(label: Any) -> list[Any]:
    """The classes that a label names, each once: of a choice itself, of several labels, spans or regions all of them.

    >>> named_in("cat"), named_in(["sad", "loud"]), named_in([{"start": 0, "end": 3, "label": "place"}])
    (['cat'], ['sad', 'loud'], ['place'])
    """
    parts = label if isinstance(label, list) else [label]
    return list(dict.fromkeys(one["label"] if isinstance(one, Mapping) else one for one in parts))


def _measured(session: Readable) -> Section | None:
    known = [one for one in session.measures if "accuracy" in one]
    if not known:
        return None
    chosen = [known[i] for i in _spaced(len(known), 12)]
    rows = [[Cell(str(one["labels"])), Cell(f"{one['accuracy']:.3f}")] for one in chosen]
    return Section("Measured accuracy", table=Table(["labels", "accuracy"], rows))


def _annotators(session: Readable) -> Section | None:
    names = sorted({answer.annotator for answer in session.answers})
    if not names:
        return None
    rows = []
    costs = {name: _money(*found) for name, found in session.paid().items()}
    for name in names:
        mine = [answer for answer in session.answers if answer.annotator == name]
        seconds = [answer.seconds for answer in mine if answer.seconds is not None]
        pace = f"{statistics.median(seconds):.1f}" if seconds else "–"
        labels = sum(answer.kind == "label" for answer in mine)
        rows.append([Cell(name), Cell(str(len(mine))), Cell(str(labels)), Cell(pace)])
        rows[-1] += [Cell(costs.get(name, "–"))] if costs else []
    columns = ["annotator", "answers", "labels", "median seconds", *(["cost"] if costs else [])]
    return Section("Annotators", table=Table(columns, rows))


def _money(total: float, unknown: int) -> str:
    return f"{total:,.2f}" + (f", {unknown} answers unknown" if unknown else "")


def _rounds(session: Readable) -> Section | None:
    if not session.asked:
        return None
    models = {one.number: one for one in session.rounds}
    sizes = Counter(query.round for query in session.queries.values() if query.arm != "test")
    rows = [_round(batch, models.get(batch["model"]), sizes[batch["round"]]) for batch in session.asked]
    columns = ["round", "queries", "model trained on", "agreement", "strategy", "why"]
    return Section("How it chose", table=Table(columns, rows))


def _round(batch: Mapping[str, Any], model: Round | None, size: int) -> list[Cell]:
    agreement = "–" if model is None or model.agreement is None else f"{model.agreement:.3f}"
    trained = "–" if model is None else f"{model.labels} labels"
    strategy = _strategy(batch["strategy"])
    return [
        Cell(str(batch["round"])),
        Cell(str(size)),
        Cell(trained),
        Cell(agreement),
        Cell(strategy),
        Cell(batch["reason"]),
    ]


def _strategy(form: Mapping[str, Any]) -> str:
    if "name" in form:
        return str(form["name"])
    parts = [form[kind]["name"] for kind in ("score", "pick") if kind in form]
    return "+".join(part for part in parts if part != "top") or "random"


def _prices(prices: Mapping[str, Mapping[str, float]]) -> str:
    """In words: by annotator, an answer and an hour.

    >>> _prices({"ana": {"answer": 0.08}, "*": {"hour": 18.0}})
    'ana 0.08 an answer, everybody else 18 an hour'
    """
    who = {name: "everybody else" if name == "*" else name for name in prices}
    return ", ".join(f"{who[name]} {money:g} an {of}" for name, one in prices.items() for of, money in one.items())


def _setup(session: Readable) -> Section:
    config = session.config
    strategy = config["strategy"].get("policy", config["strategy"])
    limits = [f"{value} {name}" for name, value in config["budget"].items() if value is not None]
    facts = [
        ("strategy", _strategy(strategy)),
        ("learner", str(config["learner"])),
        ("budget", ", ".join(limits) or "no limit"),
        ("control arm", f"{config['control']:.0%} of queries"),
        *([("prices", _prices(config["prices"]))] if config.get("prices") else []),
        ("seed", str(config["seed"])),
        ("askwise", str(config["askwise"])),
    ]
    return Section("Configuration", facts=facts)
