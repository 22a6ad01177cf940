"""C2: the re-benchmark of binary tables, one query at a time until the pool is empty (Lu, Li and Lin 2023)."""

from __future__ import annotations

import warnings
from statistics import fmean

import c2_mismatch
import c2_protocol as protocol
import numpy as np
from c2_protocol import Choose, World
from c2_published import BY_SEED, TABLE
from figures import Figure, apart, spread, table
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import askwise as aw

SMALL, MIDDLE = 600, 1000
STRATEGIES = ("random", "US-C", "Core-Set", "QBC")
COMMITTEES = ("sonar", "heart", "haberman", "ionosphere", "clean1", "breast", "wdbc")
"""Sets on which the committee is run: it costs four fits a query."""
QBC_SEEDS, EXACT_SEEDS = 10, 5
OTHER_FILES = ("breast", "tictactoe")
"""Sets of which the published figures are of another file than ours."""


def seeds(name: str, strategy: str) -> int:
    """How many splits are run: as many as published on the small sets."""
    if strategy == "QBC":
        return QBC_SEEDS if name in COMMITTEES else 0
    n = len(protocol.rows(name)[1])
    return 100 if n < SMALL else 30 if n <= MIDDLE else 5 if n < 5000 else 3


def committee(found: World, seed: int) -> Choose:
    """QBC: vote entropy of four models, each on a bootstrap of the labelled rows that holds both classes."""
    rng = np.random.default_rng([seed, 1])
    members = (
        LogisticRegression(),
        SVC(kernel="linear"),
        SVC(kernel="rbf", gamma="auto"),
        LinearDiscriminantAnalysis(),
    )

    def bag(labelled: np.ndarray) -> np.ndarray:
        while True:
            drawn = rng.choice(labelled, len(labelled))
            if len(np.unique(found.y[drawn])) == 2:
                return drawn

    def choose(free: np.ndarray, labelled: np.ndarray, heights: np.ndarray) -> np.ndarray:
        votes = []
        for member in members:
            drawn = bag(labelled)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # collinear columns, and the iterations that were published
                votes.append(member.fit(found.pool[drawn], found.y[drawn]).predict(found.pool[free]))
        of_members = np.column_stack(votes)
        return free[aw.select(1, aw.score.vote_entropy, votes=of_members, seed=seed + len(labelled)).rows]

    return choose


def run(job: tuple[str, str, int]) -> float:
    """Area under the budget curve of one set, strategy and split; NaN where the first rows lack a class."""
    name, strategy, seed = job
    found = protocol.world(name, seed)
    if found is None:
        return float("nan")
    if strategy == "US-C":
        return protocol.svm_area(found, protocol.boundary(seed))
    if strategy == "QBC":
        return protocol.svm_area(found, committee(found, seed))
    every = protocol.EVERY if len(protocol.rows(name)[1]) > protocol.LARGE else 1
    name_here = {"Core-Set": "k_center"}.get(strategy, strategy)
    return protocol.svm_area(found, protocol.in_order(found, name_here, seed, every))


def exact(job: tuple[str, int]) -> float:
    """US-C with scikit-learn's support vector machine fitted anew after each query."""
    name, seed = job
    found = protocol.world(name, seed)
    return float("nan") if found is None else protocol.refitted_area(found, protocol.boundary(seed))


def jobs() -> list[tuple[str, str, int]]:
    """Sets outermost, from the small to the large."""
    return [(name, one, seed) for name in TABLE for one in STRATEGIES for seed in range(seeds(name, one))]


def exact_jobs() -> list[tuple[str, int]]:
    """Splits whose published area is at hand."""
    return [(name, seed) for name in BY_SEED for seed in range(EXACT_SEEDS)]


def section(workers: int) -> str:
    wanted, again = jobs(), exact_jobs()
    found = dict(zip(wanted, spread(run, wanted, workers), strict=True))
    runs = {
        (name, one): np.array([found[name, one, seed] for seed in range(seeds(name, one))])
        for name in TABLE
        for one in STRATEGIES
    }
    refitted = dict(zip(again, spread(exact, again, workers), strict=True))
    return "\n\n".join([HEAD, whole(runs), OTHERS, by_seed(runs, refitted), c2_mismatch.section(workers)])


