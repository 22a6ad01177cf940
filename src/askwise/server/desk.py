"""A desk: what lies before one annotator, and what she did last."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from askwise.server.views import Item

Given = Literal["label", "abstain", "reject"]
Kind = Given | Literal["skip"]


@dataclass(frozen=True)
class Done:
    """Something the person did, so that it can be taken back."""

    kind: Kind
    query: int


@dataclass
class Desk:
    """One annotator's items in the order of their places, and her past, newest last.

    `back` are queries that she skipped and brought back, which are not open in the session. `seen` is when
    her page was last heard of, on the monotonic clock.
    """

    annotator: str
    past: list[Done] = field(default_factory=list)
    items: dict[int, Item] = field(default_factory=dict)
    back: set[int] = field(default_factory=set)
    places: int = 0
    seen: float = field(default_factory=time.monotonic)

    def ahead(self, after: int | None, n: int) -> list[Item]:
        """Up to n items in order, those whose place is after `after` if it is given."""
        items = (item for item in self.items.values() if after is None or item.place > after)
        return sorted(items, key=lambda item: item.place)[:n]

    def lay_first(self, query: int) -> None:
        """Let an item that lies here lie before all others."""
        item = self.items.pop(query)
        self.items[query] = item.model_copy(update={"place": self.first_place()})

    def place(self) -> int:
        """The place of the next item."""
        self.places += 1
        return self.places

    def first_place(self) -> int:
        """A place before all items that lie there: of something brought back."""
        return min((item.place for item in self.items.values()), default=1) - 1
