"""The folder of a simulation or a suite: its runs, and what they were started with."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from askwise.core.errors import BadInput, StoreError

VERSION = 1


class Work:
    """A folder that a simulation or a suite owns. Opened with the configuration; refuses one that would change a run.

    `deciding` names what may not change (None: everything in the configuration); the rest is written anew. `file` is
    what marks the folder. Raises BadInput naming what differs, and for a folder that holds other files; StoreError for
    a damaged one.
    """

    def __init__(
        self,
        folder: str | Path,
        config: Mapping[str, Any],
        *,
        fresh: bool = False,
        file: str = "simulation.json",
        deciding: Sequence[str] | None = None,
    ) -> None:
        self.folder, self.file = Path(folder), file
        wanted = {"version": VERSION, **config}
        if fresh:
            self._clear()
        if (self.folder / self.file).exists():
            self._check({name: wanted[name] for name in deciding or wanted})
        else:
            self._refuse_strangers()
        if deciding or not (self.folder / self.file).exists():
            self._write(wanted)

    def path(self, strategy: str, repeat: int) -> Path:
        """Session file of a run; a strategy's name may hold what a file name must not."""
        plain = re.sub(r"[^A-Za-z0-9_.+-]", "_", strategy)
        if plain != strategy:
            plain += "-" + hashlib.blake2b(strategy.encode(), digest_size=4).hexdigest()
        return self.folder / f"{plain}-{repeat}.aw"

    def _refuse_strangers(self) -> None:
        strangers = sorted(p.name for p in self.folder.iterdir()) if self.folder.is_dir() else []
        if strangers and strangers != [self.file + ".new"]:
            raise BadInput(
                f"the folder {str(self.folder)!r} is not empty ({', '.join(strangers[:3])}) and holds no simulation;"
                " choose another work folder"
            )

    def _write(self, config: Mapping[str, Any]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Written aside and renamed, so that a kill leaves either no configuration or all of it.
            aside = self.folder / (self.file + ".new")
            aside.write_text(json.dumps(config, indent=1), encoding="utf-8")
            aside.replace(self.folder / self.file)
        except OSError as fault:
            raise StoreError(
                f"the work folder {str(self.folder)!r} cannot be written: {fault.strerror}; choose another, or make"
                " it writable"
            ) from fault

    def _check(self, wanted: Mapping[str, Any]) -> None:
        try:
            found = json.loads((self.folder / self.file).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as fault:
            raise StoreError(
                f"{str(self.folder / self.file)!r} is damaged ({fault}); start over with fresh=True (--fresh)"
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
        if names and self.file not in names:
            raise BadInput(f"the folder {str(self.folder)!r} holds no simulation; fresh=True will not remove it")
        shutil.rmtree(self.folder)


def _difference(name: str, before: Any, now: Any) -> str:
    if name != "data":
        return f"{name} was {before!r} and is now {now!r}"
    known = before if isinstance(before, Mapping) else {}
    changed = [part for part, value in now.items() if known.get(part) != value]
    return f"of the data, {' and '.join(changed)} changed"
