"""Results of a suite made up by hand, for numbers that can be worked out on paper."""

from __future__ import annotations

from askwise.lab import Study
from askwise.lab.tables import table


def study(runs, budget=40, measures=("accuracy",), seeds=1, failed=()):
    """A study of one data set: ``runs`` maps (strategy, repeat) to rounds, each a dict, and to what was spent."""
    cells, rounds = [], []
    for (strategy, repeat), (lines, spent) in runs.items():
        name = f"{strategy} {repeat}"
        cells.append(_cell(name, strategy, repeat, measures) | {"status": "done", **spent})
        rounds += [{"cell": name, "round": i, "seconds": 1.0, **_paid(one)} for i, one in enumerate(lines)]
    for strategy, traceback in failed:
        lost = {"status": "failed", "error": traceback.splitlines()[-1], "traceback": traceback}
        cells.append(_cell(f"{strategy} lost", strategy, 0, measures) | lost)
    names = dict.fromkeys(strategy for strategy, _ in runs if strategy not in ("full data", "best order"))
    suite = {
        "name": "made up",
        "datasets": [{"name": "coins"}],
        "strategies": {name: {"pick": {"name": name}} for name in names},
        "learners": {"default": "None"},
        "batch": [10],
        "initial": ["0"],
        "oracles": [{"name": "clean"}],
        "budget": budget,
        "seeds": seeds,
        "seed": 0,
        "measures": list(measures),
        "split": "fixed",
        "test_share": 0.2,
    }
    return Study(table("cells", cells, suite), table("rounds", rounds, suite), table("picks", [], suite), suite)


def _cell(name, strategy, repeat, measures):
    role = {"random": "random", "full data": "full", "best order": "bound"}.get(strategy, "strategy")
    axes = {"dataset": "coins", "learner": "default", "batch": 10, "initial": "0", "oracle": "clean"}
    return {"cell": name, "strategy": strategy, "role": role, "repeat": repeat, "measure": measures[0], **axes}


def _paid(line):
    """A round whose answers all gave a label for 1, where it does not say otherwise."""
    return {"answers": line["labels"], "cost": line["labels"], "annotation_seconds": 0.0, **line}


def run(*points, spent=None, **more):
    """Rounds of (labels, answers, accuracy), and what was spent in the end."""
    lines = [{"labels": labels, "answers": answers, "accuracy": height, **more} for labels, answers, height in points]
    return lines, {"spent_answers": points[-1][1] if spent is None else spent, "wall_seconds": 1.0}
