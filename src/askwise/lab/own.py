"""Code of one's own in a suite: modules beside its file, with methods and learners."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from askwise.core.errors import BadInput


@contextmanager
def found_in(folder: Path | None) -> Iterator[None]:
    """While this lasts, modules in the folder can be imported, after all that are installed."""
    place = None if folder is None else str(folder.resolve())
    if place is None or place in sys.path:
        yield
        return
    sys.path.append(place)
    try:
        yield
    finally:
        sys.path.remove(place)


def bring(names: Sequence[str]) -> None:
    """Import modules, so that what they register is known by name. Raises BadInput for one that cannot be imported."""
    for name in names:
        if not isinstance(name, str):
            raise BadInput(f"imports={name!r} is no module; give its name, such as 'my_methods'")
        try:
            import_module(name)
        except ImportError as fault:
            raise BadInput(
                f"the module {name!r} cannot be imported: {fault}; put it beside the suite, or install it"
            ) from fault


def written(names: Sequence[str]) -> list[str]:
    """A short name for the text of each module: an edited one is another one."""
    return [_digest(sys.modules[name]) for name in names]


def _digest(module: object) -> str:
    file = getattr(module, "__file__", None)
    text = Path(file).read_bytes() if file else repr(module).encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()
