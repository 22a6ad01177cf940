"""The page of results, made of whatever has been measured so far."""

from __future__ import annotations

import numpy as np
from benchmarks.selection.goals import GOALS, Goal
from benchmarks.selection.jobs import BATCHES, GROWTH, HUGE, LARGE, SIZES, VERSUS, Job, Other
from benchmarks.selection.machine import Machine
from benchmarks.selection.run import Measure, Results

_HEAD = """# Selections: measured

Written by `python -m benchmarks.selection`. Processor seconds on one thread, each library in a process and an
environment of its own (`benchmarks/peers/requirements`), ours and theirs one after the other on the same arrays;
loading, imports and compilation are not counted. A ratio above 1 means that ours is faster. Peak memory is what the
operating system saw above the inputs. Forms that make one pass a pick (*scan*: a compiled float32 pass; *NumPy*; the
authors' arithmetic) are timed on their first picks and scaled. Models are stood in for by tables: no training counts.

Pools have 512 columns of float32. *text*: TF-IDF of IMDb and AG News, reduced by SVD (20,001 rows). *images*: pixels of
Fashion-MNIST, by PCA (20,000 rows). Larger pools repeat these with noise of a tenth of each column's deviation.
*clustered*: 200 clusters of Zipf sizes, falling spectrum. *formless*: Gaussian noise, the worst case of every bound.
*chances*: softmax of Gaussian logits. *draws*: a linear head with uncertain weights."""


def page(results: Results, machine: Machine, memory: float, seconds: int) -> str:
    """The whole page in Markdown."""
    parts = [
        _HEAD,
        "\n".join(machine.facts()),
        "## Beside other libraries",
        f"Stopped at {memory:g} GB of address space or {seconds} processor seconds: that is then the result.",
        _beside(VERSUS, results),
        "## Large pools and batches",
        _beside([*LARGE, *HUGE], results),
        "## What ours takes",
        "*Least* is what the machine needs to read the pool as often as the method must, or to form the products that"
        " it must, at the rates above; *share* is the least over what ours took, above 100% where rows are read in"
        " bytes first. Blank where no simple bound is known.",
        _own(results, machine),
        "## Growth",
        f"Slope of log seconds over log rows ({SIZES[0]:,} to {SIZES[-1]:,}), and over log batch (60,000 rows).",
        _growth(results),
        "## Goals",
        _goals(GOALS, results),
    ]
    return "\n\n".join(parts) + "\n"


def _beside(jobs: list[Job], results: Results) -> str:
    head = [
        "selection",
        "pool",
        "rows",
        "picks",
        "classes",
        "ours s",
        "beside",
        "theirs s",
        "ratio",
        "peak MB",
        "picks",
    ]
    lines = []
    for job in jobs:
        ours = results.get(job)
        if ours is None:
            continue
        for other in job.others:
            theirs = results.get(job, other.label)
            if theirs is not None:
                lines.append([*_what(job), _seconds(ours), other.label, *_theirs(ours, theirs, other)])
    return table(head, lines)


def _what(job: Job) -> list[str]:
    return [
        job.label or job.call,
        job.pool,
        f"{job.rows:,}",
        f"{job.settings['n']:,}",
        str(job.classes or ""),
    ]


def _theirs(ours: Measure, theirs: Measure, other: Other) -> list[str]:
    """Seconds, ratio, peak and equality, or why there is none of them."""
    if "failed" in theirs:
        said = {"memory": "out of memory", "time": "out of time", "absent": "not installed"}
        return [said.get(theirs["failed"], f"fails: {theirs['failed']}"), "", "", ""]
    ratio = f"{theirs['cpu'] / ours['cpu']:.2g}" if ours.get("cpu") else ""
    if ratio and float(ratio) >= 100:
        ratio = f"{theirs['cpu'] / ours['cpu']:,.0f}"
    return [_seconds(theirs), ratio, f"{theirs['peak'] / 1e6:,.0f}", _same(ours, theirs, other.compare)]


def _same(ours: Measure, theirs: Measure, how: str) -> str:
    """How many picks agree: in their order or as sets."""
    if not how or not theirs["picks"]:
        return ""
    mine, other = ours["picks"], theirs["picks"]
    if how == "set":
        return f"{len(set(mine) & set(other))} of {len(set(other))}"
    return f"{sum(a == b for a, b in zip(mine, other, strict=False))} of {min(len(mine), len(other))}"


def _own(results: Results, machine: Machine) -> str:
    lines = []
    for job in [*VERSUS, *LARGE, *HUGE]:
        ours = results.get(job)
        if ours is None or "failed" in ours:
            continue
        least = machine.least(job.gigabytes, job.flops)
        passes = f"{ours['passes']}" if "passes" in ours else ""
        share = [f"{least:.3g}", f"{least / ours['cpu']:.0%}"] if least else ["", ""]
        lines.append([*_what(job), _seconds(ours), f"{ours['peak'] / 1e6:,.0f}", passes, _work(ours), *share])
    head = ["selection", "pool", "rows", "picks", "classes", "s", "peak MB", "passes", "work", "least s", "share"]
    return table(head, lines)


def _work(ours: Measure) -> str:
    if "a row" in ours:
        return f"{ours['a row']:.1f} distances a row"
    return f"{ours['trials']:.1f} trials a pick" if "trials" in ours else ""


def _growth(results: Results) -> str:
    calls = list(dict.fromkeys(job.call for job in GROWTH))
    lines = []
    for call in calls:
        size, batch = exponent(call, results), exponent(call, results, batches=True)
        lines.append([call, _slope(size), _slope(batch)])
    return table(["selection", "in rows", "in the batch"], [line for line in lines if any(line[1:])])


def exponent(call: str, results: Results, batches: bool = False) -> float | None:
    """Slope of log seconds over log rows, or over log batch."""
    if batches:
        jobs = [j for j in GROWTH if j.call == call and j.rows == 60_000 and j.settings["n"] in (*BATCHES, 10_000)]
    else:
        first = next(j for j in GROWTH if j.call == call)
        jobs = [j for j in GROWTH if j.call == call and j.settings == first.settings and j.rows in SIZES]
    points = []
    for job in jobs:
        measure = results.get(job)
        if measure is not None and measure.get("cpu", 0) > 0:
            points.append((job.settings["n"] if batches else job.rows, measure["cpu"]))
    if len(points) < 2:
        return None
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])


def _slope(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _goals(goals: list[Goal], results: Results) -> str:
    lines = []
    for goal in goals:
        value = goal.reached(results)
        told = "not measured" if value is None else goal.told(value)
        met = "" if value is None else ("met" if goal.met(value) else "**not met**")
        lines.append([goal.selection, goal.demanded, told, met, goal.note])
    return table(["selection", "demanded", "reached", "", "note"], lines)


def _seconds(measure: Measure) -> str:
    return measure["failed"] if "failed" in measure else f"{measure['cpu']:.3g}"


def table(head: list[str], lines: list[list[str]]) -> str:
    """A Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
