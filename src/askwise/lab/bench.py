"""What runs share: one encoding of the pool and of the test set, and the truth."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.noise import row_keys
from askwise.core.protocols import Learner, Pool
from askwise.core.types import FloatArray, IntArray, Rows
from askwise.encode import encode, kind_of
from askwise.lab.label_sets import indicators
from askwise.lab.masked import Asked
from askwise.lab.measures import evaluate
from askwise.lab.oracle import Crowd, Facts, SimulatedOracle
from askwise.lab.oracle_spec import PARTED, OracleSpec
from askwise.lab.parted import encoded_parts, kind_of_labels, lengths_of, truth_of
from askwise.pool import Dataset, FramePool, OpenedFile, as_pool
from askwise.pool.choose import Columns
from askwise.pool.labels import class_order, object_labels
from askwise.task.base import as_they_are

TEST_SHARE = 0.2
"""Share of the rows that is held out when there is no test file."""


@dataclass(frozen=True)
class Bench:
    """A pool ready to choose from, with its labels, and test rows as the learner takes them with theirs.

    `truth` (t,) holds class indices, numbers where `classes` is empty, or (t, q) which of q classes apply; a `TagTruth`
    or `MaskTruth` where labels have parts. `digests` are short names for what the runs rest on: the rows, their labels,
    and the test set with its labels. `crowd` is what real annotators said of the pool, `asked` what is asked of an
    image.
    """

    pool: Pool
    labels: Sequence[Any]
    test: Rows
    truth: Any
    classes: tuple[Any, ...]
    learner: Callable[[], Learner]
    about: str
    notes: tuple[str, ...]
    seconds: float
    digests: Mapping[str, str]
    lengths: FloatArray | None = None
    crowd: Crowd | None = None
    foreground: frozenset[Any] = field(default_factory=frozenset)
    asked: Asked = field(default_factory=Asked)

    @property
    def task(self) -> str:
        """'choice', 'multilabel' where several classes apply to a row, 'number' without classes, 'span' or 'pixel'."""
        if hasattr(self.truth, "kind"):
            return str(self.truth.kind)
        if not self.classes:
            return "number"
        return "choice" if np.ndim(self.truth) == 1 else "multilabel"

    def targets(self) -> Any:
        """The labels of the pool as a learner takes them: class indices, numbers (n,), 0 and 1 (n, q), or lists of
        parts, of an image those of all its cells.
        """
        if self.task in PARTED:
            oracle = SimulatedOracle(OracleSpec(), self.facts(), 0, whole=True)
            return self.targets_of([oracle.row(row)[0][1] for row in range(len(self.pool))])
        return self.targets_of(self.labels)

    def targets_of(self, labels: Sequence[Any]) -> Any:
        """Such labels, of parts as an annotator gives them, as a learner takes them."""
        return as_they_are(labels) if self.task in PARTED else _truth(labels, self.classes)

    def evaluate(self, predicted: Any, names: Sequence[str] = ("accuracy", "macro_f1")) -> dict[str, float]:
        """Measures, by name, of predictions: (t, c) probabilities, (t,) numbers, or what a session says of parts."""
        if hasattr(self.truth, "kind"):
            return evaluate(names, *self.truth.paired(predicted))
        return evaluate(names, self.truth, predicted)

    def facts(self) -> Facts:
        """What a simulated annotator must know."""
        return Facts(row_keys(self.pool.ids), self.labels, self.classes, self.lengths, self.crowd, self.asked)


def labelled(rows: Any, labels: Any, *, test: tuple[Any, Any] | None = None) -> Dataset:
    """A data set from what is in memory: rows as `as_pool` takes them, with one label each.

    >>> labelled([[0.0], [1.0]], ["no", "yes"]).classes
    ('no', 'yes')
    """
    parts = [_opened(rows, labels)] + ([] if test is None else [_opened(*test)])
    return Dataset(parts[0], parts[1] if test is not None else None, class_order(*(part.labels for part in parts)))


def _opened(rows: Any, labels: Any) -> OpenedFile:
    pool, y = as_pool(rows), object_labels(labels)
    if len(pool) != len(y):
        raise BadInput(f"{len(pool)} rows have {len(y)} labels; give one label per row")
    return OpenedFile(pool, y, None, (), Columns())


def prepare(
    dataset: Dataset,
    learner: Any = None,
    seed: int = 0,
    *,
    resplit: bool = False,
    share: float = TEST_SHARE,
    encodings: dict[str, Any] | None = None,
    asked: Asked | None = None,
) -> Bench:
    """Encode pool and test set once. `learner` is None, a recipe, the name of one, or anything `as_learner` takes.

    Names: a head ('logistic', 'boosting', 'forest'; for numbers 'forest', 'ridge', 'gp', 'boosting'), an encoder, or
    ENCODER+HEAD; 'linear' for spans, 'forest', 'logistic' or 'boosting' for masks, of which `asked` says what is asked.
    Without a test part, or with `resplit` whatever the parts are, `share` of the rows is held out, drawn
    by the seed. `encodings` keeps the encoding for other learners of the same rows and seed. Raises BadInput for fewer
    than two classes.
    """
    started = time.perf_counter()
    check_classes(dataset)
    dataset, notes = with_test(_merged(dataset) if resplit else dataset, seed, share)
    dataset = _known_test(dataset)
    assert dataset.test is not None
    classes, labels = dataset.classes, _listed(dataset.train.labels)
    task, pools, asked = task_of(dataset), (dataset.train.pool, dataset.test.pool), asked or Asked()
    if task in PARTED:
        pool, test, make, about = encoded_parts(*pools, learner, task, classes, asked, encodings)
        truth: Any = truth_of(_listed(dataset.test.labels), classes, asked)
    else:
        pool, test, make, about = _encoded(*pools, learner, task, len(classes), encodings)
        truth = _truth(dataset.test.labels, classes)
    return Bench(
        pool,
        labels,
        test,
        truth,
        classes,
        make,
        about,
        notes,
        time.perf_counter() - started,
        digests(dataset),
        lengths_of(labels) if task in PARTED else _lengths(dataset.train.pool),
        asked=asked,
    )


def check_classes(dataset: Dataset) -> None:
    """Raise BadInput for labels of which only some are fractions, and for fewer than two classes."""
    if len(dataset.classes) == 1 and task_of(dataset) != "span":
        raise BadInput(
            f"every label is {dataset.classes[0]!r}; a simulation needs at least two classes: name another label column"
        )
    for part in (dataset.train, dataset.test):
        labels = () if part is None or part.labels is None else part.labels
        text = next((label for label in labels if not dataset.classes and isinstance(label, str)), None)
        if text is not None:
            raise BadInput(f"the labels are numbers, but {text!r} is a text; name another label column, or correct it")


def task_of(dataset: Dataset) -> str:
    """'span' or 'pixel' where labels have parts, 'number' without classes, 'multilabel' where labels are tuples of
    them, else 'choice'.
    """
    parts = kind_of_labels(dataset.train.labels)
    if parts is not None:
        return parts
    if not dataset.classes:
        return "number"
    return "multilabel" if any(isinstance(label, tuple) for label in _listed(dataset.train.labels)) else "choice"


def digests(dataset: Dataset) -> dict[str, str]:
    """Short names for the rows, the labels and the test set with its labels."""
    parts = {"rows": digest(dataset.train.pool.fingerprint()), "labels": digest(_plain(dataset.train.labels))}
    if dataset.test is not None:
        parts["test set"] = digest([dataset.test.pool.fingerprint(), _plain(dataset.test.labels)])
    return parts


def _plain(labels: Any) -> list[Any]:
    return [one.plain() if hasattr(one, "plain") else one for one in _listed(labels)]


def _listed(labels: Any) -> list[Any]:
    return list(labels if labels is not None else ())


def digest(value: Any) -> str:
    """A short name for a value as JSON has it."""
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


def _encoded(
    pool: Pool,
    held: Pool,
    learner: Any,
    task: str,
    classes: int,
    encodings: dict[str, Any] | None,
) -> tuple[Pool, Rows, Callable[[], Learner], str]:
    from askwise.learner import Recipe, as_learner

    n_classes, together = classes or None, task == "multilabel"
    made = named_recipe(pool, learner, task) if learner is None or isinstance(learner, str) else learner
    everything = np.arange(len(held))
    if isinstance(made, Recipe):
        known, name = {} if encodings is None else encodings, repr(made.encoder)
        if name not in known:
            known[name] = encode(pool, made), made.encoder.transform(held.take(everything)).features
        return *known[name], lambda: made.learner(n_classes, together=together), f"{made.encoder!r} + {made.head!r}"
    # Each run trains its own copy: a learner that keeps state between fits would tie the runs together.
    return pool, held.take(everything), lambda: as_learner(deepcopy(made), n_classes, together=together), _short(made)


def _short(learner: Any) -> str:
    text = repr(learner)
    return text if " at 0x" not in text else type(learner).__name__


def named_recipe(pool: Pool, name: str | None, task: str = "choice") -> Any:
    """The recipe for the pool's kind of rows by name: HEAD, ENCODER or ENCODER+HEAD; None is the default."""
    from askwise.learner import recipe
    from askwise.learner.defaults import ENCODERS

    kind = kind_of(pool)
    if name is None:
        return recipe(kind, task=task)
    encoder, plus, head = name.rpartition("+")
    if plus:
        return recipe(kind, encoder, head, task)
    if name in ENCODERS[kind] or name.startswith("sentence-transformers:"):
        return recipe(kind, name, task=task)
    return recipe(kind, head=name, task=task)


