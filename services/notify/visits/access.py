"""Access to visits: a key that is bound to facilities finds nothing of any other, whatever it asks."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from services.notify.visits import queries
from shared.errors import NotFound
from shared.runtime import Runtime
from shared.security.access import KeyWithScope
from shared.security.keystore import ApiKey


class KeyForVisits(KeyWithScope):
    """Access by a key with one of the scopes, to the visit day in the path if there is one."""

    async def __call__(self, request: Request) -> ApiKey:
        """Return the key. Raises NotFound for a visit day of a facility that is not its own, as for none."""
        key = await super().__call__(request)
        visit_id = _id(request.path_params.get("visit_id", ""))
        if visit_id is not None and key.facilities is not None:
            await run_in_threadpool(_is_theirs, request.app.state.runtime, visit_id, key.facilities)
        return key


def _id(text: str) -> UUID | None:
    """Return None for what is no id: the route says so itself."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _is_theirs(runtime: Runtime, visit_id: UUID, facilities: frozenset[str]) -> None:
    with runtime.sessions() as session:
        if queries.facility_of_day(session, visit_id) not in facilities:
            raise NotFound(queries.NO_SUCH_DAY)
