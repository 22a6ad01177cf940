"""What every run of a simulation shares: one encoding of the pool and of the test set, and the truth."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.protocols import Learner, Pool
from askwise.core.types import FloatArray, IntArray, Rows
from askwise.encode import encode, kind_of
from askwise.pool import Dataset, FramePool, OpenedFile, as_pool
from askwise.pool.choose import Columns
from askwise.pool.labels import class_order, object_labels

TEST_SHARE = 5
"""One row in five is held out when there is no test file."""


@dataclass(frozen=True)
class Bench:
    """A pool ready to choose from, with its labels, and test rows as the learner takes them with theirs (indices).

    `digests` are short names for what the runs rest on: the rows, their labels, and the test set with its labels.
    """

    pool: Pool
    labels: Sequence[Any]
    test: Rows
    truth: IntArray
    classes: tuple[Any, ...]
    learner: Callable[[], Learner]
    about: str
    notes: tuple[str, ...]
    seconds: float
    digests: Mapping[str, str]

    def evaluate(self, probs: FloatArray) -> dict[str, float]:
        """Accuracy and macro-F1 (over the classes in the test set) of predictions (t, c)."""
        from sklearn.metrics import f1_score

        guess = probs.argmax(axis=1)
        present = np.unique(self.truth)
        macro = f1_score(self.truth, guess, labels=present, average="macro", zero_division=0.0)
        return {"accuracy": float((guess == self.truth).mean()), "macro_f1": float(macro)}


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


def prepare(dataset: Dataset, learner: Any = None, seed: int = 0) -> Bench:
    """Encode pool and test set once. `learner` is None, a recipe, the name of one, or anything `as_learner` takes.

    Names: a head ('logistic', 'boosting', 'forest'), an encoder, or ENCODER+HEAD. Raises BadInput for regression data
    and for fewer than two classes.
    """
    started = time.perf_counter()
    classes = dataset.classes
    _check_classes(dataset)
    dataset, notes = _with_test(dataset, seed)
    assert dataset.test is not None
    pool, test, make, about = _encoded(dataset.train.pool, dataset.test.pool, learner, len(classes))
    return Bench(
        pool,
        list(dataset.train.labels if dataset.train.labels is not None else ()),
        test,
        _indices(dataset.test.labels, classes),
        classes,
        make,
        about,
        notes,
        time.perf_counter() - started,
        _digests(dataset.train, dataset.test),
    )


def _check_classes(dataset: Dataset) -> None:
    """Raise BadInput for labels that are no classes (fractions), and for fewer than two classes."""
    for part in (dataset.train, dataset.test):
        labels = () if part is None or part.labels is None else part.labels
        number = next((label for label in labels if isinstance(label, float)), None)
        if number is not None:
            raise BadInput(
                f"the labels are numbers such as {number!r}, which are targets and not classes (no regression yet);"
                " name another label column, or write the classes as words or whole numbers"
            )
    if len(dataset.classes) < 2:
        raise BadInput(
            f"every label is {dataset.classes[0]!r}; a simulation needs at least two classes: name another label column"
        )


def _digests(train: OpenedFile, test: OpenedFile) -> dict[str, str]:
    return {
        "rows": digest(train.pool.fingerprint()),
        "labels": digest(list(train.labels if train.labels is not None else ())),
        "test set": digest([test.pool.fingerprint(), list(test.labels if test.labels is not None else ())]),
    }


def digest(value: Any) -> str:
    """A short name for a value as JSON has it."""
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


def _encoded(pool: Pool, held: Pool, learner: Any, n_classes: int) -> tuple[Pool, Rows, Callable[[], Learner], str]:
    from askwise.learner import Recipe, as_learner

    made = named_recipe(pool, learner) if learner is None or isinstance(learner, str) else learner
    everything = np.arange(len(held))
    if isinstance(made, Recipe):
        encoded = encode(pool, made)
        test = made.encoder.transform(held.take(everything)).features
        return encoded, test, lambda: made.learner(n_classes), f"{made.encoder!r} + {made.head!r}"
    # Each run trains its own copy: a learner that keeps state between fits would tie the runs together.
    return pool, held.take(everything), lambda: as_learner(deepcopy(made), n_classes), _short(made)


def _short(learner: Any) -> str:
    text = repr(learner)
    return text if " at 0x" not in text else type(learner).__name__


def named_recipe(pool: Pool, name: str | None) -> Any:
    """The recipe for the pool's kind of rows by name: HEAD, ENCODER or ENCODER+HEAD; None is the default."""
    from askwise.learner import recipe
    from askwise.learner.defaults import ENCODERS

    kind = kind_of(pool)
    if name is None:
        return recipe(kind)
    encoder, plus, head = name.rpartition("+")
    if plus:
        return recipe(kind, encoder, head)
    if name in ENCODERS[kind] or name.startswith("sentence-transformers:"):
        return recipe(kind, name)
    return recipe(kind, head=name)


def _with_test(dataset: Dataset, seed: int) -> tuple[Dataset, tuple[str, ...]]:
    """The data set with a test part: its own, or one row in five of every class, drawn by the seed."""
    if dataset.test is not None:
        return dataset, (f"accuracy is on the test file of {len(dataset.test.pool):,} rows",)
    from sklearn.model_selection import KFold, StratifiedKFold

    y = _indices(dataset.train.labels, dataset.classes)
    if len(y) < TEST_SHARE:
        raise BadInput(f"{len(y)} rows cannot be split into a pool and a test set; give at least {TEST_SHARE}")
    # With few rows of each class there is nothing to stratify by, and scikit-learn would refuse.
    kind = StratifiedKFold if np.bincount(y).max() >= TEST_SHARE else KFold
    folds = kind(TEST_SHARE, shuffle=True, random_state=seed % 2**32)
    with warnings.catch_warnings():
        # A class with fewer rows than folds is no fault here: it is then in the pool alone, or in the test set alone.
        warnings.filterwarnings("ignore", message="The least populated class")
        rest, held = next(folds.split(np.zeros(len(y)), y))
    split = Dataset(_part(dataset.train, rest), _part(dataset.train, held), dataset.classes)
    return split, (
        f"there is no test file: {len(held):,} of {len(y):,} rows, drawn by seed {seed}"
        f"{' and stratified by class' if kind is StratifiedKFold else ''}, are kept for testing and are never asked",
    )


def _part(whole: OpenedFile, rows: IntArray) -> OpenedFile:
    """Some of the rows, with their ids."""
    pool: Any = whole.pool
    features = pool.features if isinstance(pool, FramePool) else None
    part = as_pool(pool.take(rows), pool.ids[rows], features=features)
    labels = None if whole.labels is None else whole.labels[rows]
    return OpenedFile(part, labels, whole.label_names, whole.columns, whole.chosen)


def _indices(labels: Any, classes: Sequence[Any]) -> IntArray:
    index = {label: i for i, label in enumerate(classes)}
    return np.array([index[label] for label in labels], dtype=np.int64)
