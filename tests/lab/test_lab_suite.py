"""Suites: what a TOML file may say, what is refused before any work, and the cells that it makes."""

from __future__ import annotations

import numpy as np
import pytest

from askwise import lab
from askwise.core.errors import BadInput, MissingEvidence
from askwise.lab.bench import prepare
from askwise.lab.check import check
from askwise.lab.data import DataSpec, load
from askwise.lab.suite import BOUND, FULL

LEAST = {"name": "mine", "datasets": ["iris"], "strategies": ["margin"]}


def suite(**more):
    return lab.Suite.of({**LEAST, **more})


def blobs(n=120, classes=3):
    rng = np.random.default_rng(0)
    y = np.arange(n) % classes
    X = rng.normal(size=(n, 3)) + 2.5 * np.eye(max(classes, 3))[y][:, :3]
    return lab.labelled(X, [f"class {i}" for i in y])


TOML = """
format = 1
about = "One line."
datasets = ["iris", {name = "few digits", data = "digits", rows = 300, test_rows = 100}]
learners = ["logistic", {class = "sklearn.naive_bayes.GaussianNB", name = "bayes"}]
strategies = ["margin", {name = "mine", score = "margin", shortlist = 30, pick = "k_means"}, {policy = "auto"}]
batch = [5, 10]
initial = [10, {per_class = 1}]
oracles = ["clean", {noise = 0.2}]
budget = 40
seeds = 3

[quick]
seeds = 1
datasets = ["iris"]
"""


def test_a_file_is_read_and_its_level_replaces_what_stands_above(tmp_path):
    path = tmp_path / "trial.toml"
    path.write_text(TOML)
    full, quick = lab.read_suite(path), lab.read_suite(path, "quick")
    assert full.name == "trial" and full.seeds == 3 and quick.seeds == 1
    assert [one.name for one in full.datasets] == ["iris", "few digits"] and len(quick.datasets) == 1
    assert list(full.strategies) == ["margin", "mine", "auto", "random"]
    few = lab.Suite.of({**LEAST, "strategies": [{"policy": "auto", "settings": {"few": 2}, "name": "auto of 2"}]})
    assert few.strategies["auto of 2"].settings == {"few": 2}
    assert type(full.learners["bayes"]).__name__ == "GaussianNB" and full.learners["logistic"] == "logistic"
    assert [one.name for one in full.oracles] == ["clean", "noise=0.2"]


def test_cells_are_the_product_with_the_reference_arms_once():
    made = suite(batch=[5, 10], initial=[0, 5], seeds=3, oracles=["clean", {"noise": 0.1}], bound={"seeds": 2})
    cells = list(made.cells(made.datasets[0], ("accuracy",), small=True))
    grid = [one for one in cells if one.role in ("strategy", "random")]
    assert len(grid) == 2 * 2 * 2 * 3 * 2
    full = [one for one in cells if one.role == "full"]
    # Clean answers give one model of all labels, noisy ones one for each seed; nobody searches an order of noise.
    assert len(full) == 1 + 3 and {one.strategy for one in full} == {FULL}
    bound = [one for one in cells if one.role == "bound"]
    assert len(bound) == 2 * 2 * 2 and {one.strategy for one in bound} == {BOUND}
    assert len({one.seed for one in grid}) == 3 and {one.split for one in cells} == {0}


