"""`askwise test`: how good is the model? A few rows drawn at random say so, with an interval; they never train it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.common import JsonFlag, SessionPlace, file_of, note, say, say_json, shown
from askwise.core.errors import BadInput
from askwise.core.words import counted
from askwise.store.url import exists, is_url

BATCH = 20
"""Rows drawn from one look at the pool; after each batch the second model, which expects the errors, learns from it."""


def test(
    session: SessionPlace,
    budget: Annotated[int, typer.Option(min=1, help="How many test rows to have labelled in all.")] = 100,
    answers: Annotated[
        Path | None, typer.Option(help="Take the answers from this table: columns id (or row) and label.")
    ] = None,
    ask: Annotated[
        Path | None, typer.Option(help="Write the rows to label to this .csv, .jsonl or .parquet, and end.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="The file that is labelled, if it has moved.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 picks one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    annotator: Annotated[str, typer.Option(help="Your name, stored with each answer.")] = "me",
    json: JsonFlag = False,
) -> None:
    """Measure the model of a session with few labels: on a page, or from a file of answers. Run it again to resume.

    Test rows are drawn at random, more often where errors are expected; they are kept from training for good.
    """
    if answers is not None and ask is not None:
        raise BadInput(f"--answers {answers} and --ask {ask} together: first write the rows, then take the answers")
    if answers is None and ask is None:
        _on_the_page(session, file, budget, port, browser, annotator)
    with opened_session(session, file) as opened:
        if ask is not None:
            _write(opened, budget, ask, session)
        elif answers is not None:
            _from_table(opened, budget, _table(answers), annotator, answers)
        _say(opened, json)


def opened_session(place: Path | str, file: Path | None) -> Any:
    """The session with its pool and learner, as `askwise label` would resume it; `file` is its table, if moved."""
    from askwise.cli.label import Wanted, begin, remembered
    from askwise.core.errors import StoreError
    from askwise.session import Session

    if not exists(place):
        raise StoreError(f"there is no session {shown(place)!r}; label first: askwise label FILE")
    named = file or Session.open(place).config.get("note", {}).get("file")
    if named is None:
        raise BadInput(
            f"the session {shown(place)} does not say which file it labels, for it was made in Python: use"
            " session.test(n) and session.estimate() there, or name the file with --file"
        )
    store = str(place) if is_url(place) else None
    return begin(remembered(Wanted(Path(named), file_of(place), store=store)))


def _from_table(session: Any, budget: int, table: Mapping[str, Any], annotator: str, path: Path) -> None:
    """Draw, look up, tell, until the budget is out; then say which answers are missing."""
    from askwise.session import Answer

    missing: list[Any] = []
    while queries := session.test(BATCH, total=budget):
        known = [query for query in queries if str(query.id) in table]
        missing += [query for query in queries if str(query.id) not in table]
        session.tell(
            Answer(row=q.row, id=q.id, label=_label(session, table[str(q.id)]), annotator=annotator, query=q.number)
            for q in known
        )
    if missing:
        some = ", ".join(str(query.id) for query in missing[:5]) + (", ..." if len(missing) > 5 else "")
        note(
            f"{counted(len(missing), 'test row')} without an answer in {path} ({some}): write them out with --ask"
            " todo.csv, label them, and run this again with --answers todo.csv"
        )


def _label(session: Any, text: Any) -> Any:
    """The class that a cell stands for: tables hold numbers as text, and texts that look like numbers as numbers."""
    by_text = {str(one): one for one in session.classes}
    return by_text.get(str(text), text)


def _table(path: Path) -> dict[str, Any]:
    """Label by id (as text). Raises BadInput for missing columns and for an id with two labels."""
    from askwise.pool.files import read_table

    table = read_table(path, strings=("id", "row", "label"))
    names = table.column_names
    key = "id" if "id" in names else "row"
    if key not in names or "label" not in names:
        raise BadInput(f"{path} has the columns {', '.join(names)}; answers need id (or row) and label")
    found: dict[str, Any] = {}
    for one, label in zip(table.column(key).to_pylist(), table.column("label").to_pylist(), strict=True):
        if label is None:
            continue
        if found.setdefault(str(one), label) != label:
            raise BadInput(f"{path} gives {one!r} the labels {found[str(one)]!r} and {label!r}; keep one of them")
    return found


def _write(session: Any, budget: int, target: Path, place: Path | str) -> None:
    """Write the test rows that wait for an answer with what the pool shows of them, and an empty label."""
    from askwise.bridge.export import with_items, write

    while session.test(budget, total=budget):
        continue
    _keep_answers(session, target, place)
    lines = [{"row": q.row, "id": q.id, "label": None} for q in session.state.waiting(test=True).values()]
    write(with_items(lines, getattr(session.pool, "raw", session.pool)), target, ("row", "id", "label"))
    written = f"{counted(len(lines), 'row')} written to {target}"
    note(f"{written}. Fill in label, then: askwise test {shown(place)} --answers {target}")


def _keep_answers(session: Any, target: Path, place: Path | str) -> None:
    """Raise BadInput where the file has answers that were not taken yet: they would be written over."""
    if not target.exists():
        return
    waiting = {str(query.id) for query in session.state.waiting(test=True).values()}
    try:
        typed = [one for one in _table(target) if one in waiting]
    except BadInput:  # no table of answers
        return
    if typed:
        raise BadInput(
            f"{target} has {counted(len(typed), 'answer')} that would be lost; take them first: askwise test"
            f" {shown(place)} --answers {target} (or name another file)"
        )


def _on_the_page(place: Path | str, file: Path | None, budget: int, port: int, browser: bool, annotator: str) -> None:
    """Ask the test rows on the page of `askwise label`, without showing what the model would say."""
    from askwise.cli.label import announce, need_server

    need_server()
    from askwise.server.room import Room
    from askwise.server.serve import serve

    session = opened_session(place, file)
    note(f"{shown(place)}: {len(session.test_labels)} of {budget} test rows are labelled.")
    room = Room(session, annotator=annotator, title=f"test of {file_of(place).name}", tests=budget)
    serve(room, port=port, opened=lambda link: announce(link, browser))


def _say(session: Any, json: bool) -> None:
    if len(session.test_labels) == 0:
        return
    found = session.estimate()
    if json:
        say_json({name: one.to_dict() for name, one in found.items()})
        return
    for one in found.values():
        say(str(one))
