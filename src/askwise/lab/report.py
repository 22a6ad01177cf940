"""The report of a simulation: one page that says what was saved, shows it, and says how to do it again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from askwise.core.words import counted
from askwise.judge import Saving
from askwise.judge.charts import Chart, Gap, Line, as_page_svg, save_picture
from askwise.judge.page import Cell, Page, Section, Table
from askwise.judge.resample import ENOUGH
from askwise.lab.results import Results


def write_report(results: Results, path: str | Path) -> Path:
    """Write the HTML page; returns its path. Raises StoreError where it cannot be written."""
    return page(results).write(path)


def save_curve(results: Results, path: str | Path) -> Path:
    """Write the learning curve alone, as .svg or .png."""
    return save_picture(_chart(results, 0, _gap(results)), path)


def page(results: Results) -> Page:
    """The page of a simulation."""
    about = results.about
    name = str(about.get("name") or "simulation")
    return Page(
        title=name,
        kicker=f"simulation on {name}",
        headline=_headline(results),
        lead=_lead(results),
        tiles=_tiles(results),
        sections=[
            _curves(results),
            *_savings(results),
            *(part(results) for part in (_table, _areas, _second, _method, _configuration, _again)),
        ],
    )


def _headline(results: Results) -> str:
    found = results.main_saving()
    if found is None:
        return results.headline() + "."
    joint = " is " if found.verdict == "unclear" else " "
    return f"{results.strategies[0]}{joint}{found.claim()}."


def _lead(results: Results) -> str:
    about, found = results.about, results.main_saving()
    repeats = about["repeats"]
    spread = ""
    if found is not None:
        number = f"{found.saved:+.0f} labels" if found.reached else "level not reached"
        spread = f"Measured: {number}, {found.interval}. "
    return spread + (
        f"{counted(len(results.strategies), 'strategy', 'strategies')}, each run {counted(repeats, 'time')} with"
        f" {about['budget']} labels in batches of {about['batch']}, on a pool of {about['pool_rows']:,} rows"
        f"{_classes(about)}; tested on {about['test_rows']:,} other rows."
    )


def _classes(about: Any) -> str:
    return f" and {len(about['classes'])} classes" if about["classes"] else ", each with a number"


def _tiles(results: Results) -> list[tuple[str, str]]:
    tiles, found = [], results.main_saving()
    if found is not None and found.verdict == "saved":
        share = found.saved / found.reference_labels
        tiles.append((f"{found.saved:.0f}", f"labels saved against {results.reference} ({share:.0%})"))
    budget = results.about["budget"]
    ends = [(name, results.curve(name).mean()[-1]) for name in results.strategies[:4]]
    tiles += [(f"{end:.3f}", f"{results.titles[0]} of {name} with {budget} labels") for name, end in ends]
    return tiles


def _lines(results: Results, measure: str) -> list[Line]:
    return [
        Line(
            name,
            results.curve(name, measure).band(),
            reference=name == results.reference and len(results.strategies) > 1,
        )
        for name in results.strategies
    ]


def _gap(results: Results) -> Gap | None:
    """What was saved, where the interval says that it was."""
    one = results.main_saving()
    if one is None or one.verdict != "saved":
        return None
    return Gap(one.level, one.arm_labels, one.reference_labels, f"{one.saved:.0f} labels saved")


def _curves(results: Results) -> Section:
    shade = (
        "There is one repeat, so no band can be drawn."
        if results.about["repeats"] < 2
        else f"Lines are means over {results.about['repeats']} repeats; bands are their {_spread(results)}."
    )
    lead = f"{_capital(results.titles[0])} on the test rows by number of labels. {shade}"
    return Section("Learning curves", lead=lead, svg=as_page_svg(_chart(results, 0, _gap(results)), "acc"))


def _spread(results: Results) -> str:
    repeats = results.about["repeats"]
    return (
        "95% bootstrap interval" if repeats >= ENOUGH else f"range, for {repeats} repeats are too few for an interval"
    )


def _savings(results: Results) -> list[Section]:
    others = [name for name in results.strategies if name != results.reference]
    rows = [_saving_row(one) for name in others for one in results.savings(name)]
    if not rows:
        return []
    reference, title = results.reference, results.titles[0]
    table = Table(["strategy", f"at {title}", f"labels of {reference}", "labels needed", "saved", "verdict"], rows)
    lead = (
        f"How many labels each strategy needed for the {title} that {reference} ended with, and for levels a little"
        f" below it. A saving counts only if its interval lies above zero, with {ENOUGH} repeats or more."
    )
    return [Section(f"Labels saved at equal {title}", lead=lead, table=table)]


def _saving_row(one: Saving) -> list[Cell]:
    words = {"saved": "saved", "lost": "needed more", "unclear": "not yet clear"}
    needed = (
        f"{'at most ' if one.at_first else ''}{one.arm_labels:.0f}" if one.reached else f"not with {one.arm_budget:.0f}"
    )
    saved = f"{one.saved:.0f}" if one.reached else "–"
    return [
        Cell(one.arm),
        Cell(f"{one.level:.3f}"),
        Cell(f"{one.reference_labels:.0f}"),
        Cell(needed),
        Cell(saved, one.interval.words(), strong=one.verdict == "saved"),
        Cell(words[one.verdict]),
    ]


def _table(results: Results) -> Section:
    rows = []
    for line in results.table():
        best = max(results.strategies, key=lambda name: line[name]["mean"])
        rows.append([Cell(str(line["labels"])), *(_mean(line[name], name == best) for name in results.strategies)])
    below = "" if results.about["repeats"] < 2 else f", with their {_spread(results)} in small print"
    lead = f"Means over repeats{below}. The best of each line is bold."
    title = f"{_capital(results.titles[0])} by number of labels"
    return Section(title, lead=lead, table=Table(["labels", *results.strategies], rows))


def _mean(found: dict[str, float], best: bool) -> Cell:
    small = "" if math.isnan(found["low"]) else f"{found['low']:.3f} to {found['high']:.3f}"
    return Cell(f"{found['mean']:.3f}", small, strong=best)


def _areas(results: Results) -> Section:
    rows = [_area_row(results, name) for name in results.strategies]
    first, second = results.titles
    columns = ["strategy", f"area, {first}", f"against {results.reference}", f"area, {second}", "seconds a run"]
    lead = "Area under the learning curve, divided by the span of labels: the mean height of the curve."
    return Section("Area under the curve", lead=lead, table=Table(columns, rows))


def _area_row(results: Results, name: str) -> list[Cell]:
    areas = [results.curve(name, measure).area().mean() for measure in results.measures]
    gap = Cell("–")
    if name != results.reference:
        mean, spread = results.advantage(name)
        gap = Cell(f"{mean:+.3f}", spread.words("{:+.3f}"), strong=spread.repeats >= ENOUGH and spread.low > 0)
    return [Cell(name), Cell(f"{areas[0]:.3f}"), gap, Cell(f"{areas[1]:.3f}"), Cell(f"{results.seconds(name):.1f}")]


_EVERY = "The mean of the classes' F1 scores: every class counts the same, however rare it is."
_ABOUT = {
    "macro_f1": _EVERY,
    "label_macro_f1": _EVERY,
    "token_accuracy": "Share of words whose tag is right, those outside of every span among them.",
    "pixel_accuracy": "Share of pixels whose class is right.",
    "rmse": "The root of the mean squared error, in the unit of the labels; less is better.",
}


def _second(results: Results) -> Section:
    svg = as_page_svg(_chart(results, 1), "second")
    return Section(_capital(results.titles[1]), lead=_ABOUT[results.measures[1]], svg=svg, folded=True)


def _chart(results: Results, which: int, gap: Gap | None = None) -> Chart:
    return Chart(_lines(results, results.measures[which]), results.titles[which], gap)


def _capital(title: str) -> str:
    return title[0].upper() + title[1:]


def _method(results: Results) -> Section:
    return Section(
        "How it was measured",
        notes=[
            *(note[0].upper() + note[1:] + "." for note in results.about["notes"]),
            "Every run is a real session with a simulated annotator who knows the truth. There is no control arm"
            " (control=0), so that the curves are those of the strategies alone.",
            "Repeat i has the same seed for every strategy: comparisons are paired. All runs share one encoding of the"
            " pool, learned without labels.",
            "Labels needed for a level: the mean curve over repeats is made non-decreasing and read backwards."
            f" The final {results.titles[0]} of {results.reference} is taken anew in each of 2,000 bootstrap draws of"
            " the repeats. A strategy that does not reach the level counts as needing more than its budget.",
            "Intervals are over repeats (bootstrap, widened for few repeats): they say what another seed would change,"
            " not what another data set or another test set would.",
        ],
    )


def _configuration(results: Results) -> Section:
    about = results.about
    facts = [
        ("strategies", "; ".join(f"{name} = {json.dumps(form)}" for name, form in about["strategies"].items())),
        ("learner", str(about["learner"])),
        ("budget", f"{about['budget']} labels in batches of {about['batch']}"),
        (
            "repeats",
            f"{about['repeats']}, seeds {', '.join(str(seed) for seed in about['seeds'])} (from seed {about['seed']})",
        ),
        *([("classes", _shortened([str(label) for label in about["classes"]]))] if about["classes"] else []),
        (
            "data",
            f"{about['pool_rows']:,} rows to choose from, content {about['data']}; {about['test_rows']:,} to test on",
        ),
        ("time", _time(about)),
        ("versions", ", ".join(f"{name} {version}" for name, version in about["versions"].items())),
    ]
    return Section("Configuration", facts=facts)


def _time(about: Any) -> str:
    return (
        f"encoding {about['encoding_seconds']:.1f} s, runs {about['wall_seconds']:.1f} s"
        f" with {counted(about['workers'], 'worker')} on {counted(about['cores'], 'core')}"
    )


def _shortened(labels: list[str]) -> str:
    if len(labels) <= 20:
        return ", ".join(labels)
    return ", ".join(labels[:18]) + f" and {len(labels) - 18} more"


def _again(results: Results) -> Section:
    about = results.about
    made = about.get("command") or (
        f"lab.simulate(dataset, {list(results.strategies)!r}, budget={about['budget']}, batch={about['batch']},"
        f" repeats={about['repeats']}, seed={about['seed']})"
    )
    return Section("Do it again", lead="The same command on the same data gives the same numbers.", code=str(made))
