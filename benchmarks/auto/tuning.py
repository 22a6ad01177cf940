"""What was tried for `auto` on the tuning half: when to stop covering the pool, and how to choose from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.auto.halves import half

from askwise.core import registry
from askwise.core.evidence import reachable
from askwise.core.history import History
from askwise.lab import Suite
from askwise.strategy import Strategy

Later = Callable[[History], Strategy]


def candidate(name: str, few: int, later: Later, cover: int = 10) -> str:
    """Register a policy: typiclust until every class has `few` labels, at most `cover` a class; then `later`."""

    def decide(history: History) -> tuple[Strategy, str]:
        """A candidate for the default strategy."""
        embedded = reachable("embeddings", history.offers)
        if not reachable("probs", history.offers):
            return Strategy(pick="typiclust") if embedded else Strategy("random"), "no model yet"
        if embedded and history.counts and history.rarest < few and history.labels < cover * len(history.counts):
            return Strategy(pick="typiclust"), "some class is hardly known"
        return later(history), "from then on"

    if not registry.has("policy", name):
        decide.__name__ = decide.__qualname__ = name
        registry.policy(cite="a candidate on the tuning half")(decide)
    return name


def _power(history: History) -> Strategy:
    return Strategy("margin", pick=registry.get("pick", "power").using(beta=16.0))


def _spread(history: History) -> Strategy:
    return Strategy("margin", shortlist=3 * history.batch, pick="k_means")


CANDIDATES = (
    candidate("t1_km3", 1, _spread),
    candidate("t3_power", 3, _power),
    candidate("t1_margin", 1, lambda history: Strategy("margin")),
)
"""t1, t3: typiclust until every class has 1 or 3 labels. km3: k-means among the 3 n smallest margins, as `auto` does
after t3; power: margins drawn without replacement, sharply; margin: the smallest."""

SINGLE = ("auto", "margin", "badge", "typiclust", "power_margin", "margin_k_means")

TUNING: Mapping[str, Mapping[str, Any]] = {
    "low": {
        "datasets": [
            "digits", "tab_vehicle", "tab_ecoli", "tab_heart", {"data": "ag_news", "rows": 3000, "test_rows": 1500},
            "iris", {"data": "pneumoniamnist", "rows": 2000},
        ],
        "batch": 5, "initial": 0, "budget": 60, "seeds": 5, "measures": ["accuracy", "macro_f1"],
    },
    "tab2": {
        "datasets": [
            "tab_banana", "tab_clean1", "tab_diabetes", "tab_heart", "tab_mammographic", "tab_sonar", "tab_splice",
            "tab_wdbc", {"data": "tab_adult", "rows": 2000, "test_rows": 1500},
        ],
        "batch": 5, "initial": 10, "budget": 100, "split": "per_seed", "test_share": 0.4, "seeds": 6,
        "measures": ["accuracy", "balanced_accuracy"], "learners": ["logistic"],
    },
    "tabm": {
        "datasets": [
            "tab_ecoli", "tab_glass", {"data": "iris", "budget": 60}, "tab_vehicle", "tab_yeast",
            {"data": "tab_satimage", "rows": 2000},
        ],
        "batch": 10, "initial": 20, "budget": 100, "split": "per_seed", "test_share": 0.4, "seeds": 4,
        "measures": ["accuracy", "macro_f1"], "learners": ["logistic"],
    },
    "text": {
        "datasets": [{"data": "ag_news", "rows": 3000, "test_rows": 1500}, "cr"],
        "batch": 25, "initial": 25, "budget": 200, "seeds": 3, "measures": ["accuracy", "macro_f1"],
    },
    "image": {
        "datasets": ["digits", {"data": "pneumoniamnist", "rows": 1500}],
        "batch": 20, "initial": 20, "budget": 200, "seeds": 4, "measures": ["accuracy", "macro_f1"],
    },
    "imb": {
        "datasets": [
            {"name": "sms_spam 2 %", "data": "sms_spam", "keep": {"spam": 0.13}},
            {"data": "tab_page_blocks", "foreground": ["2", "3", "4", "5"]},
            {
                "name": "digits, 3 and 8 rare", "data": "digits", "keep": {"3": 0.05, "8": 0.05},
                "foreground": ["3", "8"],
            },
            {"name": "splice 3 %", "data": "tab_splice", "keep": {"1": 0.04}},
        ],
        "batch": 20, "initial": 20, "budget": 200, "seeds": 3, "measures": ["macro_f1", "balanced_accuracy"],
    },
}  # fmt: skip


def suite(name: str) -> Suite:
    """One of the suites. Raises KeyError for another name, and AssertionError for a data set of the proving half."""
    given = TUNING[name]
    for one in given["datasets"]:
        assert half(one if isinstance(one, str) else one["data"]) == "tuning", one
    strategies = [*SINGLE, *({"policy": one, "name": one} for one in CANDIDATES), "random"]
    return Suite.of({"name": name, "strategies": strategies, "bound": {"rows": 0}, **given})
