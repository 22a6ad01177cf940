"""Stop when new models decide as the old ones did: classification change and the predicted change of F."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop


def _calm(history: History, measure: str, name: str, what: str, threshold: float, window: int) -> Verdict:
    """Stop when a measure of change stays at or below the threshold for a window of rounds."""
    if not 0 <= threshold < 1 or window < 1:
        raise BadInput(f"{name}(threshold={threshold}, window={window}): use 0 <= threshold < 1 and window >= 1")
    last = [one for one in history.rounds if measure in one.measures][-window:]
    if len(last) < window:
        return Verdict(False, f"{what} of {len(last)} of {window} pairs of models known")
    if min(one.classes_predicted for one in last) < 2:
        return Verdict(False, f"the model predicts one single class: {what} says nothing")
    most = max(float(one.measures[measure]) for one in last)
    verb = "at most" if most <= threshold else "above"
    return Verdict(most <= threshold, f"{what} of the last {window} rounds up to {most:.4f}, {verb} {threshold:g}")


@stop(
    cite="Zhu, Wang and Hovy 2008, Multi-Criteria-Based Strategy to Stop Active Learning for Data Annotation, COLING,"
    " section 3.3, where the threshold is 0"
)
def classification_change(history: History, *, threshold: float = 0.01, window: int = 3) -> Verdict:
    """Stop when the share of rows whose predicted class changes is at most the threshold, `window` times in a row.

    The rows are the fixed random set on which a session compares models. A model that predicts one single class there
    never stops the session. Shines as the plainest sign of a finished model. Fails with tiny batches, between which
    no model moves. The paper waits until no row changes, which among the thousand rows here one nearly always does;
    a hundredth is what a kappa of 0.98 allows of two equal classes (docs/results/stopping.md has what it gave up).

    Raises BadInput for a threshold outside [0, 1) or a window below one.

    >>> from askwise.core.history import Round
    >>> still = tuple(Round(i, 10 * i, 1.0, 2, {"changed": 0.004}) for i in range(2, 5))
    >>> classification_change.run(History(rows=99, batch=1, rounds=still)).stop
    True
    """
    return _calm(history, "changed", "classification_change", "change of classification", threshold, window)


@stop(
    cite="Altschuler and Bloodgood 2019, Stopping Active Learning Based on Predicted Change of F Measure for Text"
    " Classification, ICSC, section 3"
)
def delta_f(history: History, *, threshold: float = 0.05, window: int = 3) -> Verdict:
    """Stop when the predicted change of F is at most the threshold, `window` times in a row.

    The change is 1 - 2a / (2a + b + c) for a class that both models predict a times, and one of them alone b and c
    times, averaged over the classes that either predicts (the paper has one class). Same rows and same guard as
    classification_change. Shines with rare classes, which agreement hardly sees. Fails with very rare ones, of which
    the fixed set holds a few rows: the change then jumps.

    Raises BadInput for a threshold outside [0, 1) or a window below one.

    >>> from askwise.core.history import Round
    >>> wild = tuple(Round(i, 10 * i, 0.9, 2, {"delta_f": 0.2}) for i in range(2, 6))
    >>> delta_f.run(History(rows=99, batch=1, rounds=wild)).stop
    False
    """
    return _calm(history, "delta_f", "delta_f", "predicted change of F", threshold, window)
