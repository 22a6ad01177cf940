"""Who may work in a room for many: names, roles, passwords and tokens, in one file that only its owner can read."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput, StoreError, did_you_mean

FORMAT = 1
ROLES = ("owner", "reviewer", "annotator", "machine")
"""Owner and reviewer see how the others do; annotator and machine answer. A machine comes with a token only."""

SHORTEST = 10
"""Characters of a password."""

_PREFIX = "aw_"


@dataclass(frozen=True)
class Token:
    """A token as it is kept: its first characters to know it by, its SHA-256, and when it ends (Unix time)."""

    prefix: str
    sha256: str
    ends: float


@dataclass(frozen=True)
class Person:
    """One who may come in. `password` is an argon2id hash, empty for machines."""

    name: str
    role: str
    password: str = ""
    tokens: tuple[Token, ...] = field(default=())


def beside(session: str | Path) -> Path:
    """The file of people of a session file.

    >>> beside("reviews.aw").name
    'reviews.aw.people.json'
    """
    path = Path(session)
    return path.with_name(f"{path.name}.people.json")


class People:
    """The people of one room; every change is on disk when it returns, in a file of mode 0600.

    Raises StoreError for a file that cannot be read or is of a newer format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._guard = threading.Lock()
        self._known = self._read()

    def __iter__(self) -> Any:
        return iter(sorted(self._known.values(), key=lambda one: one.name))

    def __len__(self) -> int:
        return len(self._known)

    def get(self, name: str) -> Person | None:
        """The person of this name, or None."""
        return self._known.get(name)

    def add(self, name: str, role: str, password: str | None = None) -> str:
        """Add somebody; returns the password, made up if none was given, empty for a machine.

        Raises BadInput for a name that is taken or odd, an unknown role, or a short password.
        """
        if not name or name != name.strip() or len(name) > 64 or not name.isprintable():
            raise BadInput(f"the name {name!r} cannot be used; give 1 to 64 printable characters without spaces around")
        if role not in ROLES:
            raise BadInput(f"there is no role {role!r}.{did_you_mean(role, ROLES)}")
        if name in self._known:
            raise BadInput(
                f"{name!r} is there already, as {self._known[name].role}; remove first, or choose another name"
            )
        if role == "machine":
            self._keep(Person(name, role))
            return ""
        chosen = secrets.token_urlsafe(12) if password is None else password
        if len(chosen) < SHORTEST:
            raise BadInput(
                f"a password of {len(chosen)} characters is short; give {SHORTEST} or more, or none to have one made"
            )
        self._keep(Person(name, role, self._hasher.hash(chosen)))
        return chosen

    def remove(self, name: str) -> None:
        """Shut somebody out; the answers given stay. Raises BadInput for an unknown name."""
        with self._guard:
            if name not in self._known:
                raise BadInput(f"there is nobody called {name!r}.{did_you_mean(name, self._known)}")
            left = {key: one for key, one in self._known.items() if key != name}
            self._write(left)

    def issue(self, name: str, days: float = 90.0) -> str:
        """A new token for somebody: shown here once, kept as its hash. Raises BadInput for an unknown name."""
        person = self._known.get(name)
        if person is None:
            raise BadInput(f"there is nobody called {name!r}.{did_you_mean(name, self._known)}")
        if not days > 0:
            raise BadInput(f"a token for {days:g} days is none; give a number above 0")
        token = _PREFIX + secrets.token_urlsafe(32)
        kept = Token(token[:8], _digest(token), time.time() + 86_400 * days)
        self._keep(replace(person, tokens=(*person.tokens, kept)))
        return token

    def by_password(self, name: str, password: str) -> Person | None:
        """Who this is; takes as long for a name that nobody has."""
        import argon2

        person = self._known.get(name)
        hashed = person.password if person is not None and person.password else self._nobody
        try:
            self._hasher.verify(hashed, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return None
        return person if person is not None and person.password else None

    def by_token(self, token: str) -> Person | None:
        """Whose token this is; None for an unknown one and for one that has ended."""
        wanted, now = _digest(token), time.time()
        found = None
        for person in self._known.values():
            for one in person.tokens:
                if secrets.compare_digest(one.sha256, wanted) and one.ends > now:
                    found = person
        return found

    @cached_property
    def _hasher(self) -> Any:
        import argon2

        return argon2.PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return str(self._hasher.hash(secrets.token_urlsafe(12)))

    def _keep(self, person: Person) -> None:
        with self._guard:
            self._write({**self._known, person.name: person})

    def _write(self, known: dict[str, Person]) -> None:
        content = {"format": FORMAT, "people": [asdict(one) for one in known.values()]}
        part = self.path.with_name(f".{self.path.name}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise StoreError(f"{str(self.path)!r} cannot be written: {error.strerror}; check the folder") from error
        self._known = known

    def _read(self) -> dict[str, Person]:
        if not self.path.exists():
            return {}
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"the file of people {str(self.path)!r} cannot be read: {error}; restore it") from error
        if not isinstance(content, Mapping) or content.get("format") != FORMAT:
            raise StoreError(
                f"{str(self.path)!r} is no file of people of format {FORMAT}; use the version that wrote it"
            )
        return {one["name"]: _person(one) for one in content["people"]}


def _person(one: Mapping[str, Any]) -> Person:
    return Person(one["name"], one["role"], one["password"], tuple(Token(**token) for token in one["tokens"]))


def _digest(token: str) -> str:
    # A token has 256 random bits, so a plain hash of it cannot be guessed; passwords need argon2id.
    return hashlib.sha256(token.encode()).hexdigest()
