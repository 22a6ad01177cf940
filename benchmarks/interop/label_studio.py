"""askwise as the ML backend of a real Label Studio, from an empty project to a deleted annotation.

    make test-labelstudio                                # makes .labelstudio, a gigabyte, the first time
    python -m benchmarks.interop.label_studio PATH/TO/label-studio

Starts both on loopback over a temporary folder, and talks to Label Studio by its own API only.
"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from askwise.cli.label import Wanted, begin
from askwise.session import Session

CLASSES = ("food", "sport")
CONFIG = (
    '<View><Text name="txt" value="$text"/><Choices name="topic" toName="txt">'
    '<Choice value="food"/><Choice value="sport"/></Choices></View>'
)
TASKS, ANNOTATED = 40, 16
PRIVATE = {
    "COLLECT_ANALYTICS": "False",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "False",
    "ML_BLOCK_LOCAL_IP": "False",
    "SSRF_PROTECTION_ENABLED": "False",
}
"""No reports to anybody, and both programs on one machine, which Label Studio refuses by default."""


def texts() -> list[str]:
    words = itertools.cycle([("soup", "food"), ("match", "sport"), ("bread", "food"), ("goal", "sport")])
    return [f"the {word} was good, number {i}" for i, (word, _) in zip(range(TASKS), words, strict=False)]


def truth(text: str) -> str:
    return "food" if "soup" in text or "bread" in text else "sport"


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


class Api:
    """Label Studio's API with a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"authorization": f"Token {self.token}", "content-type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                data = reply.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error
        return json.loads(data) if data else None


def wait(what: str, ready: Callable[[], Any], seconds: float = 240.0) -> Any:
    until, begun = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < until:
        found = ready()
        if found:
            print(f"  {what}: {time.monotonic() - begun:.1f} s")
            return found
        time.sleep(0.5)
    raise SystemExit(f"{what}: not within {seconds:.0f} s")


