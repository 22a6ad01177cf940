"""The proof of the default strategy: the halves do not overlap, and the page says what the runs say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askwise.core import registry
from askwise.lab import Suite, run_suite

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT))
    before = {method.name for method in registry.methods() if method.kind == "policy"}
    yield
    # The tuning half registers its candidates, which are no methods of the package.
    for method in registry.methods():
        if method.kind == "policy" and method.name not in before:
            del registry._METHODS["policy"][method.name]


def test_no_data_set_tunes_and_proves() -> None:
    from benchmarks.auto import suites, tuning
    from benchmarks.auto.halves import FAMILIES, half

    for family, sets in FAMILIES.items():
        plain = [one.removeprefix("tab_").removeprefix("reg_") for one in sets]
        assert plain == sorted(plain), family
    assert [half(one) for one in ("tab_adult", "tab_australian", "ma_rte")] == ["tuning", "proving", "proving"]
    # Making a suite checks each of its data sets.
    assert [suites.suite(name).name for name in suites.PROOF] == list(suites.PROOF)
    assert [tuning.suite(name).name for name in tuning.TUNING] == list(tuning.TUNING)
    assert all("auto" in suites.suite(name).strategies for name in suites.PROOF)


def test_the_page_of_a_small_proof(tmp_path: Path) -> None:
    from benchmarks.auto import page

    given: dict[str, Any] = {"datasets": ["iris", "wine"], "strategies": ["auto", "margin"], "budget": 30, "seeds": 2}
    study = run_suite(Suite.of({"name": "small", "bound": {"rows": 0}, **given}), tmp_path / "out", workers=1)
    found = page.section({"small": study})
    blocks = page.blocks("small", study)
    assert [one.name for one in blocks] == ["iris", "wine"]
    area = study.curve("auto", study.settings[0]).area().mean()
    assert blocks[0].areas["auto"] == pytest.approx(area)
    assert f"| small | iris | {blocks[0].areas['random']:.3f} | {area - blocks[0].areas['random']:+.3f} |" in found
    assert "Mean rank by area" in found and "| small |" in found and "tied" in found


def test_labels_to_a_share_of_the_full_score_against_random() -> None:
    from benchmarks.auto import reach, reached
    from benchmarks.auto.tuning import SETS

    inf = float("inf")
    found = [
        reach.Reached("tab_a", 5, 100.0, {"auto": 0.4, "margin": 0.7}, {"auto": 0.02, "margin": 0.01}),
        reach.Reached("b", 10, 250.0, {"auto": 0.6, "margin": 0.5}, {"auto": 0.04, "margin": -0.01}),
        reach.Reached("c", 25, 600.0, {"auto": 0.9, "margin": inf}, {"auto": 0.0, "margin": 0.0}),
    ]
    page = reached.tables(found, ["tab_d"], 6)
    assert "| a | 5 | 100 | 0.40 | 0.70 |" in page and "| c | 25 | 600 | 0.90 | – |" in page
    assert "Left out, for random rows did not get there: d." in page
    assert "In 2 of these 3 sets some strategy takes half" in page
    # Over all three, and over a and b, where some strategy halves: medians worked out by hand.
    assert "| auto | 0.60 (0.40 to 0.90) | 1 of 3 | 0.50 (0.40 to 0.60) | +0.020 |" in page
    assert "| margin | 0.70 (0.50 to –) | 1 of 3 | 0.60 (0.50 to 0.70) | +0.000 |" in page
    halves = {part: reach.names(part) for part in ("tuning", "proving")}
    assert not set(halves["tuning"]) & set(halves["proving"]) and set(SETS) <= set(halves["tuning"])


def test_a_budget_as_long_as_random_rows_need(tmp_path: Path) -> None:
    from benchmarks.auto import reach

    need = reach.probe("iris", tmp_path, 1)
    assert 5 < need < 90
    study = reach.reach("iris", need, tmp_path, ["margin", "random"], 1, seeds=2)
    assert max(study.curve("random", study.settings[0]).labels) <= 2.6 * need + 5
    one = reach.compare("iris", need, study)
    labels = [study.labels_to(name, study.settings[0]).median() for name in ("margin", "random")]
    assert one.random == labels[1] and one.shares == {"margin": labels[0] / labels[1]}


def test_the_page_of_a_small_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.study import grid, page

    names = ("margin", "k_center", "random")
    monkeypatch.setattr(page, "STRATEGIES", names)
    monkeypatch.setattr(page, "SEEDS", 4)
    given = {"datasets": ["iris", "wine"], "strategies": list(names), "budget": 40, "seeds": 4, "bound": {"rows": 0}}
    given["measures"] = ["accuracy", "macro_f1", "nll"]
    base, other = (
        run_suite(Suite.of({"name": f"b{batch}", "batch": batch, **given}), tmp_path / str(batch), workers=1)
        for batch in (10, 20)
    )
    values = page.areas(base)
    assert values.shape == (3, 2, 4) and page.agreement(page.mean_ranks(values), page.mean_ranks(values)) == 1.0
    found = page.section({"base": base, "batch of 20": other}, first=10, budget=40)
    assert "| nothing: the base | 4 | 1.00 |" in found and "| batch of 20 |" in found and "iris" in found
    assert set(grid.CHANGES) >= {"base", "no start"} and grid.suite("no start").seeds == grid.SEEDS
