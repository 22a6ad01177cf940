"""The size ratchet and the habits of the project, over every source file."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

import askwise

ROOT = Path(askwise.__file__).parent
MODULES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(ROOT.rglob("*.py"))}

FILE_LINES = 600
FUNCTION_LINES = 60
MEDIAN_LINES = 12
P90_LINES = 40


def functions(text: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    text = MODULES[name]
    assert len(text.splitlines()) <= FILE_LINES, f"{name} has {len(text.splitlines())} lines; split it"
    long = {node.name: length(node) for node in functions(text) if length(node) > FUNCTION_LINES}
    assert not long, f"{name} has functions over {FUNCTION_LINES} lines: {long}"
    assert ast.get_docstring(ast.parse(text)) or name == "_version.py", f"{name} has no docstring"


@pytest.mark.parametrize("name", MODULES)
def test_habits(name):
    for node in ast.walk(ast.parse(MODULES[name])):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            assert caught not in ("", "Exception", "BaseException"), f"{name}:{node.lineno} catches everything"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{name}:{node.lineno} prints; return, raise or log instead"
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("np.random", "numpy.random"):
            fine = node.attr in ("default_rng", "Generator", "SeedSequence") or name.startswith("testing")
            assert fine, f"{name}:{node.lineno} uses the global generator {ast.unparse(node)}"


def test_functions_stay_small():
    lengths = [length(node) for text in MODULES.values() for node in functions(text)]
    assert statistics.median(lengths) < MEDIAN_LINES
    assert statistics.quantiles(lengths, n=10)[-1] < P90_LINES


def test_the_four_public_errors_quote_and_fix():
    """A message is never a bare constant: it quotes a value, or it names what to do."""
    raised = ("BadInput", "MissingEvidence", "StoreError", "BudgetSpent")
    for name, text in MODULES.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in raised:
                assert node.args, f"{name}:{node.lineno} raises {node.func.id} without a message"
                constant = isinstance(node.args[0], ast.Constant) and len(str(node.args[0].value).split()) < 5
                assert not constant, f"{name}:{node.lineno} raises {node.func.id} with a message that says no fix"
