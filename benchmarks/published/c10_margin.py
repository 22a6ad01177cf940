"""C10: is margin all you need? Tables, a perceptron and gradient boosting (Bahri, Jiang, Schuster and Rostamizadeh)."""

from __future__ import annotations

from c10 import by_block, joined, overall, run, short, some, tabular, unbeaten
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.neural_network import MLPClassifier

from askwise.lab.compare import compare
from askwise.lab.scores import Scores

SEVERAL = (
    "vehicle",
    "glass",
    "ecoli",
    "yeast",
    "waveform_40",
    "segmentation",
    "satimage",
    "pendigits",
    "mfeat_factors",
)
TWO = ("australian", "german", "tictactoe")
ROWS, SEEDS, FEWER = 2000, 8, 5
"""Splits of the perceptron, and of boosting."""

RIVALS = ("entropy", "least_confidence", "badge", "k_center", "power_margin")
SAME = ("entropy", "least_confidence")
"""With two classes these rank rows as margin does."""

PERCEPTRON = MLPClassifier((64,), solver="lbfgs", alpha=1e-2, max_iter=60)
BOOSTING = GradientBoostingClassifier(n_estimators=30, subsample=0.8, max_features="sqrt")
PROTOCOL = {"batch": 20, "initial": 20, "budget": 200, "split": "per_seed", "test_share": 0.4}
SMALL = {"glass": 110, "ecoli": 180}
"""Budgets of pools that are smaller."""


def areas(workers: int, name: str, learner: object, tables: tuple[str, ...], rivals: tuple[str, ...]) -> Scores:
    """Areas under the accuracy curves of one suite."""
    specs = []
    for one in tables:
        spec = tabular(one, ROWS)
        specs.append(spec if one not in SMALL else type(spec)(spec.name, spec.data, budget=SMALL[one]))
    strategies = ["margin", *rivals, "random"]
    seeds = SEEDS if learner is PERCEPTRON else FEWER
    suite = {"datasets": specs, "learners": {name: learner}, "strategies": strategies, "seeds": seeds, **PROTOCOL}
    kind = "two" if tables == TWO else "several"
    return short(run(f"margin-{name}-{kind}", workers, **suite).scores(), learner=True)


def section(workers: int) -> str:
    few = tuple(one for one in RIVALS if one not in SAME)
    parts = [
        areas(workers, "perceptron", PERCEPTRON, SEVERAL, RIVALS),
        areas(workers, "perceptron", PERCEPTRON, TWO, few),
        areas(workers, "boosting", BOOSTING, ("vehicle", "waveform_40"), RIVALS),
        areas(workers, "boosting", BOOSTING, TWO, few),
    ]
    scores = joined(parts)
    arms = (*RIVALS, "random")
    found = compare(scores, "margin", arms)
    tables = len(SEVERAL) + len(TWO)
    body = [
        "## Is margin all you need?",
        "Published (Bahri, Jiang, Schuster and Rostamizadeh 2022): on 69 tables with neural networks, margin matches or"
        " beats all other strategies, the newer ones included. Ours:"
        f" {tables} tables of at most {ROWS} rows with a perceptron of 64 units, five of them with gradient boosting"
        f" (30 trees) too; 20 random rows, then batches of 20 up to 200 labels (half of the pool at least for the two"
        f" smallest), 40% for testing, {SEEDS} splits ({FEWER} with boosting). Mean accuracy over the curve; with two"
        " classes entropy and least confidence are the same rule as margin and were not run.",
        by_block(scores, "margin", arms),
        overall(found),
        f"{unbeaten(found[:-1])} {learners(scores)}",
    ]
    return "\n\n".join(body)


def learners(scores: Scores) -> str:
    """The same, for each learner alone."""
    said = []
    for name in ("perceptron", "boosting"):
        part = some(scores, lambda block, name=name: block.endswith(name))
        found = compare(part, "margin", (*RIVALS, "random"))
        gain = found[-1]
        better = [f"{one.arm} on {one.blocks[0]}" for one in found[:-1] if one.blocks[0]]
        said.append(
            f"With {name} margin gains {-100 * gain.difference:.1f} points over random"
            f" ({-100 * gain.interval.high:.1f} to {-100 * gain.interval.low:.1f}); data sets on which a rival is"
            f" above margin clearly: {', '.join(better) or 'none'} (of {len(part.blocks)})."
        )
    return " ".join(said)
