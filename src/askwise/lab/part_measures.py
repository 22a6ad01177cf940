"""How good predicted spans and class maps are: spans as conlleval counts them, pixels by their confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askwise.core.types import IntArray


def spans(tags: Sequence[str]) -> set[tuple[int, int, str]]:
    """Spans (start, stop, kind) of IOB2 tags; an I- after another kind begins a span, as conlleval reads it.

    >>> sorted(spans(["B-PER", "I-PER", "O", "I-LOC"]))
    [(0, 2, 'PER'), (3, 4, 'LOC')]
    """
    found, start, kind = set(), 0, ""
    for i, tag in enumerate([*tags, "O"]):
        prefix, _, now = tag.partition("-")
        if kind and (prefix != "I" or now != kind):
            found.add((start, i, kind))
            kind = ""
        if prefix in ("B", "I") and not kind:
            start, kind = i, now
    return found


def span_f1(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Micro F1 of exact spans (both ends and the kind) over sentences of IOB2 tags; 0 when there are none.

    >>> span_f1([["B-PER", "I-PER", "O"]], [["B-PER", "O", "O"]])
    0.0
    """
    right, there, found = _shares_right(truth, predicted)
    return 2 * right / (there + found) if there + found else 0.0


def _shares_right(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> tuple[int, int, int]:
    """Spans that are right, that there are, and that were found."""
    pairs = [(spans(t), spans(p)) for t, p in zip(truth, predicted, strict=True)]
    return sum(len(t & p) for t, p in pairs), sum(len(t) for t, _ in pairs), sum(len(p) for _, p in pairs)


def span_precision(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Share of the spans found that are right at both ends and in kind; 0 where none was found."""
    right, _, found = _shares_right(truth, predicted)
    return right / found if found else 0.0


def span_recall(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Share of the true spans that were found, at both ends and in kind; 0 where there are none."""
    right, there, _ = _shares_right(truth, predicted)
    return right / there if there else 0.0


def token_accuracy(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Share of words whose tag is right, those outside of every span among them; NaN without words.

    >>> token_accuracy([["B-PER", "I-PER", "O", "O"]], [["B-PER", "O", "O", "O"]])
    0.75
    """
    right = [one == other for t, p in zip(truth, predicted, strict=True) for one, other in zip(t, p, strict=True)]
    return sum(right) / len(right) if right else float("nan")


def _crossed(truth: IntArray, predicted: IntArray) -> IntArray:
    """Pixels (c, c) of each true class (down) by predicted class. `truth` are class maps, < 0 void, as `predicted` are;
    or counts (n, c) of true pixels in each of n cells, `predicted` (n,) then has the class of each cell.
    """
    t, p = np.asarray(truth), np.asarray(predicted)
    if t.ndim == 2 and p.ndim == 1:
        c = max(t.shape[1], int(p.max(initial=-1)) + 1)
        table = np.zeros((c, c), dtype=np.int64)
        for one in np.unique(p):
            table[: t.shape[1], one] = t[p == one].sum(axis=0)
        return table
    known = t >= 0
    c = int(max(t.max(initial=-1), p.max(initial=-1))) + 1
    return np.bincount(t[known] * c + p[known], minlength=c * c).reshape(c, c)


def miou(truth: IntArray, predicted: IntArray) -> float:
    """Mean over classes of |both| / |either|, over all pixels and the classes that are in the truth; < 0 is void.

    Of class maps; or of counts (n, c) of true pixels in cells, and the class (n,) predicted of each.

    >>> miou(np.array([[0, 0], [1, -1]]), np.array([[0, 1], [1, 0]]))
    0.5
    """
    table = _crossed(truth, predicted)
    there, both = table.sum(axis=1) > 0, np.diag(table)
    either = table.sum(axis=0) + table.sum(axis=1) - both
    return float(np.mean(both[there] / either[there])) if there.any() else float("nan")


def pixel_accuracy(truth: IntArray, predicted: IntArray) -> float:
    """Share of the pixels, void ones aside, whose class is right; given as `miou` takes them.

    >>> pixel_accuracy(np.array([[3, 1], [0, 4]]), np.array([0, 0]))
    0.375
    """
    table = _crossed(truth, predicted)
    return float(np.trace(table) / table.sum()) if table.any() else float("nan")


def mean_class_accuracy(truth: IntArray, predicted: IntArray) -> float:
    """Mean over the classes in the truth of the share of their pixels that are right; given as `miou` takes them."""
    table = _crossed(truth, predicted)
    there = table.sum(axis=1) > 0
    return float(np.mean(np.diag(table)[there] / table.sum(axis=1)[there])) if there.any() else float("nan")
