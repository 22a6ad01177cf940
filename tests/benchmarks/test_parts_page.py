"""The page about spans and masks says what the runs say."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from askwise.lab import Suite, run_suite

ROOT = Path(__file__).parents[2]


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    lines = [(["Ada" if i % 3 else "Mae", "saw", "Oslo" if i % 2 else "it", *["and"] * (i % 5)], i) for i in range(60)]
    tags = [["B-PER", "O", "B-LOC" if i % 2 else "O", *["O"] * (i % 5)] for _, i in lines]
    pq.write_table(pa.table({"tokens": [one for one, _ in lines], "tags": tags}), tmp_path / "people.parquet")
    given = {"name": "tiny", "datasets": [str(tmp_path / "people.parquet")], "strategies": ["most_parts"], "seeds": 2}
    given |= {"budget": 12, "batch": 4, "initial": 4, "bound": {"rows": 0}}
    given |= {"oracles": [{"name": "timed", "seconds": {"row": 1.0, "parts": 9.0}}]}
    return run_suite(Suite.of(given), workers=1, progress=False)


def test_the_page_says_what_the_runs_say(study):
    from benchmarks.parts import page

    [setting] = study.settings
    text = page.table(study, setting)
    line = next(one for one in text.splitlines() if one.startswith("| `most_parts`"))
    cells = [cell.strip(" *") for cell in line.split("|")[1:-1]]
    for cell, over in ((cells[2], None), (cells[3], "annotation_seconds")):
        arm, chance = study.paired("most_parts", "random", setting, over=over)
        assert float(re.match(r"[+-][\d.]+", cell)[0]) == pytest.approx(
            float((arm.area() - chance.area()).mean()), abs=5e-4
        )
    spent = [one["spent_seconds"] for one in study.cells.to_pylist() if one["strategy"] == "most_parts"]
    assert float(cells[4]) == pytest.approx(sum(spent) / len(spent) / 12, abs=0.05)
    assert "| `random` |" in text and "| `most_parts` | 1 | " in page.verdict({"tiny": study})
    assert "span F1" in text and f"{study.full(setting):.3f} with all" in text
