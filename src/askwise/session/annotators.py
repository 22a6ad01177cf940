"""The people of a session in numbers: how much, how fast, how far they agree, and how each is taken to err."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.crowd import co_agreement, dawid_skene
from askwise.session.belief import KINDS, Votes
from askwise.session.state import State

FEWEST = 10
"""Answers to rows that others answered too, below which a confusion matrix is no more than a guess."""


@dataclass(frozen=True)
class Worker:
    """One annotator. `seconds` is the median time of an answer, None where none was taken.

    `agreement` is the share of others' answers to the same rows that say the same, `accuracy` the estimated chance
    that an answer is right, and `confusion` (c, c) the estimated chance of each answer given each class, by Dawid and
    Skene's model of all answers; all None below ten rows shared with others, and where an answer is no class.
    """

    name: str
    answers: int
    labels: int
    unsure: int
    rejected: int
    late: int
    seconds: float | None
    shared: int
    agreement: float | None
    accuracy: float | None
    confusion: tuple[tuple[float, ...], ...] | None


def workers(state: State) -> list[Worker]:
    """Every annotator of a session by name, reviewers' words aside."""
    skill = _skill(state)
    given: dict[str, list[Any]] = {}
    for answer in state.answers.values():
        if answer.kind != "adjudicate":
            given.setdefault(answer.annotator, []).append(answer)
    return [_worker(name, given[name], skill.get(name)) for name in sorted(given)]


def _worker(name: str, answers: list[Any], skill: dict[str, Any] | None) -> Worker:
    kinds = [one.kind for one in answers]
    seconds = [one.seconds for one in answers if one.seconds is not None]
    known = {"shared": 0, "agreement": None, "accuracy": None, "confusion": None, **(skill or {})}
    return Worker(
        name=name,
        answers=len(answers),
        labels=kinds.count("label"),
        unsure=kinds.count("abstain"),
        rejected=kinds.count("reject"),
        late=sum(one.late for one in answers),
        seconds=statistics.median(seconds) if seconds else None,
        **known,
    )


def _skill(state: State) -> dict[str, dict[str, Any]]:
    """What the answers of all say of each annotator, by name."""
    votes = Votes.of(state) if state.task.kind in KINDS else None
    if votes is None or not votes.several:
        return {}
    said = votes.table
    found, agreed = dawid_skene(said), co_agreement(said)
    shared = said.per_annotator(said.answers_per_row[said.item] > 1).astype(int)
    right = np.einsum("acc,c->a", found.confusion, found.shares)
    out = {}
    for i, name in enumerate(said.annotators.tolist()):
        own: dict[str, Any] = {"shared": int(shared[i])}
        if shared[i] >= FEWEST:
            matrix = tuple(tuple(line) for line in found.confusion[i].round(4).tolist())
            own |= {"agreement": float(agreed[i]), "accuracy": float(right[i]), "confusion": matrix}
        out[name] = own
    return out
