"""One environment for each peer, with exact versions: made with venv and pip, found again by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / ".peers"
"""Where environments lie; git ignores it."""

TORCH = "torch==2.13.0"
"""Installed first where a peer needs it: what pip would choose otherwise brings gigabytes of drivers along."""


def names() -> list[str]:
    """Every peer that has a file of requirements."""
    return sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))


def python(name: str) -> Path:
    """The interpreter of a peer's environment."""
    return ROOT / name / "bin" / "python"


def ready(name: str) -> bool:
    """Whether the environment was made to its end."""
    return (ROOT / name / "ready").exists()


def setup(name: str) -> str:
    """Make the environment of one peer; "" or what pip said when it failed."""
    wanted = HERE / "requirements" / f"{name}.txt"
    if ready(name) and (ROOT / name / "ready").read_text() == wanted.read_text():
        return ""
    subprocess.run([sys.executable, "-m", "venv", "--clear", ROOT / name], check=True)
    install = [python(name), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lines = wanted.read_text().splitlines()
    steps = [[line] for line in lines if line.startswith("torch==")] + [["--requirement", str(wanted)]]
    for step in steps:
        done = subprocess.run([*install, *step], capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    (ROOT / name / "ready").write_text(wanted.read_text())
    return ""
