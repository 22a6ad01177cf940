"""``python -m askwise.testing [NAME ...] [--import MODULE]``: every registered method, and what it keeps.

Exit code 1 if a promise is broken, 2 if no method has a name that was given.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import warnings

from askwise.core.errors import did_you_mean
from askwise.testing.methods import contract, subjects
from askwise.testing.suite import Outcome


def main(arguments: list[str] | None = None) -> int:
    """Run the contract suite and show a table; returns the exit code."""
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    given = _parse(arguments)
    for module in given.modules:
        importlib.import_module(module)
    warnings.simplefilter("error")
    chosen = [one for one in subjects() if not given.names or one[1] in given.names]
    unknown = sorted(set(given.names) - {name for _, name, _ in chosen})
    if unknown:
        hint = did_you_mean(unknown[0], [name for _, name, _ in subjects()])
        console.print(f"there is no method called {unknown[0]!r}.{hint}", markup=False)
        return 2
    broken = 0
    for kind, name, subject in chosen:
        start = time.perf_counter()
        found = contract(subject)
        line, lost = _line(kind, name, found, time.perf_counter() - start)
        broken += lost
        console.print(line, markup=False)
    console.print(f"{len(chosen)} methods, {broken} promises broken", markup=False)
    return 1 if broken else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m askwise.testing", description="Run the method contract suite.")
    parser.add_argument("names", nargs="*", help="methods to check; all of them without names")
    parser.add_argument("--import", dest="modules", action="append", default=[], help="a module that registers methods")
    return parser.parse_args(arguments)


def _line(kind: str, name: str, found: list[Outcome], seconds: float) -> tuple[str, int]:
    by_status = {status: [one for one in found if one.status == status] for status in ("kept", "skipped", "broken")}
    kept = ", ".join(one.promise for one in by_status["kept"])
    lines = [f"{kind:9}{name:20} {len(by_status['kept']):2} kept {seconds:6.2f} s: {kept}"]
    lines += [f"{'':12}skipped {one.promise}: {one.detail}" for one in by_status["skipped"]]
    lines += [f"{'':12}BROKEN {one.detail}" for one in by_status["broken"]]
    return "\n".join(lines), len(by_status["broken"])


if __name__ == "__main__":
    sys.exit(main())
