"""The parts of a session's report that look ahead: what more labels would bring, and whether to stop."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.judge.charts import Chart, Line, as_page_svg
from askwise.judge.forecast import Forecast
from askwise.judge.outlook import from_session
from askwise.judge.page import Cell, Section, Table

TITLE = "What more labels would bring"
STEPS = (0.1, 0.25, 0.5, 1.0)
"""Further labels to look at, as shares of those there are."""

CALM = 0.99
"""Mean agreement of successive models from which on more labels change little; as `stop.agreement` has it."""

_POINTS = 40
_MOMENTS = 30


def ahead(session: Any) -> Section | None:
    """The forecast as a section, or why there is none yet; None where accuracy is no measure of the task."""
    if session.config.get("task", {}).get("kind", "choice") != "choice":
        return None
    try:
        found = from_session(session)
    except BadInput as error:
        return Section(TITLE, lead=f"Too early to say: {error}.")
    now = max(float(len(session.labels)), found.first)
    counts = [round(now * (1 + step)) for step in STEPS]
    band = found.at([now, *counts], measured=False)
    rows = [
        [Cell(f"{n - now:.0f}"), Cell(f"{mean:.3f}", f"{low:.3f} to {high:.3f}"), Cell(f"{mean - band.mean[0]:+.3f}")]
        for n, mean, low, high in zip(counts, band.mean[1:], band.low[1:], band.high[1:], strict=True)
    ]
    table = Table(["more labels", "accuracy, 90% band", "gain"], rows)
    return Section(TITLE, lead=_lead(found, now, float(band.mean[0])), svg=_svg(found, now), table=table)


def _lead(found: Forecast, now: float, accuracy: float) -> str:
    target = next((level for level in (0.7, 0.8, 0.9, 0.95, 0.99) if level > accuracy + 0.01), None)
    batch = found.batch(max(1, round(now * STEPS[0])))
    said = (
        f"Forecast from {now:.0f} labels: the next {batch.labels} are expected to raise accuracy by {batch.gain:.3f}"
        f" (90% band {batch.low:.3f} to {batch.high:.3f})."
    )
    return said if target is None else f"{said} Accuracy {found.needed(target, horizon=20 * now).sentence()}."


def _svg(found: Forecast, now: float) -> str:
    band = found.at(np.linspace(found.first, 2 * now, _POINTS), measured=False)
    return as_page_svg(Chart([Line("forecast", band)], "accuracy"), "fc")


def advice(session: Any) -> Section:
    """Stop or go on: how calm the models are, and when each stopping rule would have ended the session."""
    found = session.stops(most=_MOMENTS)
    lead, _ = calm(session)
    if not found:
        return Section("Stop or go on?", lead=lead)
    rows = [
        [
            Cell(one.rule),
            Cell("not yet" if one.labels is None else f"at {one.labels} labels"),
            Cell("" if one.labels is None else _since(one)),
            Cell(one.reason),
        ]
        for one in found
    ]
    return Section("Stop or go on?", lead=lead, table=Table(["rule", "stops", "answers since", "why"], rows))


def _since(one: Any) -> str:
    """Answers after the stop, and what they cost, where that is known."""
    return str(one.after) if one.cost is None else f"{one.after}, for {one.cost:,.2f}"


def calm(session: Any) -> tuple[str, bool]:
    """How far the last models agree, in words, and whether that is a reason to stop."""
    known = [one for one in session.rounds if one.agreement is not None][-3:]
    if len(known) < 3:
        return "Too early to say: fewer than three pairs of models can be compared.", False
    mean = statistics.fmean(one.agreement for one in known)
    if min(one.classes_predicted for one in known) < 2:
        return "Go on: the model predicts one single class, so its agreement with itself says nothing.", False
    if mean >= CALM:
        return f"The last models agree (mean kappa {mean:.3f}): more labels of this kind will change little.", True
    return f"Go on: the models still change (mean kappa {mean:.3f} over three rounds, {CALM} would be calm).", False
