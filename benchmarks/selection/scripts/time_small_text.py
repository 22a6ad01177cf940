"""small-text's strategies, timed."""

import numpy as np
from small_text.integrations.pytorch.query_strategies import BADGE
from small_text.query_strategies.bayesian import _bald
from small_text.query_strategies.coresets import greedy_coreset
from small_text.query_strategies.strategies import BreakingTies
from timing import Given, Prepared, main


class Table:
    def __init__(self, probs):
        self.probs = probs

    def predict_proba(self, data):
        return self.probs


def k_center(given: Given, n: int) -> Prepared:
    rows = given["rows"]
    at = np.arange(len(rows) - 1)
    return lambda: greedy_coreset(rows, at, np.array([len(rows) - 1]), n, distance_metric="euclidean")


def badge(given: Given, n: int) -> Prepared:
    rows, probs = given["rows"], given["probs"]
    at = np.arange(len(rows))
    return lambda: BADGE(probs.shape[1]).sample(None, None, at, [], None, n, rows, embeddings_proba=probs)


def bald(given: Given, n: int) -> Prepared:
    def run() -> np.ndarray:
        scores = _bald(given["samples"])
        return np.argpartition(-scores, n)[:n]

    return run


def margin(given: Given, n: int) -> Prepared:
    probs = given["probs"]
    at = np.arange(len(probs))
    return lambda: BreakingTies().query(Table(probs), None, at, np.array([]), np.array([]), n=n)


if __name__ == "__main__":
    main({call.__name__: call for call in (k_center, badge, bald, margin)})
