"""A pool whose rows hold several things each: two texts to compare, a few images to rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from askwise.core.errors import BadInput
from askwise.core.protocols import Pool
from askwise.core.types import IntArray
from askwise.pool.base import BasePool, unique_ids
from askwise.pool.files import existing, read_table
from askwise.pool.fingerprint import Part
from askwise.pool.frame import column_names, get_column, known_columns
from askwise.pool.images import ImagePool
from askwise.pool.text import TextPool


class SeveralPool(BasePool):
    """Rows of k things, the j-th of which is a row of the j-th pool: all texts, or all images.

    `names` say what each is called, as the columns that they come from are. Raises BadInput for fewer than two pools,
    and for pools of different lengths or kinds.

    >>> pool = SeveralPool([TextPool(["a", "b"]), TextPool(["c", "d"])])
    >>> pool.take([1]), [view["text"] for view in pool.show(0)["items"]]
    ([('b', 'd')], ['a', 'c'])
    """

    kind: ClassVar[str] = "several"
    span_rows = 256

    def __init__(
        self,
        pools: Sequence[BasePool],
        ids: Any = None,
        columns: Mapping[str, Any] | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> None:
        self.pools = tuple(pools)
        if len(self.pools) < 2:
            raise BadInput(f"{len(self.pools)} pool leaves nothing to compare; give two or more, of equal length")
        kinds = sorted({pool.kind for pool in self.pools})
        if len(kinds) > 1:
            raise BadInput(f"rows of {' and '.join(kinds)} together cannot be compared; give pools of one kind")
        self.names = tuple(names or (f"item_{i + 1}" for i in range(len(self.pools))))
        for pool, name in zip(self.pools, self.names, strict=True):
            if len(pool) != len(self.pools[0]):
                raise BadInput(f"{name!r} has {len(pool)} rows, {self.names[0]!r} {len(self.pools[0])}; give as many")
        super().__init__(len(self.pools[0]), ids, columns)

    @property
    def each(self) -> str:
        """The kind of every thing in a row: 'text' or 'image'."""
        return self.pools[0].kind

    @property
    def schema(self) -> dict[str, Any]:
        return {"names": list(self.names), "each": self.each}

    def take(self, rows: IntArray) -> list[tuple[Any, ...]]:
        """The things of these rows, in the order of the pools."""
        checked = self.checked(rows)
        return list(zip(*(pool.take(checked) for pool in self.pools), strict=True))

    def show(self, row: int) -> dict[str, Any]:
        """``{"kind": "several", "items": [what each pool shows], "names": [...]}``."""
        return {"kind": "several", "items": [pool.show(row) for pool in self.pools], "names": list(self.names)}

    def media(self, row: int, part: int = 0) -> tuple[str, bytes]:
        """Media type and bytes of the image at one place of a row."""
        pool: Any = self.pools[part]
        found: tuple[str, bytes] = pool.media(row)
        return found

    def parts(self, start: int, stop: int) -> list[Part]:
        return [part for pool in self.pools for part in pool.parts(start, stop)]


def open_several(
    path: str | Path, *, text: Sequence[str] = (), images: Sequence[str] = (), ids: str | None = None
) -> Pool:
    """A pool over several columns of a table: `text` names columns of text, or `images` columns of encoded images.

    Raises BadInput for a file that is no table, for unknown columns, and unless two or more of one kind are named.
    """
    names = list(text or images)
    if len(names) < 2 or (text and images):
        raise BadInput(f"the columns to compare are {names}; name two or more, all texts or all images: left,right")
    table = read_table(existing(path), [*text, *([] if ids is None else [ids])])
    known_columns([*names, *([] if ids is None else [ids])], column_names(table))
    side = {name: get_column(table, name) for name in column_names(table)}
    keys = None if ids is None else unique_ids(side[ids], len(table))
    return SeveralPool([_one(side[name], name, bool(text)) for name in names], keys, side, names=names)


def _one(column: Any, name: str, text: bool) -> BasePool:
    try:
        return TextPool(column) if text else ImagePool(column)
    except BadInput as error:
        raise BadInput(f"column {name!r}: {error}") from error
