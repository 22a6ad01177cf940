"""Our selections, timed: the public picks, or the kernel below where it tells how many passes it made."""

import numpy as np
from timing import Given, Prepared, main

import askwise as aw
from askwise import engine
from askwise.core.topn import top_order
from askwise.execute import Serial
from askwise.kernels.balls import Balls
from askwise.kernels.cluster import distinct_nearest
from askwise.kernels.cluster import k_means as cluster
from askwise.kernels.farthest import farthest_first
from askwise.kernels.gradient import Gradients
from askwise.kernels.largest_cluster import largest_cluster_first
from askwise.kernels.log_det import greedy_log_det
from askwise.kernels.nearest import most_similar
from askwise.kernels.pivotal import leverage as leverage_of
from askwise.kernels.pivotal import tournament
from askwise.kernels.seeding import sample_d2
from askwise.kernels.space import Space

# So that the warm-up on few rows compiles what large pools use.
engine.SIEVE_FROM = 0


def k_center(given: Given, n: int, held: int = 1) -> Prepared:
    """The last rows are labelled."""
    rows = given["rows"]
    held = min(held, len(rows) // 2)

    def run() -> dict:
        picks, _, work = farthest_first(Space.of(rows[:-held]), n, Space.of(rows[-held:]))
        return {"picks": picks, "passes": work.passes, "a row": work.evaluations / len(rows)}

    return run


def k_means_pp(given: Given, n: int) -> Prepared:
    def run() -> dict:
        picks, work = sample_d2(Space.of(given["rows"]), n, np.random.default_rng(0))
        return {"picks": picks, "passes": work.passes, "trials": work.drawn / n}

    return run


def badge(given: Given, n: int) -> Prepared:
    def run() -> dict:
        grads = Gradients.of(given["probs"], given["rows"])
        picks, work = sample_d2(grads, n, np.random.default_rng(0), first=int(np.argmax(grads.squares)))
        return {"picks": picks, "passes": work.passes, "trials": work.drawn / n}

    return run


def lcmd(given: Given, n: int) -> Prepared:
    def run() -> dict:
        picks, evaluations = largest_cluster_first(Space.of(given["rows"]), n)
        return {"picks": picks, "passes": n, "a row": evaluations / len(given["rows"])}

    return run


def max_det(given: Given, n: int) -> Prepared:
    rows = given["rows"]
    level = 0.01 * float((rows.astype(np.float64) ** 2).sum(axis=1).mean())

    def run() -> dict:
        grown = greedy_log_det(rows, n, np.full(len(rows), level), None, level)
        return {"picks": grown.chosen, "passes": grown.passes}

    return run


def frank_wolfe(given: Given, n: int) -> Prepared:
    return lambda: {"picks": aw.pick.frank_wolfe(given["rows"], n=n), "passes": n}


def bait(given: Given, n: int) -> Prepared:
    return lambda: {"picks": aw.pick.bait(given["rows"], n=n, oversample=1), "passes": n}


def k_center_torch(given: Given, n: int) -> Prepared:
    """The kernels of devices, on this processor."""
    return _by_torch(given, lambda space: farthest_first(space, n)[0])


def lcmd_torch(given: Given, n: int) -> Prepared:
    return _by_torch(given, lambda space: largest_cluster_first(space, n)[0])


def k_means_pp_torch(given: Given, n: int) -> Prepared:
    return _by_torch(given, lambda space: sample_d2(space, n, np.random.default_rng(0))[0])


def _by_torch(given: Given, pick: object) -> Prepared:
    import torch

    from askwise.kernels.tensors import TensorSpace

    torch.set_num_threads(1)
    rows = torch.as_tensor(given["rows"])
    return lambda: pick(TensorSpace.of(rows))  # type: ignore[operator]


def top(given: Given, n: int, scores: int) -> Prepared:
    values, keys = np.random.default_rng(0).random(scores), np.arange(scores, dtype=np.uint64)
    return lambda: {"picks": top_order(values, keys, n), "passes": 1}


def batch_bald(given: Given, n: int) -> Prepared:
    return lambda: aw.pick.batch_bald(given["samples"], n=n, rng=0, configurations=1000)


def bald(given: Given, n: int) -> Prepared:
    return lambda: {"picks": aw.select(n, "bald", samples=given["samples"], execute=Serial()).rows, "passes": 1}


def power(given: Given, n: int) -> Prepared:
    chosen = aw.Strategy("bald", pick="power")
    return lambda: {"picks": aw.select(n, chosen, samples=given["samples"], execute=Serial()).rows, "passes": 1}


def margin(given: Given, n: int) -> Prepared:
    return lambda: {"picks": aw.select(n, "margin", probs=given["probs"], execute=Serial()).rows, "passes": 1}


def entropy(given: Given, n: int) -> Prepared:
    return lambda: {"picks": aw.select(n, "entropy", probs=given["probs"], execute=Serial()).rows, "passes": 1}


def typiclust(given: Given, n: int) -> Prepared:
    return lambda: aw.pick.typiclust(given["rows"], n=n, rng=0)


def k_means(given: Given, n: int) -> Prepared:
    rows = given["rows"]

    def run() -> dict:
        centres, labels = cluster(rows, n, np.random.default_rng(0))
        picks = distinct_nearest(rows, centres, np.arange(len(rows)))
        inertia = float(((rows - centres[labels]).astype(np.float64) ** 2).sum())
        return {"picks": picks, "inertia": inertia}

    return run


def prob_cover(given: Given, n: int, delta: float) -> Prepared:
    return lambda: aw.pick.prob_cover(given["rows"], n=n, rng=0, delta=delta)


def cover_given_graph(given: Given, n: int, delta: float) -> Prepared:
    balls = Balls.of(given["rows"], delta, 100_000_000)
    edges = len(balls.members)
    return lambda: {"picks": balls.cover(n, np.zeros(len(given["rows"]), dtype=bool)), "edges": edges}


def facility_location(given: Given, n: int, width: float, reference: int = 1 << 30) -> Prepared:
    rows = given["rows"]
    return lambda: aw.pick.facility_location(rows, n=n, rng=0, bandwidth=width, reference=reference)


def max_herding(given: Given, n: int, width: float) -> Prepared:
    return facility_location(given, n, width)


def nearest(given: Given, n: int, points: int) -> Prepared:
    rows = given["rows"]
    return lambda: np.sort(most_similar(rows, rows[:points], n)[0], axis=1)


def leverage(given: Given, n: int) -> Prepared:
    return lambda: {"picks": np.argsort(-leverage_of(given["rows"]))[:n], "passes": 2}


def duels(given: Given, n: int) -> Prepared:
    weights = given["rows"][:, 0].astype(np.float64) ** 2 + 0.1
    probabilities = weights / weights.sum() * n
    return lambda: tournament(probabilities, np.random.default_rng(0))


def quire(given: Given, n: int) -> Prepared:
    rows = given["rows"]
    pool, held = rows[:-20], rows[-20:]

    def run() -> np.ndarray:
        scores = aw.score.quire(pool, held, np.arange(20) % 2, gamma=1.0 / rows.shape[1])
        return np.argsort(-np.asarray(scores))[:n]

    run()
    return run


def ridge_error_reduction(given: Given, n: int) -> Prepared:
    """A linear head of ridge regression, 10 classes, 1000 labelled rows, 500 targets, all other rows as candidates."""
    rows = given["rows"]
    targets, held, pool = rows[:500], rows[500:1500], rows[1500:]
    labels = np.arange(len(held)) % 10
    settings = {"kernel_name": "linear", "noise": 0.1}
    return lambda: aw.score.gaussian_error_reduction(pool, targets, held, labels, **settings).argmax(keepdims=True)


def expected_error_reduction(given: Given, n: int) -> Prepared:
    from askwise.kernels.parzen import class_counts

    rows = given["rows"]
    pool, held, labels = rows[:-20], rows[-20:], np.arange(20) % 2

    def run() -> np.ndarray:
        counts = class_counts(pool, held, labels, 2)
        scores = aw.score.expected_error_reduction(pool, counts, rows, held, labels)
        return np.argsort(-np.asarray(scores))[:n]

    run()
    return run


if __name__ == "__main__":
    main(
        {
            name: call
            for name, call in list(vars().items())
            if callable(call) and getattr(call, "__module__", "") == "__main__"
        }
    )
