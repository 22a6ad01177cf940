"""Selections over a pool on disk: passes, seconds and memory, each in a process of its own.

`python -m benchmarks.outofcore` writes docs/results/memory.md; `--rows 10000000` needs 5 GB in `--folder`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.outofcore.data import CLASSES, write_pool

CASES: dict[str, tuple[str | dict, list[str], int]] = {
    "margin": ("margin", ["probs"], 0),
    "k_center": ("k_center", ["embeddings"], 0),
    "k_center, 10,000 labelled": ("k_center", ["embeddings"], 10_000),
    "k_means_pp": ("k_means_pp", ["embeddings"], 0),
    "badge": ("badge", ["probs", "embeddings"], 0),
    "max_det": ("max_det", ["embeddings"], 0),
    "pivotal": ("pivotal", ["embeddings"], 0),
    "lcmd, of 10,000 rows": ("lcmd", ["embeddings"], 0),
    "k_means": ("k_means", ["embeddings"], 0),
    "typiclust": ("typiclust", ["embeddings"], 0),
}
"""What is run: strategy, evidence on disk, labelled rows."""

_HEADINGS = (
    "selection",
    "rows",
    "picks",
    "passes",
    "GB read",
    "wall s",
    "cpu s",
    "peak GB",
    "above imports",
    "as in memory",
)


def main() -> None:
    """Run the table, print it row by row and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=256)
    parser.add_argument("--picks", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--folder", type=Path, help="where the pool is written, and kept; a temporary folder otherwise")
    parser.add_argument("--compare", action="store_true", help="choose in memory as well, and compare the picks")
    parser.add_argument("--out", type=Path, help="append the table to this page")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="askwise-pool-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        write_pool(folder, options.rows, options.columns)
        lines = [_line(_HEADINGS), _line(("---",) * len(_HEADINGS))]
        print("\n".join(lines), flush=True)
        for name in options.only:
            lines.append(_line(_row(name, folder, options)))
            print(lines[-1], flush=True)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)
    if options.out:
        text = options.out.read_text() if options.out.exists() else ""
        about = f"{options.rows:,} rows x {options.columns} float16 ({options.rows * options.columns * 2 / 1e9:.1f} GB)"
        options.out.write_text(f"{text}\n## {about}\n\n" + "\n".join(lines) + "\n")


def _row(name: str, folder: Path, options: argparse.Namespace) -> tuple[str, ...]:
    strategy, evidence, labelled = CASES[name]
    task = {"folder": str(folder), "strategy": strategy, "evidence": evidence, "labelled": labelled}
    task |= {"picks": options.picks, "compile": True, "memory": False}
    got = _run(task)
    width = 2 * sum(options.columns if one == "embeddings" else CLASSES for one in evidence)
    same = ""
    if options.compare:
        again = _run(task | {"memory": True})
        same = f"{sum(a == b for a, b in zip(got['rows'], again['rows'], strict=True))}/{options.picks}"
    return (
        name,
        f"{options.rows:,}",
        f"{options.picks:,}",
        f"{got['read'] / (width * options.rows):.1f}",
        f"{got['read'] / 1e9:.1f}",
        f"{got['wall']:.0f}",
        f"{got['cpu']:.0f}",
        f"{got['peak']:.2f}",
        f"{got['peak'] - got['before']:.2f}",
        same,
    )


def _run(task: dict) -> dict:
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.outofcore.one", json.dumps(task)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **one_thread},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
