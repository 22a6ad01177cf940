"""GradMatch: a weighted batch whose gradient is that of the pool, by orthogonal matching pursuit."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.evidence import Taken
from askwise.core.noise import Noise
from askwise.core.registry import pick
from askwise.core.types import Array, FloatArray, IntArray
from askwise.kernels.gradient import Gradients
from askwise.kernels.linear import first_best, slices


@pick(
    cite="Killamsetty et al. 2021, GRAD-MATCH: Gradient Matching Based Data Subset Selection for Efficient Deep Model"
    " Training, ICML, algorithm 2"
)
def grad_match(probs: Array, embeddings: Array, *, n: int, rng: Noise, taken: Taken, ridge: float = 0.5) -> IntArray:
    """Orthogonal matching pursuit of the pool's gradient: (m, c), (m, d) -> (n,) positions, in the order chosen.

    Gradients are those of the last layer at the predicted class, (p - e) outer h, never formed. Minimises |G - sum w_i
    g_i|^2 + s |w|^2 over batches and weights w >= 0, G the sum of the gradients of the pool, s `ridge` times their mean
    squared length: each pick is the row best aligned with the residual, max <G - sum w g, g_i>, and then all weights
    are found anew (SciPy's non-negative least squares). Rows whose answers are out count as earlier picks. Alignments
    within 1e-10 of the largest are equal, and the lowest key wins. (`frank_wolfe` with gradients keeps old weights and
    only scales them.) Cost O(m c d) a pick, O(n^3) for the weights of one. Shines as a batch that trains the model as
    the whole pool with its guessed labels would. Fails when the guesses are wrong or certain: no gradient is left.

    Raises BadInput for a ridge that is not positive.

    >>> import numpy as np
    >>> p, rows = np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 5.0]])
    >>> grad_match(p, rows, n=2, rng=0)
    array([0, 1])
    """
    if not ridge > 0:
        raise BadInput(f"grad_match: ridge={ridge} bounds no weights; give a positive share, 0.5 by default")
    pool, pending = Gradients.of(probs, embeddings), taken.only_pending()
    atoms = _Atoms(pool, ridge * (float(pool.squares.mean()) or 1.0))
    if len(pending):
        before = Gradients.of(pending.evidence["probs"], pending.evidence["embeddings"])
        for i in range(len(before)):
            atoms.add(before.take(slice(i, i + 1)))
    free = np.ones(len(pool), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < n:
        aligned = np.where(free, _along(pool, atoms.residual()), -np.inf)
        best = first_best(aligned, float(np.abs(aligned[free]).max()))
        chosen.append(best)
        free[best] = False
        atoms.add(pool.take(slice(best, best + 1)))
    return np.asarray(chosen, dtype=np.int64)


class _Atoms:
    """The gradients of a batch (k, c d), as factors, and their weights."""

    def __init__(self, pool: Gradients, ridge: float) -> None:
        self.goal, self.ridge = _total(pool), ridge
        self.a, self.h = np.zeros((0, pool.a.shape[1])), np.zeros((0, pool.h.shape[1]))
        self.weights = np.zeros(0)

    def add(self, one: Gradients) -> None:
        """One more gradient, and all weights anew."""
        from scipy.optimize import nnls

        self.a = np.concatenate([self.a, one.a.astype(np.float64)])
        self.h = np.concatenate([self.h, one.h.astype(np.float64)])
        gram = (self.a @ self.a.T) * (self.h @ self.h.T) + self.ridge * np.eye(len(self.a))
        along = np.einsum("ic,cd,id->i", self.a, self.goal, self.h)
        root = np.linalg.cholesky(gram)
        # |R'w - R^-1 b|^2 = w'Kw - 2 w'b + const: the same problem as a least-squares one.
        self.weights = nnls(root.T, np.linalg.solve(root, along))[0]

    def residual(self) -> FloatArray:
        """What the weighted batch leaves of the goal (c, d)."""
        return np.asarray(self.goal - (self.a * self.weights[:, None]).T @ self.h)


def _total(rows: Gradients) -> FloatArray:
    """Sum (c, d) in float64 of all gradients."""
    total = np.zeros((rows.a.shape[1], rows.h.shape[1]))
    for part in slices(rows.h):
        total += rows.a[part].astype(np.float64).T @ rows.h[part].astype(np.float64)
    return total


def _along(rows: Gradients, matrix: FloatArray) -> FloatArray:
    """Inner product (m,) of each gradient with a matrix (c, d)."""
    out = np.empty(len(rows))
    for part in slices(rows.h):
        out[part] = np.einsum("ic,ic->i", rows.h[part].astype(np.float64) @ matrix.T, rows.a[part])
    return out
