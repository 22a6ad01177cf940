"""Contract suites for people who write methods, learners, pools and stores: run them in your own tests.

`check_score`, `check_pick`, `check_limit`, `check_stop` and `check_strategy` here; `check_learner`, `check_pool` and
`check_store` in `askwise.testing.learner`, `.pool` and `.store`. ``python -m askwise.testing`` runs all that is
registered.
"""

from __future__ import annotations

from askwise.testing.hints import Hint, hint
from askwise.testing.methods import (
    check_limit,
    check_method,
    check_pick,
    check_score,
    check_stop,
    check_strategy,
    contract,
)
from askwise.testing.suite import ContractBroken, Outcome
from askwise.testing.world import World

__all__ = [
    "ContractBroken",
    "Hint",
    "Outcome",
    "World",
    "check_limit",
    "check_method",
    "check_pick",
    "check_score",
    "check_stop",
    "check_strategy",
    "contract",
    "hint",
]
