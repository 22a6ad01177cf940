"""Who may work in a room for many: names, roles, passwords and tokens, in one file that only its owner can read."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput, StoreError, did_you_mean

FORMAT = 2
"""1 had no scopes."""

ROLES = ("owner", "reviewer", "annotator", "machine")
"""Owner and reviewer see how the others do; annotator and machine answer. A machine comes with a token only."""

SHORTEST = 10
"""Characters of a password."""

SCOPES = ("all", "answer", "read")
"""What a token is good for: everything that its owner may do; taking items and answering; or reading these only."""

USED_SECONDS = 3600.0
"""How exactly the last use of a token is kept: each time would be a write for every request."""

LOCK_SECONDS = 10.0
"""How long a change waits for another process that changes the file."""

_PREFIX = "aw_"


@dataclass(frozen=True)
class Token:
    """A token as it is kept: its first characters to know it by, its SHA-256, when it ends and when it was last used
    (Unix time, to the hour; 0 for never), and its scope.
    """

    prefix: str
    sha256: str
    ends: float
    scope: str = "all"
    used: float = 0.0


@dataclass(frozen=True)
class Person:
    """One who may come in. `password` is an argon2id hash, empty for machines. `scope` is what she may do now: less
    than her role for whoever came with a token of a smaller scope.
    """

    name: str
    role: str
    password: str = ""
    tokens: tuple[Token, ...] = field(default=())
    scope: str = "all"

    @property
    def acts_as(self) -> str:
        """The role that counts: that of a machine, which answers only, unless the scope is ``all``."""
        return self.role if self.scope == "all" else "machine"


def beside(session: str | Path) -> Path:
    """The file of people of a session file.

    >>> beside("reviews.aw").name
    'reviews.aw.people.json'
    """
    path = Path(session)
    return path.with_name(f"{path.name}.people.json")


class People:
    """The people of one room; every change is on disk when it returns, in a file of mode 0600.

    Several processes may use one file, such as a server and a command: what one changes, the others see at once.

    Raises StoreError for a file that cannot be read or is of a newer format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._guard = threading.Lock()
        self._stamp = self._stamped()
        self._people = self._read()

    @property
    def _known(self) -> dict[str, Person]:
        """Everybody, as the file says: read again when it has changed."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._people, self._stamp = self._read(), stamp
        return self._people

    def _stamped(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        # A new file each time (it is replaced whole), so its number tells even of two changes within one tick.
        return found.st_ino, found.st_mtime_ns

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
            self._add(Person(name, role))
            return ""
        chosen = secrets.token_urlsafe(12) if password is None else password
        if len(chosen) < SHORTEST:
            raise BadInput(
                f"a password of {len(chosen)} characters is short; give {SHORTEST} or more, or none to have one made"
            )
        self._add(Person(name, role, self._hasher.hash(chosen)))
        return chosen

    def remove(self, name: str) -> None:
        """Shut somebody out; the answers given stay. Raises BadInput for an unknown name."""
        with self._changing() as known:
            if known.pop(name, None) is None:
                raise BadInput(f"there is nobody called {name!r}.{did_you_mean(name, known)}")

    def issue(self, name: str, days: float = 90.0, scope: str = "all") -> str:
        """A new token for somebody: shown here once, kept as its hash. Raises BadInput for an unknown name or scope."""
        if scope not in SCOPES:
            raise BadInput(f"there is no scope {scope!r}.{did_you_mean(scope, SCOPES)}")
        if not days > 0:
            raise BadInput(f"a token for {days:g} days is none; give a number above 0")
        token = _PREFIX + secrets.token_urlsafe(32)
        kept = Token(token[:8], _digest(token), time.time() + 86_400 * days, scope)
        with self._changing() as known:
            if name not in known:
                raise BadInput(f"there is nobody called {name!r}.{did_you_mean(name, known)}")
            known[name] = replace(known[name], tokens=(*known[name].tokens, kept))
        return token

    def revoke(self, name: str, prefix: str) -> None:
        """Make a token worthless, by its first characters. Raises BadInput where there is none."""
        with self._changing() as known:
            tokens = known[name].tokens if name in known else ()
            left = tuple(one for one in tokens if one.prefix != prefix)
            if len(left) == len(tokens):
                have = ", ".join(one.prefix for one in tokens) or "none"
                raise BadInput(f"{name!r} has no token that begins with {prefix!r}; there are {have}")
            known[name] = replace(known[name], tokens=left)

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
        """Whose token this is, with its scope; None for an unknown one and for one that has ended."""
        wanted, now = _digest(token), time.time()
        found = None
        for person in self._known.values():
            for one in person.tokens:
                if secrets.compare_digest(one.sha256, wanted) and one.ends > now:
                    found = (person, one)
        if found is None:
            return None
        person, one = found
        if now - one.used >= USED_SECONDS:
            self._note_use(person.name, wanted, now)
        return replace(person, scope=one.scope)

    @cached_property
    def _hasher(self) -> Any:
        import argon2

        return argon2.PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        return str(self._hasher.hash(secrets.token_urlsafe(12)))

    def _note_use(self, name: str, digest: str, now: float) -> None:
        with self._changing() as known:
            if name in known:  # and not removed just now
                tokens = (replace(one, used=now) if one.sha256 == digest else one for one in known[name].tokens)
                known[name] = replace(known[name], tokens=tuple(tokens))

    def _add(self, person: Person) -> None:
        with self._changing() as known:
            if person.name in known:
                raise BadInput(f"{person.name!r} is there already; remove first, or choose another name")
            known[person.name] = person

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Person]]:
        """Everybody, to be changed: written at the end of the block; one thread and one process at a time."""
        from filelock import FileLock

        try:
            lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=LOCK_SECONDS, thread_local=False)
            with self._guard, lock:
                known = dict(self._known)
                yield known
                self._write(known)
        except OSError as error:
            raise StoreError(f"{str(self.path)!r} cannot be changed: {error}; check the folder") from error

    def _write(self, known: dict[str, Person]) -> None:
        people = [{k: v for k, v in asdict(one).items() if k != "scope"} for one in known.values()]
        content = {"format": FORMAT, "people": people}
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
        self._people, self._stamp = known, self._stamped()

    def _read(self) -> dict[str, Person]:
        if not self.path.exists():
            return {}
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"the file of people {str(self.path)!r} cannot be read: {error}; restore it") from error
        if not isinstance(content, Mapping) or content.get("format") not in (1, FORMAT):
            raise StoreError(
                f"{str(self.path)!r} is no file of people of format {FORMAT}; use the version that wrote it"
            )
        return {one["name"]: _person(one) for one in content["people"]}


def _person(one: Mapping[str, Any]) -> Person:
    return Person(one["name"], one["role"], one["password"], tuple(Token(**token) for token in one["tokens"]))


def _digest(token: str) -> str:
    # A token has 256 random bits, so a plain hash of it cannot be guessed; passwords need argon2id.
    return hashlib.sha256(token.encode()).hexdigest()
