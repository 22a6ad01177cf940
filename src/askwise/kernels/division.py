"""A hierarchy of rows by division: each set is cut at its mean along its principal direction (Boley 1998, PDDP).

No distances between all pairs and no random numbers: the same rows give the same hierarchy, in whatever order they
come, so that a method which asks round after round sees the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from askwise.core.types import FloatArray, IntArray

_DIGITS = 9


@dataclass
class Hierarchy:
    """Nodes 0 (all rows), 1, 2, ...; a node's children have larger numbers. `members` are row positions, ascending."""

    members: list[IntArray]
    children: list[tuple[int, int] | None] = field(default_factory=list)

    @classmethod
    def of(cls, rows: FloatArray, most_leaves: int, smallest: int = 2) -> Hierarchy:
        """Cut the set with the largest scatter first, until there are this many leaves or none can be cut.

        Sets of fewer than `smallest` rows and sets of equal rows stay whole. Cost O(leaves' rows d^2 + leaves d^3).

        >>> Hierarchy.of(np.array([[0.0], [1.0], [9.0]]), 2).leaves()
        [array([0, 1]), array([2])]
        """
        tree = cls([np.arange(len(rows))], [None])
        scatter = {0: _scatter(rows)}
        while len(scatter) < most_leaves:
            node = max(scatter, key=lambda one: (scatter[one] if len(tree.members[one]) >= smallest else 0.0, -one))
            inside = tree.members[node]
            if len(inside) < smallest or not scatter[node] > 0:
                break
            del scatter[node]
            high = _above_the_mean(rows[inside])
            tree.children[node] = (len(tree.members), len(tree.members) + 1)
            for part in (inside[~high], inside[high]):
                scatter[len(tree.members)] = _scatter(rows[part])
                tree.members.append(part)
                tree.children.append(None)
        return tree

    def leaves(self) -> list[IntArray]:
        """Members of the nodes without children."""
        return [inside for inside, below in zip(self.members, self.children, strict=True) if below is None]


def _scatter(rows: FloatArray) -> float:
    """Sum of squared distances to the mean; exactly zero for equal rows."""
    return 0.0 if (rows == rows[0]).all() else float(np.square(rows - rows.mean(axis=0, dtype=np.float64)).sum())


def _above_the_mean(rows: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows lie on the upper side of the mean along the principal direction; some do and some do not."""
    gap = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    direction = np.linalg.eigh(gap.T @ gap)[1][:, -1]
    # The sign of an eigenvector is arbitrary: its largest component is made positive.
    largest = np.argmax(np.round(np.abs(direction), _DIGITS))
    along = np.round(gap @ (direction * np.sign(direction[largest])), _DIGITS)
    return np.asarray(along > 0 if (along > 0).any() and not (along > 0).all() else along == along.max())
