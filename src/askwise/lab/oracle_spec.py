"""How the simulated annotators of a run behave, as a value; what a suite may say of them, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.lab.prices import check_seconds
from askwise.lab.slips import check_slips

REAL = "real"
PARTED = ("span", "pixel")
"""Tasks whose labels are made of parts: spans of a text, pixels of an image."""


@dataclass(frozen=True)
class OracleSpec:
    """How the simulated annotators of a run behave; everything at its default is the truth, at once, for nothing.

    `noise`: share of answers that name another class (drawn uniformly), a (c, c) confusion matrix of true by said
    class, or for numbers the standard deviation of the error as a share of the targets'; where several classes apply
    to a row, the share of them all that are told wrongly; for spans the share of them that are missed, shifted or of
    another kind, or a table {missed, shifted, kind, invented}; for pixels the share of regions taken for another
    class, or a table {region, pixel}. `annotators`: how many there are, each with its own share of right answers drawn
    from `skill` (low, high), or "real" for the answers that came with the data. `answers`: how many of them answer
    each query. `relabel`: the most answers that a row may have, where strategies that weigh answers (`auto`,
    `active_lab`) may send it to another annotator; labels are then CROWDLAB's. `abstain`: share of "cannot tell".
    `delay`: rounds until an answer comes. `late`: share of queries whose answer comes after the lease ran out, so that
    they are asked twice. `cost`: price of a row: a number, (low, high) drawn log-uniformly, "length" for texts (1 on
    average), or a table {row, length}. `seconds`: mean time of an answer, log-normal with sigma 0.5, or a table {row,
    length, parts} whose terms add up to it; real annotators bring their own. The length of a text is its characters,
    with spans its words; of an image, the pixels named; parts are the spans of the answer, and the regions that its
    pixels lie in.

    Raises BadInput for what cannot be.
    """

    name: str = "clean"
    noise: Any = 0.0
    annotators: int | str = 1
    skill: tuple[float, float] | None = None
    answers: int = 1
    relabel: int = 0
    abstain: float = 0.0
    delay: int = 0
    late: float = 0.0
    cost: Any = 1.0
    seconds: Any = None

    def __post_init__(self) -> None:
        for name in ("abstain", "late"):
            _share(name, getattr(self, name))
        if not isinstance(self.noise, Sequence | np.ndarray | Mapping):
            _at_least("noise", self.noise, 0.0)
        check_seconds(self.seconds, self.name)
        _at_least("delay", self.delay, 0)
        _at_least("answers", self.answers, 1)
        if self.annotators != REAL:
            _at_least("annotators", self.annotators, 1)
            if self.answers > int(self.annotators):
                raise BadInput(
                    f"answers={self.answers} of {self.annotators} annotators; each answers a row once: have more"
                )
            if self.relabel > int(self.annotators):
                raise BadInput(
                    f"relabel={self.relabel} with {self.annotators} annotators; each answers a row once: have more"
                )
        _at_least("relabel", self.relabel, 0)
        if self.relabel and self.answers > 1:
            raise BadInput(f"answers={self.answers} and relabel={self.relabel}: give one of them")
        if self.skill is not None and not 0.0 <= self.skill[0] <= self.skill[1] <= 1.0:
            raise BadInput(f"skill={self.skill} of annotators; give (lowest, highest) accuracy from 0 to 1")

    @classmethod
    def of(cls, given: Any) -> OracleSpec:
        """From "clean", or a table with these names. Raises BadInput for another name.

        >>> OracleSpec.of({"noise": 0.2}).name
        'noise=0.2'
        """
        if isinstance(given, OracleSpec):
            return given
        if given == "clean":
            return cls()
        if not isinstance(given, Mapping):
            raise BadInput(f"the oracle {given!r} is none; give 'clean', or a table such as {{noise = 0.2}}")
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                raise BadInput(f"an oracle has no setting {name!r}.{did_you_mean(str(name), known)}")
        settings: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        settings.setdefault("name", ", ".join(f"{k}={_words(v)}" for k, v in given.items()) or "clean")
        return cls(**settings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: what differs from the defaults."""
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}

    @property
    def varies(self) -> bool:
        """Whether what is said depends on the seed."""
        noisy = any(self.noise.values()) if isinstance(self.noise, Mapping) else np.any(self.noise)
        return bool(noisy or self.skill or self.annotators != 1 or self.abstain or self.late)

    @property
    def priced(self) -> bool:
        """Whether rows have prices of their own."""
        return bool(self.cost != 1.0)

    @property
    def lease(self) -> float | None:
        """Seconds of the session's lease: none at all, or one that has always run out where answers come late."""
        return 1e-9 if self.late else None

    def check(self, task: str, classes: int, crowd: bool) -> None:
        """Raise BadInput where these annotators cannot answer this task."""
        if isinstance(self.noise, Mapping):
            check_slips(self.noise, task, self.name)
        if isinstance(self.seconds, Mapping) and "parts" in self.seconds and task not in PARTED:
            raise BadInput(f"oracle {self.name!r} takes seconds for parts, and a {task!r} has none; leave `parts` out")
        matrix = self.noise if isinstance(self.noise, Sequence | np.ndarray) else None
        if matrix is not None and np.shape(matrix) != (classes, classes):
            raise BadInput(
                f"the confusion matrix of oracle {self.name!r} is {np.shape(matrix)} for {classes} classes; give"
                f" {classes} x {classes} shares, true classes down"
            )
        if not isinstance(self.noise, Sequence | np.ndarray | Mapping) and task != "number" and self.noise > 1:
            raise BadInput(f"noise={self.noise} of oracle {self.name!r} is no share of answers; give one from 0 to 1")
        if task == "number" and (matrix is not None or self.skill is not None):
            raise BadInput(f"oracle {self.name!r} confuses classes, and the data has numbers; give noise as one number")
        if task in ("multilabel", *PARTED) and matrix is not None:
            raise BadInput(
                f"oracle {self.name!r} confuses one class with another, and several apply to a row; give a share"
            )
        if self.relabel and task != "choice":
            raise BadInput(f"relabel={self.relabel} of oracle {self.name!r} weighs answers of one class; leave it out")
        if self.annotators == REAL and not crowd:
            raise BadInput(
                f"oracle {self.name!r} wants the answers of real annotators, and the data has none; use a set with"
                " labels.parquet, or a number of annotators"
            )


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{name} {one}" for name, one in value.items()) + ")"
    return str(value)


def _share(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1.0:
        raise BadInput(f"{name}={value!r} of an oracle is no share; give a number from 0 to below 1")


def _at_least(name: str, value: Any, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise BadInput(f"{name}={value!r} of an oracle; give a number of at least {least:g}")
