"""cleanlab 2.9.0."""

from __future__ import annotations

import sys
from typing import Any
from unittest import mock

import numpy as np
from benchmarks.peers.cases.common import Bug
from benchmarks.peers.compare import Case, Ours
from benchmarks.peers.inputs import PLAIN, World

from askwise import crowd
from askwise.kernels.consensus import stack, tempered

HALF = 40
_COARSE = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0)


def _said(world: World, rows: int) -> crowd.Table:
    """The answers to the first rows, among all rows."""
    item, annotator = np.nonzero(~np.isnan(world["answers"][:rows]))
    label = world["answers"][item, annotator].astype(int)
    return crowd.table({"item": item, "annotator": annotator, "label": label}, rows=len(world["probs"]), classes=3)


def _their_temperature(answers: crowd.Table, probs: np.ndarray) -> float:
    """The temperature when the counts of the classes that a row has are filed from class 0 on."""
    seen = answers.answers_per_row > 0
    filed = np.sort(answers.counts[seen] > 0, axis=1)[:, ::-1]
    counts = np.zeros(filed.shape)
    counts[filed] = answers.counts[seen][answers.counts[seen] > 0]
    shares = counts / counts.sum(axis=1, keepdims=True)

    def misfit(temperature: float) -> float:
        return float(-(shares * np.log(np.maximum(tempered(probs[seen], temperature), 1e-100))).sum(axis=1).mean())

    at = int(np.argmin([misfit(t) for t in _COARSE]))
    below = np.linspace(_COARSE[at - 1], _COARSE[at], 4, endpoint=False) if at else np.zeros(0)
    above = np.linspace(_COARSE[at], _COARSE[at + 1], 5) if at + 1 < len(_COARSE) else np.zeros(0)
    fine = np.concatenate([below, above])
    return float(fine[int(np.argmin([misfit(t) for t in fine]))])


def _as_they_do(world: World, rows: int, probs: np.ndarray) -> tuple[Any, np.ndarray]:
    """Consensus with their temperature, and the labels that weights were taken from (-1 without answers)."""
    ours: Any = sys.modules["askwise.crowd.crowdlab"]
    with (
        mock.patch.object(ours, "best_temperature", _their_temperature),
        mock.patch.object(ours, "_consensus", wraps=ours._consensus) as final,
    ):
        found = crowd.crowdlab(_said(world, rows), probs)
    return found, np.asarray(final.call_args.args[4])


def _sure(found: Any, labels: np.ndarray) -> np.ndarray:
    """Posterior of these labels, and of the likeliest class for rows without."""
    at = np.where(labels >= 0, labels, found.posterior.argmax(axis=1))
    return np.asarray(found.posterior[np.arange(len(at)), at])


def _settled(found: Any, sure: np.ndarray) -> np.ndarray:
    """ActiveLab's score of rows that are so sure."""
    weight = sum(found.trust.models) + found.sums.sum(axis=1)
    w = found.trust.annotator
    return np.asarray((sure * weight + w / found.sums.shape[1]) / (weight + w))


def _their_active_lab(world: World) -> np.ndarray:
    found, labels = _as_they_do(world, HALF, world["probs"])
    return _settled(found, _sure(found, labels))


def _their_ensemble(world: World) -> np.ndarray:
    """Rows without answers take the class that most models name as consensus."""
    models = stack(world["samples"][:, :3])
    found, labels = _as_they_do(world, HALF, world["samples"][:, :3])
    calibrated = np.stack([tempered(one, t) for one, t in zip(models, found.trust.temperatures, strict=True)])
    votes = np.eye(3)[calibrated.argmax(axis=2)].sum(axis=0)
    voted = np.argmax(votes + 1e-3 * calibrated.mean(axis=0), axis=1)
    return _settled(found, _sure(found, np.where(labels >= 0, labels, voted)))


def _their_labels(world: World) -> np.ndarray:
    return _as_they_do(world, len(world["probs"]), world["probs"])[1]


def _their_quality(world: World) -> np.ndarray:
    return _sure(*_as_they_do(world, len(world["probs"]), world["probs"]))


def _active_lab(world: World) -> np.ndarray:
    return -np.asarray(crowd.active_lab(_said(world, HALF), world["probs"]))


def _ensemble(world: World) -> np.ndarray:
    return -np.asarray(crowd.active_lab(_said(world, HALF), world["samples"][:, :3]))


def _crowdlab(part: str) -> Ours:
    def run(world: World) -> np.ndarray:
        found: Any = crowd.crowdlab(_said(world, len(world["probs"])), world["probs"])
        return np.asarray(getattr(found, part))

    return run


_TEMPERATURE = (
    "their bug: answers with gaps are floats, and of floats the counts of the classes present are filed from class 0"
    " on, so that the temperature is fitted to the wrong shares; and their default: the consensus stays the likeliest"
    " class under the first weights, also where it is no longer under the final ones"
)

CASES = [
    Case(
        "active_lab",
        "get_active_learning_scores",
        "scores",
        _active_lab,
        reason=_TEMPERATURE,
        shown=_their_active_lab,
        worlds=PLAIN,
        note="theirs is minus ours",
    ),
    Case(
        "active_lab_ensemble",
        "get_active_learning_scores_ensemble",
        "scores",
        _ensemble,
        reason=_TEMPERATURE + "; and the consensus of a row without answers is the class that most models"
        " name, where ours is the likeliest of the weighted mean, by which its quality is measured as well",
        shown=_their_ensemble,
        worlds=PLAIN,
        note="theirs is minus ours",
    ),
    Case(
        "crowdlab",
        "get_label_quality_multiannotator, label",
        "picks",
        _crowdlab("labels"),
        reason=_TEMPERATURE,
        shown=_their_labels,
        worlds=PLAIN,
        note="consensus labels, calibrate_probs=True",
    ),
    Case(
        "consensus_doubt",
        "get_label_quality_multiannotator, quality",
        "scores",
        _crowdlab("quality"),
        reason=_TEMPERATURE,
        shown=_their_quality,
        worlds=PLAIN,
        note="theirs is 1 - ours, calibrate_probs=True",
    ),
]

BUGS = [
    Bug(
        "temperature",
        "A gap among the answers makes them floats, and of floats the classes present are counted from class 0 on: the"
        " temperature of `get_active_learning_scores` is fitted to the wrong shares",
        given="30 rows, all answers 2, a model that gives class 2 a chance of .8",
        shows=lambda said: float(said) > 1.0,
        ours="best_temperature is 0.1: the model should be surer",
    ),
    Bug(
        "changed",
        "`get_active_learning_scores_ensemble` overwrites the caller's probabilities with tempered ones",
        given="two models' probabilities of 30 rows without answers",
        shows=lambda said: bool(said),
        ours="inputs are untouched: the contract suite checks every method",
    ),
]
