"""What is timed: each job is one selection on one pool, ours beside others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GB = 1 << 30


@dataclass(frozen=True)
class Other:
    """Who else does it: an environment of benchmarks.peers, or "plain" for the obvious forms, and the call there.

    `compare` says how picks are held against ours: "order", "set", or "" where a draw or a tie decides.
    """

    who: str
    call: str
    compare: str = ""
    settings: dict[str, Any] | None = None
    name: str = ""

    @property
    def label(self) -> str:
        """How the table names it."""
        return self.name or (self.who if self.who != "plain" else self.call.replace("_", " "))


@dataclass(frozen=True)
class Job:
    """One selection. `gigabytes` and `flops` (of float32) are the least that must be read and multiplied."""

    call: str
    pool: str
    rows: int
    settings: dict[str, Any]
    others: tuple[Other, ...] = ()
    classes: int = 0
    draws: int = 0
    features: bool = True
    gigabytes: float = 0.0
    flops: float = 0.0
    label: str = ""
    warm: dict[str, Any] | None = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name among the results."""
        settings = ",".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.call}|{self.pool}|{self.rows}|{self.classes}|{self.draws}|{settings}"

    @property
    def warming(self) -> dict[str, Any] | None:
        """Settings of the warm-up: the same with few picks; None to go without."""
        if self.warm is None:
            return None
        small = {"n": min(self.settings["n"], 20), **self.warm}
        return {**{name: min(v, 50) if name in ("held", "points") else v for name, v in self.settings.items()}, **small}


def _pool(rows: int, passes: float = 1.0) -> float:
    """Gigabytes of so many passes over 512 columns of float32."""
    return passes * rows * 512 * 4 / 1e9


def _bald(rows: int, picks: int, others: tuple[Other, ...], **more: Any) -> Job:
    return Job(
        "batch_bald",
        "draws",
        rows,
        {"n": picks},
        others,
        classes=10,
        draws=100,
        features=False,
        gigabytes=rows * 4000 / 1e9,
        **more,
    )


SK, BM, ST, RE, BA, FA = "scikit_activeml", "bmdal_reg", "small_text", "batchbald_redux", "baal", "faiss"
_SCAN = Other("plain", "scan")

