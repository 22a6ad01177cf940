"""C10: breaking ties against entropy on texts (Schröder, Niekler and Potthast)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pyarrow.parquet as pq
from c10 import DATA, FAILS, HOLDS, UNCLEAR, by_block, clear, half, joined, mean_gap, points, run, short
from figures import table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from askwise.lab import DataSpec, Study, labelled
from askwise.lab.scores import Scores
from askwise.learner.response import softmax

TEXTS = ("trec6", "ag_news", "cr", "financial_phrasebank")
SEEDS, TEST = 10, 2000
PROTOCOL = {"batch": 25, "initial": 25, "budget": 525, "seeds": SEEDS}
SKIPPING = {
    f"{score}_skip_tail": {"score": score, "pick": "skip_tail", "name": f"{score}_skip_tail"}
    for score in ("margin", "entropy", "least_confidence")
}


class SoftSVC(LinearSVC):
    """A linear SVM whose probabilities are the softmax of its decision values, as they come."""

    def predict_proba(self, X: object) -> np.ndarray:
        """Probabilities (m, c), not calibrated."""
        values = self.decision_function(X)
        return softmax(np.stack([-values, values], axis=1) / 2 if values.ndim == 1 else values)


@cache
def texts(name: str) -> DataSpec:
    """Texts by TF-IDF of single words, with the test part of the data set."""
    names = json.loads((DATA / name / "meta.json").read_text("utf-8"))["label_names"]
    parts = [pq.read_table(DATA / name / f"{part}.parquet") for part in ("train", "test")]
    read, (y, truth) = [one["text"].to_pylist() for one in parts], [one["label"].to_numpy() for one in parts]
    kept = np.sort(np.random.default_rng(0).permutation(len(truth))[:TEST])
    encoder = TfidfVectorizer(sublinear_tf=True, min_df=2)
    X, held = encoder.fit_transform(read[0]), encoder.transform([read[1][i] for i in kept])
    label = np.array(names, dtype=object)
    return DataSpec(name, labelled(X, label[y], test=(held, label[truth[kept]])))


def study(workers: int, name: str) -> Study:
    """One data set: with two classes the three doubts are one rule, and only margin is run."""
    two = name == "cr"
    strategies = ["margin", SKIPPING["margin_skip_tail"], "random"]
    if not two:
        strategies += ["entropy", "least_confidence", *list(SKIPPING.values())[1:]]
    return run(
        f"text-{name}", workers, datasets=[texts(name)], learners={"SVM": SoftSVC()}, strategies=strategies, **PROTOCOL
    )


def areas(studies: Mapping[str, Study]) -> Scores:
    """Areas under the accuracy curves of all data sets."""
    return joined(short(one.scores()) for one in studies.values())


def ends(studies: Mapping[str, Study], arms: Sequence[str]) -> str:
    """A table of the accuracies at the end."""
    rows = []
    for name, one in studies.items():
        setting = one.settings[0]
        means = [one.curve(arm, setting).mean()[-1] if one.repeats(arm, setting) else None for arm in arms]
        rows.append([name, *("" if m is None else f"{100 * m:.1f}" for m in means), f"{100 * one.full(setting):.1f}"])
    return table(["accuracy at 525 labels", *arms, "all labels"], rows)


def section(workers: int) -> str:
    studies = {name: study(workers, name) for name in TEXTS}
    scores, arms = areas(studies), ("entropy", "least_confidence", "random")
    return "\n\n".join(
        [
            "## Uncertainty on texts: breaking ties against entropy",
            "Published (Schröder, Niekler and Potthast 2022; AG News, CR, MR, SUBJ and TREC with transformers, a"
            " convolutional network and an SVM): breaking ties, and other doubts, are better than prediction entropy,"
            " the usual baseline. Ours: TF-IDF of single words and scikit-learn's `LinearSVC`, whose probabilities are"
            " the softmax of its decision values; 25 random texts, 20 batches of 25; on three of the five sets and one"
            f" more (MR and SUBJ are not among our data sets), at most {TEST} test texts, {SEEDS} seeds. With the two"
            " classes of cr all doubts are one rule, so that it was run once.",
            by_block(scores, "margin", arms),
            ends(studies, ("margin", *arms)),
            judged(scores),
        ]
    )


def judged(scores: Scores) -> str:
    """The verdict: breaking ties above entropy on the mean of the data sets, and clearly below on none."""
    pairs = {arm: [one for one in scores.pairs(arm, "entropy") if one.size] for arm in ("margin", "least_confidence")}
    lost = any(-one.mean() > half(one) for one in pairs["margin"])
    verdict = FAILS if clear(pairs["margin"], -1) else HOLDS if clear(pairs["margin"]) and not lost else UNCLEAR
    said = [points(*mean_gap(found)) for found in pairs.values()]
    return (
        f"{verdict} On the mean of the three sets with several classes breaking ties is {said[0]} points of area above"
        f" entropy, and least confidence {said[1]}."
    )
