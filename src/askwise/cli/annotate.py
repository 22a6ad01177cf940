"""`askwise annotate`: a language model answers queries of a session, at a known price and reliability."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from askwise.cli.common import JsonFlag, SessionPlace, file_of, note, say, say_json
from askwise.core.errors import BadInput
from askwise.core.words import counted

KEY = "ASKWISE_LLM_KEY"


def annotate(
    session: SessionPlace,
    llm: Annotated[str, typer.Option(help="Address of an OpenAI-compatible endpoint, as http://localhost:8000/v1.")],
    model: Annotated[str, typer.Option(help="Name of the model there.")],
    n: Annotated[int, typer.Option("--n", "-n", min=0, help="How many queries to answer.")] = 100,
    budget: Annotated[float | None, typer.Option(help="Money that may be spent, earlier runs included.")] = None,
    price_in: Annotated[float, typer.Option(help="Money for a million tokens of prompt.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Money for a million tokens of reply.")] = 0.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and call nothing.")] = False,
    check: Annotated[int, typer.Option(min=0, help="Read so many rows that people labelled, to check it.")] = 100,
    least: Annotated[float, typer.Option(help="Leave rows to people whose chance to be right is lower.")] = 0.0,
    propose: Annotated[bool, typer.Option("--propose", help="Answer nothing: show people what it would say.")] = False,
    control: Annotated[bool, typer.Option("--control", help="Let it answer the random control rows too.")] = False,
    guidelines: Annotated[Path | None, typer.Option(help="File with guidelines for the labelling.")] = None,
    shots: Annotated[int, typer.Option(min=0, help="Examples in the prompt, from rows that people labelled.")] = 0,
    unsure: Annotated[bool, typer.Option("--unsure", help="Allow it to say that it cannot tell.")] = False,
    votes: Annotated[int, typer.Option(min=1, help="Ask so often; the share of votes is the confidence.")] = 1,
    temperature: Annotated[float, typer.Option(help="Temperature of several votes.")] = 1.0,
    max_tokens: Annotated[int, typer.Option(min=1, help="Most tokens of a reply.")] = 256,
    workers: Annotated[int, typer.Option(min=1, help="Calls at once.")] = 4,
    timeout: Annotated[float, typer.Option(help="Seconds for one call.")] = 60.0,
    key_env: Annotated[str, typer.Option(help="Environment variable that holds the API key.")] = KEY,
    file: Annotated[Path | None, typer.Option(help="The file that is labelled, if it has moved.")] = None,
    json: JsonFlag = False,
) -> None:
    """Let a language model answer, or propose, for a session; checked against people, paid once, within a budget.

    It is checked on rows that people have labelled, and left out of the random control rows, which measure the model.
    Every raw reply is kept in SESSION.aw.llm.db (of a session in PostgreSQL, in NAME.aw.llm.db here): running it again
    pays for nothing twice.
    """
    from askwise.annotate import Annotator, Endpoint, Ledger, Prices, beside, examples
    from askwise.annotate import annotate as run
    from askwise.cli.test import opened_session

    _need_net()
    endpoint = Endpoint(llm, model, os.environ.get(key_env, ""), timeout, max_tokens=max_tokens)
    with opened_session(session, file) as opened:
        rows = examples(opened, shots)
        question = _question(opened, rows, guidelines, unsure)
        ledger = Ledger(beside(file_of(session)))
        try:
            prices = Prices(price_in, price_out)
            machine = Annotator(endpoint, question, ledger, prices, budget, votes, temperature, workers)
            found = run(
                opened,
                machine,
                n,
                check=check,
                without=rows,
                least=least,
                propose=propose,
                control=control,
                dry_run=dry_run,
                told=note,
            )
        finally:
            ledger.close()
    say_json(found.to_dict()) if json else _say(found, dry_run)


def _need_net() -> None:
    import importlib.util

    if importlib.util.find_spec("httpcore") is None:
        raise BadInput('`askwise annotate` needs httpcore, not installed here: pip install "askwise[llm]"')


def _question(session: Any, rows: Sequence[int], guidelines: Path | None, unsure: bool) -> Any:
    """What is asked of each row, with these rows as examples."""
    from askwise.annotate import Question
    from askwise.annotate.run import show_of

    show, labels = show_of(session), session.labels
    return Question(session.task, _words(guidelines), tuple((show(row)[0], labels[row]) for row in rows), unsure)


def _words(path: Path | None) -> str:
    if path is None:
        return ""
    if not path.is_file():
        raise BadInput(f"there is no file {str(path)!r} with guidelines; check the path")
    return path.read_text(encoding="utf-8-sig")


def _say(found: Any, dry_run: bool) -> None:
    if dry_run:
        say(str(found.preview))
        return
    done = counted(found.proposed, "proposal") if found.proposed else counted(found.told, "answer")
    say(f"{done}, {counted(found.left, 'row')} left to people; cost {found.cost:.4f}, {found.spent:.4f} in all")
    say(str(found.check) if found.check is not None else _unchecked(found.preview.rows))
    if found.stopped:
        say(f"stopped: {found.stopped}")
    if found.lacks:
        note(f"the endpoint does not take {', '.join(found.lacks)}; done without")
    for trouble in found.unread[:5]:
        note(f"not read: {trouble}")


def _unchecked(rows: int) -> str:
    if rows:
        return f"not checked: it named no class in {counted(rows, 'row')} that people labelled"
    return "not checked: no row has a label by a person yet"
