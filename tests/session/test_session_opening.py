"""Opening a session: new, resumed, refused; its file wrong in every way; its pool grown or changed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

import askwise as aw
from askwise.session import Record

Start = Callable[..., "aw.Session"]


def told(start: Start, oracle: aw.Oracle, path: Path, **given: Any) -> dict[int, Any]:
    """Labels of a session with two batches told, closed again."""
    with start(path, **given) as session:
        for _ in range(2):
            session.tell(oracle(session.ask(4)))
        return session.labels


# ---- as it was --------------------------------------------------------------------------------------------------


def test_a_session_goes_on_where_it_stopped(tmp_path: Path, start: Start, oracle: aw.Oracle) -> None:
    labels = told(start, oracle, tmp_path / "a.aw")
    session = start(tmp_path / "a.aw")
    assert (session.labels, session.rounds[-1].labels) == (labels, 4)
    assert session.ask(1)[0].number == 8
    assert session.suggest(0) is not None


def test_a_larger_budget_goes_on_and_a_smaller_one_stops(tmp_path: Path, start: Start, oracle: aw.Oracle) -> None:
    path = tmp_path / "a.aw"
    told(start, oracle, path, budget=aw.Budget(answers=8))
    with start(path, budget=aw.Budget(answers=8)) as session:
        assert (session.ask(1), session.finished) == ([], "budget spent: 8 of 8 answers")
    with start(path, budget=aw.Budget(answers=10)) as session:
        assert session.finished == ""
        assert len(session.ask(4)) == 2
        session.tell(oracle(session.open_queries))
        assert session.config["budget"]["answers"] == 10
    with start(path, budget=aw.Budget(answers=9)) as session:
        assert (session.ask(1), session.finished) == ([], "budget spent: 10 of 9 answers")
    assert [e.kind for e in Record(path).events()].count("budgeted") == 2


def test_without_its_stopping_rule_a_session_goes_on(tmp_path: Path, start: Start, oracle: aw.Oracle) -> None:
    path = tmp_path / "a.aw"
    rule = aw.stop.agreement(threshold=0.01, window=1)
    with start(path, stop=rule) as session:
        while queries := session.ask(10):
            session.tell(oracle(queries))
        assert session.finished.startswith("agreement")
    with start(path, stop=rule) as session:
        assert session.ask(5) == []
    with start(path) as session:
        assert len(session.ask(5)) == 5
        assert session.config["stop"] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"classes": ["dog", "cat"]}, r"classes=\['cat', 'dog'\], and is now opened with \['dog', 'cat'\]"),
        ({"seed": 1}, "seed=0, and is now opened with 1"),
        ({"strategy": "entropy"}, "strategy=.*'margin'.* now opened with .*'entropy'"),
        ({"strategy": "auto"}, "'policy'"),
        ({"start": "k_means"}, "start="),
        ({"control": 0.2}, "control=0.1, and is now opened with 0.2"),
        ({"refit": 7}, "refit='batch', and is now opened with 7"),
        ({"learner": LogisticRegression()}, r"GaussianNB\(\).* now opened with .*LogisticRegression\(\)"),
    ],
)
def test_another_session_is_refused(tmp_path: Path, start: Start, oracle: aw.Oracle, given: Any, said: str) -> None:
    path = tmp_path / "a.aw"
    labels = told(start, oracle, path)
    with pytest.raises(aw.BadInput, match=f"was created with .*{said}.*open it as it was, or start another file"):
        start(path, **given)
    assert start(path).labels == labels  # and the file was let go


def test_the_same_strategy_written_otherwise_is_the_same(tmp_path: Path, start: Start, oracle: aw.Oracle) -> None:
    path = tmp_path / "a.aw"
    labels = told(start, oracle, path, classes=("cat", np.str_("dog")))
    for strategy in (aw.score.margin, aw.Strategy("margin"), {"score": {"name": "margin"}, "pick": {"name": "top"}}):
        with start(path, strategy=strategy) as session:
            assert session.labels == labels


# ---- the pool ---------------------------------------------------------------------------------------------------


def test_added_rows_extend_the_session(tmp_path: Path, start: Start, oracle: aw.Oracle, clouds: Any) -> None:
    path, X = tmp_path / "a.aw", clouds[0]
    with start(path, pool=X[:8]) as session:
        while queries := session.ask(4):
            session.tell(oracle(queries))
        assert session.finished == "every row has been asked"
        session.refit()
    with start(path, pool=X[:20]) as session:
        assert session.finished == ""
        session.tell(oracle(session.ask(4)))
        assert min(sorted(session.labels)[8:]) >= 8
        session.refit()
        assert session.rounds[-1].agreement is None  # not measured on the rows of the model before
    with start(path, pool=X[:20]) as session:
        assert len(session.labels) == 12
    assert [e.body["added"] for e in Record(path).events() if e.kind == "extended"] == [12]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda X: np.vstack([X[:3], X[3:4] + 1, X[4:]]), "row 3 changed"),
        (lambda X: X[:-2], "2 rows were removed"),
        (lambda X: X[::-1], "the rows are in another order"),
        (lambda X: X[:, :2], "columns differ"),
        (lambda X: X.astype(np.float32), "columns differ"),
    ],
)
def test_a_changed_pool_is_refused(
    tmp_path: Path, start: Start, oracle: aw.Oracle, clouds: Any, change: Any, said: str
) -> None:
    path = tmp_path / "a.aw"
    labels = told(start, oracle, path)
    with pytest.raises(aw.BadInput, match=f"the pool is not the one .*: .*{said}.*; give the old pool"):
        start(path, pool=change(clouds[0]))
    assert start(path).labels == labels


# ---- what does not fit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"classes": ["cat"]}, "there is nothing to choose; give at least two classes"),
        ({"classes": []}, "give at least two classes"),
        ({"classes": ["cat", "dog", "cat"]}, "the class 'cat' is given twice"),
        ({"classes": "cat,dog"}, r"'cat,dog' is one text; give a list, such as \['cat', 'dog'\]"),
        ({"classes": ["cat", None]}, "the class None cannot be a label"),
        ({"classes": ["cat", float("nan")]}, "the class nan cannot be a label"),
        ({"classes": [["cat"], ["dog"]]}, r"the class \['cat'\] cannot be a label"),
        ({"budget": aw.Budget(answers=61)}, r"61 answers is larger than the pool of 60 rows; use Budget\(answers=60\)"),
        ({"pool": np.empty((0, 3))}, "0 rows"),
        ({"pool": np.array([[1.0], [np.nan]])}, "nan"),
        ({"pool": np.array([[1.0], [np.inf]])}, "inf"),
        ({"pool": 7}, "cannot be a pool"),
        ({"learner": GaussianNB}, r"give an instance: GaussianNB\(\)"),
        ({"lease": 0}, "lease=0 seconds would run out at once"),
        ({"costs": [1.0]}, r"costs has shape \(1,\); give one number for each of the 60 rows"),
        ({"costs": [-1.0] * 60}, "costs holds -1.0; a cost cannot be negative"),
        ({"costs": [np.nan] * 60}, "costs"),
        ({"stop": [aw.score.margin]}, "is no stopping rule"),
        ({"stop": "agreemnt"}, "no stop called 'agreemnt'. Did you mean 'agreement'"),
        ({"refit": "often"}, "refit='often' is no policy"),
        ({"classes": 2}, r"classes=2 is no list; give the possible labels"),
        ({"budget": 20}, r"budget=20 is no Budget; give aw.Budget\(answers=200\)"),
        ({"control": "some"}, "control='some' is no share"),
        ({"seed": 1.5}, "seed=1.5 is no whole number"),
        ({"seed": None}, "seed=None is no whole number"),
    ],
)
def test_bad_input_leaves_no_file(tmp_path: Path, start: Start, given: dict[str, Any], said: str) -> None:
    with pytest.raises(aw.BadInput, match=said):
        start(tmp_path / "a.aw", **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"answers": 2.5}, r"Budget\(answers=2.5\) counts part of an answer"),
        ({"answers": "10"}, r"Budget\(answers='10'\) is no number"),
        ({"cost": True}, r"Budget\(cost=True\) is no number"),
        ({"seconds": 0}, r"Budget\(seconds=0\) allows nothing"),
    ],
)
def test_a_budget_is_checked_when_it_is_made(given: dict[str, Any], said: str) -> None:
    with pytest.raises(aw.BadInput, match=said):
        aw.Budget(**given)


def test_what_is_no_answer_or_query_changes_nothing(start: Start) -> None:
    session = start()
    queries = session.ask(2)
    for call, said in (
        (lambda: session.tell(None), "None is no answer"),
        (lambda: session.skip(queries[0].number), "0 is no query; give one that ask"),
        (lambda: session.abstain(None), "None is no query"),
        (lambda: session.undo("last"), r"undo\('last'\) is no number of answers"),
        (lambda: session.undo(-1), r"undo\(-1\) is no number"),
        (lambda: aw.Oracle([])(queries), "the oracle knows 0 labels, and row"),
    ):
        with pytest.raises(aw.BadInput, match=said):
            call()
    assert (session.answers, session.open_queries) == ([], queries)


def test_duplicate_ids(start: Start) -> None:
    from askwise.pool import as_pool

    with pytest.raises(aw.BadInput, match="id 'a' is given to two rows, 0 and 2"):
        start(pool=as_pool(np.eye(3), ids=["a", "b", "a"]))


# ---- the file ---------------------------------------------------------------------------------------------------


def test_two_sessions_on_one_file(tmp_path: Path, start: Start) -> None:
    start(tmp_path / "a.aw")
    with pytest.raises(aw.StoreError, match=f"is open for writing in process {os.getpid()}"):
        start(tmp_path / "a.aw")


HOLD = """
import sys
import askwise as aw
session = aw.Session(sys.argv[1], pool=["a b", "c d"], learner=None, classes=["x", "y"])
session.tell({"row": 0, "label": "x"})
print("told", flush=True)
sys.stdin.read()
"""


def test_two_processes_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.aw"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "told\n"
        with pytest.raises(aw.StoreError, match=f"is open for writing in process {holder.pid}"):
            aw.Session(path, pool=["a b", "c d"], classes=["x", "y"])
        assert Record(path).labels == {0: "x"}  # reading along is fine
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    with aw.Session(path, pool=["a b", "c d"], classes=["x", "y"]) as session:
        assert session.labels == {0: "x"}


def test_reading_beside_a_writer(tmp_path: Path, start: Start, oracle: aw.Oracle) -> None:
    session = start(tmp_path / "a.aw", note={"who": "me"})
    session.tell(oracle(session.ask(4)))
    record = aw.Session.open(tmp_path / "a.aw")
    assert record.answers == session.answers
    assert record.labels == session.labels
    assert record.queries == session.queries
    assert record.queries[0].why == session.queries[0].why
    assert (record.config["note"], record.classes, record.finished) == ({"who": "me"}, ["cat", "dog"], "")
    assert list(record.events()) == list(session.events())
    session.ask(2)
    assert len(record.queries) == 4  # a picture of when it was opened
    assert len(aw.Session.open(tmp_path / "a.aw").queries) == 6


def test_a_record_of_nothing(tmp_path: Path) -> None:
    from askwise.store import open_store

    with pytest.raises(aw.StoreError, match=r"missing\.aw"):
        aw.Session.open(tmp_path / "missing.aw")
    open_store(tmp_path / "empty.aw").close()
    with pytest.raises(aw.StoreError, match="holds no session yet"):
        aw.Session.open(tmp_path / "empty.aw")


def test_a_log_of_something_else(tmp_path: Path, start: Start) -> None:
    from askwise.core.event import Event
    from askwise.store import open_store

    store = open_store(tmp_path / "a.aw")
    store.append(Event("sung", {"song": "la"}))
    store.close()
    with pytest.raises(aw.StoreError, match=r"event 1 is of the kind 'sung', which this version .* does not know"):
        start(tmp_path / "a.aw")


def test_a_newer_a_foreign_and_a_corrupt_file(tmp_path: Path, start: Start, oracle: aw.Oracle) -> None:
    path = tmp_path / "a.aw"
    labels = told(start, oracle, path)
    sound = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute(f"PRAGMA user_version = {version + 1}")
    newer = path.read_bytes()
    for content, said in (
        (newer, "newer"),
        (b"row,label\n1,cat\n" * 100, "not an askwise file"),
        (sound[: len(sound) // 2], "damaged"),
    ):
        path.write_bytes(content)
        with pytest.raises(aw.StoreError, match=said):
            start(path)
        with pytest.raises(aw.StoreError, match=said):
            aw.Session.open(path)
        assert path.read_bytes() == content
    path.write_bytes(sound)
    assert start(path).labels == labels


def test_a_folder_that_is_missing(tmp_path: Path, start: Start) -> None:
    with pytest.raises(aw.StoreError, match="does not exist; create it first"):
        start(tmp_path / "no" / "a.aw")


STRANGER = """
import os, sys
import askwise as aw
from sklearn.naive_bayes import GaussianNB
def begin(path):
    return aw.Session(path, pool=[[0.0], [1.0]], learner=GaussianNB(), classes=["cat", "dog"])
