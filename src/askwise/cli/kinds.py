"""The kind of answer that the flags of a command name, and the rows that such answers need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput

COMPARED = ("pair", "ranking")
"""Kinds of answer whose rows hold several things, each from a column of its own."""


@dataclass(frozen=True)
class Kind:
    """What the flags said of the answers: the kind, or None for nothing, and the settings that were given."""

    name: str | None = None
    settings: tuple[tuple[str, Any], ...] = ()

    def task(self, classes: str | None, columns: int, known: Any) -> Any:
        """The task: of the flags, completed by the session that there is already; None leaves it as that has it.

        `columns` is the number of columns compared in a row. Raises BadInput for flags that do not fit the kind.
        """
        from askwise.task import KINDS, as_task

        if known is not None and self.name is None and classes is None and not self.settings:
            return known.task
        kind = self.name or (known.task.kind if known is not None else "choice")
        given: dict[str, Any] = {"kind": kind, **dict(self.settings)}
        if kind == "ranking" and columns:
            given["of"] = columns
        takes = kind in KINDS and "classes" in KINDS[kind].__dataclass_fields__
        if takes or classes is not None:
            given["classes"] = parse_classes(classes) if known is None or classes else known.classes
        return as_task(given)


def kind_of(
    name: str | None,
    low: float | None = None,
    high: float | None = None,
    unit: str | None = None,
    question: str | None = None,
    shapes: str | None = None,
    pixels: int | None = None,
    flat: bool = False,
    eps: float | None = None,
) -> Kind:
    """What was said on the command line, without what was not.

    >>> kind_of("number", low=0.0)
    Kind(name='number', settings=(('low', 0.0),))
    """
    said: dict[str, Any] = {"low": low, "high": high, "unit": unit, "question": question, "pixels": pixels, "eps": eps}
    said["shapes"] = split(shapes) or None
    said["overlap"] = False if flat else None
    return Kind(name, tuple((key, value) for key, value in said.items() if value is not None))


def split(names: str | None) -> list[str]:
    """Names from a list with commas.

    >>> split("left, right"), split(None)
    (['left', 'right'], [])
    """
    return [] if names is None else [name.strip() for name in names.split(",") if name.strip()]


def open_rows(file: str | Path, how: Mapping[str, Any], kind: str) -> Any:
    """The pool of a file for answers of a kind; `how` has text, features, images and ids as the flags have them.

    Raises BadInput where the rows of a pair or a ranking are no columns to compare.
    """
    from askwise.pool import open_pool, open_several

    text, images = split(how.get("text")), split(how.get("images"))
    if kind in COMPARED and how.get("features") is None:
        if not text and not images:
            raise BadInput(f"a {kind} compares the columns of a row; name them: --text left,right (or --images)")
        return open_several(file, text=text, images=images, ids=how.get("ids"))
    features = how.get("features")
    columns = features if features in (None, "all") else split(features)
    return open_pool(file, text=how.get("text"), features=columns, images=how.get("images"), ids=how.get("ids")).pool


def parse_classes(text: str | None) -> list[str]:
    """Classes from "a,b,c", or from the lines of "@FILE". Raises BadInput when there are none.

    >>> parse_classes("good, bad")
    ['good', 'bad']
    """
    if text is None:
        raise BadInput("a new session needs its classes: --classes positive,negative (or @FILE, one class a line)")
    if text.startswith("@"):
        path = Path(text[1:])
        if not path.is_file():
            raise BadInput(f"there is no file {str(path)!r} with classes; --classes @FILE wants one class a line")
        parts = _lines(path)
    else:
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(f"the file of classes {str(path)!r} is not UTF-8 ({error}); save it as UTF-8") from error
