"""Simulated annotators: wrong, several, costly, unsure, slow, late; the same for every strategy of a seed.

What an annotator says of a row depends on the seed, the row and the annotator alone, so strategies that ask for the
same row hear the same, and a run that was killed goes on as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import Noise
from askwise.core.types import BoolArray, FloatArray, KeyArray
from askwise.session import Answer, Query

Given = tuple[str, Any, float | None]
"""What one annotator says of a row: who, the label (None: cannot tell), and seconds or None."""

REAL = "real"


@dataclass(frozen=True)
class OracleSpec:
    """How the simulated annotators of a run behave; everything at its default is the truth, at once, for nothing.

    `noise`: share of answers that name another class (drawn uniformly), a (c, c) confusion matrix of true by said
    class, or for numbers the standard deviation of the error as a share of the targets'; where several classes apply to
    a row, the share of them all that are told wrongly. `annotators`: how many there
    are, each with its own share of right answers drawn from `skill` (low, high), or "real" for the answers that came
    with the data. `answers`: how many of them answer each query. `abstain`: share of "cannot tell". `delay`: rounds
    until an answer comes. `late`: share of queries whose answer comes after the lease ran out, so that they are asked
    twice. `cost`: price of a row: a number, (low, high) drawn log-uniformly, or "length" for texts (1 on average).
    `seconds`: mean time of an answer, log-normal with sigma 0.5; real annotators bring their own.

    Raises BadInput for what cannot be.
    """

    name: str = "clean"
    noise: Any = 0.0
    annotators: int | str = 1
    skill: tuple[float, float] | None = None
    answers: int = 1
    abstain: float = 0.0
    delay: int = 0
    late: float = 0.0
    cost: Any = 1.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("abstain", "late"):
            _share(name, getattr(self, name))
        if not isinstance(self.noise, Sequence | np.ndarray):
            _at_least("noise", self.noise, 0.0)
        _at_least("delay", self.delay, 0)
        _at_least("answers", self.answers, 1)
        if self.annotators != REAL:
            _at_least("annotators", self.annotators, 1)
            if self.answers > int(self.annotators):
                raise BadInput(
                    f"answers={self.answers} of {self.annotators} annotators; each answers a row once: have more"
                )
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
        settings.setdefault("name", ", ".join(f"{k}={v}" for k, v in given.items()) or "clean")
        return cls(**settings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able: what differs from the defaults."""
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}

    @property
    def varies(self) -> bool:
        """Whether what is said depends on the seed."""
        return bool(np.any(self.noise) or self.skill or self.annotators != 1 or self.abstain or self.late)

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
        matrix = self.noise if isinstance(self.noise, Sequence | np.ndarray) else None
        if matrix is not None and np.shape(matrix) != (classes, classes):
            raise BadInput(
                f"the confusion matrix of oracle {self.name!r} is {np.shape(matrix)} for {classes} classes; give"
                f" {classes} x {classes} shares, true classes down"
            )
        if matrix is None and task != "number" and self.noise > 1:
            raise BadInput(f"noise={self.noise} of oracle {self.name!r} is no share of answers; give one from 0 to 1")
        if task == "number" and (matrix is not None or self.skill is not None):
            raise BadInput(f"oracle {self.name!r} confuses classes, and the data has numbers; give noise as one number")
        if task == "multilabel" and matrix is not None:
            raise BadInput(
                f"oracle {self.name!r} confuses one class with another, and several apply to a row; give a share"
            )
        if self.annotators == REAL and not crowd:
            raise BadInput(
                f"oracle {self.name!r} wants the answers of real annotators, and the data has none; use a set with"
                " labels.parquet, or a number of annotators"
            )


