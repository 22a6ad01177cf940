"""How far the annotators of a session agree: every coefficient that fits its kind of answer, or why there is none."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.words import counted
from askwise.crowd import (
    Agreement,
    Marked,
    Table,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
    table,
    unitizing_alpha,
)
from askwise.session.state import State

SCALES = ("nominal", "ordinal", "interval")
PAIRS = 45
"""Pairs of annotators whose kappa is worked out, those with the most rows in common first: all pairs of ten."""


@dataclass(frozen=True)
class Coefficient:
    """One coefficient: its name, what it is about (a pair of annotators, a class; '' for all), and `why` it is NaN."""

    name: str
    about: str
    found: Agreement | None
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-able; None for what is undefined."""
        values = {} if self.found is None else vars(self.found)
        plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in values.items()}
        return {"name": self.name, "about": self.about, "why": self.why, **plain}

    def __str__(self) -> str:
        name = f"{self.name} ({self.about})" if self.about else self.name
        return f"{name}: {self.found if self.why == '' else self.why}"


@dataclass(frozen=True)
class Agreements:
    """What is known of the agreement in a session: rows answered, rows with two answers, annotators, coefficients."""

    kind: str
    rows: int
    shared: int
    annotators: tuple[str, ...]
    coefficients: tuple[Coefficient, ...]

    def get(self, name: str, about: str = "") -> Coefficient:
        """The coefficient of this name. Raises BadInput for another."""
        known = {(one.name, one.about): one for one in self.coefficients}
        if (name, about) not in known:
            raise BadInput(f"there is no {name!r} here.{did_you_mean(name, {one for one, _ in known})}")
        return known[name, about]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {**vars(self), "coefficients": [one.to_dict() for one in self.coefficients]}

    def __str__(self) -> str:
        of, have = counted(self.rows, "answered row"), "has" if self.shared == 1 else "have"
        by = counted(len(self.annotators), "annotator")
        head = f"{self.shared:,} of {of} {have} two answers or more, by {by}."
        return "\n".join([head, *map(str, self.coefficients)])


