"""Why an item is asked: what the log says, and the labelled rows that it is nearest to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.server.views import Neighbour
from askwise.session import Session
from askwise.session.values import plain

MOST = 20_000
"""Labelled rows that are looked at, the latest: enough to find near ones, in milliseconds."""

LEADS = frozenset({"predicted", "probability", "probs"})
"""What a log entry says of the model's guess: not for the eyes of somebody who has yet to answer."""


def reasons(why: Mapping[str, Any], blind: bool) -> dict[str, Any]:
    """What the log says about a query, without the model's guess where nobody is to be led."""
    return {name: value for name, value in why.items() if not (blind and name in LEADS)}


def neighbours(session: Session, row: int, k: int, view: Callable[[int], dict[str, Any]]) -> list[Neighbour]:
    """The k labelled rows nearest to a row by the cosine of the pool's embeddings, nearest first; none without them."""
    from sklearn.metrics.pairwise import cosine_similarity

    labels = session.labels
    rows = np.array([other for other in list(labels)[-MOST:] if other != row], dtype=np.int64)
    if not len(rows) or "embeddings" not in session.pool.offers:
        return []
    names = frozenset({"embeddings"})
    known = host(session.pool.evidence(rows, names)["embeddings"])
    here = host(session.pool.evidence(np.array([row]), names)["embeddings"])
    near = cosine_similarity(here, known)[0]
    return [
        Neighbour(
            id=plain(session.pool.ids[rows[i]]),
            label=labels[int(rows[i])],
            similarity=float(near[i]),
            view=view(int(rows[i])),
        )
        for i in np.argsort(-near, kind="stable")[:k]
    ]
