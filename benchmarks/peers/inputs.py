"""The inputs that both sides get: small random problems, some without ties, some full of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from askwise.kernels.parzen import bandwidth

World = dict[str, np.ndarray]
"""Arrays of one problem by name; names of evidence are those of askwise."""

ROWS, LABELLED, COLUMNS, CLASSES, DRAWS, LABELS, TARGETS, BATCH = 80, 10, 6, 3, 8, 5, 20, 4


def plain(seed: int) -> World:
    """Random values without ties."""
    rng = np.random.default_rng(seed)
    world = _random(rng, lambda *shape: rng.dirichlet(np.ones(shape[-1]), size=shape[:-1]))
    world["embeddings"] = rng.standard_normal((ROWS, COLUMNS)) * np.linspace(0.5, 2.0, COLUMNS)
    world["labelled_embeddings"] = rng.standard_normal((LABELLED, COLUMNS))
    return _complete(world, rng)


def tied(seed: int) -> World:
    """Equal rows, equal scores, probabilities of exactly 0 and 1."""
    rng = np.random.default_rng(seed)

    def chances(*shape: int) -> np.ndarray:
        return rng.multinomial(4, np.full(shape[-1], 1 / shape[-1]), size=shape[:-1]) / 4.0

    world = _random(rng, chances)
    world["marginals"] = rng.integers(0, 5, (ROWS, LABELS)) / 4.0
    rows = rng.integers(0, 3, (ROWS // 2, COLUMNS)).astype(float)
    world["embeddings"] = np.concatenate([rows, rows])
    world["labelled_embeddings"] = rng.integers(0, 3, (LABELLED, COLUMNS)).astype(float)
    return _complete(world, rng)


def _random(rng: np.random.Generator, chances: Callable[..., np.ndarray]) -> World:
    """What does not hang on the embeddings."""
    labels = np.arange(LABELLED) % CLASSES
    return {
        "probs": chances(ROWS, CLASSES),
        "labelled_probs": chances(LABELLED, CLASSES),
        "samples": chances(ROWS, DRAWS, CLASSES),
        "target_samples": chances(TARGETS, DRAWS, CLASSES),
        "labels": labels,
        "binary_labels": labels % 2,
        "marginals": rng.random((ROWS, LABELS)),
        "label_sets": rng.integers(0, 2, (LABELLED, LABELS)),
        "mean": rng.standard_normal(ROWS),
        "draws": rng.standard_normal((ROWS, DRAWS)),
        "values": rng.standard_normal(LABELLED),
        "cost_matrix": rng.random((CLASSES, CLASSES)) * (1 - np.eye(CLASSES)),
        "head_weights": rng.standard_normal((COLUMNS, CLASSES)),
        "head_bias": rng.standard_normal(CLASSES),
        "batch": np.array(BATCH),
    }


def _complete(world: World, rng: np.random.Generator) -> World:
    """Add what follows from the rest: votes, spread, kernel width, blobs, a table of answers."""
    world["votes"] = world["samples"].argmax(axis=2)
    world["std"] = world["draws"].std(axis=1)
    world["target_embeddings"] = world["embeddings"][:TARGETS]
    world["density"] = rng.random(ROWS)
    world["gamma"] = np.array(bandwidth(world["labelled_embeddings"]))
    world["noise_sigma"] = np.sqrt(0.01 * (world["embeddings"] ** 2).sum(axis=1).mean())
    world["blobs"], world["blobs_labelled"] = _blobs(rng)
    world["answers"] = _answers(rng, world)
    return world


def _blobs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Clusters that nobody can mistake, of different sizes; the labelled row lies in the largest."""
    centres = 100.0 * np.eye(COLUMNS)
    sizes = (18, 15, 14, 12, 11, 10)
    rows = [c + rng.standard_normal((s, COLUMNS)) for c, s in zip(centres, sizes, strict=True)]
    return np.concatenate(rows), centres[:1] + rng.standard_normal((1, COLUMNS))


def _answers(rng: np.random.Generator, world: World) -> np.ndarray:
    """Answers (rows, annotators) of five annotators who are right in two cases of three; NaN where none is.

    The models know something: the truth is what they say, of the one model in one half of rows, of draws in the other.
    """
    models = np.where(rng.random(ROWS) < 0.5, world["probs"].T, world["samples"][:, :3].mean(axis=1).T).T
    truth = models.argmax(axis=1)
    said = np.where(rng.random((ROWS, 5)) < 0.67, truth[:, None], rng.integers(0, CLASSES, (ROWS, 5))).astype(float)
    said[rng.random((ROWS, 5)) < 0.5] = np.nan
    said[np.isnan(said).all(axis=1), 0] = 0.0
    return said


WORLDS: dict[str, Callable[[], World]] = {
    "plain-0": lambda: plain(0),
    "plain-1": lambda: plain(1),
    "plain-2": lambda: plain(2),
    "tied-0": lambda: tied(3),
    "tied-1": lambda: tied(4),
}
PLAIN = ("plain-0", "plain-1", "plain-2")
ALL = tuple(WORLDS)