def agreements(
    state: State, pool: Any = None, *, scale: str | None = None, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Agreements:
    """Agreement over the answers in force; reviewers' words, abstentions and test rows aside.

    Classes: per cent, Cohen's kappa of pairs, Fleiss' kappa, Krippendorff's alpha on `scale` (nominal, or ordinal or
    interval for classes in order). Numbers: alpha on the interval scale. Several labels: alpha of each. Spans: alpha
    for unitizing, which reads the lengths of texts in the `pool`. All others: per cent of equal answers, and alpha.
    Intervals are bootstrapped over rows. Raises BadInput for an unknown scale.
    """
    if scale is not None and scale not in SCALES:
        raise BadInput(f"scale={scale!r} is not known here.{did_you_mean(scale, SCALES)}")
    said = {row: state.voices(row) for row in sorted(set(state.by_row) - state.reserved)}
    said = {row: voices for row, voices in said.items() if voices}
    shared = {row: voices for row, voices in said.items() if len(voices) > 1}
    names = tuple(sorted({name for voices in said.values() for name in voices}))
    how = {"level": level, "draws": draws, "seed": seed}
    found = _Kind(state, pool, shared, scale, how).coefficients()
    return Agreements(state.task.kind, len(said), len(shared), names, found)


@dataclass(frozen=True)
class _Kind:
    """The coefficients of one kind of answer over rows with two voices or more."""

    state: State
    pool: Any
    shared: Mapping[int, Mapping[str, Any]]
    scale: str | None
    how: Mapping[str, Any]

    def coefficients(self) -> tuple[Coefficient, ...]:
        """All that fit the kind."""
        if not self.shared:
            return (Coefficient("percent", "", None, "no row has answers of two annotators; ask with overlap=2"),)
        kind = self.state.task.kind
        if kind == "span":
            return (self._percent(), *self._spans())
        if kind == "multilabel":
            return (self._percent(), *(self._alpha_of_class(one) for one in self.state.task.classes))
        if kind in ("choice", "pair", "candidates", "verify"):
            return self._classes()
        return (self._percent(), self._alpha("interval" if kind == "number" else "nominal", numbers=kind == "number"))

    def _classes(self) -> tuple[Coefficient, ...]:
        said = self._table(list(self.state.task.classes))
        if said is None:
            return (Coefficient("percent", "", None, "no row has two answers that name a class"),)
        numbers = all(isinstance(one, int | float) for one in self.state.task.classes)
        values = [float(one) for one in self.state.task.classes] if numbers and self.scale == "interval" else None
        scale = self.scale or "nominal"
        return (
            self._made("percent", "", percent_agreement, said),
            self._made("fleiss_kappa", "", fleiss_kappa, said),
            self._made("krippendorff_alpha", scale, krippendorff_alpha, said, scale=scale, values=values),
            *self._pairs(said),
        )

    def _pairs(self, said: Table) -> list[Coefficient]:
        """Cohen's kappa of the pairs of annotators who share the most rows."""
        weights = {"ordinal": "linear", "interval": "quadratic"}.get(self.scale or "")
        grid = np.full((said.rows, len(said.annotators)), -1)
        grid[said.item, said.annotator] = said.label
        both = {(i, j): (grid[:, i] >= 0) & (grid[:, j] >= 0) for i, j in combinations(range(grid.shape[1]), 2)}
        most = sorted(both, key=lambda pair: -int(both[pair].sum()))[:PAIRS]
        out = []
        for i, j in most:
            one, two = grid[both[i, j]][:, [i, j]].T
            about = f"{said.annotators[i]}, {said.annotators[j]}"
            if len(one):
                out.append(self._made("cohen_kappa", about, cohen_kappa, one, two, weights=weights))
        return out

    def _percent(self) -> Coefficient:
        said = self._table(None)
        assert said is not None
        return self._made("percent", "", percent_agreement, said)

    def _alpha(self, scale: str, numbers: bool) -> Coefficient:
        distinct = sorted({_key(one.label) for voices in self.shared.values() for one in voices.values()})
        values = sorted(json.loads(one) for one in distinct) if numbers else None
        said = self._table(values)
        assert said is not None
        return self._made("krippendorff_alpha", scale, krippendorff_alpha, said, scale=scale, values=values)

    def _alpha_of_class(self, label: Any) -> Coefficient:
        lines = [(row, name, int(label in one.label)) for row, name, one in self._voices()]
        item, who, own = zip(*lines, strict=True)
        said = table({"item": _numbered(item), "annotator": who, "label": own}, classes=2)
        return self._made("krippendorff_alpha", str(label), krippendorff_alpha, said)

    def _spans(self) -> list[Coefficient]:
        if self.pool is None:
            return [Coefficient("unitizing_alpha", "", None, "it needs the lengths of the texts; give the pool")]
        texts = []
        for row, voices in self.shared.items():
            pieces = {n: [(s["start"], s["end"], s["label"]) for s in one.label] for n, one in voices.items()}
            texts.append(Marked(len(self.pool.show(row)["text"]), pieces))
        labels = [None, *self.state.task.classes]
        named = ["" if one is None else str(one) for one in labels]
        pairs = zip(named, labels, strict=True)
        return [self._made("unitizing_alpha", name, unitizing_alpha, texts, one) for name, one in pairs]

    def _voices(self) -> list[tuple[int, str, Any]]:
        return [(row, name, one) for row, voices in self.shared.items() for name, one in voices.items()]

    def _table(self, classes: list[Any] | None) -> Table | None:
        """Answers as class indices among these, or among all that differ; what is none of them is left out."""
        lines = [(row, name, _key(one.label)) for row, name, one in self._voices()]
        keys = sorted({key for _, _, key in lines}) if classes is None else [_key(one) for one in classes]
        index = {key: i for i, key in enumerate(keys)}
        lines = [line for line in lines if line[2] in index]
        if not lines:
            return None
        item, who, label = zip(*lines, strict=True)
        codes = [index[one] for one in label]
        return table({"item": _numbered(item), "annotator": who, "label": codes}, classes=len(index))

    def _made(self, name: str, about: str, work: Callable[..., Agreement], *given: Any, **settings: Any) -> Coefficient:
        """The coefficient, or why it is undefined."""
        try:
            found = work(*given, **settings, **self.how)
        except BadInput as error:
            return Coefficient(name, about, None, str(error))
        if math.isnan(found.value):
            why = "undefined: every answer says the same, so chance alone would agree as well"
            return Coefficient(name, about, found, why)
        return Coefficient(name, about, found)


def _numbered(rows: Any) -> Any:
    return np.unique(np.array(rows), return_inverse=True)[1]


def _key(label: Any) -> str:
    return json.dumps(label, sort_keys=True)
