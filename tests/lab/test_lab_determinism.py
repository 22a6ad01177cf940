"""The same suite gives the same tables, but for times: with any number of workers, and through an interruption."""

from __future__ import annotations

import pytest

from askwise import lab
from askwise.lab import experiment

TIMES = {"wall_seconds", "peak_mb", "choose_seconds", "fit_seconds"}

GRID = {
    "name": "twice",
    # Digits of ten classes: after 50 labels some class is still unseen, or has too few to be calibrated.
    "datasets": [{"data": "digits", "rows": 300, "test_rows": 100}, {"data": "iris", "keep": {"2": 0.3}}],
    "strategies": ["auto", "badge"],
    "learners": ["logistic", {"class": "sklearn.linear_model.RidgeClassifier"}],
    "oracles": ["clean", {"noise": 0.2, "abstain": 0.1, "cost": [1, 3], "seconds": 4.0}],
    "split": "per_seed",
    "batch": 20,
    "initial": 10,
    "budget": 70,
    "seeds": 2,
    "bound": {"rows": 150, "proposals": 3},
}


def run(out, workers=1):
    return lab.run_suite(lab.Suite.of(GRID), out, workers=workers, progress=False)


def told(study):
    """All three tables without what the clock says."""
    tables = {"cells": study.cells, "rounds": study.rounds, "picks": study.picks}
    kept = {name: one.drop_columns([c for c in one.column_names if c in TIMES]) for name, one in tables.items()}
    # In rounds these are the run's seconds; in picks the simulated annotators', which are no matter of the clock.
    kept["rounds"] = kept["rounds"].drop_columns(["seconds"])
    return kept


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run(tmp_path_factory.mktemp("twice") / "out")


def same(one, other):
    return {name: table.equals(told(other)[name]) for name, table in told(one).items()}


def test_two_workers_give_what_one_gives(whole, tmp_path):
    assert whole.failed == [] and whole.cells.num_rows > 40
    assert same(whole, run(tmp_path / "out", workers=2)) == {"cells": True, "rounds": True, "picks": True}


def test_an_interrupted_suite_gives_what_one_in_a_single_go_gives(whole, tmp_path, monkeypatch):
    perform, done = experiment.perform, []

    def until_the_plug_is_pulled(*given):
        if len(done) == 17:
            raise KeyboardInterrupt
        done.append(given)
        return perform(*given)

    monkeypatch.setattr(experiment, "perform", until_the_plug_is_pulled)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out")
    half = lab.Study.read(tmp_path / "out")
    assert half.cells.num_rows == 17
    monkeypatch.setattr(experiment, "perform", perform)
    assert same(whole, run(tmp_path / "out", workers=2)) == {"cells": True, "rounds": True, "picks": True}
