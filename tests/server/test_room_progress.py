"""Speed, balance and the accuracy estimate, on worked numbers."""

from __future__ import annotations

import pytest

from askwise.server.progress import CURVE_POINTS, FEWEST, accuracy, balance, forecast, pace
from askwise.session import Answer
from askwise.task import Choice, Multilabel, Number, Span, Verify


def answers(*at):
    return [Answer(row=i, label="x", at=float(when)) for i, when in enumerate(at)]


def test_pace_is_the_median_gap_without_pauses():
    assert pace(answers(0, 2)) is None
    assert pace(answers(0, 2, 4, 9)) == 2.0
    assert pace(answers(0, 2, 4, 4000, 4002)) == 2.0


def test_pace_looks_at_the_latest_answers():
    slow = list(range(0, 1000, 10))
    assert pace(answers(*slow, *(1000 + i for i in range(30)))) == 1.0


def test_balance_keeps_the_order_of_the_classes_and_counts_none_as_zero():
    found = balance(Choice(["b", "a", "c"]), ["a", "a", "b"])
    assert [(one.text, one.count) for one in found] == [("b", 1), ("a", 2), ("c", 0)]


def test_balance_counts_every_class_that_an_answer_names():
    spans = [[{"start": 0, "end": 2, "label": "x"}, {"start": 1, "end": 3, "label": "x"}], []]
    assert [one.count for one in balance(Span(["x", "y"]), spans)] == [2, 0]
    assert [one.count for one in balance(Multilabel(["x", "y"]), [["x"], ["x", "y"], []])] == [2, 1]
    assert [one.count for one in balance(Verify(["x", "y", "z"]), [{"not": ["x"]}, "y"])] == [0, 1, 0]
    assert balance(Number(), [1.0, 2.0]) == []


def test_accuracy_says_nothing_of_few_rows():
    assert accuracy(tuple((i, True) for i in range(FEWEST - 1))) == (None, ())


def test_accuracy_is_the_share_right_with_wilsons_interval():
    now, curve = accuracy(tuple((10 * i, i >= 2) for i in range(10)))
    assert now is not None
    assert now.value == pytest.approx(0.8) and now.n == 10
    assert (round(now.low, 3), round(now.high, 3)) == (0.49, 0.943)
    assert [point.labels for point in curve] == [40, 50, 60, 70, 80, 90]
    assert curve[0].value == pytest.approx(0.6)


def test_the_curve_goes_ahead_and_never_straight_up():
    """Several control rows are answered with equally many labels, and fewer than before once some are taken back."""
    known = ((10, False),) * 5 + ((20, False), (20, True), (20, True)) + ((15, True), (30, True))
    _, curve = accuracy(known)
    assert [point.labels for point in curve] == [10, 15, 20, 30]
    assert [round(point.value, 3) for point in curve] == [0.0, round(3 / 9, 3), 0.25, 0.4]


def test_a_long_curve_is_thinned_and_keeps_its_end():
    _, curve = accuracy(tuple((i, True) for i in range(1000)))
    assert len(curve) <= CURVE_POINTS
    assert curve[-1].labels == 999


def test_the_forecast_waits_for_outcomes_and_then_looks_ahead_to_twice_the_labels():
    assert forecast(((20, True),) * 9, 20) == ((), "")
    known = tuple((n, i % 10 < 5 + n // 40) for n in (40, 80, 120, 160) for i in range(10))
    points, said = forecast(known, 160)
    assert [point.labels for point in points] == [160, 176, 200, 240, 320]
    assert all(point.low <= point.value <= point.high for point in points)
    assert points[-1].value > points[0].value
    assert said.startswith("16 more labels: +") and "points of accuracy" in said
