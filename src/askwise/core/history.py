"""What has happened so far, as policies and stopping rules see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Round:
    """One fitted model: how many labels it had, and how far it agrees with the model before.

    `agreement` is Cohen's kappa of the two models' predictions on a fixed random set of rows (None for the first
    model); `classes_predicted` counts the different classes that the model predicts there. `measures` holds what else
    is known of it: ``changed`` (share of those rows whose predicted class is another than the model's before),
    ``delta_f`` (predicted change of F), ``entropy`` and ``entropy_max`` (mean and largest there, as shares of log c),
    ``gain`` (mean there of what the model does not know, 1 - (max p - 1/c) / (1 - 1/c)), ``weighted_accuracy`` (on
    labelled rows that a mixture drew, weighted by 1 / share), ``seconds``, and what
    `session.measure` recorded.
    """

    number: int
    labels: int
    agreement: float | None = None
    classes_predicted: int = 0
    measures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """One batch: the label of the strategy that chose it, and how many labels of each class its rows have so far.

    `labels` are their classes in the order asked, rows without a label left out; of a mixture `by` and `shares` say of
    the same rows which strategies had them next and with what probability they were drawn. `model` is the number of
    the model that chose the batch, so the first model that learned from it has a larger one. Rows of the control arm
    are not counted: no strategy chose them.
    """

    strategy: str
    counts: tuple[int, ...]
    labels: tuple[int, ...] = ()
    by: tuple[tuple[str, ...], ...] = ()
    shares: tuple[float, ...] = ()
    model: int = 0


@dataclass(frozen=True)
class History:
    """The past of a session in numbers: enough to choose a strategy and to say when to stop.

    `counts` holds the labels of each class; `batch` is how many rows are about to be asked; `spent` and `budget` are
    keyed by ``answers``, ``cost`` and ``seconds``. `batches` are in the order asked; `seed` is the session's, for
    policies that draw. `outcomes` has, for each control row that was answered, in order, the labels of the model that
    predicted it beforehand and whether that was right; empty where an answer is no class.
    `refused` counts rows that were answered and got no label; `commonest` is the share of the commonest class, by the
    control rows, 0 where it is not known; `labelled` counts the rows with a label where labels are no classes.
    """

    rows: int
    batch: int
    counts: tuple[int, ...] = ()
    offers: frozenset[str] = frozenset()
    rounds: tuple[Round, ...] = ()
    spent: Mapping[str, float] = field(default_factory=dict)
    budget: Mapping[str, float | None] = field(default_factory=dict)
    batches: tuple[Batch, ...] = ()
    seed: int = 0
    outcomes: tuple[tuple[int, bool], ...] = ()
    refused: int = 0
    commonest: float = 0.0
    labelled: int = 0

    @property
    def labels(self) -> int:
        """How many rows are labelled."""
        return sum(self.counts) if self.counts else self.labelled

    @property
    def classes_seen(self) -> int:
        """How many classes have at least one label."""
        return sum(count > 0 for count in self.counts)

    @property
    def rarest(self) -> int:
        """Labels of the class with the fewest."""
        return min(self.counts, default=0)


@dataclass(frozen=True)
class Verdict:
    """What a stopping rule says: stop or not, and why."""

    stop: bool
    reason: str