def test_a_split_for_every_seed():
    made = suite(seeds=2, split="per_seed")
    assert all(one.split == one.seed for one in made.cells(made.datasets[0], ("accuracy",), small=False))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"strategies": ["margn"]}, "Did you mean 'margin'"),
        ({"strategies": ["margin", "margin"]}, "'margin' is given twice"),
        ({"strategies": [{"score": "margin", "pik": "k_means"}]}, "no field 'pik'"),
        ({"datasets": ["iris", "iris"]}, "data set 'iris' is given twice"),
        ({"datasets": [{"name": "x"}]}, "names no data"),
        ({"datasets": [{"data": "iris", "row": 3}]}, "Did you mean 'rows'"),
        ({"datasets": []}, "no 'datasets'"),
        ({"seads": 3}, "Did you mean 'seeds'"),
        ({"seeds": 0}, "seeds=0"),
        ({"batch": [5, 0]}, "batch=0"),
        ({"initial": -1}, "initial=-1"),
        ({"initial": {"per_class": 1, "rows": 3}}, "rows .*or per_class"),
        ({"measures": ["acuracy"]}, "Did you mean 'accuracy'"),
        ({"split": "per seed"}, "Did you mean 'per_seed'"),
        ({"test_share": 1.0}, "test_share=1.0"),
        ({"format": 2}, "format 2"),
        ({"seed": -1}, "seed=-1 is negative"),
        ({"quick": 3}, "is no table"),
        ({"learners": ["logistic", "logistic"]}, "learner 'logistic' is given twice"),
        ({"learners": [{"class": "sklearn.svm.SVX"}]}, "'sklearn.svm.SVX' cannot be made"),
        ({"learners": [{"classs": "x"}]}, "a table of `class`"),
    ],
)
def test_what_a_suite_cannot_say(more, said):
    level = "quick" if "quick" in more else "full"
    with pytest.raises(BadInput, match=said):
        lab.Suite.of({**LEAST, **more}, level=level)


def test_levels_and_files_that_are_not_there(tmp_path):
    with pytest.raises(BadInput, match="no level 'fast'"):
        lab.Suite.of(LEAST, level="fast")
    with pytest.raises(BadInput, match=r"no suite 'tabluar'.*Did you mean 'tabular'"):
        lab.read_suite("tabluar")
    (tmp_path / "x.toml").write_text("datasets = [")
    with pytest.raises(BadInput, match="is no TOML"):
        lab.read_suite(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"datasets": ["irsi"]}, BadInput, "Did you mean 'iris'"),
        ({"initial": {"rows": 5, "strategy": "k_centre"}}, BadInput, "Did you mean 'k_center'"),
        ({"initial": {"rows": 5, "strategy": "auto"}}, BadInput, "'auto' changes with the labels"),
        ({"initial": {"rows": 5, "strategy": "margin"}}, MissingEvidence, "no model to go by: score 'margin' needs"),
        ({"budget": 500}, BadInput, "'iris'.*budget of 500.*1 to 120"),
        ({"budget": 20, "initial": 30}, BadInput, "starts with 30 rows, and the budget is 20"),
        ({"strategies": ["lcmd", "predictive_std"]}, MissingEvidence, "'predictive_std' with learner 'default'.*'std'"),
        ({"learners": ["forst"]}, BadInput, "no head 'forst'"),
        (
            {"learners": [{"class": "sklearn.linear_model.BayesianRidge"}]},
            BadInput,
            "predicts numbers, but the task has",
        ),
        ({"measures": ["rmse"]}, BadInput, r"\(rmse\) fits a task"),
        ({"measures": ["accuracy", "rmse"]}, BadInput, "'rmse' is for tasks of kind 'number'"),
        ({"oracles": [{"annotators": "real"}]}, BadInput, "data set 'iris'.*the data has none"),
        ({"oracles": [{"cost": "length"}]}, BadInput, "needs texts"),
        ({"datasets": [{"data": "iris", "keep": {"7": 3}}]}, BadInput, "names '7', which is no class"),
        ({"datasets": [{"data": "iris", "unknown": ["0", "1"]}]}, BadInput, "fewer than two known classes"),
        ({"datasets": [{"data": "diabetes", "unknown": ["0"]}]}, BadInput, "It has numbers, no classes"),
        ({"bound": 5}, BadInput, "bound=5; give a table"),
        ({"bound": {"row": 5}}, BadInput, "bound has no setting 'row'. Did you mean 'rows'"),
        ({"bound": {"rows": "all"}}, BadInput, "rows of bound is 'all'; give a whole number from 0 on"),
        ({"test_share": "half"}, BadInput, "test_share='half' is no share"),
        ({"initial": {"per_class": "two"}}, BadInput, "per_class of an initial set is 'two'; give a whole number"),
        ({"budget": {"hours": 3}}, BadInput, "a budget counts no 'hours'"),
        ({"budget": {"answers": "many"}}, BadInput, "'many'.* is no number"),
        ({"datasets": [{"data": "iris", "rows": "many"}]}, BadInput, "rows of data set 'iris' is 'many'"),
        ({"datasets": [{"data": "iris", "keep": 0.5}]}, BadInput, "keep=0.5 is no table"),
        ({"datasets": [{"data": "iris", "keep": {"1": "few"}}]}, BadInput, "keep='few' of class '1'"),
        (
            {"datasets": ["diabetes"], "initial": {"per_class": 1}, "strategies": ["lcmd"]},
            BadInput,
            "no one class a row",
        ),
    ],
)
def test_what_is_refused_before_any_work(more, error, said):
    with pytest.raises(error, match=said):
        check(suite(**{"budget": 20, **more}))


