"""Stop a search when nothing relevant has come for long."""

from __future__ import annotations

from itertools import takewhile

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop


@stop(
    cite="Ros, Bjarnason and Runeson 2017, A Machine Learning Approach for Semi-Automated Search and Selection in"
    " Literature Studies, EASE (50 in a row); discussed by Callaghan and Müller-Hansen 2020, Statistical Stopping"
    " Criteria for Automated Screening in Systematic Reviews, Systematic Reviews 9",
    aliases=("last_relevant",),
)
def consecutive_irrelevant(history: History, *, count: int = 50, relevant: int = -1) -> Verdict:
    """Stop when the last `count` rows that the strategy asked, in the order asked, are none of them relevant.

    `relevant` is the index of the class that is sought, by default the last one. Rows of the control arm do not count,
    for chance finds little anyhow; nor do rows without an answer yet. Before the first relevant row it never stops.
    Shines for screening by a score such as ``rare``, which asks the likeliest first. Fails as every heuristic of this
    kind: it promises no recall, and a late cluster of relevant rows is lost; judge recall on the control arm.

    Raises BadInput for a count below one, or an index that is no class.

    >>> from askwise.core.history import Batch
    >>> past = (Batch("rare", (1, 1), (1, 0)), Batch("rare", (2, 0), (0, 0)))
    >>> consecutive_irrelevant(count=3).run(History(rows=99, batch=1, counts=(3, 1), batches=past)).stop
    True
    """
    classes = len(history.counts)
    if count < 1 or (classes and not -classes <= relevant < classes):
        raise BadInput(
            f"consecutive_irrelevant(count={count}, relevant={relevant}): give a count of at least 1 and a class index"
            f" from 0 to {max(classes - 1, 0)}, or -1 for the last"
        )
    labels = [label for batch in history.batches for label in batch.labels]
    sought = relevant % classes if classes else relevant
    if sought not in labels:
        return Verdict(False, f"nothing relevant yet among {len(labels)} answers")
    row = sum(1 for _ in takewhile(lambda label: label != sought, reversed(labels)))
    verb = "reached" if row >= count else "below"
    return Verdict(row >= count, f"{row} answers in a row not relevant, {verb} {count}")
