"""A room in a process of its own, for tests that kill it or open a browser on it; prints the link."""

from __future__ import annotations

import json
import sys

from askwise.server.room import Room
from askwise.server.serve import serve
from askwise.session import Budget, Session


def main() -> None:
    given = json.loads(sys.argv[1])
    session = Session(
        given["session"],
        pool=given["texts"],
        classes=given["classes"],
        lease=None,
        budget=Budget(answers=given["budget"]),
    )
    room = Room(session, title="texts.csv", export_command="askwise export room.aw labels.jsonl")
    serve(room, opened=lambda link: print(link, flush=True))


if __name__ == "__main__":
    main()
