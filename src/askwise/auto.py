"""`auto`: the default strategy, as a function of history that anyone can read."""

from __future__ import annotations

from askwise.core.evidence import reachable
from askwise.core.history import History
from askwise.core.registry import get, policy
from askwise.strategy import Strategy


@policy(
    cite="Hacohen, Dekel and Weinshall 2022, Active Learning on a Budget, ICML: low and high budgets want opposites"
)
def auto(
    history: History, *, few: int = 3, cover: int = 10, wide: int = 3, open_from: float = 0.1
) -> tuple[Strategy, str]:
    """Typical rows of uncovered clusters first, then diverse rows among the most uncertain.

    With no labels, and then until every class has `few` labels but no longer than `cover` labels a class on average:
    the most typical row of each cluster that holds no label. From then on: k-means inside the `wide` * n rows with the
    smallest margin; where a share of `open_from` or more of the rows asked could not be labelled, with the largest
    `known_margin`, which keeps away from rows like those. Where rows may be answered by several annotators
    (`relabel`): ActiveLab, which weighs another answer against a new row. Without embeddings: random until there is a
    model, then margin. For numbers, once there is a model: LCMD over embeddings, else the largest predictive
    deviation; for words of a text and cells of an image, diverse rows among those with the largest mean doubt.
    Stateless: it reads history and returns a Strategy with the reason, which the session logs. Shines as a default.
    Fails where labels are noise: then nothing beats random, and the control arm says so. Where the comparison with
    random says that the control arm does better, it draws at random for a while.

    >>> auto(History(rows=100, batch=10, counts=(0, 0), offers=frozenset({"embeddings"})))[0].label
    'typiclust'
    """
    if accused(history):
        return Strategy("random"), f"{history.labels} labels: the control arm does better: draw at random for a while"
    embedded = reachable("embeddings", history.offers)
    if reachable("mean", history.offers) and not reachable("probs", history.offers):
        return _of_numbers(history, embedded)
    if reachable("part_doubt", history.offers) and not reachable("probs", history.offers):
        return _of_parts(history)
    fitted = reachable("probs", history.offers)
    if not fitted and not embedded:
        return Strategy("random"), "no model and no embeddings to go by: draw at random"
    if not fitted:
        return Strategy(pick="typiclust"), "no model yet: cover the pool with typical rows"
    if embedded and _still_cold(history, few, cover):
        return Strategy(pick="typiclust"), (
            f"{history.labels} labels, {history.classes_seen} of {len(history.counts)} classes seen, the rarest"
            f" {history.rarest} times: typical rows of uncovered clusters"
        )
    if reachable("answer_sums", history.offers):
        return Strategy("active_lab"), f"{history.labels} labels: new rows or another answer, whatever changes most"
    if not embedded or history.batch <= 1:
        return Strategy("margin"), f"{history.labels} labels: smallest margin"
    score, words = "margin", "the smallest margin"
    if history.refused and history.refused >= open_from * (history.labels + history.refused):
        score, words = "known_margin", f"doubt far from the {history.refused} rows that got no label"
    return (
        Strategy(score, shortlist=wide * history.batch, pick="k_means"),
        f"{history.labels} labels: diverse rows among the {wide * history.batch} with {words}",
    )


def accused(history: History) -> bool:
    """Whether the last comparison with random found the session worse, and it has not yet been atoned for.

    Random rows are drawn until there are half as many labels again; then the usual rule has another try, unless a
    later comparison, which sees those rows too, says the same.
    """
    found = [one for one in history.rounds if "guard" in one.measures]
    if not found or not found[-1].measures["guard"]["worse"]:
        return False
    return history.labels < 1.5 * found[-1].labels


def _of_numbers(history: History, embedded: bool) -> tuple[Strategy, str]:
    """Regression: rows far from all labelled ones, in the cluster that is covered worst (Holzmueller et al. 2023)."""
    if embedded:
        return Strategy(pick="lcmd"), f"{history.labels} labels: the farthest rows of the clusters covered worst"
    if reachable("std", history.offers):
        return Strategy("predictive_std"), f"{history.labels} labels: largest predictive deviation"
    return Strategy("random"), "no embeddings and no deviation to go by: draw at random"


MANY_PARTS = 5000
"""Rows whose parts are looked at in a round: a tagger takes a millisecond a sentence."""


PARTS_WIDE = 4
"""Batches of rows in doubt among which the varied ones are taken."""


def _of_parts(history: History) -> tuple[Strategy, str]:
    """Varied rows among those whose parts are most in doubt on average (MNLP, Shen et al. 2018); of a large pool, the
    best of a random part. Doubt alone asks for many rows of one kind, and was worse than random on one of five sets.
    """
    some = None if history.rows <= MANY_PARTS else get("among", "random_subset").using(size=MANY_PARTS)
    where = "" if some is None else f" of {MANY_PARTS:,} random ones"
    if not reachable("embeddings", history.offers) or history.batch <= 1:
        return Strategy("mnlp", among=some), f"{history.labels} labels: the rows{where} whose parts are most in doubt"
    wide = PARTS_WIDE * history.batch
    return (
        Strategy("mnlp", among=some, shortlist=wide, pick="k_means"),
        f"{history.labels} labels: diverse rows among the {wide}{where} whose parts are most in doubt",
    )


def _still_cold(history: History, few: int, cover: int) -> bool:
    """Whether some class is known by fewer than `few` labels, and covering has not gone on for too long."""
    return bool(history.counts) and history.rarest < few and history.labels < cover * len(history.counts)
