"""The page: for every data set a table of gains over random, per row asked and per second of an annotator."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from askwise.judge import difference
from askwise.judge.resample import ENOUGH
from askwise.lab import MEASURES, Setting, Study

HEAD = """# Spans and masks

Sequence tagging and semantic segmentation, simulated: real sessions against an annotator who answers with the true
spans or the true classes, and takes time for it. A row is not a unit of cost here: a long sentence with five names
takes longer than a short one with none. So each gain over random is given twice, per row asked and per second of the
annotator, as the mean difference of the area under the learning curve over the span that both have, with its 95 %
interval over {seeds} seeds. **Bold** is an interval that lies on one side of zero, without correction for how many of
them there are.

Level `{level}`. To run it again: `python -m benchmarks.parts --out parts.lab --level {level} --write
docs/results/parts.md`, or each suite by itself with its full report: `askwise lab run spans --level {level}`,
`askwise lab report spans-{level}.lab`.

{words}

## What the quick level says

- By the row, doubt summed over a sentence gains where every sentence is full of spans (chunking: `total_doubt`
  +0.026), and so does `most_parts`, which looks at no prediction at all (+0.025): the gain is length. By the second
  it is gone on chunking and a loss on CoNLL-2003; `most_parts` loses by the second on all three sets of texts.
- By the second, one gain over random on texts has its whole interval above zero: `auto` on CoNLL-2003. On the other
  two sets it points the same way and is not told from nothing with five seeds. No strategy is shown to be better
  than random both by the row and by the second on any set of texts.
- Mean doubt alone, `mnlp`, is worse than random by the row on CoNLL-2003. Varied rows among the doubtful ones are
  not, on any of the five sets. `auto` asked by `mnlp` until these very runs, and was changed for them: its lines
  here are what it was chosen by, not a proof on other data.
- On masks differences are thousandths. With ten pixels an image nothing is told from random, neither doubted images
  nor doubted pixels. CamVid's test drives differ from its training drives, and the forest reaches the end of what
  it can learn from them within some dozens of images, so there is little to gain by choosing. Pixels are far
  cheaper than masks: 80 images with ten pixels each take half an hour and come within a tenth of the score of 50
  whole masks, which take thirty hours.
"""

WORDS = {
    "spans": """## Texts with spans

A linear tagger (`SpanLearner`) learns from whole sentences. Time: 3 s a sentence, 0.25 s a word, 3 s a marked span,
times a log-normal factor: 240 words a minute is how fast people read, the other two numbers are assumptions. `doubt per
price` divides the doubt by the price of reading alone, for nobody knows beforehand how many spans there are. `auto`
asks varied sentences (k-means) among the 4 n with the largest `mnlp`.
""",
    "masks": """## Images with masks

