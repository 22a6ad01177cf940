"""The work folder of a simulation: one session file per run, and what the runs were started with."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput, StoreError

VERSION = 1
_FILE = "simulation.json"


@dataclass(frozen=True)
class Run:
    """One strategy in one repeat: the unit of work."""

    strategy: str
    repeat: int
    seed: int
    path: Path


class Work:
    """A folder that a simulation owns. Opened with the configuration; refuses one that would change a run.

    More repeats or other strategies only add runs, so they may change. Raises BadInput naming what differs, and for a
    folder that holds other files; StoreError for a damaged one.
    """

    def __init__(self, folder: str | Path, config: Mapping[str, Any], *, fresh: bool = False) -> None:
        self.folder = Path(folder)
        wanted = {"version": VERSION, **config}
        if fresh:
            self._clear()
        if (self.folder / _FILE).exists():
            self._check(wanted)
        else:
            self._begin(wanted)

    def path(self, strategy: str, repeat: int) -> Path:
        """Session file of a run; a strategy's name may hold what a file name must not."""
        plain = re.sub(r"[^A-Za-z0-9_.+-]", "_", strategy)
        if plain != strategy:
            plain += "-" + hashlib.blake2b(strategy.encode(), digest_size=4).hexdigest()
        return self.folder / f"{plain}-{repeat}.aw"

    def _begin(self, config: Mapping[str, Any]) -> None:
        strangers = sorted(p.name for p in self.folder.iterdir()) if self.folder.is_dir() else []
        if strangers and strangers != [_FILE + ".new"]:
            raise BadInput(
                f"the folder {str(self.folder)!r} is not empty ({', '.join(strangers[:3])}) and holds no simulation;"
                " choose another work folder"
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Written aside and renamed, so that a kill leaves either no configuration or all of it.
            aside = self.folder / (_FILE + ".new")
            aside.write_text(json.dumps(config, indent=1), encoding="utf-8")
            aside.replace(self.folder / _FILE)
        except OSError as fault:
            raise StoreError(
                f"the work folder {str(self.folder)!r} cannot be written: {fault.strerror}; choose another, or make"
                " it writable"
            ) from fault

    def _check(self, wanted: Mapping[str, Any]) -> None:
        try:
            found = json.loads((self.folder / _FILE).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as fault:
            raise StoreError(
                f"{str(self.folder / _FILE)!r} is damaged ({fault}); start over with fresh=True (--fresh)"
            ) from fault
        now = json.loads(json.dumps(wanted))
        differing = [name for name, value in now.items() if found.get(name) != value]
        if differing:
            said = "; ".join(_difference(name, found.get(name), now[name]) for name in differing)
            raise BadInput(
                f"the simulation in {str(self.folder)!r} was started differently: {said}. Run it as it"
                " was, choose another work folder, or start over with fresh=True (--fresh)"
            )

    def _clear(self) -> None:
        """Remove the folder, if it is a simulation's and nothing else's."""
        if not self.folder.exists():
            return
        names = [path.name for path in self.folder.iterdir()]
        if names and _FILE not in names:
            raise BadInput(f"the folder {str(self.folder)!r} holds no simulation; fresh=True will not remove it")
        shutil.rmtree(self.folder)


def _difference(name: str, before: Any, now: Any) -> str:
    if name != "data":
        return f"{name} was {before!r} and is now {now!r}"
    known = before if isinstance(before, Mapping) else {}
    changed = [part for part, value in now.items() if known.get(part) != value]
    return f"of the data, {' and '.join(changed)} changed"
