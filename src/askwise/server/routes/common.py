"""What routes share: who is calling, who may call, and how a refusal looks in the OpenAPI description."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from askwise.core.errors import AskwiseError
from askwise.server.guard import person_of
from askwise.server.people import ROLES
from askwise.server.room import Room
from askwise.server.views import Clash, Problem

T = TypeVar("T")

EVERYBODY = frozenset(ROLES)
JUDGES = frozenset({"owner", "reviewer"})
OWNERS = frozenset({"owner"})

REFUSALS: dict[int | str, dict[str, Any]] = {
    code: {"model": Clash if code == 409 else Problem, "description": said}
    for code, said in {
        400: "A value that makes no sense; the text says which, and what to give instead.",
        401: "Nobody is logged in.",
        403: "From a foreign page or host, or not for this role.",
        409: "The page and the room disagree about what happened; nothing was changed.",
        422: "The request cannot be read.",
        429: "Too many calls; wait.",
        503: "The store cannot write now; nothing was lost.",
    }.items()
}


class Forbidden(AskwiseError):
    """Somebody known asks for what her role may not do."""


class Allowed:
    """A dependency that lets some roles pass. A test reads `roles` off every route."""

    def __init__(self, roles: frozenset[str]) -> None:
        self.roles = roles

    def __call__(self, request: Request) -> None:
        """Raises Forbidden for any other role."""
        role = person_of(request.scope).acts_as
        if role not in self.roles:
            raise Forbidden(f"this is for the {' or the '.join(sorted(self.roles))}; you are here as {role}")


def roles(who: frozenset[str]) -> list[Dependency]:
    """For `dependencies=` of a router or a route: only these roles may call it."""
    return [Depends(Allowed(who))]


def caller(request: Request) -> str | None:
    """The annotator's name; None in a room for one, which has a name of its own for her."""
    return person_of(request.scope).name or None


async def in_turn(room: Room, act: Callable[[], T]) -> T:
    """What an act on the room returns, once it is on disk; acts that come together share the wait for it."""
    return await asyncio.wrap_future(room.soon(act))
