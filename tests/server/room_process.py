"""A room in a process of its own, for tests that kill it or open a browser on it; prints the link."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from askwise.server.guidelines import Guidelines
from askwise.server.people import People, beside
from askwise.server.room import Room
from askwise.server.serve import serve
from askwise.server.team import TeamAccess
from askwise.session import Budget, Session


def main() -> None:
    """Reads JSON, or @FILE with it: session, texts, classes, budget.

    And maybe people (name: password), roles (name: role), suggestions, guidelines, port.
    """
    said = sys.argv[1]
    given: dict[str, Any] = json.loads(Path(said[1:]).read_text("utf-8") if said.startswith("@") else said)
    people = given.get("people", {})
    session = Session(
        given["session"],
        pool=given["texts"],
        classes=given["classes"],
        lease=600.0 if people else None,
        budget=Budget(answers=given["budget"]),
    )
    known = People(beside(given["session"]))
    for name, password in people.items():
        if known.get(name) is None:
            known.add(name, given.get("roles", {}).get(name, "annotator"), password)
    room = Room(
        session,
        title="texts.csv",
        export_command="askwise export room.aw labels.jsonl",
        team=bool(people),
        suggestions=given.get("suggestions", "show"),
        guidelines=Guidelines(Path(given["guidelines"])) if "guidelines" in given else None,
    )
    door = (lambda number: TeamAccess(known, number)) if people else None
    serve(room, port=given.get("port", 0), opened=lambda link: print(link, flush=True), door=door)


if __name__ == "__main__":
    main()
