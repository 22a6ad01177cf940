"""Read arrays, call the peer, write arrays. It runs in the peer's own environment: NumPy and the peer, nothing else."""

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

Given = dict[str, np.ndarray]
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a peer's function may raise; the message is then its result."""


def main(
    distribution: str, calls: Mapping[str, Callable[[Given], object]], bugs: Mapping[str, Callable[[], object]]
) -> None:
    """Answer every problem of the folder argv[1] with a file of the same name in the folder argv[2]."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    for path in sorted(source.glob("*.npz")):
        given = dict(np.load(path))
        np.savez(target / path.name, **_answers(calls, given))
    found = {name: _tried(bug) for name, bug in bugs.items()}
    np.savez(target / "bugs.npz", **found)
    (target / "version.json").write_text(json.dumps({"distribution": distribution, "version": version(distribution)}))


def _answers(calls: Mapping[str, Callable[[Given], object]], given: Given) -> Given:
    """Result of each call; `name!` instead holds the message of a failure, `name~` the inputs that it changed."""
    out: Given = {}
    for name, call in calls.items():
        np.random.seed(0)
        mine = {key: value.copy() for key, value in given.items()}
        answer = _tried(lambda call=call, mine=mine: call(mine))
        out[f"{name}!" if answer.dtype.kind == "U" else name] = answer
        changed = [key for key in given if not np.array_equal(given[key], mine[key], equal_nan=True)]
        if changed:
            out[f"{name}~"] = np.array(changed)
    return out


def _tried(call: Callable[[], object]) -> np.ndarray:
    """What a call returns, or what it says when it fails."""
    try:
        return np.asarray(call())
    except FAILURES as error:
        return np.array(f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}")


def by_row(rows: np.ndarray, table: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A model that looks its answer up: rows of `rows` -> the same rows of `table`."""
    known = {np.ascontiguousarray(row, dtype=float).tobytes(): i for i, row in enumerate(rows)}

    def predict(asked: np.ndarray) -> np.ndarray:
        return table[[known[np.ascontiguousarray(row, dtype=float).tobytes()] for row in np.asarray(asked)]]

    return predict


def scattered(positions: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values (m,) in the order of rows, of a peer that returns all rows ranked."""
    out = np.empty(len(values))
    out[np.asarray(positions)] = values
    return out
