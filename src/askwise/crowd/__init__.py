"""From answers to labels, and from labels to who is asked next. Arrays in, arrays out."""

from __future__ import annotations

from askwise.crowd.agreement import Agreement, cohen_kappa, fleiss_kappa, krippendorff_alpha, percent_agreement
from askwise.crowd.annotators import Annotators, annotators, co_agreement
from askwise.crowd.candidates import Candidates, calibrate
from askwise.crowd.crowdlab import Consensus, active_lab, crowdlab
from askwise.crowd.dawid_skene import Skill, dawid_skene
from askwise.crowd.library import Aggregated, aggregate
from askwise.crowd.pairing import Accuracy, ie_thresh, interval_accuracy, local_skill, pairs
from askwise.crowd.table import Table, table
from askwise.crowd.unitizing import Marked, unitizing_alpha
from askwise.crowd.vote import majority
from askwise.crowd.who import minority_bias, random_annotator, representation_diversity, semantic_diversity
from askwise.kernels.consensus import Trust

__all__ = [
    "Accuracy",
    "Aggregated",
    "Agreement",
    "Annotators",
    "Candidates",
    "Consensus",
    "Marked",
    "Skill",
    "Table",
    "Trust",
    "active_lab",
    "aggregate",
    "annotators",
    "calibrate",
    "co_agreement",
    "cohen_kappa",
    "crowdlab",
    "dawid_skene",
    "fleiss_kappa",
    "ie_thresh",
    "interval_accuracy",
    "krippendorff_alpha",
    "local_skill",
    "majority",
    "minority_bias",
    "pairs",
    "percent_agreement",
    "random_annotator",
    "representation_diversity",
    "semantic_diversity",
    "table",
    "unitizing_alpha",
]
