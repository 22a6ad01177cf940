"""Row-local scores, a file per family. Higher = ask sooner, always.

A new score is two touches: its function in a file of this folder, and its line here.
"""

from __future__ import annotations

from askwise.score.chance import random
from askwise.score.uncertainty import entropy, least_confidence, margin

__all__ = ["entropy", "least_confidence", "margin", "random"]
