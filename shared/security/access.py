"""Who may use a route. Every route has exactly one `Access`; a test holds us to it."""

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


class Access:
    """A dependency that lets a request through or raises a Problem. Rooms have kinds of their own."""

    def __call__(self, request: Request) -> object:
        raise NotImplementedError


class OpenToAll(Access):
    """Nobody has to say who they are. What is behind it must be meant for everybody."""

    def __call__(self, request: Request) -> None:
        return None


class BearerAccess(Access, SecurityBase):
    """An access by `Authorization: Bearer`, which `/v1/openapi.json` then names."""

    scheme_name = "key"
    model = HTTPBearer(description="An API key, or at intake the return code of a question.")


class KeyWithScope(BearerAccess):
    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request) -> ApiKey:
        """The key, where it has one of the scopes. 401 without a key that we know, 403 without the scope."""
        sessions, given = request.app.state.runtime.sessions, bearer(request)
        key = keystore.remembered(sessions, given) or await _look_up(sessions, given)
        if key is None:
            raise Unauthorized("This key is not known here, or no longer valid. Ask the centre for a key.")
        if not any(key.allows(scope) for scope in self.scopes):
            raise Forbidden(f"This key lacks the scope {' or '.join(self.scopes)}.")
        return key


Sessions = sessionmaker[Any]
_being_looked_up: dict[tuple[asyncio.AbstractEventLoop, int, str], asyncio.Task[ApiKey | None]] = {}


async def _look_up(sessions: Sessions, given: str) -> ApiKey | None:
    """One look for all who come with the same key at once: one thread and one connection, not hundreds."""
    which = (asyncio.get_running_loop(), id(sessions), given)
    looking = _being_looked_up.get(which)
    if looking is None:
        looking = asyncio.create_task(run_in_threadpool(keystore.look_up, sessions, given))
        _being_looked_up[which] = looking
        looking.add_done_callback(lambda _: _being_looked_up.pop(which, None))
    # Whoever goes away takes the answer from nobody else.
    return await asyncio.shield(looking)


class ServiceOnly(Access):
    def __call__(self, request: Request) -> str:
        """The name of the service that asks, by its short-lived token."""
        return service_tokens.verify(bearer(request), request.app.state.runtime.service)


def requires(*scopes: str) -> KeyWithScope:
    return KeyWithScope(*scopes)


open_to_all = OpenToAll()
service_only = ServiceOnly()


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer`; raises Unauthorized where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the key in the header `Authorization: Bearer <key>`.")
    return token.strip()
