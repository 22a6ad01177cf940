"""Train the two small networks of `lal` and `imital` on synthetic episodes, and write the weights that ship.

Usage: python benchmarks/learned/train.py [--episodes 800] [--states FILE.npz] [--write src/askwise/kernels/learned.npz]

Seeded from end to end. With one thread of BLAS the weights come out the same to the last digit on one machine; between
machines they differ by rounding. A minute for the episodes and a few for the networks, on one core.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402 - after the number of threads is set
from episodes import states  # noqa: E402
from scipy.optimize import minimize  # noqa: E402

HIDDEN, PENALTY, STEPS, SHARP = 16, 3e-3, 150, 1.0
HELD_OUT = 0.1


def standard(gains):
    """Gains (s, k) within each state as deviations from its mean, in standard deviations; zero where all are equal."""
    gap = gains - gains.mean(1, keepdims=True)
    width = gap.std(1, keepdims=True)
    return np.divide(gap, width, out=np.zeros_like(gap), where=width > 1e-9)


def in_context(features):
    """Features of each candidate (s, k, f), and beside them how far they are from the mean of the set: (s, k, 2 f)."""
    return np.concatenate([features, features - features.mean(1, keepdims=True)], axis=2)


def squared(value, target):
    """Mean squared error and its gradient: Learning AL regresses the gain."""
    gap = value - target
    return (gap**2).mean(), 2.0 * gap / gap.size


def listwise(value, target):
    """Cross entropy of a softmax over the candidates and that of their gains: ImitAL imitates who takes the best."""
    wanted = np.exp(SHARP * target)
    wanted /= wanted.sum(1, keepdims=True)
    odds = np.exp(value - value.max(1, keepdims=True))
    odds /= odds.sum(1, keepdims=True)
    return -(wanted * np.log(odds)).sum(1).mean(), (odds - wanted) / len(value)


def train(features, target, loss, seed: int):
    """Weights by L-BFGS on all states: middle, width, inner, bias, outer; and the loss on held-out states."""
    cut = int(len(features) * (1 - HELD_OUT))
    flat = features[:cut].reshape(-1, features.shape[2])
    middle, width = flat.mean(0), np.maximum(flat.std(0), 1e-6)
    x = (features - middle) / width
    f = x.shape[2]
    rng = np.random.default_rng(seed)
    inner = rng.standard_normal(f * HIDDEN) / np.sqrt(f)
    start = np.concatenate([inner, np.zeros(HIDDEN), 0.1 * rng.standard_normal(HIDDEN)])

    def parts(theta):
        return theta[: f * HIDDEN].reshape(f, HIDDEN), theta[f * HIDDEN : -HIDDEN], theta[-HIDDEN:]

    def value(theta, some):
        inner, bias, outer = parts(theta)
        units = np.tanh(some @ inner + bias)
        return units @ outer, units

    def objective(theta):
        outer = parts(theta)[2]
        out, units = value(theta, x[:cut])
        total, slope = loss(out, target[:cut])
        back = slope[..., None] * outer * (1.0 - units**2)
        grads = [np.tensordot(x[:cut], back, axes=([0, 1], [0, 1])).ravel(), back.sum((0, 1))]
        grads.append(np.tensordot(slope, units, axes=([0, 1], [0, 1])))
        return total + PENALTY * theta @ theta, np.concatenate(grads) + 2 * PENALTY * theta

    theta = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    held = value(theta, x[cut:])[0]
    chosen = np.take_along_axis(target[cut:], held.argmax(1)[:, None], 1).mean()
    print(f"loss {loss(held, target[cut:])[0]:.4f} held out; its choice gains {chosen:.3f} deviations above the mean")
    inner, bias, outer = parts(theta)
    return {"middle": middle, "width": width, "inner": inner, "bias": bias, "outer": outer}


def main(arguments: list[str] | None = None) -> int:
    """Make or read the states, train both networks, write the weights; 0."""
    parser = argparse.ArgumentParser(description="Train lal and imital.")
    parser.add_argument("--episodes", type=int, default=800)
    parser.add_argument("--states", type=Path, help="read the states from this file, or write them there")
    parser.add_argument("--write", type=Path, default=Path("src/askwise/kernels/learned.npz"))
    given = parser.parse_args(arguments)
    if given.states and given.states.exists():
        with np.load(given.states) as found:
            features, gains = found["f"], found["g"]
    else:
        features, gains = states(range(given.episodes))
        if given.states:
            np.savez(given.states, f=features, g=gains)
    target = standard(gains[:, :, 0])
    margin = np.take_along_axis(target, features[:, :, 1].argmin(1)[:, None], 1)[-int(len(target) * HELD_OUT) :].mean()
    print(f"{len(target)} states; the smallest margin gains {margin:.3f} deviations above the mean")
    networks = {
        "lal": train(features, target, squared, 0),
        "imital": train(in_context(features), target, listwise, 0),
    }
    arrays = {f"{name}.{part}": np.float32(array) for name, parts in networks.items() for part, array in parts.items()}
    np.savez_compressed(given.write, **arrays)
    print(f"{given.write}: {given.write.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
