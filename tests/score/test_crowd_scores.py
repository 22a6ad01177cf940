"""Scores of rows that may be asked again: against formulas in float64, and through select."""

from __future__ import annotations

import math

import numpy as np
import pytest

from askwise import select
from askwise.core.errors import MissingEvidence
from askwise.crowd import Trust, crowdlab, table
from askwise.score import active_lab, active_lab_ensemble, answer_entropy, consensus_doubt


def problem(seed, m=30, c=3, k=2):
    """Probabilities of k models with exact zeros and ones, weighted answers with empty rows, and a trust."""
    rng = np.random.default_rng(seed)
    samples = rng.dirichlet(np.ones(c), (m, k))
    samples[0] = np.eye(c)[0]
    sums = rng.integers(0, 3, (m, c)) * rng.random((m, c)).round(2) * (rng.random((m, 1)) > 0.4)
    models, heats = rng.random(k) + 0.1, rng.choice([0.5, 1.0, 2.0], k)
    return samples, sums, Trust(0.7, tuple(models.tolist()), 0.45, tuple(heats.tolist()))


def slow(samples, sums, trust):
    """Quality of the consensus and ActiveLab's score, one row at a time."""
    found = []
    c = sums.shape[1]
    for models, row in zip(samples, sums, strict=True):
        top = np.zeros(c)
        for p, weight, heat in zip(models, trust.models, trust.temperatures, strict=True):
            odds = p ** (1 / heat)
            top += weight * odds / odds.sum()
        if trust.likelihood is not None:
            for k in range(c):
                top[k] += trust.likelihood * row[k] + (1 - trust.likelihood) / (c - 1) * (row.sum() - row[k])
            quality = top.max() / (sum(trust.models) + row.sum())
        else:
            chance = top / sum(trust.models)
            quality = chance[row.argmax()] if row.any() else chance.max()
        weight = sum(trust.models) + row.sum()
        found.append((quality, (quality * weight + trust.annotator / c) / (weight + trust.annotator)))
    return np.array(found).T


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("known", [True, False])
def test_against_the_formulas(seed, known):
    samples, sums, trust = problem(seed, c=2 + seed % 3)
    if not known:
        trust, sums = (
            trust._replace(likelihood=None),
            np.eye(sums.shape[1])[np.argmax(sums, 1)] * (sums > 0).any(1)[:, None],
        )
    np.testing.assert_allclose(active_lab_ensemble(samples, sums, trust), -slow(samples, sums, trust)[1])
    one = trust._replace(models=trust.models[:1], temperatures=trust.temperatures[:1])
    quality, score = slow(samples[:, :1], sums, one)
    np.testing.assert_allclose(active_lab(samples[:, 0], sums, one), -score)
    np.testing.assert_allclose(consensus_doubt(samples[:, 0], sums, one), 1 - quality, atol=1e-12)


def test_answer_entropy_by_hand():
    """Sums (3, 0): shares (3.5, 0.5) / 4 = (7/8, 1/8)."""
    got = answer_entropy(np.array([[3.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(got, [-(7 / 8 * math.log(7 / 8) + 1 / 8 * math.log(1 / 8)), math.log(2)])


def test_new_and_answered_rows_are_ranked_together_by_select():
    said = table({"item": [0, 0, 1, 1, 2], "annotator": [0, 1, 0, 1, 0], "label": [0, 0, 0, 1, 1]}, rows=6)
    probs = np.array([[0.8, 0.2], [0.4, 0.6], [0.4, 0.6], [0.5, 0.5], [0.9, 0.1], [0.99, 0.01]])
    found = crowdlab(said, probs)
    evidence = {"probs": probs, "answer_sums": found.sums, "trust": found.trust}
    rows = select(4, "active_lab", **evidence).rows.tolist()
    values = active_lab(probs, found.sums, found.trust)
    assert rows == np.argsort(-values, kind="stable")[:4].tolist()
    assert set(rows) & {0, 1, 2} and set(rows) & {3, 4, 5}
    with pytest.raises(MissingEvidence, match=r"crowdlab\(...\)\.trust"):
        select(1, "active_lab", probs=probs, answer_sums=found.sums)
