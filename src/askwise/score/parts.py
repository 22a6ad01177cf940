"""Doubt about the parts of a row: words of a sentence as a tagger sees them, cells of an image as a segmenter does."""

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


@score(
    cite="Culotta and McCallum 2005, Reducing Labeling Effort for Structured Prediction Tasks, AAAI, section 3;"
    " Settles and Craven 2008, EMNLP, section 3.1 (least confidence of a sequence)",
    aliases=("sequence_least_confidence",),
)
def total_doubt(part_doubt: Array, part_count: Array) -> Array:
    """Summed doubt of a row's parts: (m,), (m,) -> (m,), minus the log-probability of the likeliest answer.

    Parts are taken one by one, so the log-probability of the whole answer is the sum of theirs. Ranks as least
    confidence of the sequence, 1 - p, does. Cost O(m). Shines where every row costs the same, however long it is: it
    asks the long ones, which teach most. Fails where annotators are paid by the word or take longer over long rows;
    mnlp then, or this score per cost.

    >>> import numpy as np
    >>> total_doubt(np.array([0.1, 0.7]), np.array([30.0, 2.0]))
    array([3. , 1.4])
    """
    return part_doubt * part_count


@score(
    cite="Settles and Craven 2008, An Analysis of Active Learning Strategies for Sequence Labeling Tasks, EMNLP"
    " (the baseline of the longest sequence)",
    aliases=("longest",),
)
def most_parts(part_count: Array) -> Array:
    """Number of parts of a row: (m,) -> (m,); the longest text, the largest image, first.

    Looks at no prediction: a baseline that shows how much of a gain per row is length alone. Cost O(m). Shines where
    rows cost the same, as random does not. Fails per word and per second, and asks lists and tables.

    >>> import numpy as np
    >>> most_parts(np.array([12.0, 3.0]))
    array([12.,  3.])
    """
    return part_count
