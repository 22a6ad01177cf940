"""Every pick has a slow and obvious reference; this table says where, and holds newcomers to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import askwise as aw
from askwise.core import registry

TESTS = Path(__file__).parent.parent

REFERENCES = {
    "alfa_mix": "pick/test_mixing_and_clusters.py::test_alfa_mix_flips_where_the_closed_form_flips",
    "badge": "kernels/test_seeding.py::test_the_law_of_badge_in_gradient_space",
    "bait": "reference/test_designs_reference.py::test_bait_minimises_the_trace",
    "batch_bald": "pick/test_joint_information.py::test_each_pick_adds_most",
    "besra": "pick/test_multilabel_picks.py::test_gains_by_loops",
    "bmdal": "pick/test_bmdal.py::test_tp_is_the_pick_of_the_selection",
    "class_balancer": "pick/test_imbalanced.py::test_class_balancer_by_loops",
    "class_quota": "pick/test_batch_wrappers.py::test_class_quota_always_serves_the_poorest_class",
    "clue": "reference/test_cluster_picks_reference.py::test_weighted_k_means_and_clue_by_loops",
    "cluster_margin": "pick/test_batch_wrappers.py::test_cluster_margin_goes_round",
    "coding_rate": "reference/test_max_det_reference.py::test_the_picks_of_determinants",
    "cvirs": "pick/test_multilabel_picks.py::test_cvirs_from_its_definition",
    "dcom": "pick/test_low_budget.py::test_dcom_is_its_definition",
    "deuce": "pick/test_low_budget.py::test_deuce_begins_with_the_largest_spread_doubt_of_the_largest_part",
    "dimension_guard": "pick/test_imbalanced.py::test_the_guard_draws_half_at_random_while_labels_are_few",
    "direct": "pick/test_imbalanced.py::test_direct_splits_its_batch_between_doubt_and_thresholds",
    "discriminative": "pick/test_discriminative.py::test_by_newton",
    "disparity": "pick/test_representation.py::test_disparity_is_greedy_and_half_the_best",
    "drop_query": "pick/test_mixing_and_clusters.py::test_drop_query_lowers_the_threshold_until_there_are_enough",
    "ev_gp": "pick/test_low_budget.py::test_ev_gp_lowers_the_mean_posterior_variance_the_most",
    "expected_average_precision": "pick/test_average_precision.py::test_every_labelling",
    "facility_location": "pick/test_representation.py::"
    "test_facility_location_and_herding_are_greedy_on_the_full_matrix",
    "falcun": "pick/test_mixing_and_clusters.py::test_falcun_draws_by_its_definition",
    "flcg": "pick/test_similar.py::test_flcg_is_greedy_on_its_sum",
    "flqmi": "pick/test_similar.py::test_flqmi_is_greedy_on_its_sum",
    "four_ds": "pick/test_four_ds.py::test_a_slow_loop_chooses_the_same",
    "frank_wolfe": "reference/test_designs_reference.py::test_frank_wolfe_steps",
    "galaxy": "pick/test_imbalanced.py::test_galaxy_by_loops",
    "glister": "pick/test_gradient_matching.py::test_glister_steps_to_the_largest_product",
    "gmm": "pick/test_low_budget.py::test_gmm_with_few_rows_is_k_means_on_scaled_features",
    "grad_match": "pick/test_gradient_matching.py::test_grad_match_is_matching_pursuit_on_formed_gradients",
    "graph_cut": "pick/test_representation.py::test_graph_cut_is_greedy_on_the_full_matrix",
    "gsi": "pick/test_regression_picks.py::test_gsy_and_gsi_by_loops",
    "gsy": "pick/test_regression_picks.py::test_gsy_and_gsi_by_loops",
    "hierarchical_sampling": "pick/test_hierarchical_sampling.py::test_the_pruning_has_the_least_error_of_all",
    "ical": "pick/test_joint_information.py::test_ical_by_traces",
    "imital": "score/test_learned.py::test_imital_is_a_loop_over_slots",
    "info_coevolution": "pick/test_info_coevolution.py::test_a_pick_lowers_its_copies",
    "k_center": "reference/test_k_center_reference.py::test_the_picks_of_the_full_matrix",
    "k_means": "reference/test_cluster_picks_reference.py::test_k_means_by_loops",
    "k_means_pp": "kernels/test_seeding.py::test_the_law_of_the_second_and_third_pick",
    "kernel_herding": "pick/test_representation.py::test_kernel_herding_by_its_definition",
    "kmq": "pick/test_low_budget.py::test_kmq_weighs_clusters_by_the_softmax_of_their_loss",
    "lcmd": "reference/test_lcmd_reference.py::test_the_picks_of_the_full_matrix",
    "lightweight": "pick/test_lightweight.py::test_the_first_draw_follows_the_law",
    "max_det": "reference/test_max_det_reference.py::test_the_picks_of_determinants",
    "odmr": "pick/test_batch_wrappers.py::test_odmr_by_loops",
    "p_core_set": "pick/test_low_budget.py::test_p_core_set_is_k_center_on_predictions",
    "per_cost": "reference/test_cluster_picks_reference.py::test_per_cost_is_a_sort",
    "pivotal": "pick/test_pivotal.py::test_each_row_is_chosen_with_its_probability",
    "power": "pick/test_power_and_top.py::test_second_draw_is_without_replacement",
    "prob_cover": "pick/test_prob_cover.py::test_the_picks_of_a_full_matrix",
    "random_clust": "reference/test_cluster_picks_reference.py::test_random_clust_by_loops",
    "ranked_batch": "pick/test_batch_wrappers.py::test_ranked_batch_by_loops",
    "regression_tree": "pick/test_regression_tree.py::test_the_allocation_lowers_the_error_the_most",
    "seed_al": "pick/test_low_budget.py::test_seed_al_finds_the_best_batch_within_the_budget",
    "skip_tail": "pick/test_skip_tail.py::test_skips_the_highest_by_sorting",
    "soft_rank": "pick/test_batch_wrappers.py::test_soft_rank_draws_by_its_law",
    "softmax": "pick/test_batch_wrappers.py::test_softmax_draws_by_its_law",
    "thompson": "pick/test_regression_picks.py::test_thompson_takes_the_best_row_left_of_each_draw",
    "top": "pick/test_power_and_top.py::test_top_is_the_sort",
    "typiclust": "reference/test_cluster_picks_reference.py::test_typiclust_by_loops",
    "uncertainty_herding": "pick/test_representation.py::"
    "test_facility_location_and_herding_are_greedy_on_the_full_matrix",
    "weighted_k_means": "reference/test_cluster_picks_reference.py::test_weighted_k_means_and_clue_by_loops",
}
"""A brute force, an enumeration, loops that follow the definition, or the law of a draw: pick -> file::test."""


def test_every_pick_has_a_reference():
    picks = {method.name for method in registry.methods() if method.kind == "pick"}
    assert picks <= set(REFERENCES), "write a slow and obvious reference, and name it here"
    assert set(REFERENCES) <= picks, "these are no picks any more"


@pytest.mark.parametrize("name", REFERENCES)
def test_the_reference_is_there(name):
    file, test = REFERENCES[name].split("::")
    text = (TESTS / file).read_text()
    assert f"def {test}(" in text
    assert name in text or f'"{name}"' in text or name == "coding_rate"


@pytest.mark.parametrize(
    "name", ["k_center", "k_means_pp", "lcmd", "max_det", "bait", "frank_wolfe", "facility_location"]
)
def test_a_subset_gives_the_picks_of_the_subset_alone(name):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = rng.integers(0, 5, (40, 3)).astype(np.float64)
        some = np.sort(rng.permutation(40)[:22])
        # Noise is keyed by the row, so the subset alone is given its ids.
        alone = aw.select(6, name, embeddings=rows[some], ids=some, seed=seed).rows
        np.testing.assert_array_equal(aw.select(6, name, embeddings=rows, candidates=some, seed=seed).rows, some[alone])


def test_balls_without_neighbours_hold_single_rows():
    rows = np.random.default_rng(0).standard_normal((30, 2))
    assert aw.pick.prob_cover(rows, n=5, rng=0, delta=1e-9).tolist() == [0, 1, 2, 3, 4]
