"""Stop when the model is sure: of rows on average, or of every row."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop


def _sure(history: History, measure: str, name: str, what: str, threshold: float) -> Verdict:
    """Stop when a measure of the last model is at most the threshold."""
    if not 0 < threshold < 1:
        raise BadInput(f"{name}(threshold={threshold}): use a share of the largest entropy, between 0 and 1")
    last = history.rounds[-1] if history.rounds else None
    if last is None or measure not in last.measures:
        return Verdict(False, f"{what} not known yet")
    if last.classes_predicted < 2:
        return Verdict(False, f"the model predicts one single class: {what} says nothing")
    value = float(last.measures[measure])
    verb = "at most" if value <= threshold else "above"
    return Verdict(value <= threshold, f"{what} {value:.4f}, {verb} {threshold:g}")


@stop(
    cite="Zhu, Wang and Hovy 2008, Multi-Criteria-Based Strategy to Stop Active Learning for Data Annotation, COLING,"
    " section 3.4",
    aliases=("mean_entropy",),
)
def overall_uncertainty(history: History, *, threshold: float = 0.05) -> Verdict:
    """Stop when the mean entropy of predictions, as a share of log c, is at most the threshold.

    Taken on the fixed random set on which a session compares models. A model that predicts one single class there
    never stops the session. Shines with calibrated probabilities. Fails without: an overconfident network is sure
    from the start, a forest never.

    Raises BadInput for a threshold outside (0, 1).

    >>> from askwise.core.history import Round
    >>> overall_uncertainty.run(History(rows=99, batch=1, rounds=(Round(1, 10, None, 2, {"entropy": 0.04}),))).stop
    True
    """
    return _sure(history, "entropy", "overall_uncertainty", "mean entropy", threshold)


@stop(
    cite="Zhu and Hovy 2007, Active Learning for Word Sense Disambiguation with Methods for Addressing the Class"
    " Imbalance Problem, EMNLP, section 5"
)
def max_confidence(history: History, *, threshold: float = 0.05) -> Verdict:
    """Stop when even the least certain row is certain: its entropy, as a share of log c, is at most the threshold.

    Taken on the fixed random set on which a session compares models, and for one class alone as overall_uncertainty
    does. Shines on data that can be learnt without error. Fails on all other data, at any threshold: some row always
    lies next to the border (2 of the 132 sessions of docs/results/stopping.md met it), and the doubt of a single row
    does not say how many there are. Take overall_uncertainty there.

    Raises BadInput for a threshold outside (0, 1).

    >>> from askwise.core.history import Round
    >>> max_confidence.run(History(rows=99, batch=1, rounds=(Round(1, 10, None, 2, {"entropy_max": 0.4}),))).stop
    False
    """
    return _sure(history, "entropy_max", "max_confidence", "largest entropy", threshold)


@stop(
    cite="Qin et al. 2025, Info-Coevolution: An Efficient Framework for Data Model Coevolution, ICML, section 3",
    aliases=("remaining_gain_below_one",),
)
def remaining_gain(history: History, *, threshold: float | None = None, share: float = 0.02) -> Verdict:
    """Stop when the gain left in all unlabelled rows together is below a threshold, or a share of them.

    That of a row is 1 - (max p - 1/c) / (1 - 1/c). The mean gain is taken on the fixed random set on which a session
    compares models, times the rows without a label. It is the model's half of what `info_coevolution` draws by, whose
    neighbours would only lower it. The paper's `threshold` is 1, whatever the pool: with calibrated probabilities that
    is not met in pools of thousands, where a thousandth of doubt in each row adds up. So where none is given, it is two
    hundredths of the rows. A model that predicts one single class there never stops the session. Shines with
    calibrated probabilities: it needs no budget, and the share of labels that it saves comes out by itself. Fails on
    noisy labels, where a right model is never sure.

    Raises BadInput for a threshold that is not positive, or a share outside (0, 1).

    >>> from askwise.core.history import Round
    >>> remaining_gain.run(History(rows=100, batch=1, rounds=(Round(1, 10, None, 2, {"gain": 0.01}),))).reason
    'gain left in 100 rows 1.00, below 2'
    """
    if (threshold is not None and not threshold > 0) or not 0 < share < 1:
        raise BadInput(
            f"remaining_gain(threshold={threshold}, share={share}): give a positive number of rows such as 1, or a"
            " share of them between 0 and 1"
        )
    last = history.rounds[-1] if history.rounds else None
    if last is None or "gain" not in last.measures:
        return Verdict(False, "gain left not known yet")
    if last.classes_predicted < 2:
        return Verdict(False, "the model predicts one single class: the gain left says nothing")
    rows = history.rows - history.labels
    gain = float(last.measures["gain"]) * rows
    least = share * rows if threshold is None else threshold
    verb = "below" if gain < least else "not below"
    return Verdict(gain < least, f"gain left in {rows} rows {gain:.2f}, {verb} {least:g}")
