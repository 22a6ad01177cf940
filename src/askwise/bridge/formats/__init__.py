"""Formats of other tools: read into examples, write from examples, and say what did not survive."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from askwise.bridge.formats.example import Example, Given, Losses, Reading
from askwise.core.errors import BadInput, did_you_mean


@dataclass(frozen=True)
class Format:
    """A format by name: the task kinds that it can hold, and whether it is read and written here."""

    name: str
    kinds: tuple[str, ...]
    suffixes: tuple[str, ...]
    reads: bool = True
    writes: bool = True

    @property
    def module(self) -> ModuleType:
        """The module with ``read(path, losses)`` and ``write(examples, task, path, losses)``."""
        return importlib.import_module(f"askwise.bridge.formats.{self.name}")


_EVERY = ("candidates", "choice", "multilabel", "number", "pair", "pixel", "ranking", "region", "span", "verify")
_FORMATS = (
    Format("lines", _EVERY, (".jsonl", ".csv", ".parquet")),
    Format("label_studio", ("choice", "multilabel", "number", "ranking", "region", "span"), (".json",)),
    Format("prodigy", ("choice", "multilabel", "region", "span", "verify"), (".jsonl",)),
    Format("conll", ("span",), (".conll", ".iob", ".txt")),
    Format("coco", ("region",), (".json",)),
    Format("hugging_face", ("choice", "multilabel", "number", "span"), ("",)),
    Format("argilla", ("choice", "multilabel", "number", "ranking", "span"), ("",)),
    Format("image_folder", ("choice",), ("",), writes=False),
    Format("docbin", ("choice", "multilabel", "span"), (".spacy",)),
)
FORMATS: Mapping[str, Format] = {one.name: one for one in _FORMATS}
"""Every format by name."""


def find(name: str) -> Format:
    """The format of this name. Raises BadInput with the nearest one."""
    known = name.replace("-", "_").replace(" ", "_").lower()
    if known not in FORMATS:
        raise BadInput(f"there is no format {name!r}.{did_you_mean(known, FORMATS)}")
    return FORMATS[known]


def read(path: str | Path, name: str, losses: Losses | None = None) -> Reading:
    """Examples of a file or folder in this format, one at a time, with the task that their answers fit.

    Raises BadInput for a missing or malformed file, naming the place.
    """
    source = Path(path)
    if not source.exists():
        raise BadInput(f"there is no file {str(source)!r}; check the path")
    reading: Reading = find(name).module.read(source, Losses() if losses is None else losses)
    return reading


__all__ = ["FORMATS", "Example", "Format", "Given", "Losses", "Reading", "find", "read"]
