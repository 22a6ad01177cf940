"""The evidence vocabulary: everything that a method may look at, by name, and what can be derived from what.

The list is closed. A new name needs two users and a line in docs/explanation/decisions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from askwise.core.arrays import namespace, take
from askwise.core.errors import MissingEvidence, did_you_mean
from askwise.core.types import Array, BoolArray

Per = Literal["row", "labelled", "whole"]


@dataclass(frozen=True)
class Spec:
    """One name of the vocabulary: its shape, what it is one of (row, labelled row, whole pool) and its meaning."""

    name: str
    shape: str
    per: Per
    meaning: str
    supplied_by: str = "pass it to select(), or use a learner that provides it"


_MODEL = "use a classifier with predict_proba"
_COMMITTEE = "use a committee: a forest, a list of estimators, or a torch module with dropout"
_REGRESSOR = "use a regressor that gives a standard deviation, a forest, or a list of regressors"
_ENCODER = "use a pool of numbers, or a learner with an encoder (the text, table and image defaults have one)"
_MULTILABEL = "pass it to select(); a binary classifier for each label gives it"
_COLUMN = "name a column of the pool"
_PRICES = "pass it to select(), or give a session costs="
_SPECS = [
    Spec("probs", "(m, c)", "row", "class probabilities; rows sum to one", _MODEL),
    Spec("samples", "(m, k, c)", "row", "class probabilities under k draws of the model", _COMMITTEE),
    Spec("mean", "(m,)", "row", "predicted mean of a regression", _REGRESSOR),
    Spec("std", "(m,)", "row", "predicted standard deviation of a regression", _REGRESSOR),
    Spec("draws", "(m, k)", "row", "k draws of a regression's prediction", _REGRESSOR),
    Spec("embeddings", "(m, d)", "row", "feature vector of the row", _ENCODER),
    Spec(
        "head_grads",
        "(probs, embeddings)",
        "row",
        "gradient of the last layer, factorised and never formed",
    ),
    Spec("votes", "(m, k)", "row", "class index that each of k committee members votes for", _COMMITTEE),
    Spec(
        "logits",
        "(m, c)",
        "row",
        "unnormalised score of each class: logits of a softmax, decision values of an SVM",
        "use a linear classifier, or pass it to select()",
    ),
    Spec(
        "class_counts",
        "(m, c)",
        "row",
        "how many labelled rows of each class lie near, weighted by a kernel",
        _ENCODER,
    ),
    Spec("marginals", "(m, q)", "row", "probability of each of q labels that a row may bear together", _MULTILABEL),
    Spec("marginal_draws", "(m, k, q)", "row", "marginals under k draws of the model", _MULTILABEL),
    Spec("previous_probs", "(m, c)", "row", "class probabilities under the model of the round before"),
    Spec("dynamics", "(m, e, c)", "row", "class probabilities over e training epochs"),
    Spec(
        "answer_sums",
        "(m, c)",
        "row",
        "summed weight of the answers that the row has so far, by class; zeros for a row without",
        "pass crowd.crowdlab(...).sums to select(), or open the session with relabel=3",
    ),
    Spec("neighbours", "(m, k)", "row", "pool positions of the k nearest rows", _ENCODER),
    Spec("density", "(m,)", "row", "how many rows lie near", _ENCODER),
    Spec("cluster", "(m,)", "row", "index of the row's cluster", _ENCODER),
    Spec("units", "flat + offsets", "row", "values of tokens, pixels, boxes or steps inside a row"),
    Spec(
        "part_doubt",
        "(m,)",
        "row",
        "how unsure the model is of the parts of a row, such as its words: the mean of -log p of the likeliest answer",
        "use a learner of parts, such as learner.SpanLearner",
    ),
    Spec(
        "part_count",
        "(m,)",
        "row",
        "how many parts a row has: words of a text, cells of an image",
        "use a learner of parts, such as learner.SpanLearner",
    ),
    Spec("costs", "(m,)", "row", "what it costs to label the row", _PRICES),
    Spec("groups", "(m,)", "row", "group of the row: patient, document, site", _COLUMN),
    Spec("source", "(m,)", "row", "where the row comes from", _COLUMN),
    Spec(
        "scores",
        "(m,)",
        "row",
        "value of the strategy's score; higher = ask sooner",
        "give the strategy a score",
    ),
    Spec("noise", "(m,)", "row", "uniform noise in (0, 1), keyed by seed and row id: always on offer"),
    Spec("labelled_embeddings", "(l, d)", "labelled", "embeddings of the labelled rows", _ENCODER),
    Spec("labelled_probs", "(l, c)", "labelled", "probabilities of the labelled rows", _MODEL),
    Spec("labelled_marginals", "(l, q)", "labelled", "marginals of the labelled rows", _MULTILABEL),
    Spec("labelled_dynamics", "(l, e, c)", "labelled", "class probabilities of the labelled rows over e epochs"),
    Spec(
        "refused_embeddings",
        "(r, d)",
        "whole",
        "embeddings of rows that were asked and got no label",
        "a session gives it, of no row as long as none was refused; pass it to select()",
    ),
    Spec("label_sets", "(l, q)", "labelled", "0 or 1: which of q labels each labelled row bears"),
    Spec("labels", "(l,)", "labelled", "class index or value of the labelled rows"),
    Spec("target_samples", "(t, k, c)", "whole", "samples of rows that stand for the whole pool", _COMMITTEE),
    Spec("target_embeddings", "(t, d)", "whole", "embeddings of rows that stand for the whole pool", _ENCODER),
    Spec("answers", "item, annotator, label, seconds", "whole", "every answer, as a long table"),
    Spec(
        "trust",
        "likelihood, models, annotator, temperatures",
        "whole",
        "how far annotators and models are to be believed",
        "pass crowd.crowdlab(...).trust to select(), or open the session with relabel=3",
    ),
    Spec("skill", "(a, c, c)", "whole", "confusion matrix of each annotator"),
    Spec("price", "(a,)", "whole", "price of one answer of each annotator"),
    Spec("load", "(a,)", "whole", "open queries of each annotator"),
    Spec("head", "weights (d, c), bias (c,)", "whole", "the linear last layer", "use a linear classifier"),
    Spec(
        "what_if",
        "function",
        "whole",
        "what_if(rows, labels) -> (t, c): probabilities of the target rows once these embeddings have these labels",
        "use a scikit-learn classifier on a pool of numbers, or pass a function to select()",
    ),
    Spec("history", "table", "whole", "past rounds: round, arm, row, label"),
    Spec("class_embeddings", "(c, d)", "whole", "feature vector of each class name"),
]

VOCABULARY: Mapping[str, Spec] = {spec.name: spec for spec in _SPECS}

Rule = tuple[tuple[str, ...], Callable[..., Array]]


def _class_counts(probs: Array, embeddings: Array, labelled_embeddings: Array, labels: Array) -> Array:
    from askwise.kernels.parzen import class_counts

    return class_counts(embeddings, labelled_embeddings, labels, int(probs.shape[1]))


DERIVED: Mapping[str, Rule] = {
    "probs": (("samples",), lambda samples: namespace(samples).mean(samples, axis=1)),
    "votes": (("samples",), lambda samples: namespace(samples).argmax(samples, axis=-1)),
    "marginals": (("marginal_draws",), lambda marginal_draws: namespace(marginal_draws).mean(marginal_draws, axis=1)),
    "mean": (("draws",), lambda draws: namespace(draws).mean(draws, axis=1)),
    "std": (("draws",), lambda draws: namespace(draws).std(draws, axis=1)),
    "head_grads": (("probs", "embeddings"), lambda probs, embeddings: (probs, embeddings)),
    "logits": (("embeddings", "head"), lambda embeddings, head: embeddings @ head.weights + head.bias),
    "class_counts": (("probs", "embeddings", "labelled_embeddings", "labels"), _class_counts),
}
"""Row evidence that is computed from other row evidence, chunk by chunk."""


def check_name(name: str, where: str) -> None:
    """Raise MissingEvidence when a method's positional parameter is no evidence at all."""
    if name not in VOCABULARY:
        raise MissingEvidence(
            f"{where} has the positional parameter {name!r}, which is no evidence.{did_you_mean(name, VOCABULARY)}"
            " Evidence is positional; settings are keyword-only (put them after a *)."
        )


