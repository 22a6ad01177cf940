"""The table of times: its limits hold, its goals are judged, and its page tells what there is and what there is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.selection import data
from benchmarks.selection import run as runner
from benchmarks.selection.goals import GOALS, Goal, find, ratio
from benchmarks.selection.jobs import GROWTH, HUGE, LARGE, VERSUS, Job, Other
from benchmarks.selection.machine import Machine
from benchmarks.selection.page import exponent, page

JOB = Job("k_center", "formless", 300, {"n": 5}, (Other("plain", "k_center_scan", "order"),))


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> runner.Results:
    monkeypatch.setattr(runner, "STORE", tmp_path)
    return runner.Results()


def _timed(tmp_path: Path, other: Other, columns: int = 8, memory: float = 6.0) -> runner.Measure:
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).standard_normal((300, columns), dtype=np.float32))
    return runner.timed(other, JOB, str(tmp_path), memory, 60)


def test_a_measurement_tells_seconds_memory_and_picks(tmp_path: Path) -> None:
    found = _timed(tmp_path, Other("plain", "k_center_numpy"))
    assert found["cpu"] >= 0 and found["peak"] >= 0
    assert len(found["picks"]) == 10  # timed on its first picks and scaled


def test_too_little_memory_and_a_failure_are_results(tmp_path: Path) -> None:
    assert _timed(tmp_path, Other("plain", "k_center_numpy"), columns=50_000, memory=0.05) == {"failed": "memory"}
    assert "KeyError" in _timed(tmp_path, Other("plain", "no such call"))["failed"]
    assert _timed(tmp_path, Other("nobody", "k_center")) == {"failed": "absent"}


def test_results_are_kept_by_job_and_by_who(results: runner.Results) -> None:
    results.put(JOB, "askwise", {"cpu": 1.0})
    results.put(JOB, "k center scan", {"cpu": 8.0})
    again = runner.Results()
    assert again.get(JOB) == {"cpu": 1.0}
    assert again.get(JOB, "k center scan") == {"cpu": 8.0}
    assert again.get(JOB, "nobody") is None


def test_ratios_take_the_fastest_of_the_others(results: runner.Results) -> None:
    reached = ratio(JOB, "a", "b", "c")
    assert reached(results) is None
    results.put(JOB, "askwise", {"cpu": 0.5})
    results.put(JOB, "a", {"cpu": 5.0})
    results.put(JOB, "b", {"cpu": 2.0})
    results.put(JOB, "c", {"failed": "memory"})
    assert reached(results) == 4.0


def test_a_goal_is_met_on_its_side_of_the_bound() -> None:
    fast = Goal("x", ">= 25x", lambda r: None, 25)
    few = Goal("x", "<= 30 passes", lambda r: None, 30, at_least=False, unit=" passes")
    assert fast.met(25) and not fast.met(24.9) and few.met(30) and not few.met(31)
    assert fast.told(211.4) == "211x" and few.told(13) == "13 passes"


def test_growth_is_a_slope(results: runner.Results) -> None:
    for job in GROWTH:
        if job.call == "lcmd":
            results.put(job, "askwise", {"cpu": 1e-9 * job.rows**1.5})
    assert exponent("lcmd", results) == pytest.approx(1.5)
    assert exponent("lcmd", results, batches=True) is None


def test_the_page_says_what_failed_and_what_was_not_measured(results: runner.Results) -> None:
    job = find("k_center", "clustered", 60_000, n=100)
    results.put(job, "askwise", {"cpu": 0.02, "peak": 2e6, "picks": [1, 2, 3], "passes": 1, "a row": 3.0})
    results.put(job, "bmdal_reg", {"cpu": 1.0, "peak": 5e6, "picks": [1, 2, 4]})
    results.put(job, "scikit_activeml", {"failed": "memory"})
    text = page(results, Machine(10.0, 100.0), 6.0, 90)
    assert "| bmdal_reg | 1 | 50 | 5 | 2 of 3 |" in text
    assert "| scikit_activeml | out of memory |" in text
    assert "| k_center, 60,000 rows, 100 picks | >= 25x bmdal_reg | 50x | met |" in text
    assert "not measured" in text


def test_the_least_that_a_machine_needs() -> None:
    assert Machine(10.0, 100.0).least(5.0, 0.0) == 0.5
    assert Machine(10.0, 100.0).least(1.0, 2e11) == 2.0


def test_jobs_have_their_own_names_and_every_goal_has_its_job() -> None:
    jobs = [*VERSUS, *LARGE, *HUGE]
    assert len({job.key for job in jobs}) == len(jobs)
    assert all(len({other.label for other in job.others}) == len(job.others) for job in jobs)
    assert len(GOALS) > 30


@pytest.mark.parametrize("pool", ["clustered", "formless"])
def test_synthetic_pools_are_the_same_every_time(pool: str) -> None:
    rows = data.POOLS[pool](300)
    assert rows.shape == (300, data.COLUMNS) and rows.dtype == np.float32
    assert np.array_equal(rows, data.POOLS[pool](300))


def test_probabilities_and_draws_sum_to_one() -> None:
    assert data.probabilities(20, 4).sum(axis=1) == pytest.approx(1)
    assert data.samples(20, 3, 4).sum(axis=2) == pytest.approx(1)
