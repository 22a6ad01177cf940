"""Labels taken over by another learner: the same rows, another model, and what the report says of it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge
from sklearn.neighbors import KNeighborsClassifier

from askwise import lab
from askwise.core.errors import BadInput, MissingEvidence
from askwise.lab.bench import prepare
from askwise.lab.check import check
from askwise.lab.inheritance import labels_taken_over
from askwise.lab.page import page

NEAREST = {"class": "sklearn.neighbors.KNeighborsClassifier", "settings": {"n_neighbors": 3}, "name": "nearest"}
TERMS = {"name": "heirs", "datasets": ["iris"], "strategies": ["margin"], "budget": 30, "initial": 15, "seeds": 2}


def suite(**more):
    return lab.Suite.of({**TERMS, "learners": ["logistic"], "evaluate_with": [NEAREST], "bound": {"rows": 0}, **more})


def run(made, out=None):
    return lab.run_suite(made, out, workers=1, progress=False)


@pytest.fixture(scope="module")
def study():
    return run(suite())


def test_the_heir_is_a_model_of_the_very_rows_that_the_other_chose(study):
    [own], [inherited] = study.settings, study.inherited
    assert (inherited.learner, inherited.chosen_with) == ("nearest", "logistic")
    picks, data = study.picks.to_pylist(), lab.DataSpec.of("iris")
    bench = prepare(lab.data.load(data, 0).dataset, KNeighborsClassifier(3), 0)
    for repeat, cell in study.repeats("margin", own).items():
        rows = [line["row"] for line in picks if line["cell"] == cell]
        expected = []
        for count in (15, 25, 30):
            model = KNeighborsClassifier(3).fit(bench.pool.take(np.array(rows[:count])), bench.targets()[rows[:count]])
            expected.append(float((model.predict(bench.test) == bench.truth).mean()))
        labels, heights = study.runs("margin", inherited, "accuracy", repeats=[repeat])[0]
        assert labels.tolist() == [15, 25, 30] and heights.tolist() == pytest.approx(expected)


def test_what_the_other_learner_measures_is_untouched(study):
    without = run(suite(evaluate_with=[]))
    for name in study.strategies:
        assert (
            study.curve(name, study.settings[0]).values.tolist()
            == without.curve(name, without.settings[0]).values.tolist()
        )
    assert without.inherited == () and labels_taken_over(without) is None


def test_comparisons_leave_inherited_labels_out_and_the_ceiling_is_the_heirs_own(study):
    assert study.scores().blocks == (str(study.settings[0]),)
    alone = run(suite(learners=[NEAREST], evaluate_with=[]))
    assert study.full(study.inherited[0], "nll") == alone.full(alone.settings[0], "nll")
    assert study.full(study.settings[0], "nll") != study.full(study.inherited[0], "nll")
    lines = [line for line in study.cells.to_pylist() if line["chosen_with"]]
    assert {line["learner"] for line in lines} == {"nearest"} and all(line["wall_seconds"] is None for line in lines)
    assert "KNeighbors" in lines[0]["model"] and "iris, nearest on labels of logistic, batch 10" in str(study)


def test_a_learner_of_the_suite_is_meant_by_its_name_and_does_not_inherit_from_itself():
    made = suite(learners=["logistic", NEAREST], evaluate_with=["logistic", "nearest"])
    assert type(made.evaluate_with["nearest"]).__name__ == "KNeighborsClassifier"
    heirs = {cell.learner: cell.evaluate_with for cell in made.cells(made.datasets[0], ("accuracy",), small=False)}
    assert heirs == {"logistic": ("nearest",), "nearest": ("logistic",)}


def test_heirs_decide_what_a_cell_is_called(tmp_path):
    first = run(suite(seeds=1), tmp_path / "out")
    other = run(suite(seeds=1, evaluate_with=[{**NEAREST, "settings": {"n_neighbors": 1}}]), tmp_path / "out")
    names = [{line["cell"] for line in one.cells.to_pylist()} for one in (first, other)]
    assert not names[0] & names[1]


def test_the_report_sets_the_gaps_side_by_side(study):
    section = labels_taken_over(study)
    assert [[cell.text for cell in row[:3]] for row in section.table.rows] == [
        ["iris", "logistic", "logistic"],
        ["iris", "logistic", "nearest"],
    ]
    heir = study.inherited[0]
    gap = study.curve("margin", heir).area().mean() - study.curve("random", heir).area().mean()
    assert section.table.rows[1][3].text == f"{gap:+.4f}"
    assert section.title in [one.title for one in page(study).sections]


def test_numbers_are_taken_over_too():
    terms = {"name": "numbers", "datasets": ["diabetes"], "strategies": ["k_center"], "budget": 30, "seeds": 1}
    found = run(lab.Suite.of({**terms, "learners": ["ridge"], "evaluate_with": ["forest"], "bound": {"rows": 0}}))
    [heir] = found.inherited
    assert np.isfinite(found.curve("k_center", heir, "rmse").values).all()
    assert found.full(heir, "rmse") != found.full(found.settings[0], "rmse")


class Blind:
    """A learner that says where rows lie, and nothing of classes."""

    provides = frozenset({"embeddings"})

    def fit(self, rows, labels, weights=None, *, seed=0):
        raise AssertionError("a learner that cannot be measured is never fitted")

    def evidence(self, rows, names):
        return {"embeddings": np.asarray(rows)}


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"evaluate_with": ["forst"]}, BadInput, "no head 'forst'"),
        ({"evaluate_with": [NEAREST, NEAREST]}, BadInput, "'nearest' is given twice"),
        ({"evaluate_with": [{**NEAREST, "name": "logistic"}]}, BadInput, "two learners are called 'logistic'"),
        ({"evaluate_with": {"ridge": BayesianRidge()}}, BadInput, "predicts numbers, but the task has"),
        ({"evaluate_with": {"blind": Blind()}}, MissingEvidence, "evaluate_with='blind'.*'probs'"),
    ],
)
def test_what_cannot_take_over_labels_is_refused_before_any_work(more, error, said):
    with pytest.raises(error, match=said):
        check(suite(**more))
