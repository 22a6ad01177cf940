"""Sub-pools: which part of a pool is looked at, drawn before anything is scored. Each returns positions, ascending.

A new sub-pool is two touches: its file in this folder, and its line here.
"""

from __future__ import annotations

from askwise.among.near import anchor_al, seals
from askwise.among.random_subset import random_subset
from askwise.among.ups import ups
from askwise.among.varied import tyrogue, varied

__all__ = ["anchor_al", "random_subset", "seals", "tyrogue", "ups", "varied"]
