"""The network of the regression benchmark: ReLU layers in the parametrisation of neural tangent kernels, on PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

GAIN, RATE, EPOCHS, BATCH = 0.2, 0.375, 256, 256
"""Factor of weights and of biases, first learning rate, epochs, rows a step: as published for ReLU."""
LOOK = 4
"""Epochs between looks at the validation rows (published: every epoch)."""


@dataclass(frozen=True)
class Network:
    """A trained network as scikit-learn keeps one, with the factors of the parametrisation multiplied in."""

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    activation: str = "relu"

    def hidden(self, X: np.ndarray) -> np.ndarray:
        """What the last layer reads (m, width)."""
        for weights, bias in zip(self.coefs_[:-1], self.intercepts_[:-1], strict=True):
            X = np.maximum(X @ weights + bias, 0.0)
        return X

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The output (m,)."""
        return (self.hidden(X) @ self.coefs_[-1] + self.intercepts_[-1]).ravel()


def output(X: torch.Tensor, weights: list[torch.Tensor], biases: list[torch.Tensor]) -> torch.Tensor:
    """A layer of f inputs is x (W GAIN / sqrt(f)) + GAIN b, with W normal and b zero at the start."""
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        X = torch.addmm(b * GAIN, X if not layer else torch.relu(X), W * (GAIN / W.shape[0] ** 0.5))
    return X.ravel()


def trained(
    X: np.ndarray, y: np.ndarray, valid: np.ndarray, truth: np.ndarray, seed: int, *, width: int, epochs: int = EPOCHS
) -> Network:
    """Two hidden layers, Adam, mean squared error, a learning rate that falls to zero in equal steps, full batches.

    The weights are those of the epoch with the least error on the validation rows. Source: Holzmueller et al. 2023,
    JMLR 24, section 5, and the code beside it.
    """
    torch.set_num_threads(1)
    source = torch.Generator().manual_seed(seed)
    rows, targets, held, wanted = (torch.as_tensor(part, dtype=torch.float32) for part in (X, y, valid, truth))
    sizes = (X.shape[1], width, width, 1)
    weights = [torch.randn(pair, generator=source).requires_grad_() for pair in pairwise(sizes)]
    biases = [torch.zeros(size, requires_grad=True) for size in sizes[1:]]
    optimiser = torch.optim.Adam([*weights, *biases], lr=RATE, fused=True)
    a_pass = len(rows) // BATCH
    best, kept = torch.inf, [one.detach().clone() for one in (*weights, *biases)]
    for epoch in range(epochs):
        order = torch.randperm(len(rows), generator=source)
        for step in range(a_pass):
            optimiser.param_groups[0]["lr"] = RATE * (1 - (epoch * a_pass + step) / (epochs * a_pass))
            batch = order[step * BATCH : (step + 1) * BATCH]
            loss = torch.mean((output(rows[batch], weights, biases) - targets[batch]) ** 2)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if (epoch + 1) % LOOK:
            continue
        with torch.no_grad():
            error = float(torch.mean((output(held, weights, biases) - wanted) ** 2))
        if error < best:
            best, kept = error, [one.detach().clone() for one in (*weights, *biases)]
    arrays = [one.numpy().astype(np.float64) for one in kept]
    return Network(
        [W * (GAIN / np.sqrt(len(W))) for W in arrays[: len(weights)]], [b * GAIN for b in arrays[len(weights) :]]
    )
