"""Stop when successive models agree."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop


@stop(
    cite="Bloodgood and Vijay-Shanker 2009, A Method for Stopping Active Learning Based on Stabilizing Predictions,"
    " CoNLL, section 3.2",
    aliases=("kappa", "stabilizing_predictions"),
)
def agreement(history: History, *, threshold: float = 0.99, window: int = 3) -> Verdict:
    """Stop when the mean Cohen's kappa of the last `window` pairs of successive models reaches the threshold.

    Kappa is taken on a fixed random set of rows. A model that predicts one single class there never stops the session:
    kappa is then 0/0, and two collapsed models agree about nothing. Shines as a sign that more labels change little.
    Fails with tiny batches, between which no model moves: ask at least a few per cent more labels a round.

    Raises BadInput for a threshold outside (0, 1] or a window below one.

    >>> from askwise.core.history import Round
    >>> calm = tuple(Round(i, 10 * i, 0.995, 2) for i in range(1, 4))
    >>> agreement.run(History(rows=99, batch=1, rounds=calm)).stop
    True
    """
    if not 0 < threshold <= 1 or window < 1:
        raise BadInput(f"agreement(threshold={threshold}, window={window}): use 0 < threshold <= 1 and window >= 1")
    last = [r for r in history.rounds if r.agreement is not None][-window:]
    if len(last) < window:
        return Verdict(False, f"agreement of {len(last)} of {window} pairs of models known")
    if min(r.classes_predicted for r in last) < 2:
        return Verdict(False, "the model predicts one single class: agreement says nothing")
    mean = sum(r.agreement for r in last if r.agreement is not None) / window
    verb = "reached" if mean >= threshold else "below"
    return Verdict(mean >= threshold, f"mean kappa of the last {window} rounds {mean:.4f}, {verb} {threshold:g}")
