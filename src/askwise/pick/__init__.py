"""Set-level picks, a file per method. Each returns distinct positions, in the order to ask.

A new pick is two touches: its file in this folder, and its line here.
"""

from __future__ import annotations

from askwise.pick.badge import badge
from askwise.pick.k_center import k_center
from askwise.pick.k_means import k_means
from askwise.pick.power import power
from askwise.pick.top import top
from askwise.pick.typiclust import typiclust

__all__ = ["badge", "k_center", "k_means", "power", "top", "typiclust"]
