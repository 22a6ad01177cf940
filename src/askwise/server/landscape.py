"""The pool in two dimensions, what is known of its rows, and many rows labelled at once."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from askwise.core.arrays import host
from askwise.core.errors import BadInput, BudgetSpent
from askwise.core.noise import Noise
from askwise.core.types import FloatArray, IntArray
from askwise.server import judging as wire
from askwise.server.room import Room
from askwise.session import Answer, Session
from askwise.session.values import plain

MOST_POINTS = 20_000
"""Rows on the map; of a larger pool so many random ones: more would lie on one another."""

MOST_FOUND = 500
NEAREST = 50
_GRID = 4095
_CHUNK = 16_384
_METHODS = ("pca", "umap")


class Landscape:
    """The map of a room's pool: coordinates are worked out once, what is known of the rows at each look."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._guard = threading.Lock()
        self._drawn: dict[str, wire.Landscape] = {}
        self._texts: list[str] | None = None
        self._doubts: tuple[int, list[int] | None] = (0, None)
        self._asked: tuple[int, Future[Any]] | None = None
        session = room.session
        bits = Noise(int(session.config["seed"]), session.keys).bits("map")
        self.rows: IntArray = np.sort(np.argsort(bits, kind="stable")[:MOST_POINTS])

    def draw(self, method: str) -> wire.Landscape:
        """Coordinates of the rows, by PCA or UMAP. Raises BadInput for another method, or a pool without embeddings."""
        methods = [name for name in _METHODS if name == "pca" or importlib.util.find_spec("umap") is not None]
        if method not in methods:
            how = " or ".join(methods)
            raise BadInput(f"the map can be drawn by {how}, not {method!r}; UMAP needs: pip install umap-learn")
        with self._guard:
            if method not in self._drawn:
                at, explained = _flat(self._embeddings(self.rows), method)
                x, y = _grid(at)
                self._drawn[method] = wire.Landscape(
                    method=method,
                    methods=methods,
                    explained=explained,
                    size=len(self.room.session.pool),
                    rows=self.rows.tolist(),
                    x=x,
                    y=y,
                )
            return self._drawn[method]

    def ground(self) -> wire.Ground:
        """Labels and doubts of the rows on the map, as of now."""
        doubts = self._doubt()
        with self.room.quiet() as session:
            labels, classes = {**session.state.labels, **session.state.tested}, session.classes
            index = {str(label): i for i, label in enumerate(classes)}
            codes = [index.get(str(labels[row]), -1) if row in labels else -1 for row in self.rows.tolist()]
            left = session.answers_left()
            return wire.Ground(
                classes=[str(one) for one in classes],
                labels=codes,
                doubts=doubts,
                model=len(session.rounds),
                budget_left=left,
            )

    def _doubt(self) -> list[int] | None:
        """Doubts by a late model. A newer model's are asked for where models are fitted, and there at a later look."""
        with self.room.quiet() as session:
            model = len(session.rounds)
        if self._asked is not None and self._asked[1].done():
            of, future = self._asked
            found = None if future.exception() else future.result()
            levels = None if found is None else (100 * np.clip(found, 0, 1)).round().astype(int).tolist()
            self._doubts, self._asked = (of, levels), None
        if model > self._doubts[0] and self._asked is None:
            self._asked = model, self.room.compute("doubts", self.rows)
        return self._doubts[1]

    def show(self, rows: Sequence[int]) -> wire.Rows:
        """Rows as people see them."""
        with self.room.quiet() as session:
            self._check(session, rows)
            labels = {**session.state.labels, **session.state.tested}
            ids = session.pool.ids
            shown = [
                wire.Shown(row=row, id=plain(ids[row]), label=labels.get(row), view=self.room.view(row)) for row in rows
            ]
        return wire.Rows(rows=shown)

    def search(self, text: str) -> wire.Found:
        """Rows whose text holds every word, in the order of the pool."""
        words = text.casefold().split()
        if not words:
            raise BadInput(f"there is nothing to look for in {text!r}; give a word or two")
        with self._guard:
            if self._texts is None:
                self._texts = _texts(self.room.session.pool)
        found = [row for row, one in enumerate(self._texts) if all(word in one for word in words)]
        return wire.Found(rows=found[:MOST_FOUND], total=len(found), scores=[])

    def near(self, row: int) -> wire.Found:
        """Rows nearest to a row by the cosine of their embeddings, nearest first, itself the first."""
        session = self.room.session
        self._check(session, [row])
        here = _unit(self._embeddings(np.array([row])))[0]
        size = len(session.pool)
        starts = range(0, size, _CHUNK)
        parts = [_unit(self._embeddings(np.arange(s, min(s + _CHUNK, size)))) @ here for s in starts]
        cosine = np.concatenate(parts)
        best = np.argsort(-cosine, kind="stable")[:NEAREST]
        return wire.Found(rows=best.tolist(), total=len(best), scores=cosine[best].round(4).tolist())

    def label(self, bulk: wire.Bulk, who: str | None) -> wire.Labelled:
        """One label for many rows, as answers marked `bulk`; test rows, and rows with a label unless `over`, are left.

        Raises BadInput for a row or label that is not there, BudgetSpent where the budget has too few answers left.
        """
        session, state = self.room.session, self.room.session.state
        rows = list(dict.fromkeys(bulk.rows))
        self._check(session, rows)
        name = who or self.room.annotator
        keys = {answer.event for answer in state.answers.values()}
        free = [row for row in rows if row not in state.reserved and (bulk.over or row not in state.labels)]
        free = [row for row in free if row not in state.adjudicated or bulk.over]
        new = [row for row in free if f"{bulk.event}.{row}" not in keys]
        self._check_budget(session, new)
        given = [
            Answer(row=row, label=bulk.label, annotator=name, bulk=True, event=f"{bulk.event}.{row}") for row in new
        ]
        session.tell(given)
        self.room.settled()
        return wire.Labelled(event=bulk.event, done=len(given), left=len(rows) - len(given))

    def unlabel(self, event: str) -> wire.Labelled:
        """Take back what one lasso labelled, all of it."""
        session = self.room.session
        mine = [one for one in session.answers if one.bulk and one.event.rpartition(".")[0] == event]
        done = session.take_back(mine)
        self.room.settled()
        return wire.Labelled(event=event, done=done, left=0)

    def _check_budget(self, session: Session, rows: Sequence[int]) -> None:
        left = session.answers_left()
        if left is not None and len(rows) > left:
            raise BudgetSpent(f"{len(rows)} rows are marked, and {left} answers are left in the budget; mark fewer")

    def _check(self, session: Session, rows: Sequence[int]) -> None:
        beyond = [row for row in rows if not 0 <= row < len(session.pool)]
        if beyond:
            raise BadInput(f"there is no row {beyond[0]}; the pool has rows 0 to {len(session.pool) - 1}")

    def _embeddings(self, rows: IntArray) -> FloatArray:
        pool = self.room.session.pool
        if "embeddings" not in pool.offers:
            raise BadInput(f"a map needs embeddings of the rows, and a {type(pool).__name__} has none; encode the pool")
        return np.asarray(host(pool.evidence(rows, frozenset({"embeddings"}))["embeddings"]), dtype=np.float64)


