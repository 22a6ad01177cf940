"""Stop when a measured quantity no longer improves."""

from __future__ import annotations

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop


@stop(cite="Prechelt 1998, Early Stopping - But When?, section 2; Atighehchian et al. 2022, Baal")
def metric_plateau(
    history: History, *, measure: str = "accuracy", patience: int = 10, gain: float = 1e-4, higher: bool = True
) -> Verdict:
    """Stop when the best of the last `patience` measurements is not better by `gain` than the best before them.

    `measure` names what `session.measure` records of each model; `higher` False is for a loss. Models without the
    measurement are passed over. Shines with a test sample that is no training data, such as the control arm. Fails on
    small samples: noise hides the last per cent, and the first lucky value ends the session.

    Raises BadInput for a patience below one or a negative gain.

    >>> from askwise.core.history import Round
    >>> flat = tuple(Round(i, 10 * i, 0.9, 2, {"accuracy": 0.8}) for i in range(1, 5))
    >>> metric_plateau(patience=3).run(History(rows=99, batch=1, rounds=flat)).stop
    True
    """
    if patience < 1 or gain < 0:
        raise BadInput(f"metric_plateau(patience={patience}, gain={gain}): use patience >= 1 and gain >= 0")
    sign = 1.0 if higher else -1.0
    values = [sign * float(one.measures[measure]) for one in history.rounds if measure in one.measures]
    if len(values) <= patience:
        return Verdict(False, f"{measure} of {len(values)} models known, more than {patience} wanted")
    before, last = max(values[:-patience]), max(values[-patience:])
    calm = last < before + gain if gain else last <= before
    verb = "no better" if calm else "better"
    return Verdict(
        calm, f"{measure} {sign * last:g} in the last {patience} models, {verb} than {sign * before:g} before"
    )
