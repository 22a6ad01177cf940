"""`albl`: a bandit over strategies, which are worth the accuracy that their rows bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import reachable
from askwise.core.history import Batch, History
from askwise.core.registry import policy
from askwise.core.types import FloatArray
from askwise.strategy import Mixture, Strategy

_HORIZON = 1000
"""Answers that a session without a budget is thought to have."""


@policy(
    cite="Hsu and Lin 2015, Active Learning by Learning, AAAI, algorithm 1; Beygelzimer et al. 2011, Contextual Bandit"
    " Algorithms with Supervised Learning Guarantees, AISTATS, algorithm 1 (Exp4.P)",
    aliases=("active_learning_by_learning",),
)
def albl(
    history: History, *, candidates: Sequence[str] = ("margin", "typiclust", "random"), delta: float = 0.1
) -> tuple[Strategy, str]:
    """A mixture of strategies whose weights grow with the accuracy that followed their rows.

    Exp4.P with one expert for each candidate: shares (1 - K p) w_k / sum w + p with p = sqrt(ln K / (K T)), at most 1 /
    K, T the budget of answers (1000 without one). After a batch w_k is multiplied by exp(p / 2 (y_k + v_k sqrt(ln(K /
    delta) / (K T)))), y_k = sum r / q and v_k = sum 1 / q over the rows that candidate k had next, q being the chance
    that the row was drawn. The reward r is the accuracy of the first model after the batch on all rows that mixtures
    drew, weighted by 1 / q: unbiased but for their sum, by which it is divided (the paper divides by their number).
    Candidates whose evidence is not on offer wait. Shines when nobody knows which strategy suits, and budgets are long.
    Fails in short sessions: accuracies differ little, and the mixture stays even; and it trusts training labels.

    Raises BadInput without candidates, for one that is a policy itself, and for a delta outside (0, 1).

    >>> offers = frozenset({"probs", "noise"})
    >>> albl(History(rows=99, batch=9, offers=offers), candidates=("margin", "random"))[0].shares
    (0.5, 0.5)
    """
    if not candidates or not 0 < delta < 1:
        raise BadInput(f"albl: candidates={candidates!r} and delta={delta}; give some names, and a delta in (0, 1)")
    known = [_strategy(name) for name in candidates]
    ready = [i for i, one in enumerate(known) if all(reachable(name, history.offers) for name in one.wants())]
    if not ready:
        return Strategy("random"), "no candidate has its evidence yet: draw at random"
    horizon = history.budget.get("answers") or _HORIZON
    shares = exp4p(history, [one.label for one in known], float(horizon), delta)[ready]
    mixture = Mixture(members=tuple((known[i], share) for i, share in zip(ready, shares.tolist(), strict=True)))
    said = ", ".join(f"{one.label} {share:.2f}" for one, share in mixture.members)
    return mixture, f"shares after {len(rewards(history))} judged batches: {said}"


def _strategy(name: str) -> Strategy:
    from askwise.catalogue import find

    found = find(name)
    if not isinstance(found, Strategy):
        raise BadInput(f"albl: the candidate {name!r} is a policy itself; give strategies, such as 'margin'")
    return found


def rewards(history: History) -> list[tuple[Batch, float]]:
    """Batches of mixtures with the weighted accuracy of the first model after them, where there is one."""
    measured: Mapping[int, float] = {
        one.number: float(one.measures["weighted_accuracy"])
        for one in history.rounds
        if "weighted_accuracy" in one.measures
    }
    judged = (batch for batch in history.batches if batch.shares and batch.model + 1 in measured)
    return [(batch, measured[batch.model + 1]) for batch in judged]


def exp4p(history: History, labels: Sequence[str], horizon: float, delta: float) -> FloatArray:
    """Shares (k,) of the strategies after all judged batches.

    >>> exp4p(History(9, 1), ["a", "b"], 100.0, 0.1)
    array([0.5, 0.5])
    """
    k = len(labels)
    least = min(1.0 / k, float(np.sqrt(np.log(max(k, 2)) / (k * horizon))))
    wide = float(np.sqrt(np.log(max(k, 2) / delta) / (k * horizon)))
    log_weights = np.zeros(k)
    for batch, reward in rewards(history):
        for by, share in zip(batch.by, batch.shares, strict=True):
            had = np.array([label in by for label in labels])
            log_weights += had * least / 2 * (reward + wide) / share
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray((1 - k * least) * weights / weights.sum() + least)
