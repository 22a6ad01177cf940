"""The compiled passes over a sparse symmetric graph of a greedy cover: each edge is met twice in all."""

from __future__ import annotations

from typing import Any

from askwise.kernels.backend import jit


@jit()
def uncovered_members(starts: Any, members: Any, covered: Any, gains: Any) -> None:
    """Count the uncovered rows in the ball of each row (m,)."""
    for y in range(covered.size):
        if not covered[y]:
            for at in range(starts[y], starts[y + 1]):
                gains[members[at]] += 1


@jit()
def cover_ball(starts: Any, members: Any, row: int, covered: Any, gains: Any) -> None:
    """Cover what the ball of a row holds; whoever holds what is newly covered gains one less by it."""
    for at in range(starts[row], starts[row + 1]):
        y = members[at]
        if not covered[y]:
            covered[y] = True
            for other in range(starts[y], starts[y + 1]):
                gains[members[other]] -= 1
