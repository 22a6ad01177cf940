"""What runs share: the test split, one encoding, learners by name; and the files of the shared data as they are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from askwise.core.errors import BadInput
from askwise.lab.bench import labelled, named_recipe, prepare
from askwise.pool import as_pool, open_dataset

DATA = Path(os.environ.get("ASKWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def blobs(n=100, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 4
    return rng.normal(size=(n, 3)) + 4 * np.eye(4)[y][:, :3], y


def test_without_a_test_file_a_fifth_of_each_class_is_held_out():
    X, y = blobs()
    bench = prepare(labelled(X, y), seed=3)
    assert len(bench.pool) == 80 and len(bench.truth) == 20
    assert np.bincount(bench.truth).tolist() == [5, 5, 5, 5]
    assert sorted({*bench.pool.ids.tolist()}) == sorted(bench.pool.ids.tolist())
    assert "no test file: 20 of 100 rows, drawn by seed 3" in bench.notes[0]
    assert prepare(labelled(X, y), seed=3).pool.ids.tolist() == bench.pool.ids.tolist()
    assert prepare(labelled(X, y), seed=4).pool.ids.tolist() != bench.pool.ids.tolist()


def test_labels_stay_with_their_rows_through_the_split():
    X, y = blobs()
    bench = prepare(labelled(X, y))
    assert bench.labels == y[bench.pool.ids].tolist()


def test_a_class_with_one_row_does_not_break_the_split():
    X, y = blobs(51)
    y[50] = 9
    bench = prepare(labelled(X, y))
    assert bench.classes == (0, 1, 2, 3, 9)


def test_a_given_test_part_is_used_whole():
    X, y = blobs()
    bench = prepare(labelled(X, y, test=blobs(40, seed=1)))
    assert (len(bench.pool), len(bench.truth)) == (100, 40)
    assert bench.notes == ("scores are on the test file of 40 rows",)


def test_evaluation_by_hand():
    X, y = blobs()
    bench = prepare(
        labelled(X, y, test=(X[:4], ["a", "b", "a", "b"])) if False else labelled(X, y, test=(X[:4], y[:4]))
    )
    guess = np.eye(4)[[0, 1, 2, 2]]
    # Class F1: 1, 1, 2 / (2 + 1 + 0), 0
    assert bench.evaluate(guess) == pytest.approx({"accuracy": 0.75, "macro_f1": (1 + 1 + 2 / 3 + 0) / 4})


@pytest.mark.parametrize("given", ["forest", LogisticRegression(), None])
def test_learners_are_fresh_for_each_run(given):
    bench = prepare(labelled(*blobs()), given)
    assert bench.learner() is not bench.learner()
    assert "0x" not in bench.about


def test_recipes_by_name():
    pool = as_pool(["one text", "another text"])
    assert type(named_recipe(pool, "tfidf+forest").head).__name__ == "RandomForestClassifier"
    assert type(named_recipe(pool, "tfidf").head).__name__ == "LogisticRegression"
    with pytest.raises(BadInput, match="no head 'forst'"):
        named_recipe(pool, "forst")


def test_bad_data_is_named():
    with pytest.raises(BadInput, match="3 rows have 2 labels"):
        labelled([[0.0], [1.0], [2.0]], [0, 1])
    with pytest.raises(BadInput, match=r"every label is 'x'; a simulation needs at least two"):
        prepare(labelled([[0.0]] * 9, ["x"] * 9))
    with pytest.raises(BadInput, match="3 rows cannot be split"):
        prepare(labelled([[0.0], [1.0], [2.0]], [0, 1, 0]))


@pytest.mark.skipif(not (DATA / "trec6").exists(), reason="the shared data is not there")
def test_shared_folders_are_taken_as_they_are():
    dataset = open_dataset(DATA / "trec6", text="text", label="label")
    bench = prepare(dataset)
    assert len(bench.classes) == 6 and len(bench.pool) == 5452 and len(bench.truth) == 500
    assert bench.test.shape[0] == 500


def test_few_rows_of_each_class_are_split_without_stratifying():
    X, _ = blobs(40)
    bench = prepare(labelled(X, [f"class {i // 4}" for i in range(40)]))
    assert (len(bench.pool), len(bench.truth)) == (32, 8)
    assert "stratified" not in bench.notes[0]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([1.5, "warm"] * 20, dtype=object), "the labels are numbers, but 'warm' is a text"),
        (["only"] * 40, "every label is 'only'.*another label column"),
    ],
)
def test_labels_that_are_neither_classes_nor_numbers_are_quoted(labels, said):
    with pytest.raises(BadInput, match=said):
        prepare(labelled(blobs(40)[0], labels))


def test_numbers_are_a_task_of_their_own():
    X, _ = blobs()
    bench = prepare(labelled(X, X[:, 0] * 2.0))
    assert bench.task == "number" and bench.classes == () and bench.truth.shape == (20,)
    assert "RandomForestRegressor" in bench.about
    assert bench.evaluate(bench.truth + 1.0, ["rmse", "mae"]) == pytest.approx({"rmse": 1.0, "mae": 1.0})


def test_two_folds_of_five_are_forty_percent():
    X, y = blobs()
    bench = prepare(labelled(X, y), share=0.4)
    assert (len(bench.pool), len(bench.truth)) == (60, 40)
    assert np.bincount(bench.truth).tolist() == [10, 10, 10, 10]


def test_both_parts_are_put_together_and_split_anew():
    X, y = blobs()
    data = labelled(X, y, test=blobs(25, seed=1))
    first, again, other = (prepare(data, seed=s, resplit=True) for s in (1, 1, 2))
    assert (len(first.pool), len(first.truth)) == (100, 25)
    assert first.pool.ids.tolist() == again.pool.ids.tolist() != other.pool.ids.tolist()
    texts = labelled(["one", "two"] * 10, ["a", "b"] * 10, test=(["three"] * 5, ["a"] * 5))
    assert len(prepare(texts, resplit=True).truth) == 5


def test_learners_with_one_encoder_share_the_encoding():
    kept = {}
    first, second = (prepare(labelled(*blobs()), name, encodings=kept) for name in ("logistic", "forest"))
    assert first.pool is second.pool and first.test is second.test and len(kept) == 1