def _share(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value < 1.0:
        raise BadInput(f"{name}={value!r} of an oracle is no share; give a number from 0 to below 1")


def _at_least(name: str, value: Any, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise BadInput(f"{name}={value!r} of an oracle; give a number of at least {least:g}")


@dataclass(frozen=True)
class Crowd:
    """Answers of real annotators: for each pool row what every one of them said, in the order of the file."""

    given: Sequence[Sequence[Given]]


@dataclass(frozen=True)
class Facts:
    """What an oracle must know of a pool: keys, true labels, classes (empty for numbers), lengths of texts, answers.

    A label that is none of the classes is of an unknown class: every annotator abstains from it.
    """

    keys: KeyArray
    labels: Sequence[Any]
    classes: tuple[Any, ...]
    lengths: FloatArray | None = None
    crowd: Crowd | None = None


class SimulatedOracle:
    """Answers of one run. Each call is one round; answers that come later are kept until they are due."""

    def __init__(self, spec: OracleSpec, facts: Facts, seed: int) -> None:
        self.spec, self.facts = spec, facts
        self.noise = Noise(seed, facts.keys)
        self.round = 0
        self.waiting: list[tuple[int, Answer]] = []
        self.costs = costs(spec, facts, seed)
        self._late: BoolArray = self.noise.uniform("late") < spec.late
        self._missed: set[int] = set()
        self._spread = 0.0 if facts.classes else float(np.std(np.asarray(facts.labels, dtype=np.float64)))
        self._said: dict[int, tuple[FloatArray, ...]] = {}

    def __call__(self, queries: Iterable[Query]) -> list[Answer]:
        """The answers that come in this round: to these queries, and to earlier ones that were slow."""
        self.round += 1
        due = self.round + self.spec.delay
        self.waiting += [(due, answer) for query in queries for answer in self._answer(query)]
        return self._arrived()

    def rest(self) -> list[Answer]:
        """All answers that are still to come."""
        self.round = max((due for due, _ in self.waiting), default=self.round)
        return self._arrived()

    def _arrived(self) -> list[Answer]:
        now = [answer for due, answer in self.waiting if due <= self.round]
        self.waiting = [(due, answer) for due, answer in self.waiting if due > self.round]
        return now

    def _answer(self, query: Query) -> list[Answer]:
        if self._late[query.row] and query.row not in self._missed:
            self._missed.add(query.row)
            return []
        asked = self.row(query.row)
        number = query.number if query.number >= 0 else None
        answers = [
            Answer(query.row, label, query.id, who, seconds, "abstain" if label is None else "label", number)
            for who, label, seconds in asked
        ]
        if self._late[query.row]:  # whoever was asked first answers as well, after all
            answers = [Answer(**{**answers[0].__dict__, "annotator": "late", "event": _event(answers[0])}), *answers]
        return answers

    def row(self, row: int) -> list[Given]:
        """What is said of a row: `answers` times (who, label, seconds)."""
        crowd = self.facts.crowd
        if self.spec.annotators == REAL and crowd is not None:
            given = list(crowd.given[row])
            order = np.argsort(Noise(self._seed(row, "who"), len(given)).bits(), kind="stable")
            return [given[i] for i in order[: self.spec.answers]]
        many = int(self.spec.annotators)
        order = np.argsort(Noise(self._seed(row, "who"), many).bits(), kind="stable")[: self.spec.answers]
        return [self._simulated(row, int(who)) for who in order]

    def _seed(self, row: int, stream: str) -> int:
        return int(self.noise.take(np.array([row])).bits(stream)[0])

    def _simulated(self, row: int, who: int) -> Given:
        name = "oracle" if self.spec.annotators == 1 else f"annotator {who}"
        unsure, wrong, which, speed = (float(column[row]) for column in self._draws(who))
        seconds = None if self.spec.seconds is None else self.spec.seconds * float(np.exp(speed - 0.125))
        label = self.facts.labels[row]
        known = not self.facts.classes or isinstance(label, tuple) or label in self.facts.classes
        if not known or unsure < self.spec.abstain:
            return name, None, seconds
        if isinstance(label, tuple):
            return name, self._classes_said(row, who, label), seconds
        return name, self._said_of(label, wrong, which, self._accuracy(who)), seconds

    def _draws(self, who: int) -> tuple[FloatArray, ...]:
        """Numbers of each row for one annotator: doubt, error, which other class, and the logarithm of its speed."""
        if who not in self._said:
            from scipy.special import ndtri

            own = self.noise.child(f"annotator/{who}")
            speed = 0.5 * ndtri(own.uniform("seconds"))
            self._said[who] = (own.uniform("abstain"), own.uniform("wrong"), own.uniform("which"), speed)
        return self._said[who]

    def _accuracy(self, who: int) -> float | None:
        """The annotator's own share of right answers, evenly spread over the range of skills in a random order."""
        if self.spec.skill is None:
            return None
        low, high = self.spec.skill
        return float(low + (high - low) * Noise(self.noise.seed, [who]).uniform("skill")[0])

    def _said_of(self, label: Any, wrong: float, which: float, accuracy: float | None) -> Any:
        if not self.facts.classes:
            return self._number(float(label), wrong)
        classes, at = self.facts.classes, self.facts.classes.index(label)
        if accuracy is None and isinstance(self.spec.noise, Sequence | np.ndarray):
            shares = np.asarray(self.spec.noise, dtype=np.float64)[at]
            return classes[min(int(np.searchsorted(np.cumsum(shares) / shares.sum(), wrong)), len(classes) - 1)]
        if wrong >= (self.spec.noise if accuracy is None else 1.0 - accuracy):
            return label
        return classes[(at + 1 + int(which * (len(classes) - 1))) % len(classes)]

    def _classes_said(self, row: int, who: int, label: tuple[Any, ...]) -> list[Any]:
        """The classes that apply, each of them and each of the others wrongly told with the probability `noise`."""
        drawn = Noise(self._seed(row, f"classes/{who}"), len(self.facts.classes)).uniform()
        wrong = drawn < (1.0 - accuracy if (accuracy := self._accuracy(who)) is not None else self.spec.noise)
        return [one for one, turned in zip(self.facts.classes, wrong, strict=True) if (one in label) != turned]

    def _number(self, value: float, wrong: float) -> float:
        if not self.spec.noise:
            return value
        from scipy.special import ndtri

        return value + float(self.spec.noise * self._spread * ndtri(wrong))


def _event(answer: Answer) -> str:
    return answer.event[::-1] + "-late"


def costs(spec: OracleSpec, facts: Facts, seed: int) -> FloatArray:
    """Price of each row (n,). Raises BadInput for a cost that is none of the three forms."""
    n = len(facts.keys)
    if isinstance(spec.cost, int | float) and not isinstance(spec.cost, bool) and spec.cost >= 0:
        return np.full(n, float(spec.cost))
    if spec.cost == "length":
        if facts.lengths is None:
            raise BadInput(f"cost='length' of oracle {spec.name!r} needs texts, and there are none; give [low, high]")
        return np.asarray(facts.lengths / facts.lengths.mean())
    if isinstance(spec.cost, Sequence) and len(spec.cost) == 2 and 0 < spec.cost[0] <= spec.cost[1]:
        low, high = np.log(np.asarray(spec.cost, dtype=np.float64))
        return np.asarray(np.exp(low + (high - low) * Noise(seed, facts.keys).uniform("cost")))
    raise BadInput(f"cost={spec.cost!r} of oracle {spec.name!r}; give a number, [low, high] above 0, or 'length'")
