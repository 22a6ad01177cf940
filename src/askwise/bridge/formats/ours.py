"""A session as examples: what every format is written from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askwise.bridge.formats.example import Example, Given


def examples_of_session(record: Any, pool: Any) -> Iterator[Example]:
    """Each answered row of a session with the latest answer of each annotator, by row.

    `record` is a session or a record of one, `pool` the rows that were labelled.
    """
    latest: dict[int, dict[str, Any]] = {}
    for answer in record.answers:
        latest.setdefault(answer.row, {})[answer.annotator] = answer
    for row in sorted(latest):
        answers = sorted(latest[row].values(), key=lambda answer: answer.seq)
        given = tuple(Given(one.label, one.annotator, one.seconds, one.at) for one in answers)
        yield Example(answers[0].id, _data(pool, row), given)


def _data(pool: Any, row: int) -> dict[str, Any]:
    view = pool.show(row)
    if view["kind"] == "text":
        return {"text": view["text"]}
    if view["kind"] == "image":
        sizes = {name: view[name] for name in ("width", "height") if name in view}
        return {"image": str(pool.ids[row]), **sizes}
    if view["kind"] == "several":
        return {
            name: one.get("text", f"{pool.ids[row]}/{name}")
            for name, one in zip(view["names"], view["items"], strict=True)
        }
    cells: dict[str, Any] = dict(view.get("cells", {}))
    return cells
