"""Access to a prison's pages: a planner finds nothing of a facility that is not theirs, whatever they ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlmodel import Session

from services.notify.planner.tables import PLANNERS
from services.notify.visits import queries
from services.notify.visits.mass import queries as mass
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
    """Lets in planners, to the facility, the visit day and the mass change in the path if one is named there.

    A path calls them `{facility}`, `{visit_id}` and `{change_id}`.
    """

    def __call__(self, request: Request) -> Member:
        """Return who it is. Raises SignInFirst, and NotFound for what is not theirs."""
        member = Member(**vars(super().__call__(request)))
        named = request.path_params.get("facility")
        if named is not None and (named not in member.facilities or facility(named) is None):
            raise NotFound(NO_SUCH_FACILITY)
        for name, (facility_of, nothing) in NAMED.items():
            if name in request.path_params:
                _is_theirs(request, request.path_params[name], member, facility_of, nothing)
        return member


# Of what else a path names: how its facility is found, and what is said where there is none such.
FacilityOf = Callable[[Session, UUID], str | None]
NAMED: dict[str, tuple[FacilityOf, str]] = {
    "visit_id": (queries.facility_of_day, queries.NO_SUCH_DAY),
    "change_id": (mass.facility_of, mass.NO_SUCH_CHANGE),
}


def _is_theirs(request: Request, named: str, member: Member, facility_of: FacilityOf, nothing: str) -> None:
    try:
        asked = UUID(named)
    except ValueError:
        raise NotFound(nothing) from None
    with request.app.state.runtime.sessions() as session:
        if facility_of(session, asked) not in member.facilities:
            raise NotFound(nothing)


member = PlannerAccess(PLANNERS)
Planning = Annotated[Member, Depends(member)]
