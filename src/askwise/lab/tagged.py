"""Texts with spans as data of an experiment: true spans, files that hold them, what predictions are measured by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from askwise.core.errors import BadInput
from askwise.lab.part_measures import spans as spans_of_tags
from askwise.pool import Dataset, OpenedFile, as_pool
from askwise.pool.choose import Columns
from askwise.pool.files import TABLES, read_meta, read_table

WORD = re.compile(r"\w+|[^\w\s]")
"""Words of a text that comes without tokens: runs of letters and digits, and every other sign by itself."""

Spans = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Tagged:
    """The true label of a text: its spans {"start", "end", "label"} in characters, and where its words stand.

    >>> Tagged.of_tokens(["Ada", "slept"], ["B-PER", "O"])
    Tagged(spans=({'start': 0, 'end': 3, 'label': 'PER'},), words=((0, 3), (4, 9)))
    """

    kind: ClassVar[str] = "span"
    spans: tuple[dict[str, Any], ...]
    words: tuple[tuple[int, int], ...]

    @classmethod
    def of_tokens(cls, tokens: Sequence[str], tags: Sequence[str]) -> Tagged:
        """From IOB2 tags of tokens, which are joined by one space; an I- after another kind begins a span."""
        ends = np.cumsum([len(token) + 1 for token in tokens]) - 1
        words = tuple((int(end) - len(token), int(end)) for token, end in zip(tokens, ends, strict=True))
        found = sorted(spans_of_tags(tags))
        spans = tuple({"start": words[a][0], "end": words[b - 1][1], "label": kind} for a, b, kind in found)
        return cls(spans, words)

    @classmethod
    def of_text(cls, text: str, spans: Iterable[Any]) -> Tagged:
        """From spans in characters. Raises BadInput for a span outside of the text, and for two that overlap."""
        from askwise.task import Span

        given = [{"start": one["start"], "end": one["end"], "label": one["label"]} for one in spans]
        checked = Span({one["label"] for one in given} or {"none"}, overlap=False).check(given, {"text": text})
        return cls(tuple(checked), tuple(match.span() for match in WORD.finditer(text)))

    @property
    def length(self) -> int:
        """Number of words."""
        return len(self.words)

    def plain(self) -> Any:
        """JSON-able: what the name of a run rests on."""
        return [list(self.spans), list(self.words)]

    def tags(self, spans: Spans | None = None) -> list[str]:
        """IOB2 tag of each word, of the true spans or of others; a word that two of them touch is the first one's.

        >>> Tagged((), ((0, 3), (4, 9))).tags([{"start": 0, "end": 5, "label": "PER"}])
        ['B-PER', 'I-PER']
        """
        tags = ["O"] * len(self.words)
        for span in sorted(self.spans if spans is None else spans, key=lambda one: (one["start"], one["end"])):
            inside = [i for i in self.inside(span) if tags[i] == "O"]
            for before, i in pairwise([-1, *inside]):
                tags[i] = f"{'B' if before < 0 else 'I'}-{span['label']}"
        return tags

    def inside(self, span: dict[str, Any]) -> list[int]:
        """Positions of the words that a span touches."""
        return [i for i, (start, end) in enumerate(self.words) if start < span["end"] and end > span["start"]]


class TagTruth:
    """True spans of test texts, against which predicted ones are measured word by word."""

    kind = "span"

    def __init__(self, labels: Iterable[Tagged]) -> None:
        self.labels = list(labels)
        self.tags = [one.tags() for one in self.labels]

    def __len__(self) -> int:
        return len(self.labels)

    def paired(self, predicted: Sequence[Spans]) -> tuple[list[list[str]], list[list[str]]]:
        """Tags of the truth and of spans that a learner found; spans count as the words that they touch."""
        return self.tags, [one.tags(spans) for one, spans in zip(self.labels, predicted, strict=True)]


def read_tagged(path: Path) -> Dataset | None:
    """The data set of a folder (train and test files) or of one table, its labels `Tagged`; None for another kind.

    Columns `tokens` and `tags` (lists of texts; of whole numbers that `tags` of meta.json names), or `text` and `spans`
    (lists of {"start", "end", "label"}). Classes are in the order of meta.json's `tags`, else sorted. Raises BadInput
    for a table whose lists do not fit together, and for one without any span.
    """
    files = _files(path)
    if not files or not _columns(files[0]):
        return None
    names = [str(one) for one in read_meta(path).get("tags", ())]
    parts = [_opened(file, names) for file in files]
    kinds = [name.partition("-")[2] for name in names if name != "O"]
    found = sorted({span["label"] for part in parts for one in part.labels for span in one.spans})  # type: ignore[union-attr]
    if not found:
        raise BadInput(f"{path.name!r} marks no span in any text; a task of spans needs some")
    classes = tuple(dict.fromkeys([*kinds, *found]))
    return Dataset(parts[0], parts[1] if len(parts) > 1 else None, classes)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() in TABLES else []
    for suffix in TABLES:
        if (path / f"train{suffix}").is_file():
            return [one for one in (path / f"train{suffix}", path / f"test{suffix}") if one.is_file()]
    return []


def _columns(file: Path) -> tuple[str, str] | None:
    """The two columns of a table of spans; None for a table of another kind. Of a CSV no cell is a list."""
    if file.suffix.lower() in (".csv", ".tsv"):
        return None
    if file.suffix.lower() == ".parquet":
        from pyarrow import parquet

        names = parquet.read_schema(file).names
    else:
        names = read_table(file).column_names
    return next((pair for pair in (("tokens", "tags"), ("text", "spans")) if set(pair) <= set(names)), None)


def _opened(file: Path, names: Sequence[str]) -> OpenedFile:
    columns = _columns(file)
    if columns is None:
        raise BadInput(f"{file.name!r} has no columns tokens and tags, nor text and spans, as the train part has")
    table = read_table(file)
    first, second = (table.column(name).to_pylist() for name in columns)
    labels = np.empty(table.num_rows, dtype=object)
    texts = []
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        if one is None or other is None or (columns[0] == "tokens" and len(one) != len(other)):
            raise BadInput(
                f"row {row} of {file.name!r}: {columns[0]} and {columns[1]} do not fit; give one tag a token"
            )
        by_words = columns[0] == "tokens"
        texts.append(" ".join(one) if by_words else one)
        labels[row] = Tagged.of_tokens(one, _named(other, names, file)) if by_words else Tagged.of_text(one, other)
    return OpenedFile(as_pool(texts), labels, None, tuple(table.column_names), Columns(text="text"))


def _named(tags: Sequence[Any], names: Sequence[str], file: Path) -> list[str]:
    if not any(isinstance(tag, int) for tag in tags):
        return [str(tag) for tag in tags]
    if not names or max(tags) >= len(names):
        raise BadInput(
            f"{file.name!r} has the tag {max(tags)}, and meta.json names {len(names)} in `tags`; name them all"
        )
    return [names[tag] for tag in tags]
