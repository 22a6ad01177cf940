"""A report as one value: sections of text, tables and charts, to plain text and to one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput, StoreError
from askwise.judge.svg import DARK, GREY, LIGHT

_WORDY = 40
_WIDE = 6
"""Columns of a table from which on it is set smaller, so that it stands on a page without being moved."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, a smaller second text (an interval), and whether it is the best of its line."""

    text: str
    small: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """Columns and lines; the first column is read as the head of its line."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def wordy(self) -> list[bool]:
        """Which columns hold sentences: they are set from the left, and may wrap."""
        return [any(len(row[i].text) > _WORDY for row in self.rows) for i in range(len(self.columns))]

    @property
    def wide(self) -> bool:
        """Whether it is set smaller, for its many columns."""
        return len(self.columns) > _WIDE


@dataclass(frozen=True)
class Section:
    """A part of the page; whatever is empty is left out. `parts` are folded, each under its own title."""

    title: str
    lead: str = ""
    svg: str = ""
    table: Table | None = None
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    code: str = ""
    folded: bool = False
    parts: Sequence[Section] = ()


@dataclass(frozen=True)
class Page:
    """The whole: `kicker` above the headline, `tiles` of (number, what it is) below it."""

    title: str
    kicker: str
    headline: str
    lead: str = ""
    tiles: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = field(default_factory=list)

    def html(self) -> str:
        """One HTML page that needs nothing but itself. Raises BadInput where Jinja is not installed."""
        try:
            import jinja2
        except ImportError as error:
            raise BadInput("an HTML report needs a package that is not here; pip install 'askwise[report]'") from error
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("askwise.judge"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        return environment.get_template("page.html").render(page=self, light=_colours("light"), dark=_colours("dark"))

    def write(self, path: str | Path) -> Path:
        """Write the HTML page; returns its path. Raises BadInput as `html`, StoreError where it cannot be written."""
        path, html = Path(path), self.html()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(html, encoding="utf-8")
        except OSError as fault:
            raise StoreError(
                f"the report {str(path)!r} cannot be written: {fault.strerror}; choose another path"
            ) from fault
        return path

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: facts and tables of every section, by its title."""
        return {one.title: _plain(one) for section in self.sections for one in (section, *section.parts)}

    def __str__(self) -> str:
        parts = [self.title, "=" * len(self.title), self.headline]
        for section in self.sections:
            parts += ["", section.title, "-" * len(section.title), *_text(section)]
        return "\n".join(parts)


def _colours(theme: str) -> dict[str, str]:
    palette = LIGHT if theme == "light" else DARK
    return {"ref": GREY[theme], **{f"s{i + 1}": colour for i, colour in enumerate(palette)}}


def _plain(section: Section) -> dict[str, Any]:
    found: dict[str, Any] = {"text": section.lead} if section.lead else {}
    if section.facts:
        found["facts"] = dict(section.facts)
    if section.table is not None:
        columns = section.table.columns
        found["rows"] = [{n: cell.text for n, cell in zip(columns, row, strict=True)} for row in section.table.rows]
    return found


def _text(section: Section) -> list[str]:
    lines = [section.lead] if section.lead else []
    width = max((len(name) for name, _ in section.facts), default=0)
    lines += [f"{name:<{width}}  {value}" for name, value in section.facts]
    lines += text_table(section.table) if section.table is not None else []
    lines += [f"* {note}" for note in section.notes]
    for part in section.parts:
        lines += ["", part.title, *_text(part)]
    return lines + ([section.code] if section.code else [])


def text_table(table: Table) -> list[str]:
    """The table in columns of plain text.

    >>> text_table(Table(["labels", "auto"], [[Cell("25"), Cell("0.81", "0.79-0.83")]]))
    ['labels                auto', '25          0.81 (0.79-0.83)']
    """
    body = [[f"{cell.text} ({cell.small})" if cell.small else cell.text for cell in row] for row in table.rows]
    widths = [max(len(row[i]) for row in [list(table.columns), *body]) for i in range(len(table.columns))]
    left = [i == 0 or wordy for i, wordy in enumerate(table.wordy)]
    return [_set(row, widths, left) for row in [list(table.columns), *body]]


def _set(row: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    cells = zip(row, widths, left, strict=True)
    return "    ".join(text.ljust(width) if first else text.rjust(width) for text, width, first in cells).rstrip()
