"""`auto`: the default strategy, as a function of history that anyone can read."""

from __future__ import annotations

from askwise.core.evidence import reachable
from askwise.core.history import History
from askwise.core.registry import policy
from askwise.strategy import Strategy


@policy(
    cite="Hacohen, Dekel and Weinshall 2022, Active Learning on a Budget, ICML: low and high budgets want opposites"
)
def auto(history: History, *, few: int = 3, cover: int = 5, wide: int = 5) -> tuple[Strategy, str]:
    """Cover the pool, then be typical until every class has been seen, then uncertainty with diversity.

    With no labels: the rows nearest to k-means centres. Until every class has `few` labels, but no longer than `cover`
    labels a class on average: the most typical row of clusters without labels. From then on: k-means inside
    the `wide` * n rows with the smallest margin. Without embeddings: random first, then margin. Stateless: it reads
    history and returns a Strategy with the reason, which the session logs.

    >>> auto(History(rows=100, batch=10, counts=(0, 0), offers=frozenset({"embeddings"})))[0].label
    'k_means'
    """
    embedded = reachable("embeddings", history.offers)
    fitted = reachable("probs", history.offers)
    if history.labels == 0 and embedded and not fitted:
        return Strategy(pick="k_means"), "no labels yet: cover the pool"
    if not fitted:
        return Strategy("random"), "no model and no embeddings to go by: draw at random"
    enough = cover * max(len(history.counts), 2)
    if history.counts and history.rarest < few and history.labels < enough and embedded:
        return Strategy(pick="typiclust"), (
            f"{history.classes_seen} of {len(history.counts)} classes seen, the rarest {history.rarest} time(s),"
            f" with {history.labels} labels: typical rows of uncovered clusters"
        )
    if not embedded or history.batch == 1:
        return Strategy("margin"), f"{history.labels} labels: smallest margin"
    return (
        Strategy("margin", shortlist=wide * history.batch, pick="k_means"),
        f"{history.labels} labels: diverse rows among the {wide * history.batch} with the smallest margin",
    )
