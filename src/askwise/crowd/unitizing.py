"""Krippendorff's alpha for unitizing: how far annotators agree on where the pieces of a text are, and what they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.types import FloatArray, IntArray
from askwise.crowd.agreement import DRAWS, Agreement, with_interval

Pieces = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Marked:
    """One text of `length` characters: for each annotator the pieces (start, end, class) that she marked in it."""

    length: int
    pieces: Mapping[Any, Iterable[tuple[int, int, Any]]]


def unitizing_alpha(
    texts: Sequence[Marked], label: Any = None, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0
) -> Agreement:
    """Alpha of the places of pieces, of one class or of all together: texts -> Agreement, its interval over texts.

    1 - sum_c D_oc / sum_c D_ec. D_oc sums over pairs of annotators what tells their sections apart, each text shared
    by its annotators less one: (difference of starts)^2 + (difference of ends)^2 of two pieces that overlap, length^2
    of a piece that lies in a gap of the other. D_ec is what all ways of placing these pieces would give. Texts of
    one annotator are left out. Pieces of one class that an annotator lets overlap count as one. NaN where nobody
    marked anything, and for the interval of fewer than two texts. Cost O(sum pieces^2 of a text + draws pieces log).

    Raises BadInput for a piece outside its text, or if no text has two annotators. Source: Krippendorff 1995, On the
    Reliability of Unitizing Continuous Data; 2004, Content Analysis, section 11.6.

    >>> one = Marked(10, {"ana": [(2, 4, "x")], "ben": [(2, 4, "x")]})
    >>> round(unitizing_alpha([one]).value, 3)
    1.0
    """
    both = [text for text in texts if len(text.pieces) > 1]
    if not both:
        raise BadInput(f"none of {len(texts)} texts has two annotators; agreement needs texts that several marked")
    found = {piece[2] for text in both for pieces in text.pieces.values() for piece in pieces}
    classes = [label] if label is not None else sorted(found, key=str)
    counted = [_Counted.of(both, one) for one in classes]
    size = np.array([text.length for text in both], dtype=np.float64)
    total = size * [len(text.pieces) for text in both]

    def alpha(chosen: FloatArray) -> float:
        pairs = [one.disagreement(chosen, float(chosen @ size), float(chosen @ total)) for one in counted]
        observed, expected = (math.fsum(side) for side in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
        return 1 - observed / expected if expected > 0 else math.nan

    return with_interval(alpha, len(both), level, draws if len(both) > 1 else 0, seed)


@dataclass(frozen=True)
class _Counted:
    """One class in all texts: its observed differences (t,), and length and text of its units (u,) and gaps (g,)."""

    apart: FloatArray
    units: FloatArray
    unit_text: IntArray
    gaps: FloatArray
    gap_text: IntArray

    @classmethod
    def of(cls, texts: Sequence[Marked], label: Any) -> _Counted:
        apart = np.zeros(len(texts))
        units: list[tuple[int, int]] = []
        gaps: list[tuple[int, int]] = []
        for t, text in enumerate(texts):
            each = [_joined(text, pieces, label) for pieces in text.pieces.values()]
            free = [_between(one, text.length) for one in each]
            for i, one in enumerate(each):
                others = [j for j in range(len(each)) if j != i]
                apart[t] += sum(_apart(one, each[j], free[j]) for j in others) / (len(each) - 1)
                units += [(end - start, t) for start, end in one]
                gaps += [(end - start, t) for start, end in free[i]]
        # Longest first, so that a sum up to some place is one over all gaps that hold a unit.
        gaps.sort(key=lambda gap: -gap[0])
        unit, gap = (np.array(side, dtype=np.int64).reshape(-1, 2) for side in (units, gaps))
        return cls(apart, unit[:, 0].astype(np.float64), unit[:, 1], gap[:, 0].astype(np.float64), gap[:, 1])

    def disagreement(self, chosen: FloatArray, size: float, total: float) -> tuple[float, float]:
        """Observed and expected disagreement, each text counted `chosen` (t,) times."""
        many, b = chosen[self.unit_text], self.units
        if not (many > 0).any():
            return 0.0, 0.0
        each, length = chosen[self.gap_text], self.gaps
        holds = np.searchsorted(-length, -b, side="right")
        count, room = (np.concatenate([[0.0], np.cumsum(one)])[holds] for one in (each, each * length))
        within = (many.sum() - 1) / 3 * (2 * b**3 - 3 * b**2 + b) + b**2 * (room - count * (b - 1))
        expected = 2 / size * (many @ within) / (total * (total - 1) - many @ (b * (b - 1)))
        return float(chosen @ self.apart / (total * size)), float(expected)


def _joined(text: Marked, pieces: Iterable[tuple[int, int, Any]], label: Any) -> list[tuple[int, int]]:
    """The pieces of a class in order, overlapping ones made one."""
    out: list[tuple[int, int]] = []
    for start, end, own in sorted(pieces, key=lambda piece: (piece[0], piece[1])):
        if not 0 <= start < end <= text.length:
            raise BadInput(f"the piece ({start}, {end}, {own!r}) does not lie in its text of {text.length} characters")
        if own != label:
            continue
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _between(pieces: Pieces, length: int) -> list[tuple[int, int]]:
    """The gaps between the pieces."""
    borders = [0, *(at for piece in pieces for at in piece), length]
    return [(a, b) for a, b in zip(borders[::2], borders[1::2], strict=True) if a < b]


def _apart(one: Pieces, other: Pieces, gaps: Pieces) -> float:
    """Differences between the sections of an annotator and those of another; the pair is met in both orders."""
    found = 0.0
    for start, end in one:
        found += sum((start - a) ** 2 + (end - b) ** 2 for a, b in other if start < b and a < end)
        # Twice, for in the other order the gap holds the piece.
        found += 2 * (end - start) ** 2 * any(a <= start and end <= b for a, b in gaps)
    return found
