"""Our strategies beside those of other libraries, on the same inputs: `python -m benchmarks.peers setup`, then `run`.

Each library runs in an environment of its own with exact versions. It reads arrays and writes what it picks or scores;
our side does the same, and the two are compared. A difference needs a named reason, and the reason is checked: our
function brought to their convention must give their answer.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from benchmarks.peers import environments
from benchmarks.peers.compare import Verdict, judge
from benchmarks.peers.inputs import WORLDS, World
from benchmarks.peers.page import Shown, page

SCRIPTS = Path(__file__).parent / "scripts"
COMPARED = ("scikit_activeml", "small_text", "baal", "modal", "cleanlab", "batchbald_redux", "bmdal_reg")
"""Peers whose answers are compared; other environments serve the tables of times."""


def main(arguments: list[str] | None = None) -> int:
    """Make the environments, or ask the peers and write the page; 1 when a difference has no reason."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("what", choices=("setup", "run"))
    parser.add_argument("names", nargs="*", help=f"peers, of {', '.join(environments.names())}; all by default")
    parser.add_argument("--write", type=Path, default=Path("docs/results/peers.md"), help="the page to write")
    given = parser.parse_args(arguments)
    if unknown := set(given.names) - set(environments.names()):
        parser.error(f"there is no peer {', '.join(sorted(unknown))}; give some of {', '.join(environments.names())}")
    if given.what == "setup":
        return _setup(given.names or environments.names())
    return _run([name for name in COMPARED if not given.names or name in given.names], given.write)


def _setup(names: list[str]) -> int:
    failed = 0
    for name in names:
        said = environments.setup(name)
        print(f"{name}: {said or 'ready'}", flush=True)
        failed += bool(said)
    return 1 if failed else 0


def _run(names: list[str], target: Path) -> int:
    worlds = {name: make() for name, make in WORLDS.items()}
    verdicts: list[Verdict] = []
    shown: list[Shown] = []
    versions: dict[str, dict[str, str]] = {}
    for name in names:
        print(f"asking {name}", flush=True)
        answers, bugs, versions[name] = ask(name, worlds)
        cases = importlib.import_module(f"benchmarks.peers.cases.{name}")
        verdicts += [judge(case, name, answers, worlds) for case in cases.CASES]
        shown += [Shown(bug, name, bugs[bug.call]) for bug in cases.BUGS]
    wrong = [v for v in verdicts if v.outcome == "UNEXPLAINED"]
    gone = [one for one in shown if not one.bug.shows(one.said)]
    for verdict in wrong:
        print(f"UNEXPLAINED {verdict.peer} {verdict.case.call} ({verdict.case.strategy}): {verdict.detail}")
    for one in gone:
        print(f"not reproduced: {one.peer} {one.bug.call}: {one.said}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(verdicts, shown, versions), "utf-8")
    print(f"{len(verdicts)} comparisons, {len(wrong)} without a reason; {len(shown)} bugs, {len(gone)} not reproduced")
    return 1 if wrong or gone else 0


def ask(name: str, worlds: dict[str, World]) -> tuple[dict[str, World], World, dict[str, str]]:
    """A peer's answers by problem, what its bugs gave, and its distribution and version."""
    import json

    if not environments.ready(name):
        raise SystemExit(f"{name} has no environment yet: run `python -m benchmarks.peers setup {name}`")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "given", Path(folder) / "answers"
        source.mkdir()
        target.mkdir()
        for world, arrays in worlds.items():
            np.savez(source / f"{world}.npz", **arrays)  # type: ignore[arg-type]
        command = [environments.python(name), "-W", "ignore", SCRIPTS / f"ask_{name}.py", source, target]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_alone())
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
        answers = {world: dict(np.load(target / f"{world}.npz")) for world in worlds}
        return answers, dict(np.load(target / "bugs.npz")), json.loads((target / "version.json").read_text())


def _alone() -> dict[str, str]:
    """The environment variables of a peer: without our paths, on one thread."""
    ours = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**ours, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


if __name__ == "__main__":
    sys.exit(main())
