"""Import direction, read from the syntax tree of every module; and what `import askwise` may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import askwise

ROOT = Path(askwise.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

METHODS = {"score", "pick", "among", "limit", "stop", "crowd", "judge", "task"}
ADAPTERS = {"learner", "pool", "execute", "store", "net"}
OUTER = {"server", "cli", "lab", "bridge", "annotate"}
BELOW_METHODS = {"core", "kernels"}
BELOW_ENGINE = BELOW_METHODS | METHODS | {"strategy", "picked", "albl", "auto", "tailor", "catalogue"}
BELOW_SESSION = BELOW_ENGINE | ADAPTERS | {"engine", "arrays", "encode", "_version"}
BELOW_OUTER = BELOW_SESSION | {"session", "stream"}

MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "kernels": {"core"},
    **dict.fromkeys(METHODS, BELOW_METHODS),
    "stop": BELOW_METHODS | {"judge"},
    **{room: {"core"} for room in ADAPTERS},
    "strategy": BELOW_METHODS | METHODS,
    "auto": BELOW_METHODS | METHODS | {"strategy"},
    "albl": BELOW_METHODS | METHODS | {"strategy"},
    "tailor": BELOW_METHODS | METHODS | {"strategy"},
    "catalogue": BELOW_METHODS | METHODS | {"strategy", "albl", "auto", "tailor"},
    "picked": BELOW_METHODS | METHODS | {"strategy"},
    "engine": BELOW_ENGINE,
    "arrays": BELOW_ENGINE | {"engine", "execute"},
    "encode": BELOW_ENGINE | ADAPTERS,
    "session": BELOW_SESSION,
    "stream": BELOW_SESSION,
    **dict.fromkeys(OUTER, BELOW_OUTER),
    "cli": BELOW_OUTER | {"server", "lab", "bridge", "annotate"},
    "testing": BELOW_SESSION | {"session", "stream"},
    "__main__": {"cli"},
    "_version": set(),
}
"""Which rooms a room may import, beside itself. Nothing imports `testing`; adapters are handed in."""

EXCEPTIONS = {
    ("core.arrays", "kernels.rows"): "checking a million rows of probabilities needs the compiled kernel",
    ("core.evidence", "kernels.parzen"): "class counts are derived by a kernel",
    ("albl", "catalogue"): "its candidates are named as in the catalogue, which lists it",
    ("strategy", "catalogue"): "members of a mixture are named as in the catalogue",
    ("tailor", "catalogue"): "its candidates are named as in the catalogue, which lists it",
}
"""Against the direction, for a reason, and inside a function: loaded when used."""

HEAVY = {"scipy", "sklearn", "numba", "torch", "pyarrow", "pandas", "PIL", "matplotlib", "fastapi", "uvicorn", "rich"}
HEAVY |= {"typer", "jinja2", "transformers", "sentence_transformers", "ray", "array_api_compat", "joblib"}

LIGHT_ROOMS = {
    "core",
    "kernels",
    "strategy",
    "auto",
    "albl",
    "tailor",
    "catalogue",
    "engine",
    "arrays",
    "session",
    *METHODS,
    *ADAPTERS,
}


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(tree: ast.AST, *, only_at_import: bool) -> list[str]:
    """Modules imported, type-checking blocks aside; with `only_at_import`, those outside functions."""
    found: list[str] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if only_at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction; write them in full"
            here = [f"{node.module}.{alias.name}" for alias in node.names]
            found += here if node.module in ("askwise", "askwise.core") else [node.module or ""]
        found += imports(node, only_at_import=only_at_import)
    return found


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_direction(path):
    name = dotted(path)
    room = name.split(".")[0]
    if not room:
        return  # the front page loads everything lazily
    assert room in MAY_IMPORT, (
        f"{name} lives in a room that the house (docs/explanation/house.md) does not have: say what it may import"
    )
    for target in imports(ast.parse(path.read_text(encoding="utf-8")), only_at_import=False):
        if not target.startswith("askwise."):
            continue
        inner = target.removeprefix("askwise.")
        there = inner.split(".")[0]
        public = there in askwise.__all__ and not (ROOT / there).exists() and not (ROOT / f"{there}.py").exists()
        if public:
            assert room in OUTER, f"{name} imports the name {inner} from the front page; import it from its room"
        elif (name, inner) not in EXCEPTIONS:
            allowed = MAY_IMPORT[room] | {room}
            assert there in allowed, f"{name} imports {inner}; {room} may import {sorted(allowed)}"


def test_exceptions_are_still_needed():
    for (source, target), reason in EXCEPTIONS.items():
        path = ROOT.joinpath(*source.split(".")).with_suffix(".py")
        found = imports(ast.parse(path.read_text(encoding="utf-8")), only_at_import=False)
        assert f"askwise.{target}" in found and reason, f"the exception {source} -> {target} can go"
        assert f"askwise.{target}" not in imports(ast.parse(path.read_text(encoding="utf-8")), only_at_import=True)


@pytest.mark.parametrize("path", [p for p in MODULES if dotted(p).split(".")[0] in LIGHT_ROOMS], ids=dotted)
def test_heavy_libraries_are_imported_in_functions(path):
    at_import = {
        name.split(".")[0] for name in imports(ast.parse(path.read_text(encoding="utf-8")), only_at_import=True)
    }
    assert not at_import & HEAVY, f"{dotted(path)} imports {at_import & HEAVY} at its top; move it into the function"


@pytest.mark.parametrize(
    "statement",
    ["import askwise", "import askwise; askwise.select, askwise.Strategy, askwise.score, askwise.pick, askwise.limit"],
)
def test_import_loads_numpy_only(statement):
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "numpy" in loaded or statement == "import askwise"
    assert not loaded & HEAVY, f"{statement!r} loads {sorted(loaded & HEAVY)}"
