"""Quotas by group."""

from __future__ import annotations

import numpy as np

from askwise.core.errors import BadInput
from askwise.core.registry import limit
from askwise.core.types import Array, BoolArray, IntArray


@limit(cite="common practice; a quota is a partition matroid (Fisher, Nemhauser and Wolsey 1978)")
def at_most(groups: Array, *, chosen: IntArray, count: int = 1, per: str = "groups") -> BoolArray:
    """At most `count` rows of each group in one batch: groups (m,), chosen (k,) -> mask (m,) of rows still allowed.

    `per` names the column that holds the groups. Shines where rows come in bundles (patient, document, video): one
    bundle's rows are alike. Raises BadInput for a count below one.

    >>> import numpy as np
    >>> at_most.run(np.array(["a", "a", "b"]), chosen=np.array([0]), count=1).tolist()
    [False, False, True]
    """
    if count < 1:
        raise BadInput(f"at_most({count}) lets no row through; give a count of at least 1")
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    return np.bincount(index[chosen], minlength=len(names))[index] < count
