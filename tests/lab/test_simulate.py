"""Simulations: paired, resumable, equal to a session by hand, the same with any number of workers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import askwise as aw
from askwise import lab
from askwise.core.errors import BadInput, StoreError
from askwise.lab.bench import prepare
from askwise.lab.seeds import repeat_seed
from askwise.lab.work import Work
from askwise.pool import Dataset, OpenedFile, as_pool
from askwise.pool.choose import Columns
from askwise.session import Session


def blobs(n=200):
    rng = np.random.default_rng(0)
    y = np.arange(n) % 4
    return lab.labelled(rng.normal(size=(n, 3)) + 2.5 * np.eye(4)[y][:, :3], [f"class {i}" for i in y])


GIVEN = {"budget": 30, "batch": 10, "repeats": 2, "progress": False}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return lab.simulate(blobs(), ["margin", "random"], workers=1, workdir=tmp_path_factory.mktemp("a") / "w", **GIVEN)


def numbers(results):
    return {name: results.curve(name).values.tolist() for name in results.strategies}


def test_each_run_is_measured_after_every_batch(results):
    assert results.strategies == ("margin", "random")
    for name in results.strategies:
        assert results.curve(name).labels.tolist() == [10, 20, 30]
        assert results.curve(name, "macro_f1").repeats == 2
    assert results.seconds("margin") > 0


def test_repeats_are_paired(results):
    # Before there is a model both start at random, with the same seed: the first batch is the same.
    np.testing.assert_array_equal(results.curve("margin").values[:, 0], results.curve("random").values[:, 0])
    assert results.about["seeds"] == [repeat_seed(0, 0), repeat_seed(0, 1)]


def test_a_run_is_what_a_session_by_hand_gives(results):
    bench = prepare(blobs())
    session = Session(
        pool=bench.pool,
        learner=bench.learner(),
        classes=bench.classes,
        strategy="margin",
        budget=aw.Budget(answers=30),
        seed=repeat_seed(0, 1),
        control=0.0,
    )
    oracle, found = aw.Oracle(bench.labels), []
    while queries := session.ask(10):
        session.tell(oracle(queries))
        found.append(bench.evaluate(session.predict(bench.test))["accuracy"])
    assert found == results.curve("margin").values[1].tolist()


def test_workers_change_nothing_but_the_time(results, tmp_path):
    again = lab.simulate(blobs(), ["margin", "random"], workers=2, workdir=tmp_path / "w", **GIVEN)
    assert numbers(again) == numbers(results)
    assert again.about["workers"] == 2


def test_threads_where_there_is_no_fork(results, tmp_path, monkeypatch):
    monkeypatch.setattr("askwise.lab.workers._can_fork", lambda: False)
    again = lab.simulate(blobs(), ["margin", "random"], workers=2, workdir=tmp_path / "w", **GIVEN)
    assert numbers(again) == numbers(results)


def test_an_interrupted_simulation_resumes(results, tmp_path, monkeypatch):
    module = sys.modules["askwise.lab.simulate"]  # the package has the function of that name

    kept = module.perform_all

    def after_three(tasks, bench, workers, watch):
        seen = []

        def stop_at_third(task, measure):
            seen.append(task)
            if len(seen) == 3:
                raise KeyboardInterrupt

        return kept(tasks, bench, workers, stop_at_third)

    for workers in (1, 2):
        monkeypatch.setattr(module, "perform_all", after_three)
        with pytest.raises(KeyboardInterrupt):
            lab.simulate(blobs(), ["margin", "random"], workers=workers, workdir=tmp_path / f"w{workers}", **GIVEN)
        monkeypatch.setattr(module, "perform_all", kept)
        again = lab.simulate(blobs(), ["margin", "random"], workers=workers, workdir=tmp_path / f"w{workers}", **GIVEN)
        assert numbers(again) == numbers(results)


def test_a_resumed_simulation_shows_where_it_was(tmp_path, capsys):
    shown = {**GIVEN, "progress": True, "workdir": tmp_path / "w"}
    lab.simulate(blobs(), ["random"], workers=1, **shown)
    first = capsys.readouterr().err
    lab.simulate(blobs(), ["random"], workers=1, **shown)
    assert first == capsys.readouterr().err
    assert first.startswith("random, repeat 1 of 2: accuracy 0.") and first.count("\n") == 2


def test_a_changed_configuration_is_refused_and_named(tmp_path):
    lab.simulate(blobs(), ["random"], workdir=tmp_path / "w", **GIVEN)
    with pytest.raises(BadInput, match=r"budget was 30 and is now 40; batch was 10 and is now 20.*--fresh"):
        lab.simulate(blobs(), ["random"], workdir=tmp_path / "w", **{**GIVEN, "budget": 40, "batch": 20})
    with pytest.raises(BadInput, match="of the data, rows and labels and test set changed"):
        lab.simulate(blobs(160), ["random"], workdir=tmp_path / "w", **GIVEN)
    fresh = lab.simulate(blobs(), ["random"], workdir=tmp_path / "w", fresh=True, **{**GIVEN, "budget": 40})
    assert fresh.curve("random").labels[-1] == 40


def test_more_repeats_and_strategies_add_runs(results, tmp_path):
    lab.simulate(blobs(), ["random"], workdir=tmp_path / "w", **{**GIVEN, "repeats": 1})
    first = (tmp_path / "w" / "random-0.aw").read_bytes()
    more = lab.simulate(blobs(), ["margin", "random"], workdir=tmp_path / "w", **GIVEN)
    assert numbers(more) == numbers(results)
    assert (tmp_path / "w" / "random-0.aw").read_bytes() == first


def test_without_a_budget_a_small_pool_is_asked_for_half_its_labels():
    found = lab.simulate(blobs(), ["random"], batch=40, repeats=1, workers=1, progress=False)
    assert found.about["budget"] == 80


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 500}, "a budget of 500 labels does not fit the pool; give 1 to 160"),
        ({"batch": 0}, "batch=0 does nothing"),
        ({"repeats": 0}, "repeats=0 does nothing"),
        ({"workers": 0}, "workers=0 cannot work"),
        ({"strategies": []}, "give a list of at least one"),
        ({"strategies": ["margn"]}, "Did you mean 'margin'"),
        ({"strategies": ["margin", aw.Strategy("margin")]}, "'margin' is given twice"),
    ],
)
def test_bad_input_is_quoted(change, message):
    given = {"strategies": ["random"], **GIVEN, **change}
    with pytest.raises(BadInput, match=message):
        lab.simulate(blobs(), given.pop("strategies"), **given)


def test_an_error_in_a_worker_reaches_the_caller(tmp_path):
    (tmp_path / "w").mkdir()
    Work(tmp_path / "w" / "x", {})
    given = dict(GIVEN, workdir=tmp_path / "v", workers=2)
    lab.simulate(blobs(), ["random"], **given)
    (tmp_path / "v" / "random-1.aw").write_bytes(b"no session")
    for name in ("random-1.aw-wal", "random-1.aw-shm"):
        (tmp_path / "v" / name).unlink(missing_ok=True)
    with pytest.raises(StoreError, match=r"random-1\.aw"):
        lab.simulate(blobs(), ["random"], **given)


def test_work_folders_of_others_are_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match=r"not empty \(thesis.txt\)"):
        Work(tmp_path, {"budget": 1})
    with pytest.raises(BadInput, match="fresh=True will not remove it"):
        Work(tmp_path, {"budget": 1}, fresh=True)
    assert (tmp_path / "thesis.txt").exists()


def test_a_damaged_configuration_is_named(tmp_path):
    Work(tmp_path / "w", {"budget": 1})
    (tmp_path / "w" / "simulation.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        Work(tmp_path / "w", {"budget": 1})


def test_names_of_strategies_become_names_of_files(tmp_path):
    work = Work(tmp_path / "w", {})
    assert work.path("margin+k_means", 3).name == "margin+k_means-3.aw"
    odd = {work.path(name, 0).name for name in ("a/b", "a:b", "a_b")}
    assert len(odd) == 3 and not any("/" in name for name in odd)


def test_results_go_to_text_and_json(results):
    assert "labels" in str(results) and "random" in str(results)
    found = json.loads(json.dumps(results.to_dict(), allow_nan=False))
    assert found["strategies"]["margin"]["savings"][0]["verdict"] in ("saved", "lost", "unclear")
    assert [line["labels"] for line in found["table"]] == [10, 20, 30]
    with pytest.raises(BadInput, match="Did you mean 'accuracy'"):
        results.curve("margin", "acuracy")


def test_the_report_holds_what_is_needed_to_do_it_again(results, tmp_path):
    html = results.report(tmp_path / "deep" / "out.html").read_text()
    for needed in (
        "<svg",
        "Labels saved at equal accuracy",
        "LogisticRegression",
        "numpy",
        "control=0",
        "no test file",
    ):
        assert needed in html
    assert str(results.about["seeds"][0]) in html
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        results.report(tmp_path / "file" / "out.html")


def test_one_strategy_alone_has_a_report_too(tmp_path):
    alone = lab.simulate(blobs(), ["margin"], **{**GIVEN, "repeats": 1})
    assert "nothing to compare it with" in str(alone)
    assert "margin reached accuracy" in alone.report(tmp_path / "out.html").read_text()


SCRIPT = """
import numpy as np
from askwise import lab
rng = np.random.default_rng(0)
y = np.arange(400) % 4
data = lab.labelled(rng.normal(size=(400, 3)) + 2.5 * np.eye(4)[y][:, :3], y)
found = lab.simulate(data, ["margin", "random"], budget=120, batch=5, repeats=2, workers=2, workdir={folder!r})
print([found.curve(name).values.tolist() for name in found.strategies])
"""


def _run(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT.format(folder=str(folder))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _newest(folder: Path) -> float:
    """When anything was last written to a session of the folder."""
    return max((path.stat().st_mtime for path in folder.glob("*.aw-wal")), default=0.0)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_simulation_resumes_as_if_nothing_had_been(tmp_path, how):
    whole = _run(tmp_path / "whole").communicate(timeout=600)[0]
    for delay in (0.2, 0.5):
        before = _newest(tmp_path / "cut")
        process = _run(tmp_path / "cut")
        deadline = time.monotonic() + 600
        while _newest(tmp_path / "cut") == before and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(delay)
        process.send_signal(how)
        process.communicate(timeout=600)
    out, err = _run(tmp_path / "cut").communicate(timeout=600)
    assert out == whole and out, err


def test_corrected_labels_and_another_test_set_are_refused_on_resuming(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 2)), ["no", "yes"] * 40
    parts = (X[:60], y[:60]), (X[60:], y[60:])

    def run(train, test):
        lab.simulate(lab.labelled(*train, test=test), ["random"], workdir=tmp_path / "w", workers=1, **GIVEN)

    run(*parts)
    run(*parts)
    with pytest.raises(BadInput, match="of the data, labels changed"):
        run((X[:60], ["yes", *y[1:60]]), parts[1])
    with pytest.raises(BadInput, match=r"of the data, test set changed.*--fresh"):
        run(parts[0], (X[60:], ["yes", *y[61:]]))
    with pytest.raises(BadInput, match="of the data, rows and test set changed"):
        run((X[:60] + 1.0, y[:60]), (X[60:] + 1.0, y[60:]))


@pytest.mark.parametrize("seed", [-1, 0.5, "1", None])
def test_a_seed_is_a_whole_number_from_0(seed):
    with pytest.raises(BadInput, match=f"seed={seed!r}"):
        lab.simulate(blobs(), ["random"], seed=seed, **GIVEN)


def test_a_reference_that_never_gets_better_is_not_called_missing():
    runs = [[{"labels": n, "accuracy": 1.0, "macro_f1": 1.0, "seconds": 0.1} for n in (10, 20)]] * 2
    said = lab.Results({"auto": runs, "random": runs}, {}).headline()
    assert said == "auto reached accuracy 1.000; random was no better at the end than with its first 10 labels: " + (
        "nothing to save"
    )


def numbers_with_noise(n=240):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    return lab.labelled(X, (X @ [2.0, -1.0, 0.5, 0.0] + rng.normal(0, 0.1, n)).tolist())


def test_numbers_are_simulated_by_r2_and_rmse(tmp_path):
    found = lab.simulate(numbers_with_noise(), ["lcmd", "random"], learner="ridge", **{**GIVEN, "repeats": 5})
    assert found.measures == ("r2", "rmse") and found.titles == ("R²", "RMSE")
    ends = found.curve("random").mean()[-1], found.curve("random", "rmse").mean()[-1]
    assert ends[0] > 0.95 and 0.08 < ends[1] < 0.3
    # R² and RMSE are of the same predictions: 1 - R² is the squared error over the variance.
    bench = prepare(numbers_with_noise(), "ridge")
    values = found.curve("random").values, found.curve("random", "rmse").values
    np.testing.assert_allclose(1 - values[0], values[1] ** 2 / bench.truth.var())
    assert "R² " in found.headline() and "accuracy" not in found.headline()
    with pytest.raises(BadInput, match="of RMSE less is better; ask for labels saved at an equal R²"):
        found.savings(measure="rmse")
    page = found.report(tmp_path / "numbers.html").read_text("utf-8")
    assert "R² by number of labels" in page and "each with a number" in page and "accuracy" not in page.lower()


def test_several_labels_a_row_are_simulated_by_micro_f1(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    labels = np.empty(120, dtype=object)
    labels[:] = [tuple(np.array(["red", "green", "blue"])[row > 0].tolist()) for row in X]
    one = OpenedFile(as_pool(X), labels, None, (), Columns())
    dataset = Dataset(one, None, ("red", "green", "blue"))
    found = lab.simulate(dataset, ["binary_minimum", "random"], learner="logistic", **GIVEN)
    assert found.measures == ("micro_f1", "label_macro_f1")
    assert 0.5 < found.curve("random").mean()[-1] <= 1.0
    assert "Micro-F1 by number of labels" in found.report(tmp_path / "several.html").read_text("utf-8")
