"""Selections against a compiled scan and the obvious NumPy form, in one run: `python -m benchmarks.selection`.

Ratios are of processor seconds on one thread, so that a shared machine does not decide them. The scan and the NumPy
form make one pass per pick; they are timed on their first picks and scaled, and those picks are compared with ours.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.selection.cases import CASES, Row
from benchmarks.selection.data import POOLS
from benchmarks.selection.machine import facts

_HEADINGS = ("selection", "pool", "rows", "picks", "cpu s", "x scan", "x NumPy", "x library", "picks equal", "work")


def main() -> None:
    """Run the table, print it row by row and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000], help="pool sizes")
    parser.add_argument("--large", action="store_true", help="add 1,000,000 rows (2 GB)")
    parser.add_argument("--only", nargs="*", default=list(CASES), choices=list(CASES), help="some of the selections")
    parser.add_argument("--out", type=Path, default=Path("docs/results/selection.md"), help="where the table goes")
    options = parser.parse_args()
    lines = [_line(_HEADINGS), _line(["---"] * len(_HEADINGS))]
    print("\n".join(lines))
    for size in options.rows + [1_000_000] * options.large:
        for pool, make in POOLS.items():
            rows = make(size)
            for name in options.only:
                for row in CASES[name](rows, min(1000, size // 100)):
                    lines.append(_line(_cells(row, pool, size)))
                    print(lines[-1], flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(_page(lines))


def _cells(row: Row, pool: str, size: int) -> list[str]:
    ratios = [f"{other / row.seconds:.1f}" if other else "" for other in (row.scan, row.numpy, row.library)]
    return [row.name, pool, f"{size:,}", f"{row.picks:,}", f"{row.seconds:.3f}", *ratios, row.equal, row.work]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def _page(lines: list[str]) -> str:
    return "\n".join(
        [
            "# Selections: measured",
            "",
            "Written by `python -m benchmarks.selection`. Processor seconds on one thread; a ratio above 1 means that",
            "ours is faster. *Scan* is a compiled float32 pass per pick, *NumPy* the obvious form of the same, both",
            "timed on their first picks and scaled to all; *library* is scikit-learn where it has the method.",
            "Compilation is not counted. Pools are synthetic, 512 columns: *clustered* has 200 clusters of Zipf sizes",
            "and a falling spectrum, *formless* is Gaussian noise, the worst case of every bound.",
            "",
            *facts(),
            "",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()
