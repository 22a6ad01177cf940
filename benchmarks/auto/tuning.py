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


def candidate(name: str, few: int, later: Later, cover: int = 10, by: str = "typiclust") -> str:
    """Register a policy: the pick `by` until every class has `few` labels, at most `cover` a class; then `later`."""

    def decide(history: History) -> tuple[Strategy, str]:
        """A candidate for the default strategy."""
        embedded = reachable("embeddings", history.offers)
        if not reachable("probs", history.offers):
            return Strategy(pick=by) if embedded else Strategy("random"), "no model yet"
        if embedded and history.counts and history.rarest < few and history.labels < cover * len(history.counts):
            return Strategy(pick=by), "some class is hardly known"
        return later(history), "from then on"

    if not registry.has("policy", name):
        decide.__name__ = decide.__qualname__ = name
        registry.policy(cite="a candidate on the tuning half")(decide)
    return name


def _power(history: History) -> Strategy:
    return Strategy("margin", pick=registry.get("pick", "power").using(beta=16.0))


def _spread(history: History) -> Strategy:
    return Strategy("margin", shortlist=3 * history.batch, pick="k_means")


def _weighted(history: History) -> Strategy:
    return Strategy("margin", shortlist=10 * history.batch, pick="weighted_k_means")


def _in_turn(history: History) -> Strategy:
    return _power(history) if len(history.batches) % 2 else Strategy(pick=HERDING)


HERDING = "facility_location"

CANDIDATES = (
    candidate("t3_power", 3, _power),
    candidate("h3_km3", 3, _spread, by=HERDING),
    candidate("h3_power", 3, _power, by=HERDING),
    candidate("h1_power", 1, _power, by=HERDING),
    candidate("h1_km3", 1, _spread, by=HERDING),
    candidate("h3_alt", 3, _in_turn, by=HERDING),
    candidate("h3_wk10", 3, _weighted, by=HERDING),
)
"""t, h: typiclust or facility location until every class has 1 or 3 labels. km3: k-means among 3 n smallest margins;
power: margins drawn without replacement, sharply; alt: power and facility location in turn; wk10: k-means weighted by
doubt among 10 n. `auto` is t3_km3."""

SETS = (
    "digits", "iris", "pneumoniamnist", "tab_banana", "tab_clean1", "tab_diabetes", "tab_glass", "tab_heart",
    "tab_mammographic", "tab_satimage", "tab_sonar", "tab_splice", "tab_vehicle", "tab_wdbc", "tab_yeast",
)  # fmt: skip
"""Sets of the tuning half from no label on."""

TUNING: Mapping[str, Mapping[str, Any]] = {
    "rare": {
        "datasets": [
            {"name": "sms_spam 2 %", "data": "sms_spam", "keep": {"spam": 0.13}},
            {"data": "tab_page_blocks", "foreground": ["2", "3", "4", "5"]},
            {
                "name": "digits, 3 and 8 rare", "data": "digits", "keep": {"3": 0.05, "8": 0.05},
                "foreground": ["3", "8"],
            },
            {"name": "splice 3 %", "data": "tab_splice", "keep": {"1": 0.04}},
        ],
        "batch": 20, "initial": 20, "budget": 200, "seeds": 5, "measures": ["macro_f1", "balanced_accuracy"],
    },
    "wrong answers": {
        "datasets": ["tab_heart", "tab_wdbc", "tab_diabetes", "digits"],
        "oracles": [
            {"name": "30 % wrong", "noise": 0.3},
        ],
        "batch": 10, "initial": 20, "budget": 150, "seeds": 5, "measures": ["accuracy"],
    },
}  # fmt: skip


def suite(name: str) -> Suite:
    """One of the suites. Raises KeyError for another name, and AssertionError for a data set of the proving half."""
    given = TUNING[name]
    for one in given["datasets"]:
        assert half(one if isinstance(one, str) else one["data"]) == "tuning", one
    return Suite.of({"name": name, "strategies": [*strategies(), "random"], "bound": {"rows": 0}, **given})


def strategies() -> list[Any]:
    """What is compared on the tuning half, beside random rows."""
    return ["auto", "margin", *({"policy": one, "name": one} for one in CANDIDATES)]
