"""`askwise serve` on both stores, killed with SIGKILL while five programs answer: then the log is audited."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from askwise.cli import app as cli
from askwise.cli.doctor import examine_session
from askwise.server.people import People, beside
from askwise.session import Session

from .conftest import texts

SERVE = "from askwise.cli import main; main()"


class Program:
    """One that answers until the connection breaks."""

    def __init__(self, port, token, name):
        self.port, self.token, self.name = port, token, name
        self.acknowledged = {}

    def call(self, method, path, body=None):
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        self.line.request(method, path, json.dumps(body) if body else None, headers)
        reply = self.line.getresponse()
        return reply.status, json.loads(reply.read())

    def work(self, life, enough):
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        count, broken = 0, contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError)
        with contextlib.closing(self.line), broken:
            while True:
                _, page = self.call("GET", "/api/next?n=3&wait=10")
                for item in page["items"]:
                    event = f"{self.name}-{life}-{count:05d}"
                    count += 1
                    body = {"event": event, "query": item["query"], "label": "food", "seconds": 0.1}
                    status, _ = self.call("POST", "/api/answers", body)
                    if status == 200:
                        self.acknowledged[event] = item["id"]
                        enough.release()


@contextlib.contextmanager
def served(folder, store):
    """The server's process and its port."""
    command = [sys.executable, "-c", SERVE, "serve", str(folder / "news.csv"), "--text", "text", "--classes"]
    command += ["food,sport", "--session", str(folder / "news.aw"), *(["--store", store] if store else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as server:
        try:
            line = next(line for line in server.stdout if "http://127.0.0.1:" in line)
            yield server, int(line.split("127.0.0.1:")[1].strip("/\n "))
        finally:
            server.kill()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_sigkill_while_five_answer_loses_and_doubles_nothing(kind, tmp_path, request):
    store = f"{request.getfixturevalue('postgres')}#killed" if kind == "postgres" else None
    (tmp_path / "news.csv").write_text("text\n" + "\n".join(f'"{text}"' for text in texts(400)))
    people, acknowledged = People(beside(tmp_path / "news.aw")), {}
    tokens = {}
    for name in ("a", "b", "c", "d", "e"):
        people.add(name, "machine")
        tokens[name] = people.issue(name)
    for life in range(2):
        with served(tmp_path, store) as (server, port):
            programs, enough = [Program(port, token, f"{name}-answers") for name, token in tokens.items()], (
                threading.Semaphore(0)
            )  # fmt: skip
            threads = [threading.Thread(target=one.work, args=(life, enough)) for one in programs]
            for thread in threads:
                thread.start()
            for _ in range(60):
                assert enough.acquire(timeout=600)
            server.kill()
            assert server.wait(120) == -signal.SIGKILL
            for thread in threads:
                thread.join()
            for one in programs:
                acknowledged |= one.acknowledged
        answers = Session.open(store or tmp_path / "news.aw").answers
        kept = {answer.event: answer.id for answer in answers}
        assert acknowledged.items() <= kept.items()
        assert len(answers) == len(kept) == len({answer.row for answer in answers})
        assert len(answers) <= len(acknowledged) + 5 * (life + 1)  # what was under way may be there, too
    found = examine_session(store or tmp_path / "news.aw")
    assert found["answers"] == len(answers) and "checksum agrees" in found["integrity"]
    run = CliRunner().invoke(cli, ["export", store or str(tmp_path / "news.aw"), str(tmp_path / "out.jsonl")])
    assert run.exit_code == 0, run.output
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == len(answers)
