"""GLAD and MACE, of crowd-kit, over our table of answers; needs the extra `crowd`."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.types import FloatArray, IntArray
from askwise.crowd.table import Table

AGGREGATORS = {"glad": "GLAD", "mace": "MACE"}
"""Our names of crowd-kit's aggregators; majority vote and Dawid-Skene are ours (`majority`, `dawid_skene`)."""


@dataclass(frozen=True)
class Aggregated:
    """Labels (n,), -1 without answers, and class posterior (n, c) where the aggregator gives one, else None."""

    labels: IntArray
    posterior: FloatArray | None


def aggregate(answers: Table, method: str, *, seed: int = 0, **settings: Any) -> Aggregated:
    """Labels by an aggregator of crowd-kit: answers, its name -> Aggregated.

    ``glad`` (difficulty of rows, ability of annotators) or ``mace`` (who guesses); `settings` go to the aggregator as
    they are. `seed` serves MACE's random starts. Class shares stand for rows without answers in the posterior.
    crowd-kit brings pandas and transformers, hence an extra and no dependency. Shines with many answers a row, of
    annotators whose faults are of one kind. Fails with few: use crowdlab.

    Raises BadInput for another name, or without crowd-kit: ``pip install "askwise[crowd]"``. Source: Whitehill et al.
    2009 (GLAD), Hovy et al. 2013 (MACE), Ustalov et al. 2024, Learning from Crowds with Crowd-Kit (JOSS).
    """
    if method not in AGGREGATORS:
        raise BadInput(f"there is no aggregator {method!r}.{did_you_mean(method, AGGREGATORS)}")
    try:
        room = importlib.import_module("crowdkit.aggregation.classification")
        pandas = importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise BadInput(f'aggregate({method!r}) needs {error.name}; pip install "askwise[crowd]"') from error
    if method == "mace":  # it starts from random points
        settings.setdefault("random_state", seed)
    model = getattr(room, AGGREGATORS[method])(**settings)
    said = pandas.DataFrame({"task": answers.item, "worker": answers.annotator, "label": answers.label})
    with warnings.catch_warnings():  # it uses what pandas means to take away; that is between the two
        warnings.simplefilter("ignore", DeprecationWarning)
        model.fit(said)
    labels = np.full(answers.rows, -1, dtype=np.int64)
    labels[model.labels_.index.to_numpy()] = model.labels_.to_numpy()
    return Aggregated(labels, _posterior(answers, getattr(model, "probas_", None)))


def _posterior(answers: Table, table: Any) -> FloatArray | None:
    """crowd-kit's table of chances (tasks by labels) as (n, c)."""
    if table is None:
        return None
    shares = np.bincount(answers.label, minlength=answers.classes) / len(answers.label)
    out = np.tile(shares, (answers.rows, 1))
    rows = table.index.to_numpy()
    out[rows] = 0.0
    out[np.ix_(rows, table.columns.to_numpy())] = np.nan_to_num(table.to_numpy())
    return out
