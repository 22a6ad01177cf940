"""What the selections shall reach, and what they reach, out of the results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.selection.jobs import GROWTH, HUGE, LARGE, VERSUS, Job
from benchmarks.selection.run import Results

_JOBS = [*VERSUS, *LARGE, *HUGE, *GROWTH]


@dataclass(frozen=True)
class Goal:
    """One demand: a figure out of the results, and whether it must be at least or at most the bound."""

    selection: str
    demanded: str
    reached: Callable[[Results], float | None]
    bound: float
    at_least: bool = True
    unit: str = "x"
    note: str = ""

    def met(self, value: float) -> bool:
        """Whether the figure is on the right side of the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def told(self, value: float) -> str:
        """The figure with its unit."""
        digits = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
        return f"{digits}{self.unit}"


def find(call: str, pool: str, rows: int, classes: int = 0, **settings: object) -> Job:
    """The job of this call, pool and size whose settings include these."""
    for job in _JOBS:
        same = (job.call, job.pool, job.rows) == (call, pool, rows) and (not classes or job.classes == classes)
        if same and all(job.settings.get(name) == value for name, value in settings.items()) and job.others:
            return job
    raise LookupError(f"no job {call} on {rows} rows of {pool} with {settings}")


def ratio(job: Job, *labels: str, worst: bool = True) -> Callable[[Results], float | None]:
    """Their seconds over ours; of several labels the smallest."""

    def reached(results: Results) -> float | None:
        ours = results.get(job)
        others = [results.get(job, label) for label in labels]
        times = [one["cpu"] for one in others if one is not None and "cpu" in one]
        if ours is None or not ours.get("cpu") or not times:
            return None
        return float((min(times) if worst else max(times)) / ours["cpu"])

    return reached


def inverse(reached: Callable[[Results], float | None]) -> Callable[[Results], float | None]:
    """Ours over theirs."""

    def turned(results: Results) -> float | None:
        value = reached(results)
        return None if not value else 1.0 / value

    return turned


def figure(job: Job, name: str, scale: float = 1.0) -> Callable[[Results], float | None]:
    """A number that ours told, times a scale."""

    def reached(results: Results) -> float | None:
        ours = results.get(job)
        return None if ours is None or name not in ours else float(ours[name]) * scale

    return reached


def slope(call: str) -> Callable[[Results], float | None]:
    """Growth exponent in rows."""

    def reached(results: Results) -> float | None:
        from benchmarks.selection.page import exponent

        return exponent(call, results)

    return reached


def _growth(call: str, bound: float) -> Goal:
    return Goal(call, f"exponent in rows <= {bound:g}", slope(call), bound, at_least=False, unit="")


_K60 = find("k_center", "clustered", 60_000, n=100)
_DET = find("max_det", "clustered", 100_000, n=1000)
_FACILITY = find("facility_location", "clustered", 10_000, n=100)
_COVER = find("cover_given_graph", "images", 20_000)
_MARGIN = find("margin", "chances", 1_000_000)
_ENTROPY = find("entropy", "chances", 100_000)
_BADGE = find("badge", "text", 5_000, classes=10)

