"""Access to visits: a key that is bound to facilities finds nothing of any other, whatever it asks."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.notify.visits import queries
from shared.errors import NotFound
from shared.runtime import Runtime
from shared.security.access import KeyWithScope
from shared.security.keystore import ApiKey

Facility = Callable[[Session, UUID], str | None]


class KeyAtFacility(KeyWithScope):
    """Access by a key with one of the scopes, to what the path names, if that is at a facility of the key."""

    def __init__(self, *scopes: str, named: str, facility: Facility, missing: str) -> None:
        super().__init__(*scopes)
        self._named, self._facility, self._missing = named, facility, missing

    async def __call__(self, request: Request) -> ApiKey:
        """Return the key. Raises NotFound for what is at a facility that is not its own, as for none."""
        key = await super().__call__(request)
        id = _id(request.path_params.get(self._named, ""))
        if id is not None and key.facilities is not None:
            await run_in_threadpool(self._is_theirs, request.app.state.runtime, id, key.facilities)
        return key

    def _is_theirs(self, runtime: Runtime, id: UUID, facilities: frozenset[str]) -> None:
        with runtime.sessions() as session:
            if self._facility(session, id) not in facilities:
                raise NotFound(self._missing)


class KeyForVisits(KeyAtFacility):
    """Access by a key with one of the scopes, to the visit day in the path if there is one."""

    def __init__(self, *scopes: str) -> None:
        where = queries.facility_of_day
        super().__init__(*scopes, named="visit_id", facility=where, missing=queries.NO_SUCH_DAY)


def _id(text: str) -> UUID | None:
    """Return None for what is no id: the route says so itself."""
    try:
        return UUID(text)
    except ValueError:
        return None
