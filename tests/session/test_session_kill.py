"""SIGKILL at random moments of an ask/tell loop: no acknowledged answer is lost, and the same rows are asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def kill(folder: Path, strategy: str, kills: int, seed: int) -> dict[str, float]:
    script = Path(__file__).with_name("kill_loop.py")
    # One thread each: a pool of threads does not survive a fork.
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, str(script), str(folder), strategy, str(kills), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **alone}, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert said["kills"] >= kills
    return said


@pytest.mark.parametrize("strategy", ["auto", "margin"])
def test_four_kills(tmp_path: Path, strategy: str) -> None:
    assert kill(tmp_path, strategy, 4, seed=0)["acknowledged"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["auto", "margin"])
@pytest.mark.parametrize("seed", [10, 20])
def test_fifty_kills(tmp_path: Path, strategy: str, seed: int) -> None:
    kill(tmp_path, strategy, 50, seed)