def test_one_class_is_refused_by_name():
    data = lab.labelled(np.zeros((9, 1)), ["x"] * 9)
    made = lab.Suite("mine", (DataSpec("same", data),), {"random": suite().strategies["random"]})
    with pytest.raises(BadInput, match="data set 'same': every label is 'x'"):
        check(made)


def test_rows_are_kept_by_class_and_at_random():
    spec = DataSpec.of({"data": "digits", "keep": {"3": 0.1, "4": 5}, "rows": 1000})
    first, again = load(spec, 0), load(spec, 0)
    labels = list(first.dataset.train.labels)
    whole = load(DataSpec.of({"data": "digits", "keep": {"3": 0.1, "4": 5}}), 0).dataset.train.labels.tolist()
    assert whole.count(3) == 18 and whole.count(4) == 5
    assert len(labels) == 1000 and first.dataset.train.pool.ids.tolist() == again.dataset.train.pool.ids.tolist()
    other = load(spec, 1).dataset.train.pool.ids.tolist()
    assert other != first.dataset.train.pool.ids.tolist()
    with pytest.raises(BadInput, match="keep=9999 of class '4'"):
        load(DataSpec.of({"data": "digits", "keep": {"4": 9999}}))


def test_unknown_classes_stay_in_the_pool_and_leave_the_test():
    X, y = np.zeros((12, 2)) + np.arange(12)[:, None], ["a", "b", "odd"] * 4
    data = lab.labelled(X, y, test=(X[:6], y[:6]))
    found = load(DataSpec("open", data, unknown=("odd",))).dataset
    assert found.classes == ("a", "b") and list(found.train.labels).count("odd") == 4
    assert prepare(found).truth.tolist() == [0, 1, 0, 1] and len(prepare(found).pool) == 12
    alone = prepare(load(DataSpec("open", lab.labelled(X, y), unknown=("odd",))).dataset)
    # A fifth is held out of every class, the unknown one too, and of it nothing is tested.
    assert len(alone.pool) == 9 and alone.classes == ("a", "b") and alone.labels.count("odd") == 3
    assert sorted(alone.truth.tolist()) == [0, 1]


def test_data_beside_the_suite_and_sets_with_annotators(tmp_path, monkeypatch):
    (tmp_path / "points.csv").write_text("a,label\n" + "\n".join(f"{i},{'no' if i % 2 else 'yes'}" for i in range(20)))
    (tmp_path / "trial.toml").write_text('datasets = ["points.csv"]\nstrategies = ["margin"]\nbudget = 8\n')
    [found] = check(lab.read_suite(tmp_path / "trial.toml"))
    assert found.loaded.dataset.classes == ("no", "yes") and found.spec.name == "points"
    monkeypatch.setenv("ASKWISE_DATA", str(tmp_path))
    (tmp_path / "ma_bare").mkdir()
    (tmp_path / "ma_bare" / "labels.parquet").write_text("")
    with pytest.raises(BadInput, match=r"no items\.parquet"):
        load(DataSpec.of("ma_bare"))


def test_every_shipped_suite_can_be_read_at_both_levels():
    names = {"tabular", "text", "image-embeddings", "regression", "imbalance", "open-set", "low-budget"}
    shipped = lab.suites()
    assert names | {"multi-annotator", "noisy", "multi-label", "starter"} <= set(shipped)
    for name, about in shipped.items():
        assert about and about.endswith(".")
        for level in ("quick", "full"):
            made = lab.read_suite(name, level)
            assert made.name == name and "random" in made.strategies
