"""The small form of ActiveLab's published comparison: noisy annotators, label new or label again, against random."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from askwise import crowd

DATA = Path(os.environ.get("ASKWISE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


def out_of_sample(X, labels, labelled, fresh, seed):
    """Forest probabilities: of labelled rows by 5-fold cross-validation, of the others from all labelled ones."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.model_selection import KFold

    c = int(labels.max()) + 1
    out = np.zeros((len(X), c))

    def predict(train, rows):
        forest = ExtraTreesClassifier(60, random_state=seed, n_jobs=1).fit(X[train], labels[train])
        chance = np.zeros((len(rows), c))
        chance[:, forest.classes_] = forest.predict_proba(X[rows])
        return chance

    for train, held in KFold(5, shuffle=True, random_state=seed).split(labelled):
        out[labelled[held]] = predict(labelled[train], labelled[held])
    out[fresh] = predict(labelled, fresh)
    return out


def run(X, y, new_X, new_y, arm, seed, start=250, batch=70, rounds=12, diagonal=0.85):
    """Test accuracy after each round; every batch goes to one new annotator, drawn at most once a row."""
    from sklearn.ensemble import ExtraTreesClassifier

    rng = np.random.default_rng(seed)
    n, c = len(y), int(y.max()) + 1

    def answer(rows, who):
        skill = np.clip(diagonal + rng.normal(0, 0.08), 0.5, 1.0)
        wrong = (y[rows] + rng.integers(1, c, len(rows))) % c
        label = np.where(rng.random(len(rows)) < skill, y[rows], wrong)
        return {"item": rows, "annotator": np.full(len(rows), who), "label": label}

    said = answer(rng.permutation(n)[:start], 0)
    labels = np.zeros(n, dtype=int)
    found = []
    for step in range(rounds + 1):
        table = crowd.table(said, rows=n, classes=c)
        labelled = np.flatnonzero(table.answers_per_row > 0)
        labels[labelled] = crowd.majority(table)[labelled]
        probs = out_of_sample(X, labels, labelled, np.setdiff1d(np.arange(n), labelled), seed)
        consensus = crowd.crowdlab(table, probs)
        forest = ExtraTreesClassifier(60, random_state=seed, n_jobs=1).fit(X[labelled], consensus.labels[labelled])
        found.append((forest.predict(new_X) == new_y).mean())
        score = crowd.active_lab(table, probs) if arm == "active_lab" else rng.random(n)
        new = answer(np.argsort(-score, kind="stable")[:batch], step + 1)
        said = {name: np.concatenate([said[name], new[name]]) for name in said}
    return np.array(found)


@pytest.mark.slow
def test_active_lab_beats_random_at_the_end():
    """At least two points of test accuracy at the end, over three seeds, with the same consensus for both arms."""
    place = DATA / "tab_segmentation" / "features.npz"
    if not place.exists():
        pytest.skip(f"{place} is not here; set ASKWISE_DATA")
    held = np.load(place)
    X, y, test = held["X"], held["y"], held["test_mask"]
    parts = X[~test], y[~test], X[test], y[test]
    ends = {arm: np.mean([run(*parts, arm, seed)[-1] for seed in range(3)]) for arm in ("active_lab", "random")}
    assert ends["active_lab"] - ends["random"] >= 0.02, ends
