"""Fifty people label at once, each over a connection of her own, while the server learns: how long they wait.

    python -m benchmarks.room.load --people 50 --seconds 60 [--store postgresql | --store postgresql://...]
    python -m benchmarks.room.load --page a.json b.json > docs/results/room.md

Starts `askwise serve` on rows of AG News, lets each person take items and answer them (with the true class) after a
short think, then stops the server and audits the log: every acknowledged answer is in it once, and no row was answered
twice. `--store postgresql` starts a server for the purpose, in a temporary folder, with fsync on. Prints what they saw;
`--json` keeps it, `--page` makes the page of results of such files.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv
import pyarrow.parquet

Body = dict[str, Any]
Served = tuple["subprocess.Popen[str]", int, list[str]]
CLASSES = ("world", "sports", "business", "technology")


@dataclass
class Seen:
    """What one person saw: seconds of each call, what was acknowledged, what went wrong."""

    first: list[float] = field(default_factory=list)
    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    empty: int = 0
    refused: list[str] = field(default_factory=list)


class Line:
    """One connection that speaks as much HTTP as is needed, so that the measurement costs little itself."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    async def open(self) -> Line:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def call(
        self, method: str, path: str, body: dict[str, object] | None = None
    ) -> tuple[int, dict[str, object]]:
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {self.token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        self.writer.write(head.encode() + content)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        return int(answer[9:12]), json.loads(await self.reader.readexactly(length))


async def person(line: Line, truth: dict[str, str], until: float, think: float, seen: Seen, rng: random.Random) -> None:
    """Take items, think, answer; as the page does, with some items ahead."""
    await asyncio.sleep(rng.uniform(0, 2 * think))
    place, ahead, count = 0, [], 0
    while time.monotonic() < until:
        if len(ahead) < 3:
            started = time.perf_counter()
            status, page = await line.call("GET", f"/api/next?after={place}&n=6&wait={0 if ahead else 5}")
            if status != 200:
                seen.refused.append(str(page))
                continue
            (seen.next if place else seen.first).append(time.perf_counter() - started)
            seen.empty += not page["items"] and not ahead
            ahead += page["items"]
            place = max([place, *(item["place"] for item in page["items"])])
        if not ahead:
            continue
        await asyncio.sleep(rng.expovariate(1 / think))
        item, event = ahead.pop(0), f"{line.token[-12:]}-{count:06d}"
        count += 1
        body = {"event": event, "query": item["query"], "label": truth[item["view"]["text"]], "seconds": think}
        started = time.perf_counter()
        status, said = await line.call("POST", "/api/answers", body)
        seen.submit.append(time.perf_counter() - started)
        if status == 200:
            seen.acknowledged.append(event)
        else:
            seen.refused.append(str(said))


def rows(n: int) -> dict[str, str]:
    """Text and class of n rows of AG News."""
    folder = Path(os.environ["ASKWISE_DATA"]) / "ag_news"
    table = pyarrow.parquet.read_table(next(folder.glob("*train*.parquet")))
    text, label = table.column("text").to_pylist()[: 2 * n], table.column("label").to_pylist()[: 2 * n]
    return dict(list({one: CLASSES[int(c)] for one, c in zip(text, label, strict=True)}.items())[:n])


def serve(
    folder: Path, truth: dict[str, str], people: int, store: str | None
) -> tuple[subprocess.Popen[str], int, list[str]]:
    """The server in its own process, its port, and a token for each person."""
    from askwise.server.people import People, beside

    file, session = folder / "news.csv", folder / "news.aw"
    pyarrow.csv.write_csv(pyarrow.table({"text": list(truth)}), file)
    known = People(beside(session))
    tokens = []
    for i in range(people):
        known.add(f"person {i}", "machine")
        tokens.append(known.issue(f"person {i}"))
    given = ["--text", "text", "--classes", ",".join(CLASSES), "--session", str(session)]
    given += ["--store", store] if store else []
    command = [sys.executable, "-c", "from askwise.cli import main; main()", "serve", str(file), *given]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if "http://127.0.0.1:" in line:
            return server, int(line.split("127.0.0.1:")[1].strip("/\n ")), tokens
    raise SystemExit("the server did not start")


async def run(
    port: int, tokens: list[str], truth: dict[str, str], seconds: float, think: float
) -> tuple[list[Seen], dict[str, object]]:
    """Everybody at once; what each saw, and the status at the end."""
    lines = [await Line(port, token).open() for token in tokens]
    everybody = [Seen() for _ in lines]
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(
            person(line, truth, until, think, seen, random.Random(i))
            for i, (line, seen) in enumerate(zip(lines, everybody, strict=True))
        )
    )
    _, status = await lines[0].call("GET", "/api/status")
    return everybody, status