@dataclass(frozen=True)
class Plan:
    """What to ask the source for, and what to derive from it, in order."""

    ask: frozenset[str]
    derive: tuple[str, ...]

    def complete(self, given: dict[str, Array]) -> dict[str, Array]:
        """The evidence asked for together with all that is derived from it."""
        for name in self.derive:
            sources, rule = DERIVED[name]
            given[name] = rule(*(given[source] for source in sources))
        return given


def plan(wants: Mapping[str, str], offers: Iterable[str]) -> Plan:
    """Which evidence to ask for so that every want is met; `wants` maps evidence to the method that wants it.

    Raises MissingEvidence before any work, saying who wanted what, what is on offer, and what would supply it.
    """
    offered = frozenset(offers)
    ask: set[str] = set()
    derive: list[str] = []

    def resolve(name: str, who: str) -> None:
        if name in offered:
            ask.add(name)
            return
        if name in derive:
            return
        if name not in DERIVED or not reachable(name, offered):
            raise MissingEvidence(_missing(name, who, offered))
        for source in DERIVED[name][0]:
            resolve(source, who)
        derive.append(name)

    for name, who in wants.items():
        resolve(name, who)
    return Plan(frozenset(ask), tuple(derive))


def reachable(name: str, offers: Iterable[str]) -> bool:
    """Whether the evidence is on offer, or can be derived from what is.

    >>> reachable("probs", {"samples"}), reachable("embeddings", {"samples"})
    (True, False)
    """
    offered = frozenset(offers)
    if name in offered:
        return True
    return name in DERIVED and all(reachable(source, offered) for source in DERIVED[name][0])


def _missing(name: str, who: str, offered: frozenset[str]) -> str:
    spec = VOCABULARY[name]
    on_offer = ", ".join(sorted(offered - {"noise", "scores"})) or "nothing"
    return f"{who} needs {name!r} {spec.shape}: {spec.meaning}. On offer: {on_offer}. To supply it: {spec.supplied_by}."


@dataclass(frozen=True)
class Taken:
    """Evidence of rows already labelled or pending, by name; `pending` (t,) marks those still out."""

    evidence: Mapping[str, Array] = field(default_factory=dict)
    pending: BoolArray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.pending)

    def get(self, name: str) -> Array | None:
        """Evidence of the taken rows, or None when there are none."""
        return self.evidence.get(name) if len(self) else None

    def only_pending(self) -> Taken:
        """The rows whose answers are still out: the earlier part of the same batch, so to speak."""
        out = np.flatnonzero(self.pending)
        return Taken({name: take(value, out) for name, value in self.evidence.items()}, self.pending[out])

    def __iter__(self) -> Iterator[str]:
        return iter(self.evidence)
