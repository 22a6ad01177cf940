"""The report of a suite: one page that says what is significant and what is not, and shows all that it rests on."""

from __future__ import annotations

from pathlib import Path

from askwise.core.errors import StoreError
from askwise.judge.page import Page
from askwise.lab.inheritance import labels_taken_over
from askwise.lab.page.pictures import curves, gains, overlap, penalties, ranks, runtime
from askwise.lab.page.spent import otherwise
from askwise.lab.page.tables import comparisons, failures, labels_needed, measures, setup, yardsticks
from askwise.lab.page.words import against_random, headline, lead, order_of, summary, tiles
from askwise.lab.study import Study


def write_report(study: Study, path: str | Path, command: str | None = None) -> Path:
    """Write the page of a suite; returns its path. Raises StoreError where it cannot be written."""
    return page(study, command).write(path)


def page(study: Study, command: str | None = None) -> Page:
    """The page of a suite. Strategies are compared on the settings and seeds that both finished.

    Raises StoreError where no run of any strategy is finished.
    """
    if not any(study.repeats(name, setting) for name in study.strategies for setting in study.settings):
        raise StoreError("no run of these results is finished, so there is nothing to report; run the suite again")
    scores = study.scores()
    found = against_random(scores)
    order = order_of(scores)
    sections = [
        summary(found),
        ranks(scores),
        gains(scores, order),
        comparisons(found, scores),
        curves(study),
        otherwise(study, order),
        labels_needed(study, order),
        measures(study, order),
        runtime(study, found),
        overlap(study, order),
        labels_taken_over(study),
        penalties(study, order),
        *yardsticks(study, order),
        failures(study),
        setup(study, command),
    ]
    name = str(study.suite["name"])
    return Page(
        title=name,
        kicker=f"lab, suite {name}",
        headline=headline(found, scores),
        lead=lead(study),
        tiles=tiles(study, found),
        sections=[one for one in sections if one is not None],
    )
