"""Stop when the error is small with confidence."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop

_QUARTER = 0.25
"""Share of the labels from which on a model is like today's: a curve has seldom far to go from there."""


@stop(
    cite="Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22, for the bound;"
    " Bloodgood and Vijay-Shanker 2009, CoNLL, section 2, on stopping by an estimate of performance",
    aliases=("confidence_bound",),
)
def error_bound(history: History, *, threshold: float = 0.1, level: float = 0.95) -> Verdict:
    """Stop when the upper confidence bound on the error of rows not labelled is at most the threshold.

    By what `session.estimate` found of the last model that it was asked about (test rows and control arm), else by
    the control arm's outcomes of models with at least a quarter of the labels, at least twenty, with Wilson's one-sided
    bound. Earlier models know less, so those outcomes rather overstate the error. Shines as the one rule that says how
    good the model is. Fails with few random rows: without an error, twenty allow a bound of 0.12, thirty of 0.08, a
    hundred of 0.03. It is looked at after each model, so that a bound that is met by luck ends the session: take a
    higher level where that matters.

    Raises BadInput for a threshold outside (0, 1) or a level outside (0.5, 1).

    >>> known = tuple((n, True) for n in range(20, 120))
    >>> error_bound.run(History(rows=999, batch=1, outcomes=known)).stop
    True
    """
    if not 0 < threshold < 1 or not 0.5 < level < 1:
        raise BadInput(f"error_bound(threshold={threshold}, level={level}): use 0 < threshold < 1 and 0.5 < level < 1")
    found = _bound(history, level)
    if found is None:
        return Verdict(False, f"{len(history.outcomes)} outcomes of the control arm and no estimate: too few to say")
    verb = "at most" if found <= threshold else "above"
    return Verdict(
        found <= threshold, f"the error is below {found:.4f} with confidence {level:g}, {verb} {threshold:g}"
    )


def _bound(history: History, level: float) -> float | None:
    """Upper one-sided bound of the error; None where too little is known."""
    from askwise.judge.control import WINDOW, accuracy

    known = [one.measures["estimate"] for one in history.rounds if "accuracy" in one.measures.get("estimate", ())]
    if known:
        from scipy.stats import norm

        # The lower half of the two-sided interval, brought from its level to the one-sided one that is asked for.
        last = known[-1]["accuracy"]
        reach = float(norm.ppf(level) / norm.ppf((1 + last["level"]) / 2))
        return float(1.0 - last["value"] + reach * (last["value"] - last["low"]))
    last = max((labels for labels, _ in history.outcomes), default=0)
    right = [right for labels, right in history.outcomes if labels >= _QUARTER * last]
    return None if len(right) < WINDOW else 1.0 - accuracy(right, level=2 * level - 1).low
