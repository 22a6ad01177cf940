"""The obvious forms: a compiled pass for each pick ("scan"), NumPy, scikit-learn, and the authors' arithmetic.

What makes one pass a pick is timed on its first picks, and `scale` brings the time to all of them.
"""

import numba
import numpy as np
from timing import Given, Prepared, main

PROBE = 10
"""Picks on which passes are timed."""


@numba.njit(nogil=True, fastmath=True)
def _lower(rows, centre, nearest):
    for i in range(rows.shape[0]):
        total = np.float32(0.0)
        for j in range(rows.shape[1]):
            gap = rows[i, j] - centre[j]
            total += gap * gap
        nearest[i] = min(nearest[i], total)


@numba.njit(nogil=True, fastmath=True)
def _lower_gradients(a, h, squares, pick, nearest):
    for i in range(h.shape[0]):
        left, right = np.float32(0.0), np.float32(0.0)
        for j in range(a.shape[1]):
            left += a[i, j] * a[pick, j]
        for j in range(h.shape[1]):
            right += h[i, j] * h[pick, j]
        nearest[i] = min(nearest[i], squares[i] + squares[pick] - 2 * left * right)


def k_center_scan(given: Given, n: int, held: int = 1) -> Prepared:
    """With many labelled rows the scan would read the pool once for each of them."""
    rows = given["rows"][:-held]
    start = np.full(len(rows), np.inf, dtype=np.float32)
    _lower(rows, given["rows"][-1], start)

    def run() -> dict:
        nearest, picks = start.copy(), []
        for _ in range(PROBE):
            picks.append(int(nearest.argmax()))
            _lower(rows, rows[picks[-1]], nearest)
            nearest[picks[-1]] = -1.0
        return {"picks": picks if held == 1 else [], "scale": (n + held - 1) / PROBE}

    return run


def k_center_numpy(given: Given, n: int) -> Prepared:
    rows = given["rows"][:-1]
    start = ((rows - given["rows"][-1]) ** 2).sum(axis=1)

    def run() -> dict:
        nearest, picks = start.copy(), []
        for _ in range(PROBE):
            picks.append(int(nearest.argmax()))
            np.minimum(nearest, ((rows - rows[picks[-1]]) ** 2).sum(axis=1), out=nearest)
            nearest[picks[-1]] = -1.0
        return {"picks": picks, "scale": n / PROBE}

    return run


def scan(given: Given, n: int) -> Prepared:
    """As many compiled passes as picks."""
    rows = given["rows"]
    nearest = np.full(len(rows), np.inf, dtype=np.float32)

    def run() -> dict:
        for i in range(PROBE):
            _lower(rows, rows[i], nearest)
        return {"scale": n / PROBE}

    return run


def badge_scan(given: Given, n: int) -> Prepared:
    """Passes in factorised gradient space, c + d numbers a row."""
    a, h = given["probs"].copy(), given["rows"]
    a[np.arange(len(a)), a.argmax(axis=1)] -= 1.0
    squares = ((a**2).sum(axis=1) * (h**2).sum(axis=1)).astype(np.float32)
    nearest = np.full(len(h), np.inf, dtype=np.float32)

    def run() -> dict:
        for i in range(PROBE):
            _lower_gradients(a, h, squares, i, nearest)
        return {"scale": n / PROBE}

    return run


def badge_authors(given: Given, n: int) -> Prepared:
    """The paper's code in outline: gradients in full, and for each pick a discrete distribution over the pool."""
    from scipy import stats

    probs, h = given["probs"], given["rows"]
    a = probs.copy()
    a[np.arange(len(a)), a.argmax(axis=1)] -= 1.0
    few = min(n, PROBE)

    def run() -> dict:
        grads = (a[:, :, None] * h[:, None, :]).reshape(len(h), -1)
        picks = [int((grads**2).sum(axis=1).argmax())]
        nearest = np.full(len(h), np.inf)
        generator = np.random.RandomState(0)
        while len(picks) < few:
            squared = ((grads - grads[picks[-1]]) ** 2).sum(axis=1)
            for i in range(len(h)):
                if squared[i] < nearest[i]:
                    nearest[i] = squared[i]
            law = stats.rv_discrete(values=(np.arange(len(h)), nearest / nearest.sum()))
            picks.append(int(law.rvs(size=1, random_state=generator)[0]))
        return {"scale": n / few}

    return run


def k_means_pp_sklearn(given: Given, n: int) -> Prepared:
    from sklearn.cluster import kmeans_plusplus

    rows = given["rows"]
    few = min(n, 50)

    def run() -> dict:
        kmeans_plusplus(rows, few, n_local_trials=1, random_state=0)
        return {"scale": n / few}

    return run


def margin_numpy(given: Given, n: int) -> Prepared:
    def run() -> np.ndarray:
        ordered = np.partition(given["probs"], -2, axis=1)
        return np.argpartition(ordered[:, -1] - ordered[:, -2], n)[:n]

    return run