def answers(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return json.loads(reply.read() or b"{}")
    except (OSError, ValueError):
        return None


def start_label_studio(program: str, folder: Path, port: int, token: str) -> subprocess.Popen[bytes]:
    command = [program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    command += ["--username", "a@example.org", "--password", secrets.token_urlsafe(12), "--user-token", token]
    settings = {**os.environ, **PRIVATE, "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "ls")}
    settings.pop("PYTHONPATH", None)
    log = (folder / "label-studio.log").open("wb")
    return subprocess.Popen([*command, "--enable-legacy-api-token"], env=settings, stdout=log, stderr=log, cwd=folder)


def start_backend(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], Path]:
    rows = folder / "texts.jsonl"
    rows.write_text("\n".join(json.dumps({"text": text}) for text in texts()))
    path = folder / "texts.aw"
    begin(Wanted(rows, path, "text", classes=",".join(CLASSES), strategy="margin")).close()
    log = (folder / "backend.log").open("wb")
    command = [sys.executable, "-m", "askwise", "ml-backend", str(path), "--port", str(port)]
    return subprocess.Popen(command, stdout=log, stderr=log), path


def project(api: Api, backend: str) -> int:
    """A project with its tasks, the model connected, and webhooks to it."""
    number = int(api("POST", "/api/projects", {"title": "askwise", "label_config": CONFIG})["id"])
    api("POST", f"/api/projects/{number}/import", [{"text": text} for text in texts()])
    begun = time.monotonic()
    made = api("POST", "/api/ml", {"url": backend, "project": number, "title": "askwise"})
    print(f"  connected the model in {time.monotonic() - begun:.2f} s: state {made.get('state')}")
    hooks = [hook["url"] for hook in api("GET", f"/api/webhooks/?project={number}")]
    print(f"  webhooks that Label Studio made by itself: {hooks or 'none'}")
    if not any(hook.startswith(backend) for hook in hooks):
        hook = {"url": f"{backend}/webhook", "project": number, "send_payload": True, "send_for_all_actions": True}
        api("POST", "/api/webhooks/", hook)
    return number


def predictions(api: Api, number: int) -> dict[str, Any]:
    """Ask for fresh predictions of every task; the newest of each, by text."""
    api(
        "POST",
        f"/api/dm/actions?id=retrieve_tasks_predictions&project={number}",
        {"selectedItems": {"all": True, "excluded": []}},
    )
    tasks = {
        one["id"]: one["data"]["text"] for one in api("GET", f"/api/tasks?project={number}&page_size=100")["tasks"]
    }
    found: dict[str, Any] = {}
    for one in sorted(api("GET", f"/api/predictions?project={number}"), key=lambda one: one["id"]):
        found[tasks[one["task"]]] = one
    return found


def annotate(api: Api, number: int) -> list[int]:
    made, seconds = [], []
    for _ in range(ANNOTATED):
        following = api("GET", f"/api/projects/{number}/next")
        label = {"choices": [truth(following["data"]["text"])]}
        result = {"from_name": "topic", "to_name": "txt", "type": "choices", "value": label}
        begun = time.monotonic()
        body = {"result": [result], "lead_time": 2.0}
        made.append(int(api("POST", f"/api/tasks/{following['id']}/annotations/", body)["id"]))
        seconds.append(time.monotonic() - begun)
    print(f"  {ANNOTATED} annotations, the slowest in {max(seconds):.2f} s, the webhook included")
    return made


def correct(found: dict[str, Any]) -> int:
    said = {text: one["result"][0]["value"]["choices"][0] for text, one in found.items() if one["result"]}
    return sum(label == truth(text) for text, label in said.items())


def run(program: str, folder: Path) -> None:
    studio, model = free_port(), free_port()
    token = secrets.token_hex(20)
    backend, path = start_backend(folder, model)
    server = start_label_studio(program, folder, studio, token)
    api, url = Api(f"http://127.0.0.1:{studio}", token), f"http://127.0.0.1:{model}"
    try:
        wait("the backend is up", lambda: answers(f"{url}/health"))
        wait("Label Studio is up", lambda: answers(f"{api.url}/health") is not None)
        number = project(api, url)
        first = predictions(api, number)
        assert len(first) == TASKS, f"{len(first)} predictions before any label"
        made = annotate(api, number)
        wait("a model has been fitted", lambda: (answers(f"{url}/versions") or {}).get("versions") != ["askwise-0"])
        time.sleep(3)
        found = predictions(api, number)
        versions = {one["model_version"] for one in found.values()}
        print(f"  predictions of {sorted(versions)}: {correct(found)} of {TASKS} right")
        assert correct(found) >= 0.8 * TASKS
        changed = {"from_name": "topic", "to_name": "txt", "type": "choices", "value": {"choices": ["food"]}}
        api("PATCH", f"/api/annotations/{made[0]}/", {"result": [changed]})
        api("DELETE", f"/api/annotations/{made[1]}/")
        time.sleep(2)
    finally:
        for process in (backend, server):
            process.send_signal(signal.SIGINT)
        for process in (backend, server):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
    record = Session.open(path)
    kinds = [event.kind for event in record.events()]
    asked = sum(answer.query is not None for answer in record.answers)
    print(
        f"  the session: {len(record.answers)} answers, {asked} to its own queries, {kinds.count('undone')} taken back"
    )
    assert len(record.answers) == ANNOTATED - 1, "one was deleted, the others are there"
    print(f"  by {sorted({answer.annotator for answer in record.answers})}")


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else ".labelstudio/bin/label-studio"
    if not Path(program).exists():
        raise SystemExit(f"there is no {program}; give the path of label-studio, or run make test-labelstudio")
    with tempfile.TemporaryDirectory(prefix="askwise-ls-") as name:
        try:
            run(str(Path(program).resolve()), Path(name))
        except (AssertionError, SystemExit):
            for log in sorted(Path(name).glob("*.log")):
                print(f"---- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
            raise
    print("askwise and Label Studio understand each other")


if __name__ == "__main__":
    main()