VERSUS = [
    Job(
        "k_center",
        "text",
        10_000,
        {"n": 100},
        (
            Other(BM, "k_center", "order"),
            Other(BM, "k_center_cdist", "order", name="one torch.cdist a pick"),
            Other(SK, "k_center", "order"),
            Other(ST, "k_center", "order"),
            Other("plain", "k_center_numpy", "order"),
        ),
        gigabytes=_pool(10_000),
    ),
    Job(
        "k_center",
        "clustered",
        60_000,
        {"n": 100},
        (Other(BM, "k_center", "order"), Other(SK, "k_center", "order"), Other("plain", "k_center_scan", "order")),
        gigabytes=_pool(60_000),
    ),
    Job(
        "k_center",
        "images",
        60_000,
        {"n": 100},
        (Other(BM, "k_center", "order"), Other("plain", "k_center_scan", "order")),
        gigabytes=_pool(60_000),
    ),
    Job(
        "badge",
        "text",
        5_000,
        {"n": 100},
        (Other(SK, "badge"), Other(ST, "badge"), Other("plain", "badge_authors"), Other("plain", "badge_scan")),
        classes=10,
        gigabytes=_pool(5_000),
    ),
    Job(
        "badge",
        "text",
        10_000,
        {"n": 100},
        (Other(SK, "badge"), Other(ST, "badge")),
        classes=100,
        gigabytes=_pool(10_000),
    ),
    Job(
        "badge",
        "text",
        10_000,
        {"n": 100},
        (Other(SK, "badge"), Other(ST, "badge")),
        classes=1000,
        gigabytes=_pool(10_000),
    ),
    Job("k_means_pp", "clustered", 60_000, {"n": 400}, (Other(BM, "k_means_pp"), _SCAN), gigabytes=_pool(60_000)),
    Job(
        "k_means_pp",
        "text",
        50_000,
        {"n": 1000},
        (Other("plain", "k_means_pp_sklearn"), _SCAN),
        gigabytes=_pool(50_000),
    ),
    Job("k_means", "images", 20_000, {"n": 200}, (Other(FA, "k_means"),), flops=20_000 * 200 * 512 * 2),
    *(
        Job("lcmd", pool, 60_000, {"n": 50}, (Other(BM, "lcmd", "order"), _SCAN), gigabytes=_pool(60_000, 50))
        for pool in ("clustered", "images", "formless")
    ),
    Job(
        "max_det",
        "clustered",
        60_000,
        {"n": 200},
        (Other(BM, "max_det", "order"), _SCAN),
        flops=2 * 60_000 * 512 * 200 * 2,
    ),
    Job(
        "frank_wolfe",
        "images",
        60_000,
        {"n": 30},
        (Other(BM, "frank_wolfe", "order"), _SCAN),
        gigabytes=_pool(60_000, 30),
    ),
    Job("bait", "images", 20_000, {"n": 30}, (Other(BM, "bait", "order"), _SCAN), gigabytes=_pool(20_000, 30)),
    _bald(5_000, 10, (Other(RE, "batch_bald", "order"), Other(SK, "batch_bald", "order"), Other(BA, "batch_bald"))),
    Job(
        "bald",
        "draws",
        200_000,
        {"n": 100},
        (Other("plain", "bald_numpy", "set"), Other(ST, "bald", "set"), Other(BA, "bald", "set")),
        classes=10,
        draws=20,
        features=False,
        gigabytes=200_000 * 200 * 4 / 1e9,
    ),
    Job(
        "power",
        "draws",
        200_000,
        {"n": 100},
        (Other("plain", "bald_numpy"),),
        classes=10,
        draws=20,
        features=False,
        gigabytes=200_000 * 200 * 4 / 1e9,
    ),
    Job(
        "margin",
        "chances",
        1_000_000,
        {"n": 100},
        (
            Other("plain", "margin_numpy", "set"),
            Other("plain", "read"),
            Other(SK, "margin", "set"),
            Other(ST, "margin", "set"),
        ),
        classes=10,
        features=False,
        gigabytes=1e6 * 40 / 1e9,
    ),
    Job(
        "entropy",
        "chances",
        100_000,
        {"n": 1000},
        (Other("plain", "entropy_numpy", "set"), Other("plain", "read")),
        classes=1000,
        features=False,
        gigabytes=1e5 * 4000 / 1e9,
    ),
    Job(
        "top",
        "formless",
        1_000,
        {"n": 1000, "scores": 10_000_000},
        (Other("plain", "top_numpy", "set"),),
        gigabytes=0.08,
        label="top 1000 of 10,000,000 scores",
        warm={"scores": 100_000},
    ),
    *(
        Job(
            f"{call}_torch",
            "clustered",
            20_000,
            {"n": 100},
            (Other("askwise", call, "" if call == "k_center" else "order", name="compiled"),),
            gigabytes=_pool(20_000),
            label=f"{call}, torch on the processor",
        )
        for call in ("k_center", "k_means_pp", "lcmd")
    ),
    Job("typiclust", "clustered", 20_000, {"n": 200}, (Other(SK, "typiclust"),), flops=20_000 * 200 * 512 * 2),
    Job(
        "prob_cover",
        "text",
        5_000,
        {"n": 100, "delta": 0.5},
        (Other(SK, "prob_cover"),),
        flops=5_000**2 * 512 * 2,
    ),
    Job("prob_cover", "text", 20_000, {"n": 100, "delta": 0.5}, (Other(SK, "prob_cover"),), flops=20_000**2 * 512 * 2),
    Job(
        "cover_given_graph",
        "images",
        20_000,
        {"n": 500, "delta": 6.5},
        (Other("plain", "cover_authors", "order"),),
        label="prob_cover, graph given",
    ),
    Job(
        "facility_location",
        "clustered",
        10_000,
        {"n": 100, "width": 3.0},
        (Other("plain", "facility_location_recomputed", "order"),),
        flops=10_000**2 * 512 * 2,
    ),
    Job(
        "facility_location",
        "clustered",
        10_000,
        {"n": 100, "width": 3.0, "reference": 2000},
        (Other("plain", "facility_location_recomputed", settings={"n": 100, "width": 3.0}),),
        flops=10_000 * 2000 * 512 * 2,
        label="facility_location, 2000 reference rows",
    ),
    Job(
        "max_herding",
        "text",
        5_000,
        {"n": 100, "width": 1.0},
        (Other(SK, "max_herding", "order"),),
        flops=5_000**2 * 1024,
    ),
    Job(
        "nearest",
        "text",
        30_000,
        {"n": 20, "points": 3000},
        (Other(FA, "nearest", "set"),),
        flops=30_000 * 3000 * 1024,
        label="nearest rows of 3,000 (seals)",
    ),
    Job(
        "ridge_error_reduction",
        "text",
        3_500,
        {"n": 1},
        (Other("plain", "ridge_error_reduction_refits"),),
        label="error reduction, linear head",
        warm=None,
    ),
    Job(
        "leverage",
        "clustered",
        20_000,
        {"n": 100},
        (Other("plain", "leverage_qr", "set"),),
        flops=2 * 20_000 * 512**2 * 2,
    ),
    Job("duels", "formless", 100_000, {"n": 1000}, (Other("plain", "duels_python"),), label="pivotal, duels alone"),
    Job("quire", "text", 600, {"n": 10}, (Other(SK, "quire"),), warm=None),
    Job("expected_error_reduction", "text", 200, {"n": 10}, (Other(SK, "expected_error_reduction"),), warm=None),
]
"""Beside other libraries and the obvious forms."""

