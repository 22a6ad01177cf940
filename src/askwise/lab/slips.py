"""What annotators get wrong about parts: spans missed, shifted, of another kind, invented; regions of another class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from askwise.core.errors import BadInput, did_you_mean
from askwise.core.noise import Noise
from askwise.core.types import IntArray
from askwise.lab.masked import VOID, Masked
from askwise.lab.tagged import Tagged

KINDS: Mapping[str, tuple[str, ...]] = {
    "span": ("missed", "shifted", "kind", "invented"),
    "pixel": ("region", "pixel"),
}
"""Errors of each task that a table of noise may name."""


def check_slips(noise: Mapping[str, Any], task: str, name: str) -> None:
    """Raise BadInput for errors that this task does not have, and shares that are none or more than all together."""
    if task not in KINDS:
        raise BadInput(
            f"noise={dict(noise)!r} of oracle {name!r} is about parts of a row, and the task is {task!r}; give a share"
        )
    for kind, share in noise.items():
        if kind not in KINDS[task]:
            raise BadInput(f"oracle {name!r} makes errors of kind {kind!r}.{did_you_mean(str(kind), KINDS[task])}")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
            raise BadInput(f"{kind}={share!r} of oracle {name!r} is no share; give a number from 0 to 1")
    total = sum(share for kind, share in noise.items() if kind != "invented")
    if task == "span" and total > 1:
        raise BadInput(f"{dict(noise)!r} of oracle {name!r}: {total:g} of the spans would be wrong; give 1 at most")


def rates(noise: Any, task: str, classes: int) -> dict[str, float]:
    """The share of each error. One number is the share of spans told wrongly, missed, shifted or of another kind alike
    often (where there is one), or of the regions taken for another class.

    >>> rates(0.75, "span", 2), rates({"region": 0.1}, "pixel", 2)
    ({'missed': 0.25, 'shifted': 0.25, 'kind': 0.25, 'invented': 0.0}, {'region': 0.1, 'pixel': 0.0})
    """
    nothing = dict.fromkeys(KINDS[task], 0.0)
    if isinstance(noise, Mapping):
        return nothing | {kind: float(share) for kind, share in noise.items()}
    if task == "pixel":
        return nothing | {"region": float(noise)}
    equal = ("missed", "shifted", "kind") if classes > 1 else ("missed", "shifted")
    return nothing | dict.fromkeys(equal, float(noise) / len(equal))


def told_spans(
    label: Tagged, shares: Mapping[str, float], classes: Sequence[Any], noise: Noise
) -> list[dict[str, Any]]:
    """What one annotator marks; `noise` has a row for each true span, and one more for the text.

    Of each span one number decides what happens to it. A shifted one begins or ends a word earlier or later, as far as
    it stays a span and takes no word of another; where nothing can be shifted (a text of one word), it is missed. A
    span is invented in a text with its share as the chance: one word that is in no span, of any class.
    """
    fate, way = noise.uniform("fate"), noise.uniform("way")
    taken = {i for span in label.spans for i in label.inside(span)}
    told = []
    for span, what, which in zip(label.spans, fate, way, strict=False):
        what -= shares["missed"]
        if what < 0:
            continue
        shifted, what = what < shares["shifted"], what - shares["shifted"]
        if shifted:
            told += _shifted(label, span, taken, which)
        elif what < shares["kind"] and len(classes) > 1:
            told.append({**span, "label": _other(classes, span["label"], which)})
        else:
            told.append(dict(span))
    free = [i for i in range(len(label.words)) if i not in taken]
    if free and fate[-1] < shares["invented"]:
        start, end = label.words[free[int(way[-1] * len(free))]]
        kind = classes[int(noise.uniform("class")[-1] * len(classes))]
        told.append({"start": start, "end": end, "label": kind})
    return sorted(told, key=lambda one: int(one["start"]))


def _shifted(label: Tagged, span: dict[str, Any], taken: set[int], which: float) -> list[dict[str, Any]]:
    """The span with one of its ends a word away, which `taken` words then follow; nothing where none can move."""
    inside = label.inside(span)
    if not inside:
        return []
    first, last = inside[0], inside[-1]
    ways = [(first - 1, last)] * (first > 0 and first - 1 not in taken)
    ways += [(first, last + 1)] * (last + 1 < len(label.words) and last + 1 not in taken)
    ways += [(first + 1, last), (first, last - 1)] * (first < last)
    if not ways:
        return []
    first, last = ways[int(which * len(ways))]
    taken.update(range(first, last + 1))
    return [{"start": label.words[first][0], "end": label.words[last][1], "label": span["label"]}]


def told_pixels(
    label: Masked, places: IntArray, shares: Mapping[str, float], classes: Sequence[Any], noise: Noise
) -> tuple[list[dict[str, Any]], int]:
    """What one annotator says of the pixels at `places` (k, 2: line, column), and how many regions they lie in.

    `noise` has a row for each pixel of the image: a region goes by its first one. A region taken for another class is
    so at all its pixels. Nothing is said of void pixels.
    """
    truth = label.map()
    y, x = places[truth[places[:, 0], places[:, 1]] != VOID].T
    true = truth[y, x]
    numbers = label.regions()
    _, firsts = np.unique(numbers, return_index=True)
    c = len(classes)
    said = _turned(true, firsts[numbers[y, x]], shares["region"], c, noise, "region") if c > 1 else true
    said = _turned(said, y * truth.shape[1] + x, shares["pixel"], c, noise, "pixel") if c > 1 else said
    spots = zip(x.tolist(), y.tolist(), said.tolist(), strict=True)
    return [{"x": i, "y": j, "label": classes[k]} for i, j, k in spots], len(np.unique(numbers[y, x]))


def _turned(classes: IntArray, at: IntArray, share: float, c: int, noise: Noise, stream: str) -> IntArray:
    """The classes, those whose number is below `share` as another one."""
    drawn = noise.take(at)
    wrong = drawn.uniform(stream) < share
    step = 1 + (drawn.uniform(f"{stream} as") * (c - 1)).astype(np.int64)
    return np.where(wrong, (classes + step) % c, classes)


def _other(classes: Sequence[Any], label: Any, which: float) -> Any:
    """Another class, each equally likely."""
    at = list(classes).index(label)
    return classes[(at + 1 + int(which * (len(classes) - 1))) % len(classes)]


def named_pixels(label: Masked, places: IntArray, classes: Iterable[Any]) -> list[dict[str, Any]]:
    """The true answer at `places` (k, 2: line, column), void pixels left out."""
    truth, names = label.map(), list(classes)
    found = truth[places[:, 0], places[:, 1]]
    return [
        {"x": int(x), "y": int(y), "label": names[one]}
        for (y, x), one in zip(places.tolist(), found.tolist(), strict=True)
        if one != VOID
    ]