def top_numpy(given: Given, n: int, scores: int) -> Prepared:
    values = np.random.default_rng(0).random(scores)
    return lambda: np.argpartition(values, scores - n)[scores - n :]


def entropy_numpy(given: Given, n: int) -> Prepared:
    def run() -> np.ndarray:
        probs = given["probs"]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.argpartition(np.nansum(probs * np.log(probs), axis=1), n)[:n]

    return run


def read(given: Given, n: int) -> Prepared:
    """One read of the largest array: its dot product with itself."""
    values = max(given.values(), key=lambda array: array.size).ravel()
    return lambda: {"picks": [], "value": float(values @ values)}


def bald_numpy(given: Given, n: int) -> Prepared:
    def run() -> np.ndarray:
        p = given["samples"]
        mean = p.mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.nansum(p * np.log(p), axis=2).mean(axis=1)
            scores = inside - np.nansum(mean * np.log(mean), axis=1)
        return np.argpartition(-scores, n)[:n]

    return run


def cover_authors(given: Given, n: int, delta: float) -> Prepared:
    """ProbCover's code in outline: every pick counts and filters the whole table of edges."""
    from askwise.kernels.balls import Balls

    balls = Balls.of(given["rows"], delta, 100_000_000)
    m = len(given["rows"])
    source = np.repeat(np.arange(m), np.diff(balls.starts))
    target = balls.members.astype(np.int64)
    few = min(n, PROBE)

    def run() -> dict:
        x, y, picks = source, target, []
        for _ in range(few):
            picks.append(int(np.bincount(x, minlength=m).argmax()))
            keep = ~np.isin(y, y[x == picks[-1]])
            x, y = x[keep], y[keep]
        return {"picks": picks, "scale": n / few}

    return run


def facility_location_recomputed(given: Given, n: int, width: float) -> Prepared:
    """Greedy without bounds: all similarities again for every pick; one pick is timed."""
    rows = given["rows"].astype(np.float64)
    squares = (rows**2).sum(axis=1)

    def run() -> dict:
        best, gains = np.zeros(len(rows)), np.zeros(len(rows))
        for start in range(0, len(rows), 256):
            part = slice(start, start + 256)
            apart = squares[part, None] + squares[None] - 2 * rows[part] @ rows.T
            gains[part] = np.maximum(np.exp(-apart / width**2) - best, 0).sum(axis=1)
        return {"picks": [int(gains.argmax())], "scale": n}

    return run


def ridge_error_reduction_refits(given: Given, n: int) -> Prepared:
    """The same by refitting: a solve for each candidate, answered with each class in turn."""
    rows = given["rows"].astype(np.float64)
    targets, held, pool = rows[:500], rows[500:1500], rows[1500:]
    wanted = np.eye(10)[np.arange(len(held)) % 10]
    inner, outer = held.T @ held + 0.1 * np.eye(rows.shape[1]), held.T @ wanted
    head = np.linalg.solve(inner, outer)

    def chances(weights: np.ndarray, at: np.ndarray) -> np.ndarray:
        found = np.maximum(at @ weights, 0.0)
        return found / np.maximum(found.sum(axis=-1, keepdims=True), 1e-12)

    def run() -> dict:
        scores = []
        for x in pool[:PROBE]:
            error = 0.0
            for y, p in enumerate(chances(head, x)):
                weights = np.linalg.solve(inner + np.outer(x, x), outer + np.outer(x, np.eye(10)[y]))
                error += p * (1 - chances(weights, targets).max(axis=1)).mean()
            scores.append(-error)
        return {"picks": [], "scale": len(pool) / PROBE, "scores": scores[:3]}

    return run


def leverage_qr(given: Given, n: int) -> Prepared:
    rows = given["rows"].astype(np.float64)

    def run() -> np.ndarray:
        basis = np.linalg.qr(rows)[0]
        return np.argsort(-(basis**2).sum(axis=1))[:n]

    return run


def duels_python(given: Given, n: int) -> Prepared:
    """The same duels, one at a time."""
    weights = given["rows"][:, 0].astype(np.float64) ** 2 + 0.1
    probabilities = weights / weights.sum() * n

    def run() -> list[int]:
        draw = np.random.default_rng(0).random
        level, chosen = [(i, p) for i, p in enumerate(probabilities.tolist())], []
        while len(level) > 1:
            up = []
            for (i, p), (j, q) in zip(level[::2], level[1::2], strict=False):
                if p + q < 1:
                    up.append((i if draw() * (p + q) < p else j, p + q))
                else:
                    first = draw() * (2 - p - q) < 1 - q
                    chosen.append(i if first else j)
                    up.append((j if first else i, p + q - 1))
            level = up + level[len(up) * 2 :]
        return chosen

    return run


if __name__ == "__main__":
    main(
        {
            name: call
            for name, call in list(vars().items())
            if callable(call) and getattr(call, "__module__", "") == "__main__"
        }
    )
