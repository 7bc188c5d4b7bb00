"""Access to routes: every route has exactly one `Access`, and a test makes sure of it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy.orm import sessionmaker

from shared.errors import Forbidden, TooMany, Unauthorized
from shared.security import allowance, keystore, service_tokens
from shared.security.keystore import ApiKey
from shared.security.service_tokens import Acting
from shared.telemetry import continue_with


class Access:
    """A dependency that lets a request through or raises a Problem. Rooms have kinds of their own."""

    def __call__(self, request: Request) -> object:
        raise NotImplementedError


class OpenToAll(Access):
    """Lets everybody in without asking who they are, so only for what is meant for everybody."""

    async def __call__(self, request: Request) -> None:
        return None


class BearerAccess(Access, SecurityBase):
    """Access by `Authorization: Bearer`, which `/v1/openapi.json` then names."""

    scheme_name = "key"
    model = HTTPBearer(description="An API key, or at intake the return code of an advice request.")


class KeyWithScope(BearerAccess):
    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request) -> ApiKey:
        """Return the key.

        Raises Unauthorized if it is unknown or its last day has passed, Forbidden if it has none of the
        scopes.
        """
        runtime, given = request.app.state.runtime, bearer(request)
        key = keystore.remembered(runtime.sessions, given) or await _look_up(runtime.sessions, given)
        if key is None:
            raise Unauthorized("This key is not known here, or no longer valid. Ask the centre for a key.")
        in_time(key, runtime.clock.now())
        if not any(key.allows(scope) for scope in self.scopes):
            raise Forbidden(f"This key lacks the scope {' or '.join(self.scopes)}.")
        _go_on(request)
        return key


Sessions = sessionmaker[Any]
_being_looked_up: dict[tuple[asyncio.AbstractEventLoop, int, str], asyncio.Task[ApiKey | None]] = {}


async def _look_up(sessions: Sessions, given: str) -> ApiKey | None:
    """Look a key up once for all requests that bring it at the same time: one thread, one connection."""
    which = (asyncio.get_running_loop(), id(sessions), given)
    looking = _being_looked_up.get(which)
    if looking is None:
        looking = asyncio.create_task(run_in_threadpool(keystore.look_up, sessions, given))
        _being_looked_up[which] = looking
        looking.add_done_callback(lambda _: _being_looked_up.pop(which, None))
    # A request that is cancelled must not cancel the look-up that others wait for.
    return await asyncio.shield(looking)


def in_time(key: ApiKey, at: datetime) -> None:
    """Raises Unauthorized for a key whose last day has passed."""
    if key.is_over(at):
        raise Unauthorized(f"This key was valid until {key.owner.until}. Ask the centre for a new one.")


def spend(request: Request, key: ApiKey, *, however_many: bool = False) -> None:
    """Count one deed of the key of this request, such as a registration; see `allowance.spend`."""
    runtime = request.app.state.runtime
    allowance.spend(runtime.sessions, key, runtime.clock.now(), however_many=however_many)


def may_spend(request: Request, key: ApiKey) -> bool:
    """Count one deed of the key of this request, and return whether it is within the key's ceilings."""
    try:
        spend(request, key)
    except TooMany:
        return False
    return True


class ServiceOnly(Access):
    """Lets in the services that are named, and no other one of ours."""

    def __init__(self, *callers: str) -> None:
        self.callers = callers

    async def __call__(self, request: Request) -> str:
        """Return the name of the calling service, from its short-lived token.

        Raises Unauthorized if the token is not in order, Forbidden if another service calls.
        """
        caller = service_tokens.verify(bearer(request), request.app.state.runtime.service)
        if caller not in self.callers:
            raise Forbidden(f"This address is for {' and '.join(self.callers)} alone.")
        _go_on(request)
        return caller


class InNameOf(Access):
    """Lets in the services that are named, where they say in whose name they ask."""

    def __init__(self, *callers: str) -> None:
        self.callers = callers

    async def __call__(self, request: Request) -> Acting:
        """Return who it is. Raises Unauthorized or Forbidden."""
        caller = service_tokens.caller_of(bearer(request), request.app.state.runtime.service)
        if caller.service not in self.callers:
            raise Forbidden(f"This address is for {' and '.join(self.callers)} alone.")
        if caller.acting is None:
            raise Forbidden("This address is for somebody: say in whose name you ask.")
        _go_on(request)
        return caller.acting


def _go_on(request: Request) -> None:
    """Keep the correlation id of somebody we know; that of a stranger was made anew."""
    if given := request.headers.get("x-correlation-id"):
        continue_with(given)


def requires(*scopes: str) -> KeyWithScope:
    return KeyWithScope(*scopes)


def only(*callers: str) -> ServiceOnly:
    """Return the access of these services, by their tokens."""
    return ServiceOnly(*callers)


def in_name_of(*callers: str) -> InNameOf:
    """Return the access of these services in the name of a person or key, which the route is given."""
    return InNameOf(*callers)


open_to_all = OpenToAll()


def bearer(request: Request) -> str:
    """Return the token of `Authorization: Bearer`. Raises Unauthorized if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the key in the header `Authorization: Bearer <key>`.")
    return token.strip()
