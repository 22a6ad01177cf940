"""C9: strategies on frozen embeddings with a linear head (LabelBench), on CLIP's or on anybody's.

``python -m benchmarks.published c9 --embeddings FILE.npz`` runs the protocol on arrays `train` (n, d), `train_labels`
(n,), `test` (t, d) and `test_labels` (t,) of a file, and sets the published figures beside; without a file it runs on
what stands in for them here.
"""

from __future__ import annotations

import io
import os
from functools import cache
from pathlib import Path

import numpy as np
from figures import Figure, spread, table
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import askwise as aw

DATA = Path(os.environ.get("ASKWISE_DATA", "../shared/data"))
SEEDS, STAND_IN_SEEDS, STAND_IN_ROWS, STAND_IN_WIDTH = 4, 3, 8000, 64
STRATEGIES = {
    "random": "random",
    "core-set": "k_center",
    "entropy": "entropy",
    "least confidence": "least_confidence",
    "margin": "margin",
    "GALAXY": "galaxy",
    "BADGE": "badge",
}
CIFAR10 = (200, 14, (0.9352, 0.9352, 0.9396, 0.9406, 0.9407, 0.9410, 0.9412))
CIFAR100 = (1000, 10, (0.7408, 0.7291, 0.7407, 0.7463, 0.7540, 0.7522, 0.7539))
"""Batch, rounds, and the published mean over the rounds by strategy: CLIP ViT-B/32, linear head, four seeds."""


def protocol(classes: int) -> tuple[int, int, tuple[float, ...]]:
    """What was published for so many classes."""
    return CIFAR100 if classes > 50 else CIFAR10


@cache
def arrays(file: str) -> tuple[np.ndarray, ...]:
    """Train and test embeddings, standardised on the train rows, with class indices; '' is the stand-in."""
    if not file:
        return stand_in()
    with np.load(file, allow_pickle=False) as held:
        missing = {"train", "train_labels", "test", "test_labels"} - set(held.files)
        if missing:
            raise SystemExit(f"{file} lacks {', '.join(sorted(missing))}; it has {', '.join(held.files) or 'nothing'}")
        train, test = held["train"].astype(np.float64), held["test"].astype(np.float64)
        y, truth = held["train_labels"], held["test_labels"]
    for name, rows, labels in (("train", train, y), ("test", test, truth)):
        if rows.ndim != 2 or labels.shape != (len(rows),):
            raise SystemExit(f"{file}: {name} {rows.shape} and its labels {labels.shape} must be (n, d) and (n,)")
    classes = np.unique(y)
    if not np.isin(truth, classes).all():
        raise SystemExit(f"{file}: test_labels has classes that train_labels lacks")
    scale = StandardScaler().fit(train)
    return scale.transform(train), np.searchsorted(classes, y), scale.transform(test), np.searchsorted(classes, truth)


def stand_in() -> tuple[np.ndarray, ...]:
    """Principal components of Fashion-MNIST's pixels: frozen features on which a linear head is far from perfect."""
    from PIL import Image
    from pyarrow import parquet
    from sklearn.decomposition import PCA

    found = []
    for part, rows in (("train", STAND_IN_ROWS), ("test", 5000)):
        held = parquet.read_table(DATA / "fashion_mnist" / f"{part}.parquet").slice(0, rows)
        pixels = [np.asarray(Image.open(io.BytesIO(one))).ravel() for one in held["image"].to_pylist()]
        found += [np.stack(pixels) / 255.0, held["label"].to_numpy()]
    train, y, test, truth = found
    model = PCA(STAND_IN_WIDTH, whiten=True, random_state=0).fit(train)
    return model.transform(train), y, model.transform(test), truth


def run(job: tuple[str, str, int]) -> list[float]:
    """Accuracy at each number of labels; all strategies of a seed begin with the same random batch."""
    file, name, seed = job
    pool, y, test, truth = arrays(file)
    batch, rounds, _ = protocol(int(y.max()) + 1)
    labelled, accuracy = np.random.default_rng(seed).permutation(len(pool))[:batch], []
    while True:
        head = LogisticRegression(C=0.1, max_iter=300).fit(pool[labelled], y[labelled])
        accuracy.append(float((head.predict(test) == truth).mean()))
        free = np.setdiff1d(np.arange(len(pool)), labelled)
        if len(accuracy) == rounds or len(free) < batch:
            return accuracy
        labelled = np.concatenate([labelled, chosen(name, head, pool, y, free, labelled, batch, seed)])


