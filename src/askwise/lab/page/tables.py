"""The tables on the page of a suite: comparisons, labels needed, measures, yardsticks, failures, how it was run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from askwise.core.types import FloatArray
from askwise.judge.page import Cell, Section, Table
from askwise.judge.resample import ENOUGH
from askwise.lab.axes import SPENT
from askwise.lab.compare import Comparison, seeds_needed, spread
from askwise.lab.measures import MEASURES
from askwise.lab.page.words import RANDOM, against_random, by_gain, short
from askwise.lab.scores import Scores
from askwise.lab.study import SHARE, Setting, Study
from askwise.lab.suite import BOUND

SMALL = 0.01
"""A difference of area that is worth finding: what the number of seeds is worked out for."""


def comparisons(found: Sequence[Comparison], scores: Scores) -> Section | None:
    """Each strategy against random: difference, tests, effect, wins, seeds needed."""
    if not found:
        return None
    rows = [
        [
            Cell(one.arm),
            Cell(one.verdict(), strong=one.verdict() == "better"),
            Cell(f"{one.difference:+.4f}", _ends(one)),
            Cell(f"{one.p:.3g}", f"{one.adjusted:.3g} adjusted"),
            Cell(f"{one.effect:+.2f}"),
            Cell("{} / {} / {}".format(*one.blocks)),
            Cell(_seeds(scores, one.arm)),
        ]
        for one in by_gain(found)
    ]
    columns = ["strategy", "verdict", "gap in area", "p", "effect", "won / tied / lost", f"seeds for {SMALL:g}"]
    level = "95 % interval" if max(one.units for one in found) >= ENOUGH else f"range (under {ENOUGH} settings)"
    lead = (
        f"Below each gap its {level}. The effect is the matched-pairs rank-biserial correlation: +1 where every setting"
        f" is won, 0 in balance. Won and lost count settings whose own interval over seeds (at least {ENOUGH}) lies on"
        f" one side of zero. The last number is how many paired seeds a single data set needs to show a gap of"
        f" {SMALL:g} with 80 % power: the median over settings."
    )
    return Section("Each strategy against random", lead=lead, table=Table(columns, rows))


def _ends(one: Comparison) -> str:
    if one.units < 2:
        return "one run"
    return f"{one.interval.low:+.4f} to {one.interval.high:+.4f}"


def _seeds(scores: Scores, arm: str) -> str:
    needed = [seeds_needed(gap, SMALL) for gap in scores.pairs(arm, RANDOM) if gap.size >= 2]
    return f"{np.median(needed):.0f}" if needed else "–"


def labels_needed(study: Study, order: Sequence[str]) -> Section | None:
    """What it takes to reach most of what all labels give."""
    rows, names = [], [str(setting) for setting in study.settings]
    for setting in study.settings:
        if not study.full(setting) > 0:
            continue
        cells = [_reached(study, name, setting) for name in order]
        finite = [value for value, *_ in cells if math.isfinite(value)]
        best = min(finite, default=math.inf)
        axis = study.axis(setting)
        shown = [Cell(text, small, strong=value == best < math.inf) for value, text, small in cells]
        rows.append([Cell(short(str(setting), names), "" if axis == "labels" else SPENT[axis]), *shown])
    if not rows:
        return None
    unit = "labels" if all(study.axis(one) == "labels" for one in study.settings) else "labels, or what the line counts"
    lead = (
        f"Median {unit}, over seeds, until {SHARE:.0%} of the score of the model of all labels; in small print, how"
        " many seeds never got there with what they had. The fewest of each line are bold."
    )
    return Section(f"Labels to {SHARE:.0%} of the full-data score", lead=lead, table=Table(["setting", *order], rows))


def _reached(study: Study, name: str, setting: Setting) -> tuple[float, str, str]:
    """Median labels, and in words: the number, and beside it how many seeds never got there."""
    if not study.repeats(name, setting):
        return math.inf, "–", ""
    found = study.labels_to(name, setting)
    missing, middle = int(found.censored.sum()), found.median()
    said = f"{middle:.0f}" if math.isfinite(middle) else f"> {found.budget.max():.0f}"
    return middle, said, f"{missing} never" if missing else ""


def measures(study: Study, order: Sequence[str]) -> Section | None:
    """Every measure of the suite: the gap of each strategy to random in the area under its curve."""
    names = [name for name in study.measures if study.settings_with(name)]
    if len(order) < 2 or RANDOM not in order or len(names) < 2:
        return None
    arms = [name for name in order if name != RANDOM]
    rows = [list(_of_measure(study, name, [*arms, RANDOM])) for name in names]
    lead = (
        "Gap in area against random for everything that was measured, signed so that more is better; below it the"
        " interval over settings and seeds. Bold: told from random by the rule above, within the line."
    )
    return Section("All measures", lead=lead, table=Table(["measure", *arms], rows))


def _of_measure(study: Study, measure: str, names: Sequence[str]) -> Iterator[Cell]:
    found = {one.arm: one for one in against_random(study.scores(measure, names))}
    sets = len(study.settings_with(measure))
    yield Cell(MEASURES[measure].title, "" if sets == len(study.settings) else f"{sets} settings")
    for name in names[:-1]:
        one = found.get(name)
        told = one is not None and one.verdict() != "unclear"
        yield Cell("–") if one is None else Cell(f"{one.difference:+.3f}", _near(one), strong=told)


def _near(one: Comparison) -> str:
    return "one run" if one.units < 2 else f"{one.interval.low:+.3f} to {one.interval.high:+.3f}"


def yardsticks(study: Study, order: Sequence[str]) -> Iterator[Section]:
    """How much of what could be had each strategy got, and what could be had in each setting."""
    arms = [name for name in order if name != RANDOM]
    rows = [[Cell(name), *_distances(study, name)] for name in arms] if RANDOM in order else []
    if rows:
        kept = [i for i in range(len(rows[0])) if any(row[i].text != "–" for row in rows)]
        columns = ["strategy", "deficiency", "way to the best order", "gain per 100 sought labels", "share sought"]
        lead = (
            "Deficiency: area left below the model of all labels, as a share of what random leaves; below 1 is better"
            " than random (Baram et al. 2004). Way to the best order: 0 is random, 1 the best order that a search found"
            " while it saw the test set, which no strategy can know. Where classes are sought: how much the score rose"
            " per 100 labels of them, and their share of the labels. Below each mean its interval over settings and"
            " seeds."
        )
        table = Table([columns[i] for i in kept], [[row[i] for i in kept] for row in rows])
        yield Section("Against what could be had", lead=lead, table=table)
    bounds = list(_bounds(study))
    if bounds:
        lead = "The score with all labels, and how much more area than random the best order has."
        yield Section("Yardsticks", lead=lead, table=Table(["setting", "all labels", "best order found"], bounds))


def _distances(study: Study, name: str) -> Iterator[Cell]:
    both = [one for one in study.settings if study.repeats(name, one).keys() & study.repeats(RANDOM, one).keys()]
    yield _mean_cell([study.deficiency(name, one) for one in both], "{:.2f}")
    yield _mean_cell([np.array([study.headroom(name, one)]) for one in both], "{:.2f}")
    sought = [one for one in both if study.varies(one, "foreground")]
    yield _mean_cell([100 * study.foreground_gains(name, one) for one in sought], "{:+.3f}")
    yield _mean_cell([study.foreground_share(name, one) for one in sought], "{:.0%}")


def _mean_cell(values: Sequence[FloatArray], form: str) -> Cell:
    """Mean over settings of the means over seeds, with its interval; a dash where nothing is known."""
    known = [one[np.isfinite(one)] for one in values]
    known = [one for one in known if one.size]
    if not known:
        return Cell("–")
    mean = float(np.mean([one.mean() for one in known]))
    if len(known) == 1 and known[0].size < 2:
        return Cell(form.format(mean), "one run")
    ends = spread(known)
    return Cell(form.format(mean), f"{form.format(ends.low)} to {form.format(ends.high)}")


def _bounds(study: Study) -> Iterator[list[Cell]]:
    names = [str(setting) for setting in study.settings]
    for setting in study.settings:
        if study.repeats(BOUND, setting) and study.repeats(RANDOM, setting):
            bound, chance = study.paired(BOUND, RANDOM, setting)
            gap = float(bound.area().mean() - chance.area().mean())
            yield [Cell(short(str(setting), names)), Cell(f"{study.full(setting):.3f}"), Cell(f"{gap:+.4f}")]


def failures(study: Study) -> Section | None:
    """What crashed, with its traceback."""
    if not study.failed:
        return None
    rows = [
        [
            Cell(one["dataset"]),
            Cell(one["learner"]),
            Cell(one["strategy"]),
            Cell(str(one["repeat"])),
            Cell(one["error"]),
        ]
        for one in study.failed
    ]
    traces: dict[str, list[str]] = {}
    for one in study.failed:
        traces.setdefault(str(one["traceback"]), []).append(
            f"{one['dataset']}, {one['learner']}, {one['strategy']}, repeat {one['repeat']}"
        )
    parts = [
        Section(f"Traceback of {where[0]}{f' and {len(where) - 1} more' if len(where) > 1 else ''}", code=text)
        for text, where in traces.items()
    ]
    lead = "These cells crashed; the rest is complete without them. The same command tries them again."
    columns = ["data set", "learner", "strategy", "repeat", "error"]
    return Section("Failed cells", lead=lead, table=Table(columns, rows), parts=parts)


def setup(study: Study, command: str | None) -> Section:
    """All that decides the numbers, what it took, and the command that does it again."""
    lines = study.cells.to_pylist()
    hours = sum(one["wall_seconds"] or 0.0 for one in lines) / 3600
    suite = study.suite
    facts = [
        ("data sets", "; ".join(_form(one, "name") for one in suite["datasets"])),
        ("strategies", "; ".join(_strategy(name, one) for name, one in suite["strategies"].items())),
        ("learners", "; ".join(_learner(name, form) for name, form in suite["learners"].items())),
        *((name, _plain(suite[name])) for name in ("batch", "initial", "budget", "seeds", "seed")),
        ("annotators", "; ".join(_form(one, "name") for one in suite["oracles"])),
        ("measures", _plain(suite["measures"]) or "all of the task"),
        ("test rows", _split(suite)),
        ("work", f"{hours:.2f} core hours; at most {max((one['peak_mb'] or 0 for one in lines), default=0):,.0f} MiB"),
        ("versions", _versions(lines)),
    ]
    return Section("How it was run", facts=facts, code=command or "")


def _split(suite: Any) -> str:
    share = f"{suite['test_share']:.0%} of the rows where the data has no test part"
    return f"drawn anew for every seed, {suite['test_share']:.0%}" if suite["split"] == "per_seed" else share


def _strategy(name: str, form: Any) -> str:
    said = _form(form)
    return name if said in (f"name {name}", f"pick {name}", f"score {name}, pick top") else f"{name} = {said}"


def _learner(name: str, form: str) -> str:
    plain = str(form).strip("'")
    return name if plain in (name, "None") else f"{name} = {plain}"


def _form(form: Any, first: str = "") -> str:
    """A table of settings as it is written, `first` in front."""
    if not isinstance(form, dict):
        return _plain(form)
    rest = {key: value for key, value in form.items() if key != first}
    said = ", ".join(f"{key} {_nested(value)}" for key, value in rest.items())
    return (f"{form[first]} ({said})" if said else str(form[first])) if first in form else said


def _nested(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["name"]) if set(value) == {"name"} else f"({_form(value, 'name')})"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        inner = [f"[{_plain(one)}]" if isinstance(one, list | tuple) else _plain(one) for one in value]
        return ", ".join(inner)
    return _form(value) if isinstance(value, dict) else str(value)


def _versions(lines: Sequence[dict[str, Any]]) -> str:
    found = next((one["versions"] for one in lines if one["versions"]), None)
    return "not recorded" if found is None else ", ".join(f"{name} {one}" for name, one in json.loads(found).items())