def whole(runs: dict[tuple[str, str], np.ndarray]) -> str:
    """The table of all sets, and what differs."""
    cells, far, order = [], [], []
    for name, published in TABLE.items():
        shown = []
        for one, (mean, spread_) in zip(STRATEGIES, published.values, strict=True):
            mine = runs[name, one][np.isfinite(runs[name, one])]
            if len(mine) < 2:
                shown.append(f"({mean:.4f})")
                continue
            ours, error = Figure.of(mine), spread_ / np.sqrt(published.seeds)
            gap = apart(ours, mean, error)
            far += [f"{one} on {name} ({gap:+.1f})"] if abs(gap) > 2 and name not in OTHER_FILES else []
            shown.append(f"{ours.value:.4f} ± {ours.reach:.4f} ({mean:.4f})")
        gain = runs[name, "US-C"] - runs[name, "random"]
        ours, said = Figure.of(gain[np.isfinite(gain)]), published.values[1][0] - published.values[0][0]
        order += [(ours, said)] if name not in OTHER_FILES else []
        mark = "*" if name in OTHER_FILES else ""
        cells.append(
            [
                name + mark,
                len(protocol.rows(name)[1]),
                ours.n,
                *shown,
                f"{ours.value:+.4f} ± {ours.reach:.4f} ({said:+.4f})",
            ]
        )
    head = ["data", "rows", "splits", *STRATEGIES, "US-C less random"]
    same = sum((ours.value > 0) == (said > 0) for ours, said in order)
    clear = sum(abs(ours.value) > ours.reach and (ours.value > 0) != (said > 0) for ours, said in order)
    return "\n\n".join(
        [
            table(head, cells),
            f"US-C gains or loses against random as published on {same} of {len(order)} sets; on {clear} the interval"
            f" says the opposite of what was published. More than two standard errors apart, of"
            f" {sum(len(one) > 0 and pair[0] not in OTHER_FILES for pair, one in runs.items())} comparisons:"
            f" {', '.join(far) or 'none'}.",
        ]
    )


def by_seed(runs: dict[tuple[str, str], np.ndarray], refitted: dict[tuple[str, int], float]) -> str:
    """US-C beside the published area of the same split."""
    cells = []
    for name, published in BY_SEED.items():
        mine, said = runs[name, "US-C"][: len(published)], np.array(published)
        again = np.array([refitted[name, seed] for seed in range(EXACT_SEEDS)])
        gaps = np.abs(again - said[:EXACT_SEEDS])
        cells.append(
            [
                name,
                f"{int((gaps < 1e-5).sum())} of {len(gaps)}",
                f"{gaps.max():.5f}",
                f"{fmean(mine):.5f}",
                f"{fmean(published):.5f}",
                f"{np.abs(mine - said).max():.5f}",
                f"{np.corrcoef(mine, said)[0, 1]:.5f}",
            ]
        )
    head = [
        "data",
        "SVC fitted anew: equal to five digits",
        "largest difference",
        f"growing: mean of {len(next(iter(BY_SEED.values())))} splits",
        "published",
        "largest difference",
        "correlation",
    ]
    return "\n\n".join([SEED_BY_SEED, table(head, cells)])


HEAD = (
    "## C2: binary tables of the re-benchmark\n\n"
    "Area under the budget curve: the mean accuracy after each single query, from 20 random rows until the pool is"
    " empty; 40% of the rows are for testing, rows are standardised on the pool, the model is an SVM (RBF, C = 1, gamma"
    " 'auto'). US-C is the smallest absolute decision value (`boundary`), Core-Set `k_center`, QBC the vote entropy of"
    " logistic regression, two SVMs and a linear discriminant on bootstraps (`vote_entropy`), as published. In brackets"
    " the published figure, a mean of 100 splits (10 above 2000 rows), whose published standard deviation gives its"
    " error. The splits are the published ones, by the same seeds, as many as the column says"
    f" (QBC: {QBC_SEEDS}), so that US-C has no randomness of its own left, and differences from random are paired."
    " Seeds whose first rows lack a class are left out, as published. Seventeen of the 26 sets: ringnorm and twonorm"
    " are fresh draws from Breiman's generators, for the others ("
    "appendicitis, parkinsons, ex8a, ex8b, gcloudb, gcloudub, checkerboard, phoneme, phishing) our data lack the file."
    " The SVM grows: each fit starts from the last one and is solved to 1e-5, a tenth of the time of fits from nothing;"
    " above 2000 rows random and Core-Set are measured after every tenth query."
)
OTHERS = (
    "\\* Another file, left out of the comparison. Breast: the published accuracies are multiples of 1/274, which is"
    " two fifths of the 683 rows of the UCI set; the file that the survey published has 478 of them. Tic-tac-toe: 13 of"
    " the published seeds 0 to 149 are missing, because their 20 first rows lacked a class; with the 35% of the smaller"
    " class that the 958 boards have, that happens to one seed in 5000. It takes a smaller class of about a ninth, on"
    " which always saying the larger one is right in .88 of the cases: it would explain why all published strategies"
    " lie within .0021 of each other there."
)
SEED_BY_SEED = (
    "Seed by seed, US-C against the published area of the same split (five digits, `results/differentModels` of the"
    " benchmark): with scikit-learn's SVC fitted anew on the rows in the published order, and with the growing SVM of"
    " the table above. LIBSVM stops at a tolerance of 1e-3, so the order of the rows decides between nearly equal"
    " decision values; the growing SVM resolves them finer, and its path parts from the published one at such a pair."
    " The few splits on which the SVC fitted anew differs were not traced; rows with equal decision values, between"
    " which `boundary` draws by seed, are the likely cause."
)