def _flat(embeddings: FloatArray, method: str) -> tuple[FloatArray, float | None]:
    """Two coordinates (n, 2) of each row, and of PCA the share of the variance that they explain."""
    if embeddings.shape[1] < 2 or len(embeddings) < 3:
        wide = np.zeros((len(embeddings), 2))
        wide[:, : embeddings.shape[1]] = embeddings[:, :2]
        return wide, 1.0
    if method == "umap" and len(embeddings) > 15:  # its number of neighbours; fewer rows need no unfolding
        umap = importlib.import_module("umap")
        return np.asarray(umap.UMAP(n_components=2, random_state=0, n_jobs=1).fit_transform(embeddings)), None
    from sklearn.decomposition import PCA

    made = PCA(2, svd_solver="randomized", random_state=0)
    at = made.fit_transform(embeddings)
    share = float(made.explained_variance_ratio_.sum())
    return at, share if np.isfinite(share) else 1.0


def _grid(at: FloatArray) -> tuple[list[int], list[int]]:
    """Coordinates as whole numbers: one scale for both, so that distances look as they are."""
    low, high = at.min(axis=0), at.max(axis=0)
    span = float((high - low).max()) or 1.0
    middle = (low + high) / 2
    scaled = ((at - middle) / span + 0.5) * _GRID
    whole = np.clip(scaled.round(), 0, _GRID).astype(int)
    return whole[:, 0].tolist(), whole[:, 1].tolist()


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 1e-12, length, 1.0))


def _texts(pool: Any) -> list[str]:
    """What can be searched of each row, in small letters: its text, or its cells; of an image its id."""
    out = []
    for row in range(len(pool)):
        view = pool.show(row)
        if view["kind"] == "text":
            out.append(str(view["text"]).casefold())
        elif "cells" in view:
            out.append(" ".join(str(one) for one in view["cells"].values()).casefold())
        else:
            out.append(str(pool.ids[row]).casefold())
    return out
