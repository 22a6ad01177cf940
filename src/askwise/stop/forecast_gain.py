"""Stop when the next labels are expected to bring less than they cost."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop


@stop(
    cite="Settles 2009, Active Learning Literature Survey, section 7.1: stop when a label costs more than the errors it"
    " saves; the learning curves are those of Viering and Loog 2023, TPAMI, section 4",
)
def forecast_gain(
    history: History, *, worth: float = 10_000.0, price: float = 1.0, labels: int = 50, seed: int = 0
) -> Verdict:
    """Stop when the next `labels` labels are expected to be worth less than their price.

    Expected gain in accuracy times `worth` (what a rise from 0 to 1 is worth) against `labels` times `price` (what one
    label costs), by the forecast from the outcomes of the control arm: with the defaults a point of accuracy is worth
    a hundred labels. It looks ahead, where a plateau looks back. Shines where accuracy has a price. Fails without a
    control arm (it then never stops), and with fewer than some fifty control rows it mostly repeats that
    gains are expected early and not late.

    Raises BadInput for a worth or a price that is not positive, or fewer than one label.

    >>> flat = tuple((n, n % 5 > 0) for n in range(40, 440, 4))
    >>> rising = tuple((n, n % 100 < n / 5) for n in range(40, 440, 4))
    >>> past = [History(rows=9999, batch=1, outcomes=known) for known in (flat, rising)]
    >>> [forecast_gain.run(one).stop for one in past]
    [True, False]
    """
    if not worth > 0 or not price > 0 or labels < 1:
        raise BadInput(
            f"forecast_gain(worth={worth}, price={price}, labels={labels}): use a worth and a price above 0, and at"
            " least one label"
        )
    from askwise.judge.outlook import LEAST, confidence_of, outlook

    if len(history.outcomes) < LEAST:
        return Verdict(False, f"{len(history.outcomes)} of {LEAST} outcomes of the control arm known")
    counts, right = zip(*history.outcomes, strict=True)
    sure = confidence_of(history.rounds, len(history.counts))
    found = outlook(counts, right, commonest=history.commonest, confidence=sure, draws=2000, prior=10_000, seed=seed)
    batch = found.batch(labels, worth=worth, cost=price)
    verb = "above" if batch.pays else "at most"
    said = f"the next {labels} labels: {batch.gain:+.4f} accuracy, worth {batch.worth:.3g}, {verb} the price of"
    return Verdict(not batch.pays, f"{said} {batch.cost:.3g}")