begin(None).close()  # import everything while it may still be read
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    begin(sys.argv[1] + "/b.aw")
except aw.StoreError as error:
    print(error)
print(aw.Session.open(sys.argv[1] + "/a.aw").labels)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions")
def test_a_read_only_folder(start: Start, oracle: aw.Oracle) -> None:
    folder = Path(tempfile.mkdtemp(prefix="askwise-session-"))  # pytest's own is for its user alone
    labels = told(start, oracle, folder / "a.aw")
    folder.chmod(0o555)
    try:
        command = [sys.executable, "-c", STRANGER, str(folder)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        assert "Make the folder writable" in said[0]
        assert said[1] == str(labels)
        assert {path.name for path in folder.iterdir()} <= {"a.aw", "a.aw.lock"}
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


FULL = """
import resource, signal, sys
import numpy as np
import askwise as aw
from sklearn.naive_bayes import GaussianNB
path = sys.argv[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
session = aw.Session(path, pool=np.arange(600.0)[:, None], learner=GaussianNB(), classes=["a", "b"])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
told = 0
try:
    while True:
        queries = session.ask(5)
        session.tell([aw.Answer(row=q.row, label="ab"[q.row % 2], query=q.number) for q in queries])
        told += len(queries)
        print(told, flush=True)
except aw.StoreError as error:
    print(error, flush=True)
"""


def test_a_full_disk_loses_nothing_that_was_told(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    path = tmp_path / "a.aw"
    command = [sys.executable, "-c", FULL, str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "could not append to" in lines[-1]
    assert "Every event acknowledged earlier is safe" in lines[-1] or "disk is full" in lines[-1]
    pool = np.arange(600.0)[:, None]
    with aw.Session(path, pool=pool, learner=GaussianNB(), classes=["a", "b"]) as session:
        assert len(session.answers) >= int(lines[-2]) >= 20
        assert len({answer.row for answer in session.answers}) == len(session.answers)
        assert session.ask(5)
