"""Doubt about the parts of a row: the words of a sentence, as a tagger sees them."""

from __future__ import annotations

from askwise.core.registry import score
from askwise.core.types import Array


@score(
    cite="Shen et al. 2018, Deep Active Learning for Named Entity Recognition, ICLR, section 4 (MNLP);"
    " Settles and Craven 2008, EMNLP, section 3.1 (least confidence, normalised)"
)
def mnlp(part_doubt: Array) -> Array:
    """Mean doubt of a row's parts: (m,) -> (m,), minus the normalised log-probability of the likeliest answer.

    A tagger that takes words one by one gives the mean of -log p of each word's likeliest tag; Shen et al. divide the
    log-probability of the likeliest sequence by its length. Without dividing, the longest sentences would be asked.
    Cost O(m). Shines on entities that are frequent enough to be in doubt. Fails on tables and headlines, which are
    doubtful in every word and teach little of running text; and a mean hides one doubtful word in a long sentence.

    >>> import numpy as np
    >>> mnlp(np.array([0.1, 0.7]))
    array([0.1, 0.7])
    """
    return part_doubt