GOALS = [
    Goal("k_center, 60,000 rows, 100 picks", ">= 25x bmdal_reg", ratio(_K60, "bmdal_reg"), 25),
    Goal("", ">= 150x scikit-activeml", ratio(_K60, "scikit_activeml"), 150),
    Goal(
        "k_center, 1000 picks",
        ">= 6x own scan at 100,000, clustered",
        ratio(find("k_center", "clustered", 100_000, n=1000), "k center scan"),
        6,
    ),
    Goal("", "the same, formless", ratio(find("k_center", "formless", 100_000, n=1000), "k center scan"), 6),
    Goal("", "the same, text", ratio(find("k_center", "text", 100_000, n=1000), "k center scan"), 6),
    Goal(
        "",
        ">= 15x own scan at 1,000,000",
        ratio(find("k_center", "clustered", 1_000_000, n=1000), "k center scan"),
        15,
    ),
    Goal(
        "k_center, 10,000 labelled",
        ">= 40x own scan",
        ratio(find("k_center", "clustered", 100_000, n=1000, held=10_000), "k center scan"),
        40,
    ),
    _growth("k_center", 0.9),
    Goal(
        "badge, 10 classes",
        ">= 500x any peer (5,000 rows)",
        ratio(_BADGE, "scikit_activeml", "small_text", "badge authors"),
        500,
    ),
    Goal(
        "",
        ">= 50x factored scan at 100,000",
        ratio(find("badge", "text", 100_000, classes=10), "badge scan"),
        50,
    ),
    _growth("badge", 1.0),
    Goal(
        "k_means_pp",
        ">= 50x bmdal_reg (60,000 rows, 400 picks)",
        ratio(find("k_means_pp", "clustered", 60_000), "bmdal_reg"),
        50,
    ),
    Goal(
        "",
        ">= 60x scikit-learn, one trial (50,000, 1000)",
        ratio(find("k_means_pp", "text", 50_000), "k means pp sklearn"),
        60,
    ),
    _growth("k_means_pp", 1.0),
    Goal("lcmd", ">= 3x bmdal_reg, clustered", ratio(find("lcmd", "clustered", 60_000), "bmdal_reg"), 3),
    Goal("", ">= 3x bmdal_reg, images", ratio(find("lcmd", "images", 60_000), "bmdal_reg"), 3),
    Goal("", "never below 1x: formless", ratio(find("lcmd", "formless", 60_000), "bmdal_reg"), 1),
    _growth("lcmd", 1.05),
    Goal("max_det", ">= 10x bmdal_reg", ratio(find("max_det", "clustered", 60_000), "bmdal_reg"), 10),
    Goal("", "<= 30 passes per 1000 picks", figure(_DET, "passes"), 30, at_least=False, unit=" passes"),
    _growth("max_det", 1.05),
    Goal("frank_wolfe", ">= 3x bmdal_reg", ratio(find("frank_wolfe", "images", 60_000), "bmdal_reg"), 3),
    _growth("frank_wolfe", 1.05),
    Goal("bait, forward", ">= 6x bmdal_reg", ratio(find("bait", "images", 20_000), "bmdal_reg"), 6),
    _growth("bait", 1.05),
    Goal(
        "batch_bald, 5,000 rows, 10 picks",
        ">= 200x batchbald_redux",
        ratio(find("batch_bald", "draws", 5_000), "batchbald_redux"),
        200,
    ),
    Goal("bald with the best n", ">= 5x NumPy", ratio(find("bald", "draws", 200_000), "bald numpy"), 5),
    Goal("power on bald", ">= 5x NumPy", ratio(find("power", "draws", 200_000), "bald numpy"), 5),
    Goal(
        "top 1000 of 10,000,000 scores",
        ">= 4x argpartition",
        ratio(find("top", "formless", 1_000), "top numpy"),
        4,
    ),
    Goal("margin, 10 classes", ">= 4x NumPy", ratio(_MARGIN, "margin numpy"), 4),
    Goal("", ">= 100x scikit-activeml", ratio(_MARGIN, "scikit_activeml"), 100),
    Goal(
        "", "within 2x of a read", inverse(ratio(_MARGIN, "read")), 2, at_least=False, note="checks of input included"
    ),
    Goal("entropy, 1000 classes", ">= 4x NumPy", ratio(_ENTROPY, "entropy numpy"), 4),
    Goal(
        "", "within 2x of a read", inverse(ratio(_ENTROPY, "read")), 2, at_least=False, note="checks of input included"
    ),
    Goal("typiclust", ">= 8x scikit-activeml", ratio(find("typiclust", "clustered", 20_000), "scikit_activeml"), 8),
    _growth("typiclust", 1.05),
    Goal("prob_cover, graph given", ">= 500x the original", ratio(_COVER, "cover authors"), 500),
    Goal(
        "facility_location",
        ">= 10x recomputed",
        ratio(_FACILITY, "facility location recomputed"),
        10,
    ),
    Goal(
        "facility_location, 2000 reference rows",
        ">= 100x recomputed",
        ratio(find("facility_location", "clustered", 10_000, reference=2000), "facility location recomputed"),
        100,
    ),
    Goal("nearest rows", "as faiss flat", ratio(find("nearest", "text", 30_000), "faiss"), 1),
    Goal(
        "leverage",
        ">= 8x QR",
        ratio(find("leverage", "clustered", 20_000), "leverage qr"),
        8,
    ),
    Goal("pivotal, duels", ">= 10x Python", ratio(find("duels", "formless", 100_000), "duels python"), 10),
    Goal(
        "error reduction, linear head",
        ">= 100x refits",
        ratio(find("ridge_error_reduction", "text", 3_500), "ridge error reduction refits"),
        100,
    ),
    Goal(
        "k_center out of core, 4,000,000 x 256 float16",
        "<= 6 passes, <= 1 GB",
        lambda results: None,
        6,
        note="see memory.md: 3 passes, 0.64 GB",
    ),
]
"""Demands in the order in which they were written down."""
