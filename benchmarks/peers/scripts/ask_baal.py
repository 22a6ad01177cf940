"""BaaL's heuristics on given arrays: predictions are (rows, classes, draws)."""

import numpy as np
from baal.active.heuristics import BALD, EPIG, BatchBALD, Certainty, Entropy, Margin, Variance
from baal.active.heuristics.stochastics import GibbsSampling, PowerSampling, RankBasedSampling
from exchange import Given, main


def _draws(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.swapaxes(1, 2))


def _scores(given: Given, heuristic) -> np.ndarray:
    return heuristic.get_uncertainties(_draws(given["samples"]))


def epig(given: Given) -> np.ndarray:
    return EPIG().get_uncertainties(_draws(given["samples"]), _draws(given["target_samples"]))


def batch_bald(given: Given) -> np.ndarray:
    """The rows in the order in which they ask them."""
    np.random.seed(0)
    size = int(given["batch"])
    return BatchBALD(size, num_draw=20_000).get_ranks(_draws(given["samples"]))[0][:size]


def _law(given: Given, sampling) -> np.ndarray:
    return sampling(BALD(), query_size=2).get_ranks(_draws(given["samples"]))[1]


CALLS = {
    "BALD": lambda given: _scores(given, BALD()),
    "Entropy": lambda given: _scores(given, Entropy()),
    "Margin": lambda given: _scores(given, Margin()),
    "Certainty": lambda given: _scores(given, Certainty()),
    "Variance": lambda given: _scores(given, Variance()),
    "EPIG": epig,
    "BatchBALD": batch_bald,
    "PowerSampling, law": lambda given: _law(given, PowerSampling),
    "GibbsSampling, law": lambda given: _law(given, GibbsSampling),
    "RankBasedSampling, law": lambda given: _law(given, RankBasedSampling),
}


def best_first() -> object:
    """Three rows, of which the first alone has the largest mutual information: the order in which they are asked."""
    sure = np.array([[0.99, 0.01], [0.01, 0.99]] * 2)
    half = np.array([[0.8, 0.2], [0.8, 0.2], [0.2, 0.8], [0.2, 0.8]])
    less = np.array([[0.7, 0.3], [0.4, 0.6], [0.7, 0.3], [0.4, 0.6]])
    np.random.seed(0)
    return BatchBALD(2, num_draw=5000).get_ranks(_draws(np.stack([sure, half, less])))[0]


BUGS = {"best_first": best_first}

if __name__ == "__main__":
    main("baal", CALLS, BUGS)
