"""When each stopping rule would have stopped real sessions, and what that would have given up and saved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from benchmarks.judge.runs import Run

from askwise.core.history import History, Round
from askwise.session.past import stops


def past_of(run: Run) -> list[History]:
    """The histories that a rule saw, a model at a time."""
    rounds = [Round(**one) for one in run.rounds]
    outcomes = [(n, bool(right)) for n, right in run.outcomes]
    return [
        History(
            rows=4000,
            batch=0,
            rounds=tuple(rounds[: i + 1]),
            spent={"answers": one.labels, "seconds": 0.0},
            outcomes=tuple(seen for seen in outcomes if seen[0] < one.labels),
        )
        for i, one in enumerate(rounds)
    ]


def section(runs: Sequence[Run]) -> str:
    """The page's tables: over all sessions, and stops by data set."""
    found: dict[str, list[tuple[Run, int | None, float, float]]] = {}
    for run in runs:
        labels, values = np.array(run.curve, dtype=np.float64).T
        for one in stops(past_of(run)):
            there = float(np.interp(one.labels, labels, values)) if one.labels is not None else float(values[-1])
            saved = 0.0 if one.labels is None else 1 - one.labels / labels[-1]
            found.setdefault(one.rule, []).append((run, one.labels, float(values[-1]) - there, saved))
    lines = [
        "| rule | stopped | labels saved where it stopped | accuracy given up (median) | 90th percentile | most |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rule in sorted(found, key=lambda rule: -sum(labels is not None for _, labels, _, _ in found[rule])):
        stopped = [(lost, saved) for _, labels, lost, saved in found[rule] if labels is not None]
        share = f"{len(stopped)} of {len(found[rule])}"
        if not stopped:
            lines.append(f"| `{rule}` | {share} | – | – | – | – |")
            continue
        lost, saved = np.array(stopped).T
        middle, high, most = np.quantile(lost, [0.5, 0.9, 1.0])
        lines.append(f"| `{rule}` | {share} | {saved.mean():.0%} | {middle:+.3f} | {high:+.3f} | {most:+.3f} |")
    return "## All sessions\n\n" + "\n".join(lines) + "\n\n" + _by_data(runs, found)


def _by_data(runs: Sequence[Run], found: dict[str, list[tuple[Run, int | None, float, float]]]) -> str:
    """Median labels at the stop, by data set; a dash where fewer than half of the sessions were stopped."""
    rules = [rule for rule in found if any(labels is not None for _, labels, _, _ in found[rule])]
    lines = ["## Labels at the stop, budget of 400", "", "Median over the sessions with batches of 25; – where"]
    lines[-1] += " fewer than half were stopped."
    lines += ["", "| data | at the end | " + " | ".join(f"`{rule}`" for rule in rules) + " |"]
    lines.append("| --- | ---: |" + " ---: |" * len(rules))
    for data in dict.fromkeys(run.plan.data for run in runs):
        mine = [run for run in runs if run.plan.data == data and run.plan.batch == 25]
        cells = [f"{np.median([run.curve[-1][1] for run in mine]):.3f}"]
        for rule in rules:
            at = [
                np.inf if labels is None else labels
                for run, labels, _, _ in found[rule]
                if run.plan.data == data and run.plan.batch == 25
            ]
            middle = float(np.quantile(at, 0.5, method="higher"))
            cells.append(f"{middle:.0f}" if np.isfinite(middle) else "–")
        lines.append(f"| {data} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