LARGE = [
    *(
        Job(
            "k_center",
            pool,
            100_000,
            {"n": 1000},
            (Other("plain", "k_center_scan", "order"),),
            gigabytes=_pool(100_000),
        )
        for pool in ("clustered", "formless", "text")
    ),
    Job(
        "k_center",
        "clustered",
        100_000,
        {"n": 1000, "held": 10_000},
        (Other("plain", "k_center_scan"),),
        gigabytes=_pool(100_000),
        label="k_center, 10,000 labelled",
    ),
    *(
        Job(
            "badge",
            "text",
            100_000,
            {"n": 1000},
            (Other("plain", "badge_scan"),),
            classes=c,
            gigabytes=_pool(100_000, 2),
        )
        for c in (10, 100, 1000)
    ),
    Job("max_det", "clustered", 100_000, {"n": 1000}, (_SCAN,), flops=2 * 100_000 * 512 * 1000 * 2),
]
"""Large pools and batches, against a compiled scan."""

HUGE = [
    Job(
        "k_center",
        "clustered",
        1_000_000,
        {"n": 1000},
        (Other("plain", "k_center_scan", "order"),),
        gigabytes=_pool(1_000_000),
    ),
    Job("k_means_pp", "clustered", 1_000_000, {"n": 1000}, (_SCAN,), gigabytes=_pool(1_000_000, 2)),
    Job(
        "badge",
        "clustered",
        1_000_000,
        {"n": 1000},
        (Other("plain", "badge_scan"),),
        classes=10,
        gigabytes=_pool(1_000_000, 2),
    ),
    Job("max_det", "clustered", 1_000_000, {"n": 100}, (_SCAN,), flops=2 * 1_000_000 * 512 * 100 * 2),
    Job("leverage", "clustered", 1_000_000, {"n": 1000}, flops=2 * 1_000_000 * 512**2 * 2),
    Job(
        "margin",
        "chances",
        10_000_000,
        {"n": 10_000},
        (Other("plain", "margin_numpy", "set"), Other("plain", "read")),
        classes=10,
        features=False,
        gigabytes=1e7 * 40 / 1e9,
    ),
    Job("k_center", "clustered", 100_000, {"n": 10_000}, (Other("plain", "k_center_scan", "order"),)),
    Job("k_means_pp", "clustered", 100_000, {"n": 10_000}, (_SCAN,)),
    Job("badge", "clustered", 100_000, {"n": 10_000}, (Other("plain", "badge_scan"),), classes=10),
]
"""A million rows, 2 GB, and more; and batches of ten thousand."""

_GROWING: dict[str, tuple[str, int, dict[str, Any]]] = {
    "k_center": ("clustered", 300, {}),
    "k_means_pp": ("clustered", 300, {}),
    "badge": ("clustered", 300, {"classes": 10}),
    "lcmd": ("clustered", 30, {}),
    "max_det": ("clustered", 100, {}),
    "frank_wolfe": ("clustered", 20, {}),
    "bait": ("clustered", 10, {}),
    "typiclust": ("clustered", 50, {}),
    "leverage": ("clustered", 100, {}),
    "margin": ("chances", 100, {"classes": 10, "features": False}),
    "bald": ("draws", 100, {"classes": 10, "draws": 20, "features": False}),
    "batch_bald": ("draws", 10, {"classes": 10, "draws": 20, "features": False}),
}

SIZES = (25_000, 50_000, 100_000)
BATCHES = (100, 1000)

GROWTH = [
    *(Job(call, pool, size, {"n": picks}, **more) for call, (pool, picks, more) in _GROWING.items() for size in SIZES),
    *(
        Job(call, "clustered", 60_000, {"n": n}, classes=10 if call == "badge" else 0)
        for call in ("k_center", "k_means_pp", "badge", "max_det")
        for n in (*BATCHES, 10_000)
        if not (call == "max_det" and n > 1000)
    ),
]
"""The same selection on growing pools and in growing batches."""
