"""MMC by loops, and the entropy of training dynamics."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from askwise import score
from askwise.core.errors import BadInput


def foreseen(P, held, sets):
    """Number of labels of each row, by logistic regression on falling shares."""

    def ranked(p):
        p = sorted(p, reverse=True)
        return [value / sum(p) for value in p]

    sizes = sets.sum(1)
    if len(set(sizes.tolist())) == 1:
        return [int(sizes[0])] * len(P)
    model = LogisticRegression(max_iter=1000).fit([ranked(p) for p in held], sizes)
    return model.predict([ranked(p) for p in P]).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_by_loops(seed):
    rng = np.random.default_rng(seed)
    P, held = rng.beta(0.5, 1, (15, 5)), rng.beta(0.5, 1, (12, 5))
    sets = (held + 0.3 * rng.standard_normal((12, 5)) > 0.5).astype(float)
    wanted = []
    for p, size in zip(P, foreseen(P, held, sets.astype(int)), strict=True):
        borne = sorted(range(5), key=lambda j: -p[j])[:size]
        wanted.append(sum((1 - (1 if j in borne else -1) * (2 * p[j] - 1)) / 2 for j in range(5)))
    np.testing.assert_allclose(score.mmc(P, held, sets), wanted)


def test_rows_that_all_bear_one_label_make_it_the_loss_of_the_likeliest():
    rng = np.random.default_rng(0)
    P, held = rng.random((10, 4)), rng.random((6, 4))
    np.testing.assert_allclose(score.mmc(P, held, np.eye(4)[[0, 1, 2, 3, 0, 1]]), score.max_loss(P))


def test_without_labelled_rows():
    with pytest.raises(BadInput, match="at least one labelled row"):
        score.mmc(np.zeros((2, 3)), np.zeros((0, 3)), np.zeros((0, 3)))


def test_dynamics_by_loops():
    rng = np.random.default_rng(1)
    D = rng.dirichlet(np.ones(3), (10, 4))
    wanted = [-sum(p * np.log(p) for p in np.mean(d, axis=0)) for d in D]
    np.testing.assert_allclose(score.dynamics_entropy(D), wanted)
