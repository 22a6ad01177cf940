"""Named strategies: a list anyone can read. Every score and every pick is a strategy by its own name, too."""

from __future__ import annotations

from askwise.albl import albl
from askwise.auto import auto
from askwise.core import registry
from askwise.core.errors import BadInput, did_you_mean
from askwise.core.registry import Method
from askwise.strategy import Strategy
from askwise.tailor import tailor

NAMED: dict[str, tuple[Strategy, str]] = {
    "power_margin": (
        Strategy("margin", pick=registry.get("pick", "power").using(beta=16.0), name="power_margin"),
        "margin drawn without replacement, sharply: for pools that repeat themselves",
    ),
    "margin_k_means": (
        Strategy("margin", shortlist=1000, pick="k_means", name="margin_k_means"),
        "k-means inside the 1000 rows with the smallest margin (Zhdanov 2019)",
    ),
    "margin_k_center": (
        Strategy("margin", shortlist=1000, pick="k_center", name="margin_k_center"),
        "k-center inside the 1000 rows with the smallest margin",
    ),
    "epsilon_margin": (
        Strategy("margin", mix_random=0.1, name="epsilon_margin"),
        "margin, with a tenth of the batch at random: for labels that are noisy",
    ),
    "selective_margin": (
        Strategy("inverse_gap", pick="power", name="selective_margin"),
        "rows drawn by how near the boundary they are: for labels that are noisy (Cesa-Bianchi et al. 2006)",
    ),
    "guarded_margin": (
        Strategy("margin", pick="dimension_guard", name="guarded_margin"),
        "margin, half at random while labels are fewer than dimensions (Tifrea et al. 2023)",
    ),
    "balanced_margin": (
        Strategy("margin", pick="class_balancer", name="balanced_margin"),
        "smallest margin of the class with the fewest labels: for imbalanced pools (Schröder et al. 2023)",
    ),
    "margin_skip_tail": (
        Strategy("margin", pick=registry.get("pick", "skip_tail"), name="margin_skip_tail"),
        "margin without its most extreme 2 %: for pools with outliers (Gonsior et al. 2024)",
    ),
    "fass": (
        Strategy("entropy", shortlist=1000, pick="facility_location", name="fass"),
        "facility location inside the 1000 rows with the largest entropy (Wei, Iyer and Bilmes 2015, ICML)",
    ),
    "anchor_margin": (
        Strategy("margin", among="anchor_al", name="anchor_margin"),
        "margin near labelled rows of every class: for large pools with rare classes (Lesci and Vlachos 2024)",
    ),
    "seals_margin": (
        Strategy("margin", among="seals", name="seals_margin"),
        "margin among neighbours of labelled rows: for large pools with rare classes (Coleman et al. 2022)",
    ),
    "subset_margin": (
        Strategy("margin", among="random_subset", name="subset_margin"),
        "margin among 10,000 random rows: for large pools that repeat themselves, and dear inference",
    ),
    "partial_bald": (
        Strategy("bald", among="random_subset", name="partial_bald"),
        "BALD among 10,000 random rows: for committees whose inference is dear (Atighehchian et al. 2022, Baal)",
    ),
    "sampled_error_reduction": (
        Strategy(
            "refit_error_reduction",
            among=registry.get("among", "random_subset").using(size=200),
            name="sampled_error_reduction",
        ),
        "error reduction by refits for 200 random rows: for models that train in milliseconds (Roy and McCallum 2001)",
    ),
    "tyrogue": (
        Strategy("entropy", among="tyrogue", name="tyrogue"),
        "entropy among varied rows of a random sample: for low budgets and dear inference (Maekawa et al. 2022)",
    ),
}
"""Compositions with a name of their own, each with one line about it."""


def names() -> list[str]:
    """Every name that is a strategy by itself, without aliases: picks that rank by a score are none."""
    methods = [m for kind in ("policy", "score", "pick") for m in registry.methods(kind)]
    return sorted({*NAMED, *(m.name for m in methods if "scores" not in m.needs)})


def find(strategy: Strategy | Method | str) -> Strategy | Method:
    """A strategy value, or a policy that makes one from history. Raises BadInput with the nearest name.

    >>> find("margin").label, find("badge").label
    ('margin', 'badge')
    """
    if isinstance(strategy, Strategy):
        return strategy
    if isinstance(strategy, Method):
        return _wrap(strategy)
    if not isinstance(strategy, str):
        raise BadInput(f"{strategy!r} is no strategy; give a name, a Strategy, a score, a pick or a policy")
    if strategy in NAMED:
        return NAMED[strategy][0]
    for kind in ("policy", "score", "pick"):
        if registry.has(kind, strategy):
            return _wrap(registry.get(kind, strategy))
    raise BadInput(f"there is no strategy called {strategy!r}.{did_you_mean(strategy, names())}")


def _wrap(method: Method) -> Strategy | Method:
    if method.kind == "score":
        return Strategy(method)
    if method.kind == "pick":
        return Strategy(pick=method)
    if method.kind == "policy":
        return method
    raise BadInput(f"the {method.kind} {method.name!r} is no strategy; put it into Strategy(...)")


__all__ = ["NAMED", "albl", "auto", "find", "names", "tailor"]
