"""C10: pools with classes that nobody can label (BUAL, Bamboo, joint training on inliers and outliers)."""

from __future__ import annotations

import numpy as np
from c10 import FAILS, HOLDS, UNCLEAR, by_block, clear, joined, mean_gap, points, run, short
from figures import table
from sklearn.linear_model import LogisticRegression

from askwise.core.registry import score
from askwise.core.types import Array
from askwise.lab import Study
from askwise.lab.scores import Scores

SEEDS, BUDGET = 10, 300
OPENNESS = {"2 of 10": ["8", "9"], "5 of 10": ["5", "6", "7", "8", "9"], "7 of 10": ["3", "4", "5", "6", "7", "8", "9"]}
METHODS = ("known_margin", "joint_margin")
ARMS = (*METHODS, "margin", "entropy", "k_center", "random")


@score(cite="after Zong et al. 2024 (BUAL), ECCV: a head with one class more, for the rows that were refused")
def joint_margin(
    probs: Array, embeddings: Array, labelled_embeddings: Array, refused_embeddings: Array, labels: Array
) -> Array:
    """Doubt times the chance of being known by one logistic regression over known classes and one for refused rows."""
    gap = np.diff(np.sort(probs, axis=1)[:, -2:], axis=1)[:, 0]
    if not len(refused_embeddings) or not len(labels):
        return 1.0 - gap
    rows = np.concatenate([labelled_embeddings, refused_embeddings])
    told = np.concatenate([labels.astype(np.int64), np.full(len(refused_embeddings), -1)])
    head = LogisticRegression(max_iter=300).fit(rows, told)
    unknown = head.predict_proba(embeddings)[:, list(head.classes_).index(-1)]
    return (1.0 - gap) * (1.0 - unknown)


def study(workers: int, name: str) -> Study:
    """Digits of which some are unknown."""
    data = {"data": "digits", "name": f"digits {name} unknown", "unknown": OPENNESS[name]}
    given = {"datasets": [data], "learners": ["logistic"], "strategies": list(ARMS), "batch": 20, "initial": 20}
    return run(f"open-{name[0]}", workers, **given, budget=BUDGET, seeds=SEEDS, split="per_seed", test_share=0.4)


def answered(study: Study, strategy: str) -> np.ndarray:
    """Labels (r,) that the answers of each seed brought."""
    cells = study.repeats(strategy, study.settings[0])
    found: dict[str, int] = {}
    for line in study.picks.to_pylist():
        found[line["cell"]] = found.get(line["cell"], 0) + (line["label"] is not None)
    return np.array([found[cells[repeat]] for repeat in sorted(cells)], dtype=np.float64)


def section(workers: int) -> str:
    studies = {name: study(workers, name) for name in OPENNESS}
    # The lab compares over answers here, not labels: an answer that is no label costs as much.
    scores = joined(short(one.scores()) for one in studies.values())
    labels = {name: {arm: answered(one, arm) for arm in ARMS} for name, one in studies.items()}
    rows = [[f"digits {name} unknown", *(f"{found[arm].mean():.0f}" for arm in ARMS)] for name, found in labels.items()]
    return "\n\n".join(
        [
            "## Classes that nobody can label",
            "Published (BUAL: Zong et al. 2024; Bamboo: Zhang et al. 2022; joint training on inliers and outliers): in"
            " pools with rows of unknown classes, rules that model what is unknown are better than plain doubt and than"
            " chance, at every degree of openness. Ours: scikit-learn's digits, of which 2, 5 or 7 are unknown: their"
            " rows take an answer and bring no label. Logistic regression, 20 random rows, batches of 20 up to"
            f" {BUDGET} answers, {SEEDS} splits. `known_margin` is askwise's; `joint_margin` (in this benchmark alone)"
            " is what the papers amount to for a model without a network: one head with a class more for the refused"
            " rows, and doubt times the chance of being known. Area under the accuracy curve over answers:",
            by_block(scores, "random", ARMS[:-1]),
            table([f"labels from {BUDGET} answers", *ARMS], rows),
            " ".join(judged(scores, method) for method in METHODS),
        ]
    )


def judged(scores: Scores, method: str) -> str:
    """Whether an open-set rule is clearly above margin and above chance, on the mean of the three pools."""
    pairs = {other: scores.pairs(method, other) for other in ("margin", "random")}
    won = [clear(found) for found in pairs.values()]
    verdict = HOLDS if all(won) else FAILS if any(clear(found, -1) for found in pairs.values()) else UNCLEAR
    said = ", ".join(f"{points(*mean_gap(found))} against {other}" for other, found in pairs.items())
    return f"`{method}`: {verdict} Mean of the three pools, in points of area: {said}."
