"""Row-local scores, a file per family. Higher = ask sooner, always.

A new score is two touches: its function in a file of this folder, and its line here.
"""

from __future__ import annotations

from askwise.score.chance import random
from askwise.score.change import expected_gradient_length
from askwise.score.contrastive import contrastive
from askwise.score.cost import alce, alce_probs, candidate_set
from askwise.score.crowd import active_lab, active_lab_ensemble, answer_entropy, consensus_doubt
from askwise.score.decision import boundary, cost_margin, expected_cost, free_energy, inverse_gap, rare, ratio
from askwise.score.density import information_density
from askwise.score.disagreement import (
    bald,
    counts_bald,
    dynamics_entropy,
    expected_entropy,
    max_kl,
    mean_std,
    variation_ratio,
    vote_entropy,
)
from askwise.score.distance import relative_distance
from askwise.score.error_reduction import (
    gaussian_error_reduction,
    knn_error_reduction,
    naive_bayes_error_reduction,
    refit_error_reduction,
)
from askwise.score.gaussian import gaussian_epig, variance_reduction
from askwise.score.learned import lal
from askwise.score.linear_change import dao, influence_error_reduction, one_step_error_reduction
from askwise.score.multilabel import (
    adaptive_multilabel,
    average_confidence,
    average_score,
    binary_minimum,
    label_cardinality,
    marginal_bald,
    max_loss,
    max_score,
    mean_max_loss,
    mmc,
)
from askwise.score.open_set import known_margin
from askwise.score.optimise import expected_improvement, probability_of_improvement, upper_confidence_bound
from askwise.score.parts import mnlp, most_parts, total_doubt
from askwise.score.perturbation import dropout_flips, ldm
from askwise.score.probabilistic import epistemic, mcpal
from askwise.score.prospect import core_mse, epig
from askwise.score.quire import quire
from askwise.score.reduction import expected_error_reduction, value_of_information, xpal
from askwise.score.regression import emcm, predictive_std, predictive_variance
from askwise.score.uncertainty import entropy, least_confidence, margin

__all__ = [
    "active_lab",
    "active_lab_ensemble",
    "adaptive_multilabel",
    "alce",
    "alce_probs",
    "answer_entropy",
    "average_confidence",
    "average_score",
    "bald",
    "binary_minimum",
    "boundary",
    "candidate_set",
    "consensus_doubt",
    "contrastive",
    "core_mse",
    "cost_margin",
    "counts_bald",
    "dao",
    "dropout_flips",
    "dynamics_entropy",
    "emcm",
    "entropy",
    "epig",
    "epistemic",
    "expected_cost",
    "expected_entropy",
    "expected_error_reduction",
    "expected_gradient_length",
    "expected_improvement",
    "free_energy",
    "gaussian_epig",
    "gaussian_error_reduction",
    "influence_error_reduction",
    "information_density",
    "inverse_gap",
    "knn_error_reduction",
    "known_margin",
    "label_cardinality",
    "lal",
    "ldm",
    "least_confidence",
    "margin",
    "marginal_bald",
    "max_kl",
    "max_loss",
    "max_score",
    "mcpal",
    "mean_max_loss",
    "mean_std",
    "mmc",
    "mnlp",
    "most_parts",
    "naive_bayes_error_reduction",
    "one_step_error_reduction",
    "predictive_std",
    "predictive_variance",
    "probability_of_improvement",
    "quire",
    "random",
    "rare",
    "ratio",
    "refit_error_reduction",
    "relative_distance",
    "total_doubt",
    "upper_confidence_bound",
    "value_of_information",
    "variance_reduction",
    "variation_ratio",
    "vote_entropy",
    "xpal",
]
