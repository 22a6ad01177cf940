"""CONTRIBUTING's example is a test: both methods register, keep the contract, and choose rows."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from askwise import catalogue
from askwise.core import registry
from askwise.testing import check_pick, check_score
from askwise.testing.__main__ import main

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python(?: title=\"(?P<title>[^\"]+)\")?\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(found["title"] or "", found["code"]) for found in BLOCK.finditer(TEXT)]
METHODS = {"score": "runner_up", "pick": "across_ranks"}


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The two methods of the page, registered from modules in a temporary folder, and taken out again."""
    folder = tmp_path_factory.mktemp("example")
    for kind, name in METHODS.items():
        assert not registry.has(kind, name), f"the example's name {name!r} is taken; choose another"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for kind, name in METHODS.items():
            [code] = [code for title, code in BLOCKS if title.endswith(f"{kind}/{name}.py")]
            (folder / f"example_{name}.py").write_text(code, encoding="utf-8")
            importlib.import_module(f"example_{name}")
        yield {kind: registry.get(kind, name) for kind, name in METHODS.items()}
    for kind, name in METHODS.items():
        del registry._METHODS[kind][name]


def test_score_keeps_the_contract(example):
    assert "kept" in {one.status for one in check_score(example["score"])}


def test_pick_keeps_the_contract(example):
    assert "kept" in {one.status for one in check_pick(example["pick"])}


def test_documented_check(example, capsys):
    [line] = [line for line in TEXT.splitlines() if line.startswith("python -m askwise.testing")]
    assert main(line.split()[3:]) == 0
    assert "2 methods, 0 promises broken" in capsys.readouterr().out


def test_they_are_strategies_now(example):
    assert catalogue.find("runner_up").label == "runner_up"
    assert "runner_up" in catalogue.names()
    assert registry.get("pick", "across_ranks") is example["pick"]


def test_documented_selection(example):
    [code] = [code for title, code in BLOCKS if not title]
    namespace = {}
    exec(code, namespace)
    rows, probs = namespace["rows"], namespace["P"]
    second = namespace["np"].sort(probs, axis=1)[:, -2]
    assert rows.tolist() == namespace["np"].argsort(-second)[:10].tolist()


def test_pick_chooses(example):
    import numpy as np

    import askwise as aw

    probs = np.random.default_rng(1).dirichlet(np.ones(3), size=50)
    strategy = aw.Strategy(example["score"], pick=example["pick"])
    assert aw.Strategy.from_dict(strategy.to_dict()) == strategy
    picked = aw.select(5, strategy, probs=probs)
    ranking = np.argsort(-np.sort(probs, axis=1)[:, -2])
    assert picked.rows.tolist() == ranking[[0, 10, 20, 30, 40]].tolist()


def test_export_lines_look_as_in_the_rooms():
    root = Path(__file__).parents[2]
    [(title, code)] = [(title, code) for title, code in BLOCKS if title.endswith("__init__.py")]
    pattern = re.compile(r"^from askwise\.score\.\w+ import ", re.MULTILINE)
    assert pattern.match(code)
    assert pattern.search((root / title).read_text(encoding="utf-8"))


def test_house_rules_are_there():
    for rule in ("Names", "Sizes", "Docstrings", "Errors", "Tests", "Commits", "Changelog"):
        assert f"**{rule}.**" in TEXT
    for section in ("Added", "Changed", "Fixed", "Selections changed"):
        assert section in TEXT
