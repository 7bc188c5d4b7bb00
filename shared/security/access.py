"""Access to routes: every route has exactly one `Access`, and a test makes sure of it."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy.orm import sessionmaker

from shared.errors import Forbidden, Unauthorized
from shared.security import keystore, service_tokens
from shared.security.keystore import ApiKey
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
        """Return the key. Raises Unauthorized if it is unknown, Forbidden if it has none of the scopes."""
        sessions, given = request.app.state.runtime.sessions, bearer(request)
        key = keystore.remembered(sessions, given) or await _look_up(sessions, given)
        if key is None:
            raise Unauthorized("This key is not known here, or no longer valid. Ask the centre for a key.")
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


class ServiceOnly(Access):
    async def __call__(self, request: Request) -> str:
        """Return the name of the calling service, from its short-lived token."""
        caller = service_tokens.verify(bearer(request), request.app.state.runtime.service)
        _go_on(request)
        return caller


def _go_on(request: Request) -> None:
    """Keep the correlation id of somebody we know; that of a stranger was made anew."""
    if given := request.headers.get("x-correlation-id"):
        continue_with(given)


def requires(*scopes: str) -> KeyWithScope:
    return KeyWithScope(*scopes)


open_to_all = OpenToAll()
service_only = ServiceOnly()


def bearer(request: Request) -> str:
    """Return the token of `Authorization: Bearer`. Raises Unauthorized if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the key in the header `Authorization: Bearer <key>`.")
    return token.strip()
