"""batchbald_redux on given draws: log-probabilities (rows, draws, classes)."""

import numpy as np
import torch
from batchbald_redux import batchbald
from exchange import Given, main


def _logs(given: Given) -> torch.Tensor:
    return torch.from_numpy(np.log(given["samples"]))


def _batch(given: Given, part: str) -> np.ndarray:
    found = batchbald.get_batchbald_batch(_logs(given), int(given["batch"]), 10_000, dtype=torch.double)
    return np.array(getattr(found, part))


def bald(given: Given) -> np.ndarray:
    return (batchbald.compute_entropy(_logs(given)) - batchbald.compute_conditional_entropy(_logs(given))).numpy()


CALLS = {
    "get_bald_batch": bald,
    "get_batchbald_batch": lambda given: _batch(given, "indices"),
    "get_batchbald_batch, scores": lambda given: _batch(given, "scores"),
}


def zero_probability() -> object:
    """BALD of a row whose draws are sure, 0 and 1: log 2 = .693 nats."""
    logs = torch.log(torch.tensor([[[1.0, 0.0], [0.0, 1.0]]], dtype=torch.double))
    return float(batchbald.compute_entropy(logs) - batchbald.compute_conditional_entropy(logs))


BUGS = {"zero_probability": zero_probability}

if __name__ == "__main__":
    main("batchbald-redux", CALLS, BUGS)
