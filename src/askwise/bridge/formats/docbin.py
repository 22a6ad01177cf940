"""spaCy's DocBin: texts with entities (`doc.ents`; `doc.spans["sc"]` where they overlap) or with categories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from askwise.bridge.formats.example import Example, Given, Losses, Reading, in_order
from askwise.core.errors import BadInput
from askwise.task import Task, as_task

GROUP = "sc"
"""The span group that spaCy's span categoriser reads."""


def _spacy() -> Any:
    try:
        import spacy
    except ImportError as error:
        raise BadInput("DocBin needs spaCy, which is not here; pip install 'askwise[spacy]'") from error
    return spacy


def read(path: Path, losses: Losses) -> Reading:
    """Documents of a .spacy file."""
    spacy = _spacy()
    docs = list(spacy.tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))
    categories = in_order(name for doc in docs for name in doc.cats)
    spans = in_order(one.label_ for doc in docs for one in _spans(doc))
    if categories:
        several = any(abs(sum(doc.cats.values()) - 1.0) > 0.01 for doc in docs if doc.cats)  # else shares of one
        task = as_task("multilabel" if several or len(categories) < 2 else "choice", categories)
    elif spans:
        task = as_task({"kind": "span", "classes": spans, "overlap": any(GROUP in doc.spans for doc in docs)})
    else:
        raise BadInput(f"{path.name} holds neither entities, nor spans, nor categories")
    return Reading(task, lambda: _examples(docs, task))


def _spans(doc: Any) -> Iterator[Any]:
    yield from doc.ents
    yield from doc.spans.get(GROUP, ())


def _examples(docs: Iterable[Any], task: Task) -> Iterator[Example]:
    for number, doc in enumerate(docs):
        if task.kind == "span":
            label: Any = [{"start": one.start_char, "end": one.end_char, "label": one.label_} for one in _spans(doc)]
        else:
            label = [name for name in task.classes if doc.cats.get(name, 0.0) > 0.5]
            label = label if task.kind == "multilabel" else next(iter(label), None)
        yield Example(number, {"text": doc.text}, () if label is None else (Given(task.check(label)),))


def write(examples: Iterable[Example], task: Task, path: Path, losses: Losses) -> None:
    """A .spacy file of the task's beliefs; spans that do not begin and end with a token are widened, and counted."""
    spacy = _spacy()
    language = spacy.blank("xx")
    held = spacy.tokens.DocBin(store_user_data=False)
    for example in examples:
        labels = [given.label for given in example.answers if given.label is not None]
        if not labels:
            losses.add("an item without an answer")
            continue
        losses.only_beliefs(example)
        if set(example.data) != {"text"}:
            losses.add("columns beside the text")
        doc = language.make_doc(example.data["text"])
        label = task.believe(labels)
        if label is None:  # a tie: as many say the one as the other, and so do the categories
            doc.cats = {str(name): labels.count(name) / len(labels) for name in task.classes}
        else:
            _fill(doc, task, label, losses)
        held.add(doc)
    held.to_disk(path)


def _fill(doc: Any, task: Task, label: Any, losses: Losses) -> None:
    if task.kind != "span":
        chosen = label if isinstance(label, list) else [label]
        doc.cats = {str(name): float(name in chosen) for name in task.classes}
        return
    spans = []
    for one in label:
        span = doc.char_span(one["start"], one["end"], label=str(one["label"]))
        if span is None:
            losses.add("a span that does not begin and end with a token, widened")
            span = doc.char_span(one["start"], one["end"], label=str(one["label"]), alignment_mode="expand")
        spans.append(span)
    overlapping = task.to_dict()["overlap"]
    if overlapping:
        doc.spans[GROUP] = spans
    else:
        doc.set_ents(spans)
