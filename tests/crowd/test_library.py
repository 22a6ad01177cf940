"""The adapter to crowd-kit: skipped where the extra is not installed, but for what it says then."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pytest

from askwise.core.errors import BadInput
from askwise.crowd import aggregate, dawid_skene, table

HERE = importlib.util.find_spec("crowdkit") is not None


def said(seed=0, rows=120, annotators=8, per_row=5, right=0.75):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    item = np.repeat(np.arange(rows), per_row)
    who = np.concatenate([rng.choice(annotators, per_row, replace=False) for _ in range(rows)])
    wrong = (truth[item] + rng.integers(1, 3, len(item))) % 3
    label = np.where(rng.random(len(item)) < right, truth[item], wrong)
    return table({"item": item, "annotator": who, "label": label}, rows=rows + 1), truth


@pytest.mark.skipif(not HERE, reason='needs crowd-kit: pip install "askwise[crowd]"')
@pytest.mark.parametrize("method", ["glad", "mace"])
def test_aggregators_label_every_answered_row(method):
    answers, truth = said()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # crowd-kit's own use of pandas
        found = aggregate(answers, method)
    assert found.labels[-1] == -1 and (found.labels[:-1] == truth).mean() > 0.9
    if found.posterior is not None:
        np.testing.assert_allclose(found.posterior.sum(1), 1, atol=1e-6)


@pytest.mark.skipif(not HERE, reason='needs crowd-kit: pip install "askwise[crowd]"')
def test_our_dawid_skene_is_theirs():
    """Without smoothing, from the same start, where no confusion is exactly zero."""
    import pandas as pd
    from crowdkit.aggregation.classification import DawidSkene

    answers, _ = said(3, rows=400, annotators=5)
    given = pd.DataFrame({"task": answers.item, "worker": answers.annotator, "label": answers.label})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = DawidSkene(n_iter=500, tol=1e-12).fit(given)
    ours = dawid_skene(answers, smoothing=0.0, steps=500, tolerance=1e-15)
    np.testing.assert_allclose(ours.posterior[:-1], theirs.probas_.sort_index()[[0, 1, 2]].to_numpy(), atol=1e-4)


def test_bad_input():
    answers, _ = said()
    with pytest.raises(BadInput, match="Did you mean 'glad'"):
        aggregate(answers, "glda")
    if not HERE:
        with pytest.raises(BadInput, match=r"askwise\[crowd\]"):
            aggregate(answers, "mace")
