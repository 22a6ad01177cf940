"""cleanlab's active-learning scores, consensus and quality on given answers."""

import numpy as np
from cleanlab.internal.multiannotator_utils import find_best_temp_scaler
from cleanlab.multiannotator import (
    get_active_learning_scores,
    get_active_learning_scores_ensemble,
    get_label_quality_multiannotator,
)
from exchange import Given, main

HALF = 40
"""The first rows have answers, the others are unlabelled."""


def active_lab(given: Given) -> np.ndarray:
    probs = given["probs"]
    return np.concatenate(get_active_learning_scores(given["answers"][:HALF], probs[:HALF], probs[HALF:]))


def active_lab_ensemble(given: Given) -> np.ndarray:
    models = given["samples"][:, :3].swapaxes(0, 1)
    return np.concatenate(
        get_active_learning_scores_ensemble(given["answers"][:HALF], models[:, :HALF], models[:, HALF:])
    )


def _crowdlab(given: Given, column: str) -> np.ndarray:
    found = get_label_quality_multiannotator(given["answers"], given["probs"], calibrate_probs=True, verbose=False)
    return found["label_quality"][column].to_numpy()


CALLS = {
    "get_active_learning_scores": active_lab,
    "get_active_learning_scores_ensemble": active_lab_ensemble,
    "get_label_quality_multiannotator, label": lambda given: _crowdlab(given, "consensus_label"),
    "get_label_quality_multiannotator, quality": lambda given: _crowdlab(given, "consensus_quality_score"),
}


def changed() -> object:
    """Whether probabilities of unlabelled rows are what they were before the call."""
    rng = np.random.default_rng(0)
    models = rng.dirichlet(np.ones(3), size=(2, 60))
    answers = rng.integers(0, 3, (30, 2)).astype(float)
    given = models[:, 30:].copy()
    get_active_learning_scores_ensemble(answers, models[:, :30], given)
    return not np.array_equal(given, models[:, 30:])


def temperature() -> object:
    """Temperature fitted to 30 rows whose annotators all say 2 and whose model gives it .8: sharper is better."""
    answers = np.full((30, 3), 2.0)
    answers[:, 2] = np.nan
    return find_best_temp_scaler(answers, np.tile([0.1, 0.1, 0.8], (30, 1)))


BUGS = {"changed": changed, "temperature": temperature}

if __name__ == "__main__":
    main("cleanlab", CALLS, BUGS)
