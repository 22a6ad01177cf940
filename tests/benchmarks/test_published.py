"""Published tables run again: what is small enough to check by hand in the protocols of C1, C2, C3, C8 and C9."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from askwise import crowd
from askwise.learner import mlp_gradients

HERE = Path(__file__).parents[2] / "benchmarks" / "published"


@pytest.fixture
def section(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(HERE))
    return importlib.import_module


def test_the_network_keeps_its_best_epoch(section: Any) -> None:
    c1 = section("c1")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((64, 3))
    y, noise = X[:, 0], rng.standard_normal(64)  # validation on noise: later epochs are not the best ones
    errors = [c1.rmse(c1.perceptron(X, y, X, noise, 0, width=16, epochs=n), X, noise) for n in range(1, 9)]
    assert errors == sorted(errors, reverse=True)


def test_every_method_chooses_new_rows_once(section: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c1 = section("c1")
    monkeypatch.setattr(c1, "BATCH", 7)
    X = np.random.default_rng(1).standard_normal((90, 3))
    network = c1.perceptron(X[:64], X[:64, 0], X, X[:, 0], 0, width=16, epochs=3)
    for method in c1.METHODS:
        rows = c1.chosen(method, network, X, np.arange(64), 0)
        assert len(set(rows)) == 7 and rows.min() >= 64, method


def test_the_published_network_learns_and_is_kept_as_it_was_trained(section: Any) -> None:
    pytest.importorskip("torch")
    c1_network = section("c1_network")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((512, 3))
    y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
    made = c1_network.trained(X[:256], y[:256], X[256:], y[256:], 0, width=32, epochs=60)
    assert np.mean((made.predict(X[256:]) - y[256:]) ** 2) < 0.2 * y.var()
    # As scikit-learn keeps a network, so that gradients are taken of it as of any other.
    again = c1_network.trained(X[:256], y[:256], X[256:], y[256:], 0, width=32, epochs=60)
    assert [w.shape for w in made.coefs_] == [(3, 32), (32, 32), (32, 1)]
    assert all(np.array_equal(a, b) for a, b in zip(made.coefs_, again.coefs_, strict=True))


def test_gradient_features_are_those_of_the_published_parametrisation(section: Any) -> None:
    torch = pytest.importorskip("torch")
    c1_network = section("c1_network")
    rng = np.random.default_rng(3)
    weights = [torch.randn(pair, dtype=torch.float64, requires_grad=True) for pair in ((2, 5), (5, 4), (4, 1))]
    biases = [torch.randn(n, dtype=torch.float64, requires_grad=True) for n in (5, 4, 1)]
    X = torch.as_tensor(rng.standard_normal((3, 2)))
    gradients = []
    for row in c1_network.output(X, weights, biases):
        found = torch.autograd.grad(row, [*weights, *biases], retain_graph=True)
        gradients.append(torch.cat([one.ravel() for one in found]).numpy())
    gain = c1_network.GAIN
    network = c1_network.Network(
        [w.detach().numpy() * gain / np.sqrt(len(w)) for w in weights], [b.detach().numpy() * gain for b in biases]
    )
    kernel = np.array(gradients) @ np.array(gradients).T / gain**2
    sketched = mlp_gradients(network, X.numpy(), dimension=400_000, seed=0)
    assert sketched @ sketched.T == pytest.approx(kernel, rel=0.05)


def test_a_growing_machine_is_a_support_vector_machine(section: Any) -> None:
    grown = section("growing_svm")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4))
    y = np.where(X[:, 0] + 0.7 * rng.standard_normal(60) > 0, 1.0, -1.0)
    gram = rbf_kernel(X[:50], X, gamma=0.25)
    machine, order = grown.GrowingSVC(gram, y[:50]), np.concatenate([[int(np.argmax(y > 0)), int(np.argmax(y < 0))]])
    order = np.concatenate([order, np.setdiff1d(rng.permutation(50), order)])
    for count in range(2, 51):
        heights = machine.add(order[:2] if count == 2 else order[count - 1 : count])
        expected = SVC(gamma=0.25, tol=1e-8).fit(X[order[:count]], y[order[:count]]).decision_function(X)
        assert heights == pytest.approx(expected, abs=1e-3), count


def test_areas_and_generated_sets_by_hand(section: Any) -> None:
    protocol = section("c2_protocol")
    assert protocol.area([0.5, 1.0, 1.0]) == pytest.approx((0.75 + 1.0) / 3)
    X, y = protocol.drawn("ringnorm", 7400)
    assert X[y == 0].var(axis=0) == pytest.approx(np.full(20, 4.0), rel=0.1)
    assert X[y == 1].mean() == pytest.approx(1 / np.sqrt(20), abs=0.01)
    X, y = protocol.drawn("twonorm", 7400)
    assert X[y == 1].mean() - X[y == 0].mean() == pytest.approx(4 / np.sqrt(20), abs=0.01)


def test_a_published_split_gives_the_published_area(section: Any) -> None:
    protocol, published = section("c2_protocol"), section("c2_published")
    if not (protocol.DATA / "tab_haberman").exists():
        pytest.skip("the data sets are not here")
    found = protocol.world("haberman", 0)
    area = protocol.refitted_area(found, protocol.boundary(0))
    assert area == pytest.approx(published.BY_SEED["haberman"][0], abs=5e-6)
    assert protocol.svm_area(found, protocol.boundary(0)) == pytest.approx(area, abs=2e-3)


def test_every_strategy_of_the_binary_tables_empties_the_pool(section: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c2, protocol, mismatch = section("c2"), section("c2_protocol"), section("c2_mismatch")
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    monkeypatch.setattr(protocol, "rows", lambda name: (X, (X[:, 0] > 0).astype(int)))
    for strategy in c2.STRATEGIES:
        assert 0.5 < c2.run(("any", strategy, 1)) < 1.0, strategy
    monkeypatch.setitem(mismatch.MODELS, "RF", lambda seed: RandomForestClassifier(5, random_state=seed))
    for query, tasks in mismatch.TASKS.items():
        found = mismatch.run((1, "any", query))
        assert tuple(found) == tasks and all(0.5 < area < 1.0 for area in found.values())


def test_embeddings_of_anybody_run_the_protocol(section: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    c9, rng = section("c9"), np.random.default_rng(0)
    y = rng.integers(3, size=200)
    X = 2 * np.eye(3)[y] + rng.standard_normal((200, 3))
    file = tmp_path / "mine.npz"
    np.savez(file, train=X[:150], train_labels=y[:150], test=X[150:], test_labels=y[150:])
    monkeypatch.setattr(c9, "CIFAR10", (20, 3, c9.CIFAR10[2]))
    monkeypatch.setattr(c9, "SEEDS", 2)
    monkeypatch.setenv("PUBLISHED_EMBEDDINGS", str(file))
    starts = set()
    for name in c9.STRATEGIES:
        curve = c9.run((str(file), name, 0))
        assert len(curve) == 3 and min(curve) > 1 / 3, name
        starts.add(curve[0])
    assert len(starts) == 1
    monkeypatch.setattr(c9, "spread", lambda work, jobs, workers: [work(job) for job in jobs])
    text = c9.section(1)
    assert "Embeddings from mine.npz." in text and text.count("\n| ") == 1 + len(c9.STRATEGIES)
    np.savez(file, train=X, train_labels=y[:10], test=X, test_labels=y)
    c9.arrays.cache_clear()
    with pytest.raises(SystemExit, match=r"train \(200, 3\) and its labels \(10,\)"):
        c9.arrays(str(file))


def test_finished_runs_are_kept_and_sections_take_their_place(
    section: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    figures, run = section("figures"), section("run")
    monkeypatch.setenv("PUBLISHED_RUNS", str(tmp_path))
    assert figures.spread(abs, [-1, -2], 1) == [1, 2]
    monkeypatch.setattr(figures, "ProcessPoolExecutor", _NoWork)
    assert figures.spread(abs, [-2, -1], 1) == [2, 1]
    before = run.page("", ["## C2: two\n\nold", "## C10: ten", "## C4a: four"])
    assert run.page(before, []) == before and before.index("C4a") < before.index("C10")
    after = run.page(before, ["## C2: two\n\nnew"])
    assert "new" in after and "old" not in after and "## C10: ten" in after


class _NoWork:
    """Workers of whom nothing may be asked."""

    def __init__(self, workers: int) -> None:
        pass

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *fault: object) -> None:
        return None

    def map(self, work: Any, jobs: Any) -> list[Any]:
        assert not jobs
        return []


def test_whom_each_strategy_asks(section: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    c3 = section("c3")
    monkeypatch.setattr(c3, "ITEMS", 3)
    monkeypatch.setattr(c3, "BATCH", 1)
    answers = crowd.table({"item": [0, 1, 0], "annotator": [0, 0, 1], "label": [0, 1, 1]}, rows=3, classes=2)
    probs = np.array([[0.8, 0.2], [0.45, 0.55], [0.1, 0.9]])
    rng = np.random.default_rng(0)
    assert c3.choose("uncertainty", answers, probs, rng).tolist() == [1]
    assert c3.choose("good random", answers, probs, rng).tolist() == [2]
    assert c3.consensus("random", answers, probs).tolist() == [0, 1, -1]  # a tie, which the model breaks


class Asked:
    """A model that notes how many rows it was asked for."""

    def predict_proba(self, rows: Any) -> np.ndarray:
        self.rows = len(rows)
        return np.random.default_rng(0).dirichlet(np.ones(2), len(rows))


def test_near_anchors_the_model_is_asked_for_few_rows(section: Any) -> None:
    c8, rng = section("c8"), np.random.default_rng(0)
    X, y = rng.standard_normal((3000, 5)), (np.arange(3000) < 30).astype(int)
    labelled = np.array([0, 1, 100, 200])
    for strategy, least, most in (("margin", 2996, 2996), ("anchor_margin", 50, 200)):
        model = Asked()
        picked, size = c8.choose(strategy, model, X, X, labelled, y, 0)
        assert len(set(picked.tolist()) - set(labelled.tolist())) == c8.ASKED
        assert least <= size == model.rows <= most
    assert c8.choose("random", Asked(), X, X, labelled, y, 0)[1] == 0


def test_a_ratio_is_of_means_over_the_same_seeds(section: Any) -> None:
    below = np.array([1.0, 2.0, 9.0])
    assert section("c8").ratio(3 * below, below) == (3.0, "3.0 (3.0 to 3.0)")