def with_test(dataset: Dataset, seed: int, share: float = TEST_SHARE) -> tuple[Dataset, tuple[str, ...]]:
    """The data set with a test part: its own, or this share of every class, drawn by the seed."""
    if dataset.test is not None:
        return dataset, (f"scores are on the test file of {len(dataset.test.pool):,} rows",)
    from fractions import Fraction

    y = _listed(dataset.train.labels)
    part = Fraction(share).limit_denominator(20)  # two folds of five are 40 %
    if len(y) < part.denominator:
        raise BadInput(f"{len(y)} rows cannot be split into a pool and a test set; give at least {part.denominator}")
    # An open set has rows of classes that are no answer; they are split like the others.
    others = sorted({*map(str, y)} - {*map(str, dataset.classes)})
    classes = (*dataset.classes, *others) if task_of(dataset) == "choice" else ()
    strata = _truth(y, classes) if classes else np.zeros(len(y))
    held, stratified = _held_out(strata, part.numerator, part.denominator, seed, classes)
    rest = np.flatnonzero(~np.isin(np.arange(len(y)), held))
    split = Dataset(some_rows(dataset.train, rest), some_rows(dataset.train, held), dataset.classes)
    return split, (
        f"there is no test file: {len(held):,} of {len(y):,} rows, drawn by seed {seed}"
        f"{' and stratified by class' if stratified else ''}, are kept for testing and are never asked",
    )


