"""CROWDLAB and ActiveLab against their formulas in plain loops, and against random selection."""

from __future__ import annotations

import math

import numpy as np
import pytest

from askwise import crowd, score
from askwise.core.errors import BadInput
from askwise.crowd.crowdlab import best_temperature


def setting(seed, rows=40, fresh=15, classes=3, annotators=5, most=3, right=0.8):
    """Answers to the first rows, out-of-sample probabilities of all rows, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows + fresh)
    probs = 0.6 * rng.dirichlet(np.ones(classes), rows + fresh) + 0.4 * np.eye(classes)[truth]
    given = {"item": [], "annotator": [], "label": []}
    for row in range(rows):
        for who in rng.choice(annotators, rng.integers(1, most + 1), replace=False):
            label = truth[row] if rng.random() < right else rng.integers(classes)
            for name, value in zip(given, (row, int(who), int(label)), strict=True):
                given[name].append(value)
    return crowd.table(given, rows=rows + fresh, classes=classes), probs, truth


def tempered(p, temperature):
    odds = [x ** (1 / temperature) for x in p]
    return [o / sum(odds) for o in odds]


def statistics(lines, probs, consensus, c):
    """Weights of annotators, of the model, and the likelihood P, as the paper writes them."""
    by_row = {}
    for row, who, label in lines:
        by_row.setdefault(row, {})[who] = label
    several = {row: said for row, said in by_row.items() if len(said) > 1}
    likelihood = np.mean(
        [np.mean([label == consensus[row] for label in said.values()]) for row, said in several.items()]
    )
    labels = [consensus[row] for row in several]
    commonest = max(range(c), key=lambda k: (labels.count(k), -k))
    baseline = max(np.mean([label != commonest for label in labels]), 1e-6)
    agreement = {}
    for who in {line[1] for line in lines}:
        met = [said[who] == other for said in several.values() if who in said for w, other in said.items() if w != who]
        agreement[who] = np.mean(met) if met else None
    known = np.mean([a for a in agreement.values() if a is not None])
    weights = {w: max(1 - (1 - (known if a is None else a)) / baseline, 1e-6) for w, a in agreement.items()}
    error = np.mean([int(np.argmax(probs[row])) != consensus[row] for row in several])
    model = max(1 - error / baseline, 1e-6) * math.sqrt(np.mean([len(said) for said in by_row.values()]))
    return by_row, likelihood, weights, model


def slow_active_lab(said, probs):
    """Scores (lower = ask first) by the formulas, row by row."""
    c, lines = said.classes, list(zip(said.item.tolist(), said.annotator.tolist(), said.label.tolist(), strict=True))
    temperature = best_temperature(said, probs)
    probs = [tempered(p, temperature) for p in probs]

    def posterior(row, by_row, likelihood, weights, model):
        top = [model * p for p in probs[row]]
        for who, label in by_row.get(row, {}).items():
            for k in range(c):
                top[k] += weights[who] * (likelihood if label == k else (1 - likelihood) / (c - 1))
        total = model + sum(weights[who] for who in by_row.get(row, {}))
        return [x / total for x in top], total

    consensus = crowd.majority(said, np.array(probs))
    found = statistics(lines, probs, consensus, c)
    consensus = [int(np.argmax(posterior(row, *found)[0])) for row in range(len(probs))]
    by_row, likelihood, weights, model = statistics(lines, probs, consensus, c)
    mean = np.mean(list(weights.values()))
    out = []
    for row in range(len(probs)):
        if row in by_row:
            chance, total = posterior(row, by_row, likelihood, weights, model)
            out.append((max(chance) * total + mean / c) / (total + mean))
        else:
            out.append((model * max(probs[row]) + mean / c) / (model + mean))
    return np.array(out)


@pytest.mark.parametrize("seed", range(10))
def test_active_lab_against_the_formulas(seed):
    said, probs, _ = setting(seed, classes=2 + seed % 3)
    np.testing.assert_allclose(-crowd.active_lab(said, probs), slow_active_lab(said, probs), atol=1e-12)


def test_worked_by_hand():
    """Two annotators, one shared row on which they agree, one on which they do not; the model is right and calibrated.

    Rows 0 and 1 share two answers each: (0, 0) and (0, 1); rows 2 (answer 1) and 3 (none) follow. With the consensus
    (0, 1) of model and votes: P = 3/4, the commonest class errs on 1/2, each annotator agrees with the other on 1/2,
    so w_j = max(1 - 1, 1e-6); the model errs never: w_M = sqrt(5/3).
    """
    said = crowd.table({"item": [0, 0, 1, 1, 2], "annotator": [0, 1] * 2 + [0], "label": [0, 0, 0, 1, 1]}, rows=4)
    probs = np.array([[0.8, 0.2], [0.2, 0.8], [0.4, 0.6], [0.5, 0.5]])
    found = crowd.crowdlab(said, probs)
    assert found.trust.likelihood == 0.75 and found.labels.tolist() == [0, 1, 1, -1]
    np.testing.assert_allclose(found.weights, 1e-6)
    np.testing.assert_allclose(found.trust.models, [math.sqrt(5 / 3)])


def test_single_answers_weigh_all_alike():
    """One answer a row: weights one, no temperature; Q is what the model says of the answer given.

    Row 0: (0.9 * 2 + 1/2) / 3, row 1: (0.4 * 2 + 1/2) / 3, row 2 without an answer: (0.6 + 1/2) / 2.
    """
    said = crowd.table({"item": [0, 1], "annotator": [0, 5], "label": [0, 1]}, rows=3)
    got = crowd.active_lab(said, np.array([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4]]))
    np.testing.assert_allclose(got, [-(1.8 + 0.5) / 3, -(0.8 + 0.5) / 3, -(0.6 + 0.5) / 2])


@pytest.mark.parametrize("classes", [2, 4])
def test_score_falls_with_every_answer_that_agrees(classes):
    """With Q at most what an agreeing answer is worth, each one makes the row less worth asking."""
    trust = crowd.Trust(0.85, (0.8,), 0.6, (1.0,))
    probs = np.full((6, classes), 0.2 / (classes - 1))
    probs[:, 0] = 0.8
    sums = np.zeros((6, classes))
    sums[:, 0] = 0.6 * np.arange(6)
    assert (np.diff(score.active_lab(probs, sums, trust)) < 0).all()
    assert (np.diff(score.consensus_doubt(probs, sums, trust)) < 0).all()
    against = sums.copy()
    against[:, 1] = 0.6
    assert (score.active_lab(probs, against, trust)[1:] > score.active_lab(probs, sums, trust)[1:]).all()


def test_perfect_annotators_are_seldom_asked_again():
    """Two perfect annotators, sharp model: of the 50 rows to ask next, few have answers already."""
    said, probs, _ = setting(0, rows=300, fresh=300, most=2, right=1.0)
    order = np.argsort(-crowd.active_lab(said, probs))[:50]
    assert (order < 300).mean() <= 0.2
    noisy, probs, _ = setting(0, rows=300, fresh=300, most=2, right=0.5)
    assert (np.argsort(-crowd.active_lab(noisy, probs))[:50] < 300).mean() > 0.2


@pytest.mark.parametrize("seed", range(4))
def test_registered_scores_are_the_function(seed):
    said, probs, _ = setting(seed, most=1 + seed % 3)
    found = crowd.crowdlab(said, probs)
    np.testing.assert_allclose(score.active_lab(probs, found.sums, found.trust), crowd.active_lab(said, probs))
    np.testing.assert_allclose(score.consensus_doubt(probs, found.sums, found.trust), 1 - found.quality)
    models = np.stack([probs, 0.5 * probs + 0.5 / probs.shape[1], probs[:, ::-1]], axis=1)
    several = crowd.crowdlab(said, models)
    np.testing.assert_allclose(
        score.active_lab_ensemble(models, several.sums, several.trust), crowd.active_lab(said, models)
    )


def test_an_ensemble_of_one_is_the_single_form_and_a_bad_model_weighs_nothing():
    said, probs, _ = setting(1, rows=200)
    np.testing.assert_allclose(crowd.active_lab(said, probs[:, None]), crowd.active_lab(said, probs))
    models = np.stack([probs, np.roll(probs, 1, axis=1)], axis=1)
    assert crowd.crowdlab(said, models).trust.models[1] < 0.1 * crowd.crowdlab(said, models).trust.models[0]


def test_consensus_is_better_than_majority():
    gains = []
    for seed in range(5):
        said, probs, truth = setting(seed, rows=300, most=2, right=0.65)
        found, seen = crowd.crowdlab(said, probs), said.answers_per_row > 0
        gains.append((found.labels[seen] == truth[seen]).mean() - (crowd.majority(said)[seen] == truth[seen]).mean())
        assert found.quality[seen][found.labels[seen] != truth[seen]].mean() < found.quality[seen].mean()
    assert min(gains) > 0


def test_temperature_undoes_overconfidence():
    said, probs, _ = setting(2, rows=400)
    sharp = probs**4 / (probs**4).sum(1, keepdims=True)
    assert best_temperature(said, sharp) / best_temperature(said, probs) == pytest.approx(4, rel=0.35)


def test_inputs_are_not_changed():
    said, probs, _ = setting(0)
    copy = probs.copy()
    crowd.active_lab(said, probs)
    crowd.active_lab(said, probs[:, None])
    assert (probs == copy).all()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda said, P: crowd.active_lab(said, P[:-1]), "rows=len(probs)"),
        (lambda said, P: crowd.active_lab(said, P[:, :2]), "3 classes"),
        (lambda said, P: crowd.crowdlab(said, P * 2), "sums to"),
        (lambda said, P: score.active_lab(P, P, crowd.Trust(0.8, (1.0, 1.0), 0.5, (1.0, 1.0))), "2 model(s), but 1"),
        (lambda said, P: score.active_lab(P, -P, crowd.Trust(0.8, (1.0,), 0.5, (1.0,))), "answer_sums"),
        (lambda said, P: score.answer_entropy(P[0]), "(m, c)"),
    ],
)
def test_bad_input(act, words):
    said, probs, _ = setting(0)
    with pytest.raises(BadInput) as error:
        act(said, probs)
    assert words in str(error.value)