def chosen(
    name: str,
    head: LogisticRegression,
    pool: np.ndarray,
    y: np.ndarray,
    free: np.ndarray,
    labelled: np.ndarray,
    batch: int,
    seed: int,
) -> np.ndarray:
    """The next batch of a strategy. A class without a label yet has probability 0."""
    probs = np.zeros((len(pool), int(y.max()) + 1))
    probs[:, head.classes_] = head.predict_proba(pool)
    known = {"embeddings": pool[labelled], "probs": probs[labelled]}
    evidence = {"probs": probs[free], "embeddings": pool[free], "labels": y[labelled]}
    evidence |= {f"labelled_{what}": rows for what, rows in known.items()}
    return free[aw.select(batch, STRATEGIES[name], seed=seed + len(labelled), **evidence).rows]


def jobs(file: str = "") -> list[tuple[str, str, int]]:
    """Seeds outermost, so that a shorter run gives a whole table."""
    return [(file, name, seed) for seed in range(SEEDS if file else STAND_IN_SEEDS) for name in STRATEGIES]


def section(workers: int) -> str:
    file = os.environ.get("PUBLISHED_EMBEDDINGS", "")
    wanted = jobs(file)
    found = dict(zip(wanted, spread(run, wanted, workers), strict=True))
    seeds = range(1 + max(seed for _, _, seed in wanted))
    curves = {name: np.array([found[file, name, seed] for seed in seeds]) for name in STRATEGIES}
    classes = len(np.unique(arrays(file)[1])) if file else 10
    said = FROM_FILE.format(Path(file).name) if file else STAND_IN
    return "\n\n".join([HEAD, said, side_by_side(curves, classes), lessons(curves, classes)])


def side_by_side(curves: dict[str, np.ndarray], classes: int) -> str:
    """Means over the rounds and at the end, and what each gains on random, beside the published ones."""
    batch, _, published = protocol(classes)
    cells = []
    for (name, curve), mean in zip(curves.items(), published, strict=True):
        gain = Figure.of((curve - curves["random"]).mean(axis=1))
        shown = (
            ["", ""] if name == "random" else [f"{gain.value:+.4f} ± {gain.reach:.4f}", f"{mean - published[0]:+.4f}"]
        )
        ends = [f"{one.value:.4f} ± {one.reach:.4f}" for one in map(Figure.of, (curve.mean(axis=1), curve[:, -1]))]
        cells.append([name, *ends, f"{mean:.4f}", *shown])
    head = ["strategy", "mean over rounds, ours", f"at {batch * next(iter(curves.values())).shape[1]}"]
    return table([*head, "mean, published", "less random, ours", "published"], cells)


def lessons(curves: dict[str, np.ndarray], classes: int) -> str:
    """Whether what the benchmark found holds on these features."""

    def less(name: str, base: str) -> Figure:
        return Figure.of((curves[name] - curves[base]).mean(axis=1))

    best = max(("margin", "BADGE"), key=lambda name: curves[name].mean())
    others = [name for name in curves if name not in ("margin", "BADGE", "GALAXY")]
    beaten = [name for name in others if (gap := less(best, name)).value > gap.reach]
    core, doubt = less("core-set", "random"), less("entropy", "margin")
    lines = [
        f"margin or BADGE on top: {best} is clearly above {', '.join(beaten) or 'none'} of {', '.join(others)};",
        f"core-set no better than random: {core.value:+.4f} ± {core.reach:.4f};",
        f"entropy against margin with {classes} classes: {doubt.value:+.4f} ± {doubt.reach:.4f}"
        " (published: -.0011 with 10, -.0133 with 100).",
    ]
    return "Lessons of the benchmark here: " + " ".join(lines)


HEAD = (
    "## C9: frozen embeddings and a linear head (LabelBench)\n\n"
    "Published: CLIP ViT-B/32 embeddings, a linear head trained with FlexMatch, four seeds; CIFAR-10 in 14 batches of"
    " 200, CIFAR-100 in 10 of 1000. Here the head is a logistic regression on standardised embeddings, all strategies"
    " of a seed begin with the same random batch, and differences are to be compared, not levels."
)
FROM_FILE = "Embeddings from {}."
STAND_IN = (
    "**Not run on CLIP's embeddings**, which are not to be had where this page was made;"
    " `python -m benchmarks.published c9 --embeddings FILE.npz` runs it on any. What follows is the order of the"
    f" strategies on {STAND_IN_WIDTH} principal components of {STAND_IN_ROWS} Fashion-MNIST images,"
    f" {STAND_IN_SEEDS} seeds, beside the published figures for CIFAR-10: other images and far weaker features, which a"
    " linear head cannot separate as it does CLIP's."
)