def _known_test(dataset: Dataset) -> Dataset:
    """Without test rows of classes that are no answer: no model can be right about them."""
    test, classes = dataset.test, set(dataset.classes)
    if test is None or task_of(dataset) != "choice" or all(label in classes for label in _listed(test.labels)):
        return dataset
    return replace(dataset, test=some_rows(test, np.flatnonzero([label in classes for label in _listed(test.labels)])))


def _held_out(y: Any, parts: int, folds: int, seed: int, classes: Sequence[Any]) -> tuple[IntArray, bool]:
    """Positions of `parts` of the `folds`, and whether they are stratified by class."""
    from sklearn.model_selection import KFold, StratifiedKFold

    # With few rows of each class, or numbers, there is nothing to stratify by, and scikit-learn would refuse.
    kind = StratifiedKFold if classes and np.bincount(y).max() >= folds else KFold
    with warnings.catch_warnings():
        # A class with fewer rows than folds is no fault here: it is then in the pool alone, or in the test set alone.
        warnings.filterwarnings("ignore", message="The least populated class")
        made = list(kind(folds, shuffle=True, random_state=seed % 2**32).split(np.zeros(len(y)), y))
    return np.sort(np.concatenate([held for _, held in made[:parts]])), kind is StratifiedKFold


def _merged(dataset: Dataset) -> Dataset:
    """Both parts as one, to be split anew. Raises BadInput for rows that cannot be put together."""
    if dataset.test is None:
        return dataset
    parts = (dataset.train, dataset.test)
    taken = [part.pool.take(np.arange(len(part.pool))) for part in parts]
    if all(isinstance(rows, list) for rows in taken):
        rows: Any = [one for rows in taken for one in rows]
    elif all(isinstance(rows, np.ndarray) for rows in taken):
        rows = np.concatenate(taken)
    else:
        raise BadInput(f"rows of type {type(taken[0]).__name__} cannot be split anew; use split = 'fixed'")
    ids = np.concatenate([part.pool.ids for part in parts])
    distinct = len(np.unique(ids)) == len(ids)
    labels = np.concatenate([np.asarray(part.labels, dtype=object) for part in parts])
    whole = OpenedFile(as_pool(rows, ids if distinct else None), labels, None, (), dataset.train.chosen)
    return Dataset(whole, None, dataset.classes)


def some_rows(whole: OpenedFile, rows: IntArray) -> OpenedFile:
    """Some of the rows, with their ids."""
    pool: Any = whole.pool
    features = pool.features if isinstance(pool, FramePool) else None
    part = as_pool(pool.take(rows), pool.ids[rows], features=features)
    labels = None if whole.labels is None else whole.labels[rows]
    return OpenedFile(part, labels, whole.label_names, whole.columns, whole.chosen)


def _truth(labels: Any, classes: Sequence[Any]) -> Any:
    """Class indices (t,), numbers (t,) where there are no classes, or for tuples of classes 0 and 1 (t, q)."""
    if not classes:
        return np.array(_listed(labels), dtype=np.float64)
    if any(isinstance(label, tuple) for label in labels):
        return indicators(labels, classes)
    index = {label: i for i, label in enumerate(classes)}
    return np.array([index[label if label in index else str(label)] for label in labels], dtype=np.int64)


def _lengths(pool: Pool) -> FloatArray | None:
    """Characters of each text (n,), for what it takes to read it; None for other rows."""
    if getattr(pool, "kind", None) != "text":
        return None
    return np.array([max(len(text), 1) for text in pool.take(np.arange(len(pool)))], dtype=np.float64)