def audit(place: str | Path, everybody: list[Seen]) -> dict[str, int]:
    """Acknowledged answers that the log lacks, and rows that it has twice."""
    from askwise.session import Session

    answers = Session.open(place).answers
    events = [answer.event for answer in answers]
    given = [event for seen in everybody for event in seen.acknowledged]
    return {
        "acknowledged": len(given),
        "lost": len(set(given) - set(events)),
        "doubled": len(events) - len(set(events)),
        "rows answered twice": len(answers) - len({answer.row for answer in answers}),
    }


def quantiles(values: list[float]) -> dict[str, float]:
    """Milliseconds at 50, 95 and 99 of 100 calls, and the longest."""
    at = np.quantile(values, [0.5, 0.95, 0.99, 1.0]) * 1000
    return {name: round(float(value), 1) for name, value in zip(("p50", "p95", "p99", "max"), at, strict=True)}


def measure(given: argparse.Namespace, store: str | None) -> dict[str, object]:
    """One run: what everybody saw, and what the audit found."""
    truth = rows(given.rows)
    with tempfile.TemporaryDirectory() as folder:
        server, port, tokens = serve(Path(folder), truth, given.people, store)
        try:
            everybody, status = asyncio.run(run(port, tokens, truth, given.seconds, given.think))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)
        found = audit(store or Path(folder) / "news.aw", everybody)
    for text in [text for seen in everybody for text in seen.refused][:3]:
        print("refused:", text[:200], file=sys.stderr)
    calls = {name: [s for seen in everybody for s in getattr(seen, name)] for name in ("first", "next", "submit")}
    return {
        "store": "PostgreSQL" if store else "SQLite",
        **{key: getattr(given, key) for key in ("people", "seconds", "think", "rows")},
        "answers a second": round(found["acknowledged"] / given.seconds, 1),
        **{f"{name} {key}": value for name, times in calls.items() for key, value in quantiles(times).items()},
        **found,
        "refused": sum(len(seen.refused) for seen in everybody),
        "times without an item": sum(seen.empty for seen in everybody),
        "models fitted": status["model"],
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }


def page(reports: list[dict[str, object]]) -> str:
    """The page of results, in Markdown."""
    heads = "| | " + " | ".join(f"{one['store']}, {one['people']} people" for one in reports) + " |"
    lines = [
        f"| {key} | " + " | ".join(str(one[key]) for one in reports) + " |" for key in reports[0] if key != "store"
    ]
    return "\n".join([PAGE, heads, "| --- |" + " ---: |" * len(reports), *lines, ""])


PAGE = """# Fifty people in one room

Each person holds a connection of her own, thinks for a second on average (exponentially distributed), and answers
with the true class of the row, while the server fits new models in a process of its own. Times in milliseconds, as
they see them: *first* is a person's first item, for which everybody waits until the first batch is chosen; *next* is
a call for more items while some are at hand; *submit* ends when the answer is on disk (SQLite: WAL,
`synchronous=FULL`; PostgreSQL: `synchronous_commit=on`, fsync on). Afterwards the log is audited: *lost* are
acknowledged answers that it lacks. People, server, database and learner
share the machine; the learner steps back, and nothing else ran.

    python -m benchmarks.room.load --people 50 --seconds 60 --store sqlite --json sqlite.json
    python -m benchmarks.room.load --people 50 --seconds 60 --store postgresql --json postgresql.json
    python -m benchmarks.room.load --page sqlite.json postgresql.json > docs/results/room.md
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--think", type=float, default=1.0, help="mean seconds between answers of one person")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--store", default="sqlite", help="sqlite, postgresql (a server of its own), or a URL")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    parser.add_argument("--page", type=Path, nargs="+", help="make the page of such figures")
    given = parser.parse_args()
    if given.page:
        print(page([json.loads(path.read_text()) for path in given.page]), end="")
        return
    with ExitStack() as stack:
        store = None if given.store == "sqlite" else given.store
        if store == "postgresql":
            from askwise.testing.postgres import temporary_postgres

            store = stack.enter_context(temporary_postgres()) + "#load"
        report = measure(given, store)
    for key, value in report.items():
        print(f"{key:24} {value}")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
