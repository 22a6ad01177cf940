"""The evidence that the contract suite makes is complete, consistent, and exact in every float type."""

from __future__ import annotations

import numpy as np
import pytest

from askwise.core.evidence import DERIVED, VOCABULARY
from askwise.testing import World
from askwise.testing.world import FLOATING, convert, permuted, take

WORLDS = {
    "plain": World(),
    "equal": World(equal=True),
    "certain": World(certain=True),
    "one class": World(c=1),
    "one row": World(m=1),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_row_evidence_has_one_entry_a_row(world):
    for name, spec in VOCABULARY.items():
        if spec.per == "row" and name not in ("head_grads", "units"):
            assert len(world[name]) == world.m, name
        if spec.per == "labelled":
            assert len(world[name]) == world.labelled, name


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_real_values_are_exact_in_float16(world):
    for name in FLOATING:
        value = world[name]
        assert np.isfinite(value).all(), name
        np.testing.assert_array_equal(value.astype(np.float16).astype(np.float64), value, err_msg=name)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_probabilities_sum_to_one_exactly(world):
    for name in ("probs", "samples", "previous_probs", "dynamics", "labelled_probs"):
        assert (world[name].sum(-1) == 1).all() and (world[name] >= 0).all(), name


def test_parts_agree_with_each_other():
    world = World()
    for name in ("probs", "votes", "mean"):
        sources, rule = DERIVED[name]
        np.testing.assert_array_equal(rule(*(world[source] for source in sources)), world[name])
    np.testing.assert_allclose(world["std"], world["draws"].std(1), atol=1 / 256)
    head = world["head"]
    guess = (world["embeddings"] @ head.weights + head.bias).argmax(1)
    assert (guess == world["probs"].argmax(1)).mean() > 0.6


def test_equal_and_certain_worlds_are_what_they_say():
    for name in ("embeddings", "probs", "samples", "draws", "costs", "groups", "cluster"):
        assert (np.asarray(World(equal=True)[name]) == World(equal=True)[name][0]).all(), name
    assert set(np.unique(World(certain=True)["probs"])) == {0.0, 1.0}
    assert (World(certain=True)["std"] == 0).all()


def test_taking_rows():
    world, rows = World(), np.array([3, 0, 3])
    flat, offsets = take("units", world["units"], rows)
    whole, at = world["units"]
    np.testing.assert_array_equal(flat[offsets[0] : offsets[1]], whole[at[3] : at[4]])
    np.testing.assert_array_equal(flat[offsets[2] :], flat[offsets[0] : offsets[1]])
    np.testing.assert_array_equal(take("head_grads", world["head_grads"], rows)[1], world["embeddings"][rows])
    assert take("price", world["price"], rows) is world["price"]


def test_permuted_neighbours_point_at_the_same_rows():
    world = World()
    order = np.random.default_rng(0).permutation(world.m)
    moved = permuted("neighbours", world["neighbours"], order)
    np.testing.assert_array_equal(order[moved], world["neighbours"][order])


def test_convert_goes_into_named_tuples():
    head = convert(World()["head"], lambda array: array.astype(np.float32))
    assert head.weights.dtype == np.float32 and head.l2 == 1.0
