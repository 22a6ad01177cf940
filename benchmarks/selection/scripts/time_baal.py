"""BaaL's heuristics, timed."""

import numpy as np
import torch
from baal.active.heuristics import BALD, BatchBALD
from timing import Given, Prepared, main

torch.set_num_threads(1)


def _draws(given: Given) -> np.ndarray:
    return np.ascontiguousarray(given["samples"].swapaxes(1, 2))


def batch_bald(given: Given, n: int) -> Prepared:
    draws = _draws(given)
    return lambda: BatchBALD(n, num_draw=10).get_ranks(draws)[0][:n]


def bald(given: Given, n: int) -> Prepared:
    draws = _draws(given)
    return lambda: BALD().get_ranks(draws)[0][:n]


if __name__ == "__main__":
    main({"batch_bald": batch_bald, "bald": bald})
