"""Running suites: real sessions, resumed after a kill, the same with any number of workers, failures kept apart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

import askwise as aw
from askwise import lab
from askwise.catalogue import find
from askwise.core.errors import BadInput, StoreError
from askwise.lab.bench import prepare
from askwise.lab.first_fit import FirstFits, SharedFirstFit
from askwise.lab.run import initial_rows
from askwise.lab.seeds import repeat_seed
from askwise.lab.suite import BOUND, FULL
from askwise.lab.tables import COLUMNS


def blobs(n=150, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return lab.labelled(rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[y], [f"class {i}" for i in y])


def suite(data=None, names=("margin", "k_center", "random"), **more):
    given = {"budget": 30, "seeds": 2, "initial": (lab.Initial(10),), "bound": lab.Bound(rows=0)}
    spec = lab.DataSpec("blobs", blobs() if data is None else data)
    return lab.Suite("small", (spec,), {name: find(name) for name in names}, **{**given, **more})


def run(made, out=None, workers=1):
    return lab.run_suite(made, out, workers=workers, progress=False)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return run(suite(), tmp_path_factory.mktemp("lab") / "out")


def heights(found):
    [setting] = found.settings
    return {name: found.curve(name, setting).values.tolist() for name in found.strategies}


def asked(found):
    lines = found.picks.to_pylist()
    return [(line["cell"], line["position"], line["row"], line["arm"], line["label"]) for line in lines]


def test_a_cell_is_what_a_session_by_hand_gives(study):
    bench = prepare(blobs())
    [cell] = [
        one
        for one in suite().cells(suite().datasets[0], ("accuracy",), small=False)
        if one.repeat == 1 and one.strategy == "margin"
    ]
    session = _session(bench)
    rows = initial_rows(cell, bench).tolist()
    session.tell([aw.Answer(row, bench.labels[row]) for row in rows])
    curve = [bench.evaluate(session.predict(bench.test))["accuracy"]]
    while queries := session.ask(10):
        session.tell(aw.Oracle(bench.labels)(queries))
        curve.append(bench.evaluate(session.predict(bench.test))["accuracy"])
        rows += [query.row for query in queries]
    assert curve == study.curve("margin", study.settings[0]).values[1].tolist()
    name = study.repeats("margin", study.settings[0])[1]
    assert [line["row"] for line in study.picks.to_pylist() if line["cell"] == name] == rows


def _session(bench):
    return aw.Session(
        pool=bench.pool,
        learner=bench.learner(),
        classes=bench.classes,
        strategy="margin",
        budget=aw.Budget(answers=30),
        seed=repeat_seed(0, 1),
        control=0.0,
    )


def test_all_strategies_of_a_seed_start_from_the_same_rows(study):
    started = {}
    for line in study.picks.to_pylist():
        if line["arm"] == "initial":
            started.setdefault(line["cell"], []).append(line["row"])
    cells = {one["cell"]: one for one in study.cells.to_pylist() if one["role"] != "full"}
    for repeat in (0, 1):
        sets = {tuple(started[name]) for name, one in cells.items() if one["repeat"] == repeat}
        assert len(sets) == 1 and len(next(iter(sets))) == 10
    first = [values[0] for curve in heights(study).values() for values in curve[:1]]
    assert len(set(first)) == 1


def test_initial_sets_by_strategy_and_by_class():
    starts = (lab.Initial.of({"rows": 6, "strategy": "k_center"}), lab.Initial.of({"per_class": 2}))
    found = run(suite(names=("margin", "random"), initial=starts, seeds=1))
    for setting in found.settings:
        sets = [_started(found, found.repeats(name, setting)[0]) for name in found.strategies]
        assert sets[0] == sets[1] and len(sets[0]) == 6
        truth = [one["truth"] for one in sets[0]]
        if setting.initial == "2 per class":
            assert sorted(truth) == sorted(2 * ["class 0", "class 1", "class 2"])
        else:
            # Farthest first: each row lies at least as far from those before it as every later one does.
            rows = prepare(blobs()).pool.embeddings[[one["row"] for one in sets[0]]]
            gaps = [np.linalg.norm(rows[i] - rows[:i], axis=1).min() for i in range(1, 6)]
            assert gaps == sorted(gaps, reverse=True)


def _started(found, cell):
    lines = [one for one in found.picks.to_pylist() if one["cell"] == cell and one["arm"] == "initial"]
    return [{name: one[name] for name in ("row", "truth")} for one in lines]


def test_workers_and_threads_change_nothing(study, monkeypatch):
    assert heights(run(suite(), workers=2)) == heights(study)
    monkeypatch.setattr("askwise.lab.workers._can_fork", lambda: False)
    again = run(suite(), workers=2)
    assert heights(again) == heights(study) and asked(again) == asked(study)


def test_the_tables_have_the_columns_that_are_promised(study, tmp_path):
    run(suite(), tmp_path / "out")
    for name, columns in COLUMNS.items():
        table = pq.read_table(tmp_path / "out" / f"{name}.parquet")
        assert table.column_names == list(columns) and table.num_rows
        assert table.schema.metadata[b"askwise.results"] == b"1"
    line = study.cells.to_pylist()[1]
    assert line["status"] == "done" and line["peak_mb"] > 50 and line["wall_seconds"] > 0
    assert json.loads(line["versions"])["askwise"] == aw.__version__ and line["pool_rows"] == 120
    [first, *_] = [one for one in study.rounds.to_pylist() if one["cell"] == line["cell"]]
    assert first["chosen_by"] == "initial" and first["labels"] == 10 and first["answers"] == 10
    assert study.read(tmp_path / "out").suite["name"] == "small"


def test_the_full_data_arm_is_a_model_of_all_labels(study):
    bench = prepare(blobs())
    learner = bench.learner()
    index = {label: i for i, label in enumerate(bench.classes)}
    learner.fit(bench.pool.take(np.arange(120)), np.array([index[one] for one in bench.labels]), None, seed=0)
    probs = learner.evidence(bench.test, frozenset({"probs"}))["probs"]
    assert study.full(study.settings[0]) == pytest.approx(bench.evaluate(probs)["accuracy"])
    assert [one["strategy"] for one in study.cells.to_pylist()].count(FULL) == 1


def test_what_is_finished_is_not_run_again_and_more_seeds_add_cells(tmp_path, monkeypatch):
    first = run(suite(), tmp_path / "out")
    more = run(suite(seeds=3), tmp_path / "out")
    assert {one["cell"] for one in first.cells.to_pylist()} < {one["cell"] for one in more.cells.to_pylist()}
    monkeypatch.setattr("askwise.lab.experiment.perform", None)
    assert heights(run(suite(seeds=3), tmp_path / "out")) == heights(more)
    with pytest.raises(BadInput, match="name was 'small' and is now 'other'"):
        run(lab.Suite("other", suite().datasets, suite().strategies, budget=20), tmp_path / "out")


def test_other_rows_are_other_cells(tmp_path):
    first = run(suite(), tmp_path / "out")
    other = run(suite(blobs(seed=1)), tmp_path / "out")
    assert not {*first.cells.column("cell").to_pylist()} & {*other.cells.column("cell").to_pylist()}


class Moody(LogisticRegression):
    """Crashes on sets of more than 15 rows."""

    def fit(self, X, y, sample_weight=None):
        if len(y) > 15:
            raise RuntimeError(f"no more than 15 rows, please, not {len(y)}")
        return super().fit(X, y, sample_weight)


def test_a_crash_in_a_cell_is_kept_and_the_others_finish(tmp_path):
    made = suite(learners={"moody": Moody(), "calm": LogisticRegression()}, names=("margin", "random"), seeds=1)
    found = run(made, tmp_path / "out", workers=2)
    assert {(one["learner"], one["strategy"]) for one in found.failed} == {
        ("moody", name) for name in ("margin", "random", FULL)
    }
    assert all("no more than 15 rows" in one["error"] and "Moody" not in one["error"] for one in found.failed)
    assert all("in fit" in one["traceback"] for one in found.failed)
    calm = next(one for one in found.settings if one.learner == "calm")
    assert found.curve("margin", calm).labels.tolist() == [
        10,
        20,
        30,
    ] and "FAILED blobs, moody, margin, repeat 0" in str(found)
    with pytest.raises(BadInput, match="no finished run"):
        found.curve("margin", next(one for one in found.settings if one.learner == "moody"))
    # A failed cell is tried again.
    again = run(made, tmp_path / "out")
    assert len(again.failed) == 3


class Deadly(LogisticRegression):
    """Takes its process with it on sets of 30 rows."""

    def fit(self, X, y, sample_weight=None):
        if len(y) == 30:
            os._exit(9)
        return super().fit(X, y, sample_weight)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are processes on Linux only")
def test_a_killed_worker_is_a_failed_cell_and_the_rest_goes_on(tmp_path):
    made = suite(learners={"deadly": Deadly(), "calm": LogisticRegression()}, names=("margin", "random"), seeds=1)
    found = run(made, tmp_path / "out", workers=2)
    lost = {(one["learner"], one["strategy"]) for one in found.failed}
    assert lost == {("deadly", "margin"), ("deadly", "random")}
    assert all("killed the process of this cell, twice" in one["error"] for one in found.failed)
    done = {(one["learner"], one["strategy"]) for one in found.cells.to_pylist() if one["status"] == "done"}
    assert done == {("deadly", FULL), ("calm", "margin"), ("calm", "random"), ("calm", FULL)}
    assert not list((tmp_path / "out" / "cells").glob("*.running"))


def test_the_best_order_is_better_than_what_it_is_made_of():
    found = run(suite(names=("random",), bound=lab.Bound(rows=500, proposals=40), seeds=1))
    [setting] = found.settings
    best, chance = found.curve(BOUND, setting), found.curve("random", setting)
    assert best.labels.tolist() == chance.labels.tolist() == [10, 20, 30]
    assert best.values[0, 0] == chance.values[0, 0] and best.area()[0] > chance.area()[0]


def test_costs_delays_and_foreground_are_counted():
    data = lab.DataSpec("blobs", blobs(), keep={"class 2": 0.3})
    oracle = lab.OracleSpec.of({"cost": [1, 4], "seconds": 5.0, "delay": 1, "abstain": 0.1})
    made = lab.Suite("small", (data,), {"random": find("random")}, budget={"cost": 40.0}, oracles=(oracle,), seeds=2)
    found = run(made)
    lines = found.cells.to_pylist()
    grid = [one for one in lines if one["role"] == "random"]
    assert all(36 < one["spent_cost"] <= 40 for one in grid) and all(one["spent_seconds"] > 20 for one in grid)
    rounds = [one for one in found.rounds.to_pylist() if one["cell"] == grid[0]["cell"]]
    assert [one["cost"] for one in rounds] == sorted(one["cost"] for one in rounds)
    truth = [one for one in found.picks.to_pylist() if one["cell"] == grid[0]["cell"] and one["label"] is not None]
    sought = {"class 0", "class 1", "class 2"} - {"class 0"}
    assert rounds[-1]["foreground"] == sum(one["truth"] in sought for one in truth)
    assert rounds[-1]["labels"] == len(truth)
    for over in ("cost", "annotation_seconds", "answers", "foreground"):
        assert found.curve("random", found.settings[0], over=over).labels[-1] > 0


def test_late_answers_are_asked_twice_and_told_twice():
    late = lab.OracleSpec.of({"late": 0.5, "seconds": 2.0})
    found = run(suite(names=("random",), oracles=(late,), seeds=1))
    [cell] = [one["cell"] for one in found.cells.to_pylist() if one["role"] == "random"]
    lines = [one for one in found.picks.to_pylist() if one["cell"] == cell and one["arm"] == "strategy"]
    # Twice answered rows count twice against the budget of thirty answers; every row has its true label.
    assert {one["answers"] for one in lines} == {1, 2} and all(one["label"] == one["truth"] for one in lines)
    assert 30 <= sum(one["answers"] for one in lines) + 10 <= 40


def test_numbers_run_as_a_suite():
    X = np.random.default_rng(0).normal(size=(120, 3))
    data = lab.labelled(X, 2 * X[:, 0] - X[:, 1])
    found = run(suite(data, names=("lcmd", "random"), learners={"ridge": "ridge"}, measures=("log_rmse", "r2")))
    [setting] = found.settings
    assert found.measure(setting) == "log_rmse" and found.curve("lcmd", setting).values[0, -1] < -3
    assert found.scores().values.max() > 0  # the negative of a log RMSE: higher is better


@pytest.fixture
def labels_together(tmp_path, monkeypatch):
    """Two folders in which several classes apply to a row: arrays, and texts."""
    import pyarrow as pa

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    Y = (X[:, :3] > 0).astype(int)
    (tmp_path / "tab").mkdir()
    np.savez(tmp_path / "tab" / "features.npz", X=X, Y=Y, test_mask=np.arange(120) % 4 == 0)
    (tmp_path / "txt").mkdir()
    words = np.array(["apple", "boat", "cloud"])
    texts = [" ".join(["the", *words[row > 0]]) for row in Y]
    lists = [np.flatnonzero(row).tolist() for row in Y]
    pq.write_table(pa.table({"text": texts, "labels": lists}), tmp_path / "txt" / "train.parquet")
    (tmp_path / "txt" / "meta.json").write_text(json.dumps({"label_names": words.tolist()}))
    monkeypatch.setenv("ASKWISE_DATA", str(tmp_path))
    return Y


def test_several_classes_a_row(labels_together):
    given = {"name": "many", "datasets": ["tab", "txt"], "strategies": ["mmc", "max_loss", "k_center"], "seeds": 2}
    found = run(lab.Suite.of({**given, "budget": 40, "initial": 10, "bound": {"rows": 100, "proposals": 2}}))
    assert not found.failed, found.failed[0]["traceback"]
    for setting in found.settings:
        assert found.measure(setting) == "micro_f1" and found.full(setting) > 0.85
        assert found.curve("random", setting).values[:, -1].min() > 0.6
    first = next(one for one in found.picks.to_pylist() if one["cell"] == found.repeats("random", found.settings[0])[0])
    assert first["label"] == str([str(i) for i in np.flatnonzero(labels_together[int(first["id"])])])


def test_wrong_answers_about_several_classes(labels_together):
    from askwise.lab.data import DataSpec, load
    from askwise.lab.oracle import OracleSpec, SimulatedOracle

    bench = prepare(load(DataSpec.of("tab")).dataset)
    said = [SimulatedOracle(OracleSpec.of({"noise": 0.2}), bench.facts(), 0).row(row)[0][1] for row in range(90)]
    flips = [(one in told) != (one in true) for told, true in zip(said, bench.labels, strict=True) for one in "012"]
    assert np.mean(flips) == pytest.approx(0.2, abs=0.06)
    for oracle, said in (({"noise": np.eye(3).tolist()}, "several apply to a row"), ({"noise": 2.0}, "no share")):
        with pytest.raises(BadInput, match=said):
            run(lab.Suite.of({"name": "x", "datasets": ["tab"], "strategies": ["mmc"], "budget": 9, "oracles": oracle}))
    with pytest.raises(BadInput, match="keep, unknown and foreground do not"):
        load(DataSpec.of({"data": "tab", "keep": {"1": 5}}))


def test_real_annotators_answer(tmp_path, monkeypatch):
    import pyarrow as pa

    home = tmp_path / "ma_toy"
    home.mkdir()
    texts = [f"{'good' if i % 2 else 'bad'} thing number {i}" for i in range(60)]
    pq.write_table(pa.table({"item": range(60), "text": texts}), home / "items.parquet")
    pq.write_table(pa.table({"item": range(60), "label": [i % 2 for i in range(60)]}), home / "gold.parquet")
    said = [(i, who, (i + (who == 2)) % 2, float(who + 1)) for i in range(60) for who in range(3)]
    columns = dict(zip(("item", "annotator", "label", "seconds"), zip(*said, strict=True), strict=True))
    pq.write_table(pa.table(columns), home / "labels.parquet")
    (home / "meta.json").write_text(json.dumps({"label_names": ["bad", "good"]}))
    monkeypatch.setenv("ASKWISE_DATA", str(tmp_path))
    oracle = {"annotators": "real", "answers": 3, "name": "crowd"}
    given = {"name": "toy", "datasets": ["ma_toy"], "strategies": ["random"], "budget": 30, "batch": 5, "seeds": 1}
    found = run(lab.Suite.of({**given, "oracles": [oracle, {"annotators": "real"}]}))
    threes = [one for one in found.picks.to_pylist() if one["answers"] == 3]
    # Two of three are right, so their majority is: and each row took 1 + 2 + 3 seconds.
    assert threes and all(one["label"] == one["truth"] and one["seconds"] == 6.0 for one in threes)
    alone = {one["cell"] for one in found.cells.to_pylist() if one["oracle"] != "crowd" and one["role"] == "random"}
    single = [one for one in found.picks.to_pylist() if one["cell"] in alone]
    assert any(one["label"] != one["truth"] for one in single)


def test_first_fits_are_taken_over_and_change_nothing():
    calls = []

    class Counting(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            calls.append(len(y))
            return super().fit(X, y, sample_weight)

    from askwise.learner import as_learner

    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    fits = FirstFits()
    found = []
    for rows in (X, X, X[:10], X):
        one = SharedFirstFit(as_learner(Counting(), 2), fits)
        one.fit(rows, y[: len(rows)], None, seed=3)
        found.append(one.evidence(X, frozenset({"probs"}))["probs"])
        one.fit(X[:15], y[:15], None, seed=4)
    assert calls == [20, 15, 15, 10, 15, 15]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[3])
    assert np.abs(found[0] - found[2]).max() > 1e-6


def test_overlap_of_picks(study):
    [setting] = study.settings
    assert study.overlap("margin", "margin", setting) == 1.0
    assert 0 < study.overlap("margin", "random", setting) < 1
    summary = study.summary()
    assert {line["strategy"] for line in summary} == set(study.strategies)
    assert all("labels_to_95" in line for line in summary)


def test_a_folder_without_results_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"holds no cells.parquet"):
        lab.Study.read(tmp_path)
    for name in ("cells", "rounds", "picks"):
        (tmp_path / f"{name}.parquet").write_text("no table")
    with pytest.raises(StoreError, match="is damaged"):
        lab.Study.read(tmp_path)


SCRIPT = """
import sys
from askwise import lab
made = lab.Suite.of({"name": "cut", "datasets": ["digits"], "strategies": ["margin", "k_center", "badge"], "seeds": 6,
                     "budget": 80, "initial": 10, "learners": [{"class": "sklearn.naive_bayes.GaussianNB"}]})
lab.run_suite(made, sys.argv[1], workers=2)
"""


@pytest.mark.slow
def test_the_starter_suite_runs_without_a_failure(tmp_path):
    study = lab.run_suite("starter", tmp_path / "out", level="quick", progress=False)
    assert not study.failed and len(study.settings) == 3
    digits = next(one for one in study.settings if one.dataset == "digits")
    assert study.curve("auto", digits).area().mean() > study.curve("random", digits).area().mean()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_suite_resumes_as_if_nothing_had_been(tmp_path, how):
    for folder, cut in (("whole", False), ("cut", True), ("cut", False)):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / folder)], stderr=subprocess.PIPE)
        deadline = time.monotonic() + 600
        cells = tmp_path / folder / "cells"
        while cut and time.monotonic() < deadline and len(list(cells.glob("*.json"))) < 5:
            time.sleep(0.02)
        if cut:
            process.send_signal(how)
        process.communicate(timeout=600)
    whole, again = lab.Study.read(tmp_path / "whole"), lab.Study.read(tmp_path / "cut")
    assert asked(whole) == asked(again) and heights(whole) == heights(again)
