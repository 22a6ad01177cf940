"""Simulated annotators: wrong, several, costly, unsure, slow, late; the same for every strategy of a seed.

What an annotator says of a row depends on the seed, the row and the annotator alone, so strategies that ask for the
same row hear the same, and a run that was killed goes on as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from askwise.core.noise import Noise
from askwise.core.types import BoolArray, FloatArray, IntArray, KeyArray
from askwise.lab.masked import Asked, Masked
from askwise.lab.oracle_spec import REAL, OracleSpec
from askwise.lab.prices import mean_seconds, prices
from askwise.lab.slips import named_pixels, rates, told_pixels, told_spans
from askwise.lab.tagged import Tagged
from askwise.session import Answer, Query

Given = tuple[str, Any, float | None]
"""What one annotator says of a row: who, the label (None: cannot tell), and seconds or None."""


@dataclass(frozen=True)
class Crowd:
    """Answers of real annotators: for each pool row what every one of them said, in the order of the file."""

    given: Sequence[Sequence[Given]]


@dataclass(frozen=True)
class Facts:
    """What an oracle must know of a pool: keys, true labels, classes (empty for numbers), lengths of texts, answers,
    and of images what is asked of each.

    A label that is none of the classes is of an unknown class: every annotator abstains from it.
    """

    keys: KeyArray
    labels: Sequence[Any]
    classes: tuple[Any, ...]
    lengths: FloatArray | None = None
    crowd: Crowd | None = None
    asked: Asked = field(default_factory=Asked)


class SimulatedOracle:
    """Answers of one run. Each call is one round; answers that come later are kept until they are due.

    With `whole` every cell of an image is named, however many pixels are asked.
    """

    def __init__(self, spec: OracleSpec, facts: Facts, seed: int, whole: bool = False) -> None:
        self.spec, self.facts, self.whole = spec, facts, whole or facts.asked.pixels == "all"
        self.noise = Noise(seed, facts.keys)
        self.round = 0
        self.waiting: list[tuple[int, Answer]] = []
        self.costs = costs(spec, facts, seed)
        self._late: BoolArray = self.noise.uniform("late") < spec.late
        self._missed: set[int] = set()
        self._spread = 0.0 if facts.classes else float(np.std(np.asarray(facts.labels, dtype=np.float64)))
        self._said: dict[int, tuple[FloatArray, ...]] = {}
        self._rates: dict[str, float] | None = None

    def __call__(self, queries: Iterable[Query]) -> list[Answer]:
        """The answers that come in this round: to these queries, and to earlier ones that were slow."""
        self.round += 1
        due = self.round + self.spec.delay
        self.waiting += [(due, answer) for query in queries for answer in self._answer(query)]
        return self._arrived()

    def most(self) -> int:
        """The most answers that every row can have: those of `relabel`, or fewer where real annotators gave fewer."""
        real = self.spec.annotators == REAL and self.facts.crowd is not None
        given = [len(one) for one in self.facts.crowd.given] if real and self.facts.crowd else []
        return min([self.spec.relabel, *given])

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
        asked = self.row(query.row, query.why.get("pixels"), (query.wants or 1) - 1)
        number = query.number if query.number >= 0 else None
        answers = [
            Answer(query.row, label, query.id, who, seconds, "abstain" if label is None else "label", number)
            for who, label, seconds in asked
        ]
        if self._late[query.row]:  # whoever was asked first answers as well, after all
            answers = [Answer(**{**answers[0].__dict__, "annotator": "late", "event": _event(answers[0])}), *answers]
        return answers

    def row(self, row: int, pixels: Sequence[Mapping[str, int]] | None = None, before: int = 0) -> list[Given]:
        """What is said of a row: `answers` times (who, label, seconds), by others than answered it `before`. `pixels`
        {"x", "y"} are those asked of an image; without them some are drawn, the same whoever asks.
        """
        crowd = self.facts.crowd
        if self.spec.annotators == REAL and crowd is not None:
            given = list(crowd.given[row])
            order = np.argsort(Noise(self._seed(row, "who"), len(given)).bits(), kind="stable")
            return [given[i] for i in order[before : before + self.spec.answers]]
        many = int(self.spec.annotators)
        order = np.argsort(Noise(self._seed(row, "who"), many).bits(), kind="stable")[
            before : before + self.spec.answers
        ]
        return [self._simulated(row, int(who), pixels) for who in order]

    def _seed(self, row: int, stream: str) -> int:
        return int(self.noise.take(np.array([row])).bits(stream)[0])

    def _simulated(self, row: int, who: int, pixels: Sequence[Mapping[str, int]] | None) -> Given:
        name = "oracle" if self.spec.annotators == 1 else f"annotator {who}"
        unsure, wrong, which, speed = (float(column[row]) for column in self._draws(who))
        label = self.facts.labels[row]
        length, parts = 0.0 if self.facts.lengths is None else float(self.facts.lengths[row]), 0
        known = not self.facts.classes or isinstance(label, tuple | Tagged | Masked) or label in self.facts.classes
        said = None
        if known and not unsure < self.spec.abstain:
            if isinstance(label, Tagged):
                said = self._spans_said(row, who, label)
                parts = len(said)
            elif isinstance(label, Masked):
                said, parts = self._pixels_said(row, who, label, pixels)
                length = float(len(said))
            elif isinstance(label, tuple):
                said = self._classes_said(row, who, label)
            else:
                said = self._said_of(label, wrong, which, self._accuracy(who))
        mean = mean_seconds(self.spec.seconds, length, parts)
        return name, said, None if mean is None else mean * float(np.exp(speed - 0.125))

    def _spans_said(self, row: int, who: int, label: Tagged) -> list[dict[str, Any]]:
        shares = self._shares(who, label.kind)
        if not any(shares.values()):
            return [dict(one) for one in label.spans]
        noise = Noise(self._seed(row, f"spans/{who}"), len(label.spans) + 1)
        return told_spans(label, shares, self.facts.classes, noise)

    def _pixels_said(
        self, row: int, who: int, label: Masked, pixels: Sequence[Mapping[str, int]] | None
    ) -> tuple[list[dict[str, Any]], int]:
        """The classes of the pixels asked, and the number of regions that they lie in, where somebody wants it."""
        places, shares = self._places(row, label, pixels), self._shares(who, label.kind)
        timed = isinstance(self.spec.seconds, Mapping) and "parts" in self.spec.seconds
        if not timed and not any(shares.values()):
            return named_pixels(label, places, self.facts.classes), 0
        lines, columns = label.size
        noise = Noise(self._seed(row, f"pixels/{who}"), lines * columns)
        return told_pixels(label, places, shares, self.facts.classes, noise)

    def _places(self, row: int, label: Masked, pixels: Sequence[Mapping[str, int]] | None) -> IntArray:
        """Line and column (k, 2) of the pixels to name."""
        if self.whole:
            return label.centres(self.facts.asked.side)
        if pixels is not None:
            return np.array([(one["y"], one["x"]) for one in pixels], dtype=np.int64).reshape(-1, 2)
        lines, columns = label.size
        draw = np.random.default_rng(self._seed(row, "places"))
        found = draw.choice(lines * columns, min(int(self.facts.asked.pixels), lines * columns), replace=False)
        return np.stack(np.divmod(np.sort(found), columns), axis=1)

    def _shares(self, who: int, task: str) -> dict[str, float]:
        """Shares of each error about parts, of annotators with a skill by it."""
        accuracy = self._accuracy(who)
        if accuracy is not None:
            return rates(1.0 - accuracy, task, len(self.facts.classes))
        if self._rates is None:
            self._rates = rates(self.spec.noise, task, len(self.facts.classes))
        return self._rates

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
    """Price of each row (n,). Raises BadInput for a cost of none of the forms."""
    return prices(spec.cost, spec.name, facts.keys, facts.lengths, seed)
