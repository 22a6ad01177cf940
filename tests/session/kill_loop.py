"""The loop of `test_session_kill`: a parent with everything imported forks children that ask and tell, and kills them.

Usage: kill_loop.py FOLDER STRATEGY KILLS SEED. Prints one JSON line: kills, sessions, answers acknowledged, seconds.
Exits with an assertion when an acknowledged answer is lost, a row is asked twice, or another row is asked than in the
uninterrupted run.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import askwise as aw

ROWS, BUDGET, BATCH = 400, 48, 8


def begin(path: Path | None, strategy: str, seed: int) -> aw.Session:
    X, _ = load_digits(return_X_y=True)
    learner = LogisticRegression(C=0.1, max_iter=30, tol=1e-2)
    return aw.Session(
        path,
        pool=X[:ROWS] / 16.0,
        learner=learner,
        classes=range(10),
        strategy=strategy,
        budget=aw.Budget(answers=BUDGET),
        seed=seed,
    )


def loop(session: aw.Session, rng: random.Random, acknowledge: int | None) -> None:
    """Ask and tell to the end in handfuls of random size and order, writing each row once it has been told."""
    oracle = aw.Oracle(load_digits().target)
    while queries := session.ask(BATCH):
        rng.shuffle(queries)
        while queries:
            some, queries = queries[: (k := rng.randint(1, 3))], queries[k:]
            session.tell(oracle(some))
            if acknowledge is not None:
                os.write(acknowledge, "".join(f"{query.row}\n" for query in some).encode())


def rows_asked(session: aw.Session | object) -> list[int]:
    return [query.row for query in session.queries.values()]  # type: ignore[attr-defined]


def fork(path: Path, strategy: str, seed: int, life: float, rng: random.Random) -> tuple[bool, list[int]]:
    """Run the loop in a child for so many seconds; whether it was killed, and the rows that it acknowledged."""
    reading, writing = os.pipe()
    chance = rng.random()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            loop(begin(path, strategy, seed), random.Random(chance), writing)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    told = _read_until(reading, time.monotonic() + life)
    os.kill(child, signal.SIGKILL)  # still there, be it as a zombie: nobody has waited for it
    told += _read_until(reading, time.monotonic() + 60.0)
    os.close(reading)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the loop failed"
    return os.WIFSIGNALED(status), [int(row) for row in told.split()]


def _read_until(reading: int, deadline: float) -> bytes:
    """All that comes before the deadline or the end of the pipe."""
    data = b""
    while select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(reading, 4096)
        if not part:
            break
        data += part
    return data


def check(path: Path, acknowledged: list[int]) -> None:
    """Nothing acknowledged is lost and nothing is there twice; a child killed at birth may have made no session."""
    if not acknowledged and not path.exists():
        return
    try:
        record = aw.Session.open(path)
    except aw.StoreError:
        assert not acknowledged
        return
    rows = [answer.row for answer in record.answers]
    assert set(acknowledged) <= set(rows), f"lost: {set(acknowledged) - set(rows)}"
    assert len(set(rows)) == len(rows), f"twice: {rows}"


def torment(path: Path, strategy: str, seed: int, most: int, rng: random.Random) -> tuple[int, int]:
    """One session, killed again and again until it ends by itself: kills and answers acknowledged."""
    with begin(None, strategy, seed) as session:
        started = time.monotonic()
        loop(session, random.Random(0), None)
        whole = time.monotonic() - started
        expected, labels = rows_asked(session), session.labels
    acknowledged: list[int] = []
    kills, killed = 0, True
    while killed:
        life = rng.uniform(0.0, 0.5 * whole) if kills < most else 600.0
        killed, told = fork(path, strategy, seed, life, rng)
        kills += killed
        acknowledged += told
        check(path, acknowledged)
    assert len(set(acknowledged)) == len(acknowledged)
    record = aw.Session.open(path)
    assert rows_asked(record) == expected
    assert record.labels == labels
    assert record.finished == f"budget spent: {BUDGET} of {BUDGET} answers"
    return kills, len(acknowledged)


def main(folder: str, strategy: str, kills: str, seed: str) -> None:
    rng = random.Random(int(seed))
    done = sessions = acknowledged = 0
    started = time.monotonic()
    while done < int(kills):
        path = Path(folder, f"{strategy}-{seed}-{sessions}.aw")
        more, told = torment(path, strategy, int(seed) + sessions, int(kills) - done, rng)
        done, sessions, acknowledged = done + more, sessions + 1, acknowledged + told
    seconds = round(time.monotonic() - started, 1)
    print(json.dumps({"kills": done, "sessions": sessions, "acknowledged": acknowledged, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
