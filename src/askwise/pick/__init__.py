"""Set-level picks, a file per method. Each returns distinct positions, in the order to ask.

A new pick is two touches: its file in this folder, and its line here.
"""

from __future__ import annotations

from askwise.pick.badge import badge
from askwise.pick.batch_bald import batch_bald
from askwise.pick.besra import besra
from askwise.pick.cvirs import cvirs
from askwise.pick.greedy_sampling import gsi, gsy
from askwise.pick.ical import ical
from askwise.pick.k_center import k_center
from askwise.pick.k_means import k_means
from askwise.pick.power import power
from askwise.pick.prob_cover import prob_cover
from askwise.pick.skip_tail import skip_tail
from askwise.pick.thompson import thompson
from askwise.pick.top import top
from askwise.pick.typiclust import typiclust

__all__ = [
    "badge",
    "batch_bald",
    "besra",
    "cvirs",
    "gsi",
    "gsy",
    "ical",
    "k_center",
    "k_means",
    "power",
    "prob_cover",
    "skip_tail",
    "thompson",
    "top",
    "typiclust",
]
