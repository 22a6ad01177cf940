"""Seeds of repeats."""

from __future__ import annotations

import numpy as np


def repeat_seed(seed: int, repeat: int) -> int:
    """The seed of one repeat, the same for every strategy: streams of one seed never overlap.

    >>> repeat_seed(0, 1) == repeat_seed(0, 1), repeat_seed(0, 1) == repeat_seed(0, 2)
    (True, False)
    """
    return int(np.random.SeedSequence([seed, repeat]).generate_state(1)[0])
