"""Published statements, tested: what is small enough to check by hand in the studies and on their page."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from askwise import crowd
from askwise.core import registry

HERE = Path(__file__).parents[2] / "benchmarks" / "published"


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(HERE))
    before = {(method.kind, method.name) for method in registry.methods()}
    yield importlib.import_module
    # Studies register scores of their own, which are no methods of the package.
    for method in registry.methods():
        if (method.kind, method.name) not in before:
            del registry._METHODS[method.kind][method.name]


def test_a_study_replaces_its_own_section(study: Any, tmp_path: Path) -> None:
    page, placed = tmp_path / "page.md", study("statements").placed
    for part in ("## One\n\nold", "## Two\n\nkept", "## One\n\nnew\n\n### of one"):
        page.write_text(placed(page, part), "utf-8")
    head, last = study("statements").HEAD, study("statements").LAST
    assert page.read_text("utf-8") == f"{head}\n\n## One\n\nnew\n\n### of one\n\n## Two\n\nkept\n\n{last}\n"


def test_the_mean_over_data_sets_has_the_interval_of_a_fixed_effect(study: Any) -> None:
    pairs = [np.array([1.0, 3.0]), np.array([0.0, 0.0, 6.0])]
    value, reach = study("c10").mean_gap(pairs)
    assert value == 2.0  # means 2 and 2; squared errors of the means 1 and 4, of their mean 5 / 4; 1 + 2 degrees
    assert reach == pytest.approx(stats.t.ppf(0.975, 3) * np.sqrt(1.25))


def test_margin_is_unbeaten_only_where_intervals_say_so(study: Any) -> None:
    from askwise.judge.resample import Interval
    from askwise.lab.compare import Comparison

    def rival(low: float, high: float, p: float) -> Comparison:
        return Comparison("rival", "margin", (low + high) / 2, Interval(low, high, 9), 9, p, p, 0.0, (0, 9, 0))

    said = study("c10").unbeaten
    assert said([rival(-0.02, 0.005, 0.5)]).startswith("**Holds.**")
    assert said([rival(-0.02, 0.015, 0.5)]).startswith("**Cannot tell.**")
    assert said([rival(-0.02, 0.005, 0.5), rival(0.005, 0.015, 0.01)]).startswith("**Does not hold.** rival")


def test_bits_are_read_where_the_curve_first_gets_there(study: Any) -> None:
    c10 = study("c10_bits")
    run = np.array([[100.0, 200.0, 300.0, 400.0], [0.5, 0.7, 0.6, 0.9]])
    assert c10.bits_to(run, 0.6) == 150.0
    assert c10.bits_to(run, 0.8) == 350.0  # from the best so far, .7, on
    assert np.isnan(c10.bits_to(run, 0.95))
    cheap = np.array([run[0] / 2, run[1]])
    assert c10.less(cheap, run, 1.0) == c10.less(cheap, run, 1 / 3) == 0.5


def test_whoever_shows_sets_asks_for_the_same_rows(study: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c10 = study("c10_bits")
    monkeypatch.setattr(c10, "BUDGET", 100)
    whole, sets = (c10.curve((arm, 0)) for arm in ("entropy, all classes shown", "entropy, sets"))
    assert whole[1].tolist() == sets[1].tolist()
    assert whole[0].tolist() == pytest.approx([labels * np.log2(10) for labels in (50, 75, 100)])
    assert sets[0, 0] == whole[0, 0]
    assert (sets[0, 1:] < whole[0, 1:]).all()
    assert crowd.Candidates(0.5, 0.1).bits([[0.6, 0.3, 0.1]], [0]).tolist() == [1.0]


def test_the_joint_head_avoids_what_looks_like_refused_rows(study: Any) -> None:
    score = study("c10_open").joint_margin
    rows = np.array([[0.0, 0.0], [9.0, 9.0]])
    held, refused = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[9.0, 8.0], [8.0, 9.0]])
    found = score(np.full((2, 2), 0.5), rows, held, refused, np.array([0, 1]))
    assert found[0] > 0.8 and found[1] < 0.2
    alone = score(np.array([[0.5, 0.5], [0.9, 0.1]]), rows, held, refused[:0], np.array([0, 1]))
    assert alone == pytest.approx([1.0, 0.2])


def test_a_linear_svm_gives_the_softmax_of_its_decision_values(study: Any) -> None:
    X = np.array([[0.0], [1.0], [3.0], [4.0]])
    two = study("c10_text").SoftSVC().fit(X, [0, 0, 1, 1])
    assert two.predict_proba(X)[:, 1] == pytest.approx(1 / (1 + np.exp(-two.decision_function(X))))
    three = study("c10_text").SoftSVC().fit(X, [0, 1, 2, 2])
    odds = np.exp(three.decision_function(X))
    assert three.predict_proba(X) == pytest.approx(odds / odds.sum(axis=1, keepdims=True))


def test_heights_are_averaged_within_a_part_of_the_labels(study: Any) -> None:
    from askwise.judge import Curve

    curve = Curve.of([([10, 20, 30], [0.0, 1.0, 1.0])])
    assert study("c10_wide").within(curve, 10, 20) == pytest.approx([0.5])
    assert study("c10_wide").within(curve, 20, 30) == pytest.approx([1.0])


def test_rows_near_the_true_boundary_teach_less_in_many_dimensions(study: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c10 = study("c10_wide")
    monkeypatch.setattr(c10, "BUDGET", 60)
    chance, truth = (c10.near((1.5, 100, arm, 0)) for arm in ("random", "truth"))
    assert truth < chance - 0.05
    assert c10.near((3.0, 2, "margin", 0)) > 0.99  # three deviations on either side, no useless direction


def test_a_model_that_is_always_wrong_teaches_nothing_right(study: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from askwise.judge import Curve
    from askwise.lab import DataSpec, labelled

    c10 = study("c10_people")
    rows, said = np.repeat(np.eye(2), 10, axis=0), np.repeat(["a", "b"], 10).astype(object)
    monkeypatch.setattr(c10, "texts", lambda name: DataSpec(name, labelled(rows, said, test=(rows, said))))
    assert c10.learned(("two", 1.0, 0)) == 1.0 and c10.learned(("two", 0.0, 0)) == 0.0
    curve = Curve.of([([25, 50, 75], [0.5, 0.8, 0.7])])
    assert [c10.crossing(curve, level) for level in (0.4, 0.6, 0.75)] == ["25", "50", "more than 525"]


def test_the_most_doubtful_rows_get_another_label(study: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c10 = study("c10_softmax")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 2)), np.repeat([0, 1], 100)
    X[:, 0] += 2.0 * (2 * y - 1)
    monkeypatch.setattr(c10, "arrays", lambda name, rows: (X, y))
    clean, wrong = (c10.outliers("two", share).data for share in (0.0, 0.1))
    differ = np.asarray(clean.train.labels) != np.asarray(wrong.train.labels)
    rows = wrong.train.pool.take(np.arange(len(differ)))
    assert differ.sum() == 12 and list(clean.test.labels) == list(wrong.test.labels)
    assert np.abs(rows[differ, 0]).mean() < np.abs(rows[~differ, 0]).mean() / 2
