"""What a selection over a pool on disk takes in memory, as the operating system measures it in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

ROWS, COLUMNS = 1_000_000, 128

ONE = """
import json, resource, sys
import numpy as np
import askwise as aw

name, folder = sys.argv[1:]
kinds = {"margin": ["probs"], "badge": ["probs", "embeddings"]}.get(name, ["embeddings"])
given = {kind: np.load(f"{folder}/{kind}.npy", mmap_mode="r") for kind in kinds}
few = {kind: np.array(value[:400]) for kind, value in given.items()}
aw.select(5, name, memory=1, **few)  # compiles, and imports what is imported late
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
picked = aw.select(200, name, memory=64 << 20, **given)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"above": (peak - before) / 1024, "notes": picked.notes, "rows": picked.rows.tolist()}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A million rows of float16: 256 MB of embeddings, 512 MB as float32, and probabilities of eight classes."""
    where = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(0)
    shapes = {"embeddings": (ROWS, COLUMNS), "probs": (ROWS, 8)}
    maps = {
        kind: np.lib.format.open_memmap(where / f"{kind}.npy", mode="w+", dtype="f2", shape=shape)
        for kind, shape in shapes.items()
    }
    for start in range(0, ROWS, 50_000):
        part = slice(start, start + 50_000)
        maps["embeddings"][part] = rng.standard_normal((50_000, COLUMNS), dtype=np.float32)
        odds = rng.random((50_000, 8), dtype=np.float32)
        maps["probs"][part] = odds / odds.sum(axis=1, keepdims=True)
    return where


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most"),
    [("margin", 60), ("k_center", 400), ("k_means_pp", 150), ("badge", 200), ("max_det", 400), ("lcmd", 200)],
)
def test_memory_above_the_imports(name, most, folder):
    done = subprocess.run([sys.executable, "-c", ONE, name, str(folder)], capture_output=True, text=True, check=True)
    got = json.loads(done.stdout)
    assert len(set(got["rows"])) == 200
    assert got["above"] < most, f"{name} took {got['above']:.0f} MB"
