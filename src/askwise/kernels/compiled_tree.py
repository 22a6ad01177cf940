"""The compiled tree of median cuts: a row costs one line of the cache and one move at each of log2(m) levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from askwise.kernels.backend import jit


@jit()
def widest_direction(points: Any, node: Any) -> int:
    """The column of points (m, k) along which the rows of a node reach farthest; the first of equal ones."""
    low, high = points[node[0]].copy(), points[node[0]].copy()
    for row in node:
        for j in range(low.size):
            low[j] = min(low[j], points[row, j])
            high[j] = max(high[j], points[row, j])
    return int(np.argmax(high - low))


@jit()
def halve(node: Any, values: Any, half: int, spare: Any) -> None:
    """Put the `half` rows of least value first, in place; ties go to the first, and both parts keep their order."""
    median = np.partition(values, half - 1)[half - 1]
    ties = half - int((values < median).sum())
    left, right = 0, 0
    for i in range(node.size):
        low = values[i] < median
        if values[i] == median and ties > 0:
            ties -= 1
            low = True
        if low:
            node[left] = node[i]
            left += 1
        else:
            spare[right] = node[i]
            right += 1
    node[left:] = spare[:right]


@jit()
def cut_tree(points: Any, leaf: int, slots: Any) -> None:
    """Fill slots (2^k,) with rows of points (m, k): nodes are halved until they have at most `leaf` rows."""
    order, spare, values = np.arange(len(points)), np.empty(len(points), np.int64), np.empty(len(points))
    nodes = [(0, len(slots), 0, len(points))]
    while len(nodes) > 0:
        start, width, first, end = nodes.pop()
        node, along = order[first:end], values[first:end]
        widest = widest_direction(points, node)
        for i in range(node.size):
            along[i] = points[node[i], widest]
        half = (node.size + 1) // 2
        if node.size <= leaf:
            slots[start : start + node.size] = node[np.argsort(along, kind="mergesort")]
        else:
            halve(node, along, half, spare)
            nodes.append((start, width // 2, first, first + half))
            nodes.append((start + width // 2, width // 2, first + half, end))
