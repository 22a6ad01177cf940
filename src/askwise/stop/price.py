"""Stop when the next labels are not worth their price."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.history import History, Verdict
from askwise.core.registry import stop
from askwise.core.types import FloatArray

_WORTH = 10_000.0
"""Answers that a gain of 1 in the measure is worth where nobody says."""


@stop(
    cite="Dimitrakakis and Savu-Krohn 2008, Cost-Minimising Strategies for Data Labelling: Optimal Stopping and Active"
    " Learning, FoIKS, section 3 (the criterion; the slope in place of its model of the curve is ours)",
    aliases=("expected_gain",),
)
def gain_below_price(
    history: History,
    *,
    worth: float | None = None,
    price: float | None = None,
    measure: str = "accuracy",
    window: int = 5,
    level: float = 0.9,
    higher: bool = True,
) -> Verdict:
    """Stop when even the hopeful estimate of what the next label brings is worth less than the label costs.

    The gain a label is the slope of `measure` (what `session.measure` records) over labels, by least squares on the
    last `window` models that have it; hopeful is its upper end at `level`, by Student's distribution. `worth` is the
    value of a gain of 1 in the measure, `price` the cost of one answer, in one unit: without a price the session's own
    cost an answer, or 1, and without a worth 10,000 times the price, a hundred answers for a point of accuracy, as
    forecast_gain has it. `higher` False is for a loss. Learning curves flatten, so the slope rather overstates what
    comes: the rule stops late. Shines where both prices are known. Fails when measurements are noisy (the end is then
    far up, and it goes on), and before a late jump of the curve. `askwise.judge.forecast` fits whole curves.

    Raises BadInput for a worth or price that is not positive, a window below three, a level outside (0, 1).

    >>> from askwise.core.history import Round
    >>> flat = tuple(Round(i, 10 * i, None, 2, {"accuracy": 0.9}) for i in range(1, 6))
    >>> gain_below_price(worth=100.0, price=0.5).run(History(rows=99, batch=1, rounds=flat)).stop
    True
    """
    if any(one is not None and not one > 0 for one in (worth, price)) or window < 3 or not 0 < level < 1:
        raise BadInput(
            f"gain_below_price(worth={worth}, price={price}, window={window}, level={level}): use positive prices, a"
            " window of at least 3 and a level between 0 and 1"
        )
    seen = [(one.labels, float(one.measures[measure])) for one in history.rounds if measure in one.measures][-window:]
    if len(seen) < window or len({labels for labels, _ in seen}) < 3:
        return Verdict(False, f"{measure} of {len(seen)} of {window} models known")
    labels, values = np.array(seen, dtype=np.float64).T
    gain, reach = _slope(labels, values if higher else -values, level)
    cost = price or _spent_an_answer(history)
    value = (_WORTH * cost if worth is None else worth) * (gain + reach)
    verb = "below" if value < cost else "not below"
    return Verdict(value < cost, f"one more label is worth at most {value:.3g}, {verb} its price of {cost:g}")


def _slope(x: FloatArray, y: FloatArray, level: float) -> tuple[float, float]:
    """Slope of y over x by least squares, and how far its upper end at this level lies above it."""
    from scipy.stats import t

    middle = x - x.mean()
    spread = float(middle @ middle)
    slope = float(middle @ y) / spread
    left = y - y.mean() - slope * middle
    free = len(x) - 2
    return slope, float(t.ppf(level, free)) * float(np.sqrt(left @ left / free / spread))


def _spent_an_answer(history: History) -> float:
    answers, cost = history.spent.get("answers", 0.0), history.spent.get("cost", 0.0)
    return cost / answers if answers and cost else 1.0
