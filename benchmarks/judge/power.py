"""How often a session whose strategy saves so much says that it saved: made-up arms of known curves."""

from __future__ import annotations

import numpy as np

from askwise.judge import Arm, gained
from askwise.session.gains import _sizes

SAVED = (0.0, 0.25, 0.5, 0.75)
"""Shares of random's labels that the strategy does without."""

CONTROLS = (40, 80, 130, 330)
"""Control rows: 40 are a tenth of 400 labels, 130 a third; 330 a third of a thousand."""

SHARE = 0.33
DRAWS, SESSIONS = 100, 60


def height(labels: np.ndarray) -> np.ndarray:
    """Accuracy of random rows: 0.40 with 10 labels, 0.67 with 40, 0.78 with 100, 0.87 with 500."""
    return np.asarray(0.95 - 0.55 * (np.asarray(labels) / 10) ** -0.5)


def arm(labels: np.ndarray, saved: float, hard: np.ndarray, rng: np.random.Generator) -> Arm:
    """One arm's curve on test rows: harder rows are learnt later, and each training set has luck of its own."""
    noise = 0.2 / np.sqrt(labels)
    at = height(np.maximum(labels / (1 - saved), 8.0)) + noise * rng.standard_normal(len(labels))
    right = np.clip(at, 0, 1)[:, None] > hard + 0.1 * rng.standard_normal((len(labels), len(hard)))
    return Arm(labels, right, float(noise[min(5, len(labels) - 1)]), {"labels": np.arange(labels[-1] + 1)})


def said(saved: float, control: int, seed: int) -> str:
    """The verdict of one session."""
    rng = np.random.default_rng([seed, control, round(100 * saved)])
    hard, end = rng.random(control), control - -(-control // 5)
    most = int(control / SHARE) - control // 5 - 1
    random, ours = (arm(_sizes(end, n).astype(float), s, hard, rng) for n, s in ((end, 0.0), (most, saved)))
    return str(gained(ours, random, draws=DRAWS, seed=seed).verdict)


def table() -> str:
    """Shares of sessions that say "saved", and that say "worse"."""
    lines = ["| true saving | " + " | ".join(f"{k} control rows" for k in CONTROLS) + " |"]
    lines.append("| ---: |" + " ---: |" * len(CONTROLS))
    for saved in SAVED:
        cells = []
        for control in CONTROLS:
            found = [said(saved, control, seed) for seed in range(SESSIONS)]
            cells.append(" / ".join(f"{found.count(word) / SESSIONS:.0%}" for word in ("saved", "lost")))
        lines.append(f"| {saved:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
