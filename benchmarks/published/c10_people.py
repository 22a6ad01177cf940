"""C10: a few hundred labels by people against labels by a language model (human versus LLM, FreeAL)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from c10 import UNCLEAR
from c10_text import SEEDS, TEXTS, SoftSVC, study, texts
from figures import Figure, spread, table

from askwise.judge import Curve

ACCURACIES = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
PEOPLE = 525


def learned(job: tuple[str, float, int]) -> float:
    """Test accuracy of the model that learned the whole pool as a model of this accuracy had labelled it."""
    name, accuracy, seed = job
    data = texts(name).data
    X, labels = data.train.pool.take(np.arange(len(data.train.pool))), np.asarray(data.train.labels)
    rng, classes = np.random.default_rng([seed, 11]), np.unique(labels)
    wrong = rng.random(len(labels)) >= accuracy
    others = np.array(
        [rng.choice(classes[classes != one]) if bad else one for one, bad in zip(labels, wrong, strict=True)]
    )
    model = SoftSVC().fit(X, others)
    return float(model.score(data.test.pool.take(np.arange(len(data.test.pool))), np.asarray(data.test.labels)))


def section(workers: int) -> str:
    jobs = [(name, accuracy, seed) for name in TEXTS for accuracy in ACCURACIES for seed in range(SEEDS)]
    found = dict(zip(jobs, spread(learned, jobs, workers), strict=True))
    rows, won = [], dict.fromkeys(ACCURACIES, 0)
    for name in TEXTS:
        one = study(workers, name)
        curve = one.curve("margin", one.settings[0])
        people = Figure.of(curve.values[:, -1].tolist())
        taught = {a: Figure.of([found[name, a, seed] for seed in range(SEEDS)]) for a in ACCURACIES}
        for accuracy, student in taught.items():
            won[accuracy] += people.value - people.reach > max(accuracy, student.value)
        cells = (f"{100 * student.value:.1f} (from {crossing(curve, a)})" for a, student in taught.items())
        rows.append([name, f"{100 * people.value:.1f} ± {100 * people.reach:.1f}", *cells])
    return "\n\n".join(
        [
            "## People's labels against a language model's",
            "Published (Lu et al. 2023, human versus LLM; Xiao et al. 2023, FreeAL; four and eight text sets): a small"
            " model that learned a few hundred expert labels, chosen by active learning, beats the labels of GPT-3.5."
            " No language model is at hand here, so it is simulated: an annotator of a given accuracy, wrong at random."
            f" Ours: the SVM on TF-IDF from above, {PEOPLE} true labels by margin, against the model's own accuracy and"
            " against the same SVM that learned all of its labels for the whole pool; in brackets the true labels from"
            " which on the SVM is above the model's accuracy.",
            table(["data", f"{PEOPLE} labels by people", *(f"pool by a model of {a:.0%}" for a in ACCURACIES)], rows),
            judged(won),
        ]
    )


def crossing(curve: Curve, level: float) -> str:
    """Labels from which on the mean curve is above a level."""
    below = np.flatnonzero(curve.mean() < level)
    if not len(below):
        return f"{curve.labels[0]:.0f}"
    return f"{curve.labels[below[-1] + 1]:.0f}" if below[-1] + 1 < len(curve.labels) else f"more than {PEOPLE}"


def judged(won: Mapping[float, int]) -> str:
    """Up to which accuracy of the model people win, on both accounts."""
    said = ", ".join(f"{accuracy:.0%} on {count} of {len(TEXTS)}" for accuracy, count in won.items())
    return (
        f"{UNCLEAR} {PEOPLE} labels by people are clearly above a model's answers, and above the SVM that it taught,"
        f" for a model of accuracy {said}. Whether the statement holds hangs on how good the model is on the task,"
        f" which a simulation cannot say. {NOTE}"
    )


NOTE = (
    "What it does say: random errors in thousands of labels harm a linear SVM little, so that a model teaches one that"
    " is as good as itself or better; a language model's errors are not random, and would be learned."
)
