"""Run the proof of `auto`, and write docs/results/auto.md.

Usage: python -m benchmarks.auto --out FOLDER [--workers 2] [--write docs/results/auto.md] [--tuning] [SUITE ...]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run what is missing, print or write the page; 0."""
    parser = argparse.ArgumentParser(description="Prove the default strategy on data that it was not tuned on.")
    parser.add_argument("names", nargs="*", help="suites; all by default")
    parser.add_argument("--out", type=Path, required=True, help="a folder that keeps the runs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tuning", action="store_true", help="the candidates on the tuning half, too")
    parser.add_argument("--write", type=Path, help="the page to write")
    given = parser.parse_args(arguments)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # before NumPy is loaded: processes share the cores
    from benchmarks.auto import page, reached, suites, tuning, words

    from askwise.lab import run_suite

    def runs(names: list[str], make: object, folder: str) -> dict[str, object]:
        return {
            name: run_suite(make(name), given.out / folder / name.replace(" ", "_"), workers=given.workers)  # type: ignore[operator]
            for name in names
        }

    parts = [words.head(), page.section(runs(given.names or list(suites.PROOF), suites.suite, "proof"))]
    if not given.names:
        parts.append(reached.proof(given.out, given.workers))
    if given.tuning:
        parts += [words.TUNING, reached.tuned(given.out, given.workers)]
        parts.append(page.tuning(runs(list(tuning.TUNING), tuning.suite, "tuning")))
    text = "\n\n".join([*parts, words.TRIED]) + "\n"
    if given.write:
        given.write.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
