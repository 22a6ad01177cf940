"""Tables of the reference that are made from the code: evidence, command line, methods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from askwise.core.evidence import DERIVED, VOCABULARY, Spec

_PER = {
    "row": ("Of each row", "One value, or one line of an array, for each candidate."),
    "labelled": ("Of each labelled row", "About the rows that are labelled or pending, aligned with one another."),
    "whole": ("Of the pool or the model", "One for all rows."),
}


def cell(text: object) -> str:
    """Text inside a cell of a Markdown table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def evidence_table() -> str:
    """Every name of the vocabulary: shape, meaning, derivation, who supplies it; a table for each `per`."""
    parts = []
    for per, (title, about) in _PER.items():
        of_kind = [spec for spec in VOCABULARY.values() if spec.per == per]
        rows = [(f"`{s.name}`{{ #{s.name} }}", s.shape, _meaning(s), _first_upper(s.supplied_by)) for s in of_kind]
        parts.append(f"## {title}\n\n{about}\n\n{table(('name', 'shape', 'what', 'how to supply it'), rows)}")
    return "\n\n".join(parts)


def _meaning(spec: Spec) -> str:
    sources = DERIVED[spec.name][0] if spec.name in DERIVED else ()
    derived = (
        " Derived from " + ", ".join(f"`{one}`" for one in sources) + " where these are on offer." if sources else ""
    )
    return _first_upper(spec.meaning) + "." + derived


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def command_line() -> str:
    """Every command with its arguments and options."""
    import typer

    from askwise.cli import app

    root: Any = typer.main.get_command(app)
    return "\n\n".join(_command(name, one) for name, one in _flat(root.commands))


def _flat(commands: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """Commands, those of a group under the name of the group and theirs."""
    for name, one in commands.items():
        inner = getattr(one, "commands", None)
        if inner is None:
            yield name, one
        else:
            yield from ((f"{name} {own}", command) for own, command in inner.items())


def lab_tables() -> str:
    """The columns of the three tables of results."""
    from askwise.lab.tables import COLUMNS

    parts = []
    for name, columns in COLUMNS.items():
        rows = [(f"`{column}`", kind, _first_upper(meaning)) for column, (kind, meaning) in columns.items()]
        parts.append(f"### {name}.parquet\n\n{table(('column', 'type', 'what'), rows)}")
    return "\n\n".join(parts)


def measures_table() -> str:
    """The measures by name."""
    from askwise.lab.measures import MEASURES

    rows = [
        (
            f"`{one.name}`",
            one.title,
            one.task,
            "more" if one.greater_is_better else "less",
            one.of.__doc__.split("\n")[0],
        )
        for one in MEASURES.values()
    ]
    return table(("name", "in reports", "task", "better is", "what"), rows)


def _command(name: str, command: Any) -> str:
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    usage = " ".join(["askwise", name, *(_metavar(one) for one in arguments), "[OPTIONS]"])
    about = (command.help or "").strip()
    rows = [(_spelling(one), getattr(one, "help", "") or "", _default(one)) for one in shown]
    return f"## askwise {name}\n\n{about}\n\n```text\n{usage}\n```\n\n{table(('argument', 'meaning', 'default'), rows)}"


def _metavar(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    return ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])


def _default(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "required" if parameter.required else ""
    value = parameter.default
    if value is None or value is False or callable(value) or type(value).__name__ == "Sentinel":
        return ""
    return "on" if value is True else f"`{value}`"
