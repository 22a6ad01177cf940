"""The page of the shipped suites: what a suite cost adds up over attempts, and every suite has its lines."""

from __future__ import annotations

from pathlib import Path

from benchmarks.suites.cost import Cost, command, keep, place, read
from benchmarks.suites.page import Done, section

from askwise import lab


def test_attempts_add_up(tmp_path):
    folder = place(tmp_path, "starter", "quick")
    assert read(folder) == Cost()
    keep(folder, read(folder).plus(Cost(2.0, 3.0, 200.0, 2, 1)))
    keep(folder, read(folder).plus(Cost(1.0, 1.5, 150.0, 1, 1, ended=True)))
    assert read(folder) == Cost(3.0, 4.5, 200.0, 1, 2, ended=True)
    assert " ".join(command("starter", "quick", Path("x.lab"), 2)) == (
        "askwise lab run starter --level quick --out x.lab --workers 2"
    )


def test_every_suite_has_its_lines():
    given = {"datasets": ["iris", "wine"], "strategies": ["auto", "margin"], "budget": 30, "initial": 10, "seeds": 2}
    made = lab.Suite.of({**given, "name": "starter", "bound": {"rows": 0}, "about": "Two flowers and wines."})
    study = lab.run_suite(made, workers=1, progress=False)
    done = Done("starter", "quick", study, Cost(60.0, 90.0, 300.0, 2, 1, ended=True))
    page = section([done], [])
    assert "| starter | 2 | 14 | 0 | 1.5 | 1.0 | 300 |" in page
    assert "Two flowers and wines. 14 runs, 2 seeds, 2 settings; accuracy." in page
    assert all(f"| {name} | " in page.split("## starter, `quick`")[1] for name in ("auto", "margin", "random"))
    assert "| all of classes | | 2 |" in page
