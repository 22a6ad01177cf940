"""Methods and learners of one's own in a suite's file: found beside it, and part of what names a cell."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from askwise import lab
from askwise.cli import app
from askwise.core.errors import BadInput
from askwise.core.registry import methods

MODULE = """
from askwise.core.registry import score
from sklearn.naive_bayes import GaussianNB

@score(cite="own")
def least_by_{name}(probs):
    \"\"\"Minus the largest probability: (m, c) -> (m,).\"\"\"
    return -probs.max(axis=1)

class Bayes{name}(GaussianNB):
    pass
"""

SUITE = """
format = 1
imports = ["{module}"]
datasets = ["iris"]
strategies = ["least_by_{name}"]
learners = [{{class = "{module}.Bayes{name}"}}]
budget = 20
initial = 10
seeds = 1
bound = {{rows = 0}}
"""


@pytest.fixture
def beside(tmp_path):
    """A suite and a module beside it; the method and the module are forgotten afterwards."""
    module, name = f"own_{tmp_path.name.replace('-', '_')}", f"n{abs(hash(tmp_path.name)) % 10**6}"
    (tmp_path / f"{module}.py").write_text(MODULE.format(name=name))
    suite = tmp_path / "mine.toml"
    suite.write_text(SUITE.format(module=module, name=name))
    yield suite, module, name
    sys.modules.pop(module, None)
    from askwise.core import registry

    registry._METHODS["score"].pop(f"least_by_{name}", None)


def test_a_module_beside_the_suite_brings_methods_and_learners(beside):
    path, module, name = beside
    suite = lab.read_suite(path)
    assert suite.imports == (module,) and f"least_by_{name}" in {one.name for one in methods("score")}
    assert str(path.parent) not in sys.path
    study = lab.run_suite(suite, workers=1, progress=False)
    [setting] = study.settings
    assert setting.learner == f"Bayes{name}" and study.curve(f"least_by_{name}", setting).labels.tolist() == [10, 20]


def test_an_edited_module_makes_new_cells(beside, tmp_path):
    path, module, _ = beside
    suite = lab.read_suite(path)
    first = lab.run_suite(suite, tmp_path / "out", workers=1, progress=False)
    file = tmp_path / f"{module}.py"
    file.write_text(file.read_text() + "\n# a remark\n")
    again = lab.run_suite(suite, tmp_path / "out", workers=1, progress=False)
    assert not {*first.cells.column("cell").to_pylist()} & {*again.cells.column("cell").to_pylist()}


def test_a_module_that_is_not_there_is_named():
    given = {"name": "x", "datasets": ["iris"], "strategies": ["margin"]}
    with pytest.raises(BadInput, match=r"the module 'no_such_module' cannot be imported: .* put it beside the suite"):
        lab.Suite.of({**given, "imports": ["no_such_module"]})
    with pytest.raises(BadInput, match="imports=3 is no module"):
        lab.Suite.of({**given, "imports": [3]})


def test_the_command_writes_the_page_with_the_command_that_does_it_again(beside, tmp_path):
    path, _, _ = beside
    out = tmp_path / "a folder"
    done = CliRunner().invoke(app, ["lab", "run", str(path), "--out", str(out), "--workers", "1"])
    assert done.exit_code == 0, done.output
    html = (out / "report.html").read_text(encoding="utf-8")
    assert f"askwise lab run {path} --out &#39;{out}&#39;" in html
    (out / "report.html").unlink()
    assert CliRunner().invoke(app, ["lab", "report", str(out)]).exit_code == 0
    assert f"askwise lab run {path} --out &#39;{out}&#39;" in (out / "report.html").read_text(encoding="utf-8")
