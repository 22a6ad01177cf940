"""Where a log in a database is: ``postgresql://user@host/database#name``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from askwise.core.errors import BadInput

SCHEMES = ("postgresql", "postgres")
LONGEST_NAME = 200


@dataclass(frozen=True)
class Place:
    """A log in a database: how to connect, and the log's name. Its text never holds the password.

    >>> str(parse("postgresql://ana:secret@db.example/labels#reviews"))
    'postgresql://ana@db.example/labels#reviews'
    """

    conninfo: str
    name: str

    def __str__(self) -> str:
        plain = re.sub(r"(//[^/@:]*):[^/@]*@", r"\1@", self.conninfo)
        return re.sub(r"([?&]password)=[^&]*", r"\1=...", plain) + f"#{self.name}"

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"


def is_url(path: object) -> bool:
    """Whether a path is the URL of a database and not the name of a file.

    >>> is_url("postgresql://localhost/labels#reviews"), is_url("reviews.aw")
    (True, False)
    """
    return isinstance(path, str | os.PathLike) and _scheme(path) is not None


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether a log is at a path or URL. Raises StoreError where the server cannot be asked.

    >>> exists("there-is-no-such.aw")
    False
    """
    if not is_url(path):
        return Path(path).exists()
    from askwise.store.postgres import exists_at

    return exists_at(parse(os.fspath(path)))


def named(url: str, name: str) -> str:
    """The URL with this name of a log, unless it has one.

    >>> named("postgresql://localhost/labels", "reviews")
    'postgresql://localhost/labels#reviews'
    """
    return url if url.partition("#")[2] else f"{url.partition('#')[0]}#{name}"


def parse(url: str) -> Place:
    """The place that a URL names. Raises BadInput for another kind of URL, and for one without the name of a log."""
    scheme = _scheme(url)
    shown = str(Place(*url.partition("#")[::2]))
    if scheme not in SCHEMES:
        raise BadInput(
            f"a store at {scheme}:// is unknown; give postgresql://USER@HOST/DATABASE#NAME, or the path of a file, such"
            " as 'labels.aw'"
        )
    conninfo, _, name = url.partition("#")
    name = unquote(name)
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise BadInput(
            f"{shown!r} does not say which log; put a name of up to {LONGEST_NAME} characters behind #, as in"
            " postgresql://USER@HOST/DATABASE#reviews"
        )
    return Place(conninfo, name)


def _scheme(path: str | os.PathLike[str]) -> str | None:
    found = re.match(r"([a-z][a-z0-9+.-]+)://", os.fspath(path), re.IGNORECASE)
    return found[1].lower() if found else None
