"""Set-level picks, a file per method. Each returns distinct positions, in the order to ask.

A new pick is two touches: its file in this folder, and its line here.
"""

from __future__ import annotations

from askwise.pick.alfa_mix import alfa_mix, drop_query
from askwise.pick.average_precision import expected_average_precision
from askwise.pick.badge import badge
from askwise.pick.bait import bait
from askwise.pick.batch_bald import batch_bald
from askwise.pick.besra import besra
from askwise.pick.bmdal import bmdal
from askwise.pick.class_quota import class_balancer, class_quota, odmr
from askwise.pick.cluster_margin import cluster_margin
from askwise.pick.cvirs import cvirs
from askwise.pick.dcom import dcom
from askwise.pick.deuce import deuce
from askwise.pick.dimension_guard import dimension_guard
from askwise.pick.discriminative import discriminative
from askwise.pick.ev_gp import ev_gp
from askwise.pick.facility_location import facility_location, uncertainty_herding
from askwise.pick.falcun import falcun
from askwise.pick.four_ds import four_ds
from askwise.pick.frank_wolfe import frank_wolfe
from askwise.pick.galaxy import direct, galaxy
from askwise.pick.glister import glister
from askwise.pick.gmm import gmm
from askwise.pick.grad_match import grad_match
from askwise.pick.graph_cut import disparity, graph_cut
from askwise.pick.greedy_sampling import gsi, gsy
from askwise.pick.hierarchical_sampling import hierarchical_sampling
from askwise.pick.ical import ical
from askwise.pick.imital import imital
from askwise.pick.info_coevolution import info_coevolution
from askwise.pick.k_center import k_center
from askwise.pick.k_means import k_means
from askwise.pick.k_means_pp import k_means_pp
from askwise.pick.kernel_herding import kernel_herding
from askwise.pick.kmq import kmq
from askwise.pick.lcmd import lcmd
from askwise.pick.lightweight import lightweight
from askwise.pick.max_det import coding_rate, max_det
from askwise.pick.p_core_set import p_core_set
from askwise.pick.per_cost import per_cost
from askwise.pick.pivotal import pivotal
from askwise.pick.power import power
from askwise.pick.prob_cover import prob_cover
from askwise.pick.random_clust import random_clust
from askwise.pick.ranked_batch import ranked_batch
from askwise.pick.regression_tree import regression_tree
from askwise.pick.seed_al import seed_al
from askwise.pick.similar import flcg, flqmi
from askwise.pick.skip_tail import skip_tail
from askwise.pick.stochastic import soft_rank, softmax
from askwise.pick.thompson import thompson
from askwise.pick.top import top
from askwise.pick.typiclust import typiclust
from askwise.pick.weighted_k_means import clue, weighted_k_means

__all__ = [
    "alfa_mix",
    "badge",
    "bait",
    "batch_bald",
    "besra",
    "bmdal",
    "class_balancer",
    "class_quota",
    "clue",
    "cluster_margin",
    "coding_rate",
    "cvirs",
    "dcom",
    "deuce",
    "dimension_guard",
    "direct",
    "discriminative",
    "disparity",
    "drop_query",
    "ev_gp",
    "expected_average_precision",
    "facility_location",
    "falcun",
    "flcg",
    "flqmi",
    "four_ds",
    "frank_wolfe",
    "galaxy",
    "glister",
    "gmm",
    "grad_match",
    "graph_cut",
    "gsi",
    "gsy",
    "hierarchical_sampling",
    "ical",
    "imital",
    "info_coevolution",
    "k_center",
    "k_means",
    "k_means_pp",
    "kernel_herding",
    "kmq",
    "lcmd",
    "lightweight",
    "max_det",
    "odmr",
    "p_core_set",
    "per_cost",
    "pivotal",
    "power",
    "prob_cover",
    "random_clust",
    "ranked_batch",
    "regression_tree",
    "seed_al",
    "skip_tail",
    "soft_rank",
    "softmax",
    "thompson",
    "top",
    "typiclust",
    "uncertainty_herding",
    "weighted_k_means",
]
