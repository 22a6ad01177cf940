"""The page of C1 from its runs."""

from __future__ import annotations

import numpy as np
from c1_methods import ARMS, BATCH, CORE, METHODS, POOL, START, TASKS, VALIDATION
from figures import Figure, apart, table

Found = dict[tuple[str, str, int, str], list[float]]
"""Log RMSE after each round, by arm, task, seed and method."""

ERROR = 0.002 * 2**0.5
"""Standard error of a difference of two published figures."""
RECIPE, PLAIN = ARMS
GRADIENTS, INPUTS, VARIANCE = "LCMD-TP, gradients", "LCMD-TP, inputs", "MaxDiag P, gradients"


def heights(found: Found, arm: str, task: str, method: str, seeds: int) -> np.ndarray:
    """Mean log RMSE over the rounds (s,), by seed."""
    return np.array([np.mean(found[arm, task, seed, method]) for seed in range(seeds)])


def less(found: Found, arm: str, method: str, base: str, seeds: int | None = None) -> np.ndarray:
    """The same less that of another method on the same splits: (tasks, seeds)."""
    count = ARMS[arm].seeds if seeds is None else seeds
    return np.array([heights(found, arm, t, method, count) - heights(found, arm, t, base, count) for t in TASKS])


def section(found: Found) -> str:
    return "\n\n".join([HEAD, SIZES, main_table(found), conclusions(found), NETWORK, networks(found), WHY])


def main_table(found: Found) -> str:
    """Every method with the published network, beside the published figures."""
    cells, far = [], []
    for method in ARMS[RECIPE].methods:
        published = METHODS[method][2]
        level = np.mean([heights(found, RECIPE, task, method, ARMS[RECIPE].seeds) for task in TASKS])
        if method == "random":
            cells.append([method, f"{level:.3f}", *[""] * (len(TASKS) + 1), f"{published:.3f}", ""])
            continue
        gains, wanted = less(found, RECIPE, method, "random"), published - METHODS["random"][2]
        gain = Figure.of(gains.ravel())
        far += [method] if abs(apart(gain, wanted, ERROR)) > 2 else []
        parts = [f"{one.mean():+.3f}" for one in gains]
        cells.append([method, f"{level:.3f}", *parts, str(gain), f"{published:.3f}", f"{wanted:+.3f}"])
    head = ["method", "log RMSE, ours", *(f"less random, {task}" for task in TASKS), "both"]
    said = f"More than two standard errors from the published difference: {'; '.join(far) or 'none'}."
    return table([*head, "published log RMSE", "published less random"], cells) + f"\n\n{said}"


def conclusions(found: Found) -> str:
    """The published lessons that these methods can show, one by one, by the intervals."""
    lines = [
        ("clustering of gradients better than random", (GRADIENTS, "random"), True),
        ("variance alone worse than random", (VARIANCE, "random"), False),
        ("clustering better than variance", (GRADIENTS, VARIANCE), True),
        ("gradients better than inputs, both by LCMD", (GRADIENTS, INPUTS), True),
        ("LCMD on inputs better than random", (INPUTS, "random"), True),
    ]
    said = [f"- {what}: {_verdict(Figure.of(less(found, RECIPE, *pair).ravel()), low)}" for what, pair, low in lines]
    return "Lessons of the paper, here:\n\n" + "\n".join(said)


def _verdict(gain: Figure, below_zero: bool) -> str:
    """Whether a difference is on the published side of zero, clearly or not."""
    if abs(gain.value) <= gain.reach:
        return f"not told apart ({gain})"
    return f"{'holds' if (gain.value < 0) == below_zero else 'reversed'} ({gain})"


def networks(found: Found) -> str:
    """The gains of the first split with each network."""
    cells = []
    for arm in ARMS:
        gains = [less(found, arm, method, "random", 1)[:, 0] for method in CORE[1:]]
        for i, task in enumerate(TASKS):
            level = heights(found, arm, task, "random", 1)[0]
            cells.append([arm, task, f"{level:.3f}", *(f"{one[i]:+.3f}" for one in gains)])
    return table(["network", "task", "random, log RMSE", *(f"{method} less random" for method in CORE[1:])], cells)


HEAD = "## C1: batches for regression (small)"
SIZES = (
    "Mean log RMSE over the rounds, and less that of random rows on the same splits; below zero is better. Published:"
    " 15 data sets, 16 rounds of 256 from a pool of up to 200,000 rows, 20 splits, two layers of 512 ReLU units in the"
    " neural tangent parametrisation, Adam, 256 epochs. Ours: the two of the 15 that are among our data sets"
    f" ({' and '.join(TASKS)}), the first {ARMS[RECIPE].rounds} rounds of {BATCH}, pools of {POOL} rows,"
    f" {ARMS[RECIPE].seeds} splits of each task, the published network and training at {ARMS[RECIPE].width} units a"
    f" layer; ± is a 95% interval over tasks and splits together. As published, {START} labels to begin with,"
    f" {VALIDATION} validation rows that choose the epoch, inputs standardised and squashed by 5 tanh(x / 5), gradients"
    " sketched to 512. The other tasks are not among our data sets: of kegg_undir_uci the public repository keeps a"
    " pointer to a large file, the others were not looked for. Published figures by data set are not at hand, so order"
    " and sign can be compared, not the size."
)
NETWORK = (
    "The first split again with scikit-learn's network (128 units, its own initialisation, Adam at .003 in batches of"
    " 64, 100 epochs) in place of the published recipe, all else equal:"
)
WHY = (
    "An earlier version of this page ran scikit-learn's network on pools of 6000 rows, 3 rounds and 5 splits and found,"
    " less random: LCMD on gradients -0.033 ± 0.018, k-means++ -0.021 ± 0.018, LCMD on inputs -0.037 ± 0.017, MaxDiag"
    " -0.025 ± 0.009 (protein +0.009 ± 0.010, fried -0.059 ± 0.016), and left open why variance alone does not lose."
    " The network is a reason: on fried the published recipe turns the sign of MaxDiag on the same split, and reaches a"
    " much lower error with random rows: the gain belonged to a network which fitted fried badly. That gradients"
    " do not beat inputs is the same with both networks (here and in the earlier version), so the recipe does not"
    " explain it; both tasks have ten inputs or fewer, and the published advantage is a mean over 15 tasks, some with"
    " hundreds of inputs, which could not be checked."
)
