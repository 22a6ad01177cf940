"""What a session learns with, for every kind of answer: the learner given, or the default of the task and the pool."""

from __future__ import annotations

from typing import Any

from askwise.core.errors import BadInput
from askwise.core.protocols import Learner, Pool
from askwise.encode import CoveredPool, EncodedPool, compared, encode, encode_things, kind_of
from askwise.task import Task


def prepare(pool: Any, learner: Any, task: Task) -> tuple[Pool, Learner]:
    """A pool and a learner from what a person has: with no learner, the default recipe encodes the pool once."""
    from askwise.learner import as_learner
    from askwise.pool import as_pool

    adopted = as_pool(pool) if not isinstance(pool, Pool) else pool
    if len(adopted) == 0:
        raise BadInput("the pool is empty; give at least one row")
    if learner is None:
        return _default(adopted, task)
    classes = None if task.kind == "number" else len(task.classes)
    return adopted, as_learner(learner, classes, together=task.kind == "multilabel")


def _default(pool: Pool, task: Task) -> tuple[Pool, Learner]:
    """All kinds of answer are learned but outlines of regions, and what the rows are of no use for."""
    from askwise.learner import PixelLearner, SpanLearner, Unlearned, recipe

    if getattr(pool, "kind", None) == "several":
        return _of_things(pool, task)
    if task.kind == "pixel" and kind_of(pool) == "image":
        return CoveredPool(pool, encode(pool, recipe("image")).embeddings), PixelLearner(task.classes)
    if task.kind == "span" and kind_of(pool) == "text":
        return CoveredPool(pool, encode(pool, recipe("text")).embeddings), SpanLearner(task.classes)
    if not task.one_class and task.kind not in ("number", "multilabel"):
        # The rows are encoded, so that batches can cover them; nothing is learned until a learner is given.
        return encode(pool, recipe(kind_of(pool))), Unlearned()
    made = recipe(kind_of(pool), task="number" if task.kind == "number" else "choice")
    classes = None if task.kind == "number" else len(task.classes)
    return encode(pool, made), made.learner(classes, together=task.kind == "multilabel")


def _of_things(pool: Any, task: Task) -> tuple[Pool, Learner]:
    """Rows of several things: pairs by what sets the two apart, orders by a utility of each thing."""
    from askwise.learner import PreferenceLearner, recipe

    if task.kind not in ("pair", "ranking"):
        raise BadInput(f"rows of {len(pool.pools)} things are compared, not labelled by a {task.kind}; name one column")
    wanted = 2 if task.kind == "pair" else task.of  # type: ignore[attr-defined]
    if len(pool.pools) != wanted:
        raise BadInput(
            f"the rows hold {len(pool.pools)} things, and this {task.kind} is of {wanted}; name as many columns"
        )
    things = encode_things(pool, recipe(pool.each))
    if task.kind == "ranking":
        apart = things - things.mean(axis=1, keepdims=True)
        return EncodedPool(pool, things, apart.reshape(len(things), -1)), PreferenceLearner()
    features = compared(things)
    return EncodedPool(pool, features, features), recipe("array").learner(2)
