"""People, roles and tokens. For the owner."""

from __future__ import annotations

from fastapi import APIRouter, Request

from askwise.core.errors import BadInput
from askwise.server import judging as wire
from askwise.server.access import Access
from askwise.server.people import ROLES, People
from askwise.server.room import Room
from askwise.server.routes.common import OWNERS, REFUSALS, caller, roles
from askwise.server.team import TeamAccess


def routes(room: Room, access: Access | TeamAccess) -> APIRouter:
    """Who may log in: list, add, remove, token."""
    router = APIRouter(prefix="/api/admin", tags=["admin"], dependencies=roles(OWNERS), responses=REFUSALS)

    @router.get("/people")
    def people() -> wire.Members:
        return _members(access)

    @router.post("/people")
    def add(body: wire.NewMember) -> wire.Secret:
        return wire.Secret(name=body.name, secret=_people(access).add(body.name, body.role))

    @router.post("/remove")
    def remove(body: wire.Leaving, request: Request) -> wire.Members:
        if body.name == caller(request):
            raise BadInput(f"{body.name!r} is you, and nobody can shut herself out; let another owner do it")
        _people(access).remove(body.name)
        return _members(access)

    @router.post("/token")
    def token(body: wire.NewToken) -> wire.Secret:
        return wire.Secret(name=body.name, secret=_people(access).issue(body.name, body.days))

    return router


def _people(access: Access | TeamAccess) -> People:
    if isinstance(access, Access):
        raise BadInput("this room is for one, who comes in by the link; `askwise serve` opens one for several people")
    return access.people


def _members(access: Access | TeamAccess) -> wire.Members:
    known = [] if isinstance(access, Access) else list(access.people)
    people = [
        wire.Member(
            name=one.name,
            role=one.role,
            tokens=[wire.Pass(prefix=token.prefix, ends=token.ends) for token in one.tokens],
        )
        for one in known
    ]
    return wire.Members(people=people, roles=list(ROLES), single=access.single)
