"""A killed room loses nothing that it acknowledged; a stopped one ends cleanly."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from askwise.server.serve import listen, port_for
from askwise.session import Session

SCRIPT = Path(__file__).with_name("room_process.py")
TEXTS = [f"the {word} number {i}" for i in range(20) for word in ("soup", "match", "bread", "goal", "pasta", "race")]


@contextlib.contextmanager
def running(folder, budget=100):
    """A room in its own process, and a connection that is let in; killed at the end if it still runs."""
    given = {"session": str(folder / "room.aw"), "texts": TEXTS, "classes": ["food", "sport"], "budget": budget}
    command = [sys.executable, str(SCRIPT), json.dumps(given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = process.stdout.readline().strip()
            assert link.startswith("http://127.0.0.1:"), link
            page = Http(link)
            with contextlib.closing(page.connection):
                yield process, page
        finally:
            process.kill()


class Http:
    """One connection that is let in."""

    def __init__(self, link):
        self.host = re.search(r"//([^/]+)/", link).group(1)
        self.connection = http.client.HTTPConnection(self.host, timeout=300)
        self.cookie = ""
        _, headers, _ = self.call("GET", "/?token=" + link.partition("token=")[2])
        self.cookie = headers["set-cookie"].partition(";")[0]

    def call(self, method, path, body=None):
        headers = {"cookie": self.cookie, "origin": f"http://{self.host}", "content-type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        reply = self.connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()

    def get(self, path):
        return json.loads(self.call("GET", path)[2])


def submit(page, event, label):
    """Label the next item under this event; returns once acknowledged."""
    (item, *_) = page.get("/api/next?n=1&wait=10")["items"]
    status, _, _ = page.call("POST", "/api/answers", {"event": event, "query": item["query"], "label": label})
    assert status == 200


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.15, 0.6])
def test_sigkill_in_the_middle_loses_no_acknowledged_answer(tmp_path, delay):
    acknowledged: dict[str, str] = {}
    for life in range(2):
        with running(tmp_path) as (process, page):
            for i in range(7):
                submit(page, f"life-{life}-answer-{i}", "food")
                acknowledged[f"life-{life}-answer-{i}"] = "food"
            killer = threading.Timer(delay, process.kill)
            killer.start()
            with contextlib.suppress(OSError, http.client.HTTPException):
                for i in range(7, 30):
                    submit(page, f"life-{life}-answer-{i}", "sport")
                    acknowledged[f"life-{life}-answer-{i}"] = "sport"
            killer.join()
            assert process.wait(120) == -signal.SIGKILL
        answers = Session.open(tmp_path / "room.aw").answers
        assert acknowledged.items() <= {answer.event: answer.label for answer in answers}.items()
        assert len(answers) == len({answer.row for answer in answers}) <= len(acknowledged) + 1 + life


@pytest.mark.slow
def test_ctrl_c_closes_the_session_and_answers_what_waits(tmp_path):
    with running(tmp_path) as (process, page):
        submit(page, "before-the-end", "food")
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    assert not (tmp_path / "room.aw-wal").exists()
    assert len(Session.open(tmp_path / "room.aw").answers) == 1


def test_the_port_depends_on_the_session_and_a_taken_one_is_passed_over(tmp_path):
    wanted = port_for(tmp_path / "a.aw")
    assert wanted == port_for(tmp_path / "a.aw") != port_for(tmp_path / "b.aw")
    with listen(0) as taken:
        port = taken.getsockname()[1]
        assert taken.getsockname()[0] == "127.0.0.1"
        assert taken.proto == socket.IPPROTO_TCP  # or asyncio leaves small packets waiting: see listen
        with listen(0, preferred=port) as other:
            assert other.getsockname()[1] != port
        from askwise.core.errors import BadInput

        with pytest.raises(BadInput, match=f"port {port} cannot be used"):
            listen(port)
