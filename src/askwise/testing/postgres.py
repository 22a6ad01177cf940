"""A PostgreSQL server of one's own for tests and measurements: in a temporary folder, on a socket, gone at the end."""

from __future__ import annotations

import getpass
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from askwise.core.errors import BadInput

START_SECONDS = 60.0
_PROGRAMS = ("initdb", "postgres", "pg_isready")
_PLACES = ("/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt")


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs, the newest; None where there are none."""
    on_path = shutil.which("initdb")
    folders = [] if on_path is None else [Path(on_path).parent, Path(on_path).resolve().parent]
    installed = [path.parent for place in _PLACES for path in Path(place).glob("*/bin/initdb")]
    folders += sorted(installed, key=lambda path: [int(c) for c in re.findall(r"\d+", path.parent.name)], reverse=True)
    return next((folder for folder in folders if all((folder / name).exists() for name in _PROGRAMS)), None)


@contextmanager
def temporary_postgres(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of a fresh, empty database, without the name of a log: add ``#name``.

    It listens on a socket in a folder of its own only. As root it is run by the user ``postgres`` or ``nobody``, for
    PostgreSQL refuses root. Raises BadInput where its programs are not installed.
    """
    programs = find_postgres()
    if programs is None:
        raise BadInput(f"no PostgreSQL was found on the PATH or in {', '.join(_PLACES)}; install it to use it here")
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="aw-pg-"))  # short: the name of a socket has 107 bytes at most
    try:
        if user is not None:
            shutil.chown(folder, user)
        make = ["-D", "data", "-U", "askwise", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        _run([programs / "initdb", *make], folder, user)
        with _running(programs, folder, user, settings or {}):
            yield f"postgresql://askwise@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, user: str | None, settings: Mapping[str, str]) -> Iterator[None]:
    given = {"listen_addresses": "", "unix_socket_directories": str(folder), **settings}
    flags = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [programs / "postgres", "-D", "data", *flags]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, user=user, env=_plain(), stdout=log, stderr=log) as server,
    ):
        try:
            until = time.monotonic() + START_SECONDS
            ready: list[str | Path] = [programs / "pg_isready", "-h", str(folder), "-U", "askwise", "-q"]
            while subprocess.run(ready, check=False, env=_plain()).returncode != 0:
                if server.poll() is not None or time.monotonic() > until:
                    said = (folder / "log").read_text(errors="replace")[-500:]
                    raise BadInput(
                        f"PostgreSQL did not start; it said {said!r}; see whether its port or memory is taken"
                    )
                time.sleep(0.05)
            yield
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown


def _run(command: list[str | Path], folder: Path, user: str | None) -> None:
    done = subprocess.run(command, cwd=folder, user=user, env=_plain(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BadInput(f"{command[0]} failed: {done.stderr[-500:]!r}; run it by hand to see why")


def _user() -> str | None:
    """Whom to be instead of root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), getpass.getuser())


def _plain() -> dict[str, str]:
    """The environment without the settings of PostgreSQL's clients, and in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}
