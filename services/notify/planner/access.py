"""Access to a prison's pages: a planner finds nothing of a facility that is not theirs, whatever they ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from services.notify.planner.tables import PLANNERS
from services.notify.visits import queries
from shared.errors import NotFound
from shared.geography import facility
from shared.members.access import MemberAccess
from shared.members.rules import Signed

NO_SUCH_FACILITY = "There is no facility with this id."


@dataclass(frozen=True)
class Member(Signed):
    """A planner who is signed in. `scope` are the ids of their facilities."""

    @property
    def facilities(self) -> frozenset[str]:
        return self.scope


class PlannerAccess(MemberAccess):
    """Lets in planners, to the facility and the visit day in the path if one is named there.

    A path calls them `{facility}` and `{visit_id}`.
    """

    def __call__(self, request: Request) -> Member:
        """Return who it is. Raises SignInFirst, and NotFound for what is not theirs."""
        member = Member(**vars(super().__call__(request)))
        named = request.path_params.get("facility")
        if named is not None and (named not in member.facilities or facility(named) is None):
            raise NotFound(NO_SUCH_FACILITY)
        if "visit_id" in request.path_params:
            _is_theirs(request, request.path_params["visit_id"], member)
        return member


def _is_theirs(request: Request, visit_id: str, member: Member) -> None:
    try:
        asked = UUID(visit_id)
    except ValueError:
        raise NotFound(queries.NO_SUCH_DAY) from None
    with request.app.state.runtime.sessions() as session:
        if queries.facility_of_day(session, asked) not in member.facilities:
            raise NotFound(queries.NO_SUCH_DAY)


member = PlannerAccess(PLANNERS)
Planning = Annotated[Member, Depends(member)]