A forest over filter responses (`PixelLearner`, with the place of a cell) learns from named pixels of street scenes: 10
an image (2 s each, an assumption), or all cells of its mask (79 s for each region, connected pixels of one class, which
is what COCO took for an object: Lin et al. 2014). The pixels of an image are chosen by doubt, but by chance for
`random`; `pixelpick` is images by chance with pixels by doubt (of whole masks nothing is chosen, so there it is random
itself). `auto` asks varied images among the 4 n with the largest `mnlp`, the mean doubt of their cells.
""",
}
"""What each suite is, above its tables."""


def page(studies: Mapping[str, Study], level: str) -> str:
    """The whole page as Markdown."""
    seeds = {int(study.suite["seeds"]) for study in studies.values()}
    parts = [HEAD.format(level=level, seeds=" or ".join(map(str, sorted(seeds))), words=verdict(studies))]
    for name, study in studies.items():
        parts.append(WORDS[name])
        parts += [table(study, setting) for setting in study.settings]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def table(study: Study, setting: Setting) -> str:
    """One data set: gains over random per row and per second, the score at the end, and what a row took."""
    measure = study.measure(setting)
    full, chance = study.full(setting), study.curve("random", setting)
    ended = chance.mean()[-1]
    lines = [
        f"### {setting.dataset}",
        "",
        f"{MEASURES[measure].title}: {full:.3f} with all {_rows(study, setting):,} rows of the pool, {ended:.3f} with"
        f" {chance.labels[-1]:.0f} random ones. Batches of {setting.batch}, {chance.repeats} seeds.",
        "",
        "| strategy | at the end | gain per row | gain per second | seconds a row | rows to random's end | seconds |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    names = [name for name in study.strategies if _compared(study, setting, name)]
    lines += [_line(study, setting, name) for name in sorted(names, key=lambda one: -_gain(study, setting, one)[0])]
    return "\n".join(lines)


def _compared(study: Study, setting: Setting, name: str) -> bool:
    """Whether the strategy and random have finished a seed in common."""
    return _seeds(study, setting, name) > 0


def _rows(study: Study, setting: Setting) -> int:
    return next(one["pool_rows"] for one in study.cells.to_pylist() if one["dataset"] == setting.dataset)


def _line(study: Study, setting: Setting, name: str) -> str:
    ended = study.curve(name, setting).mean()[-1]
    rows, spent = study.curve(name, setting).labels[-1], float(np.mean(_spent(study, setting, name)))
    gains = (
        ["–", "–"] if name == "random" else [_said(study, setting, name, over) for over in (None, "annotation_seconds")]
    )
    reach = [_reached(study, setting, name, over) for over in (None, "annotation_seconds")]
    return f"| `{name}` | {ended:.3f} | {gains[0]} | {gains[1]} | {spent / rows:.1f} | {reach[0]} | {reach[1]} |"


def _spent(study: Study, setting: Setting, name: str) -> list[float]:
    cells = set(study.repeats(name, setting).values())
    return [float(one["spent_seconds"]) for one in study.cells.to_pylist() if one["cell"] in cells]


def _gain(study: Study, setting: Setting, name: str, over: str | None = None) -> tuple[float, float, float]:
    """Mean difference in area against random, and its interval."""
    if name == "random":
        return 0.0, 0.0, 0.0
    arm, chance = study.paired(name, "random", setting, over=over)
    mean, spread = difference(arm.area(), chance.area())
    return mean, spread.low, spread.high


def _seeds(study: Study, setting: Setting, name: str) -> int:
    return len(study.repeats(name, setting).keys() & study.repeats("random", setting).keys())


def _sign(study: Study, setting: Setting, name: str, over: str | None) -> int:
    """1 where the interval lies above zero, -1 below, 0 around it, and where there are too few seeds for one."""
    _, low, high = _gain(study, setting, name, over)
    return 0 if _seeds(study, setting, name) < ENOUGH else int(low > 0) - int(high < 0)


def _said(study: Study, setting: Setting, name: str, over: str | None) -> str:
    mean, low, high = _gain(study, setting, name, over)
    seeds = _seeds(study, setting, name)
    if seeds < ENOUGH:
        return f"{mean:+.3f} (no interval: {seeds} of {study.suite['seeds']} seeds)"
    text = f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"
    return f"**{text}**" if _sign(study, setting, name, over) else text


def _reached(study: Study, setting: Setting, name: str, over: str | None) -> str:
    """Where the mean curve first reaches what random ends with; over seconds, on the span that both have."""
    pair = (name, "random") if name != "random" else ("random", "random")
    arm, chance = study.paired(*pair, setting, over=over)
    curve, level = np.maximum.accumulate(arm.mean()), float(chance.mean()[-1])
    if curve[-1] < level:
        return f"> {arm.labels[-1]:,.0f}"
    return f"{np.interp(level, curve, arm.labels):,.0f}"


def verdict(studies: Mapping[str, Study]) -> str:
    """In words: in how many data sets each strategy is better or worse than random, per row and per second."""
    lines = [
        "| strategy | data sets | per row: better, unclear, worse | per second: better, unclear, worse |",
        "|---|---:|---:|---:|",
    ]
    names = dict.fromkeys(name for study in studies.values() for name in study.strategies if name != "random")
    for name in names:
        counts = {over: [0, 0, 0] for over in (None, "annotation_seconds")}
        for study in studies.values():
            for setting in study.settings if name in study.strategies else ():
                if not _compared(study, setting, name):
                    continue
                for over, found in counts.items():
                    found[1 - _sign(study, setting, name, over)] += 1
        sets = sum(counts[None])
        row, second = (", ".join(map(str, found)) for found in counts.values())
        lines.append(f"| `{name}` | {sets} | {row} | {second} |")
    return "\n".join(lines)
