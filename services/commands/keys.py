"""API keys, and the keys that encrypt what is stored."""

from __future__ import annotations

from typing import Any

from local.account import LocalProblem
from services import system
from services.installation import session
from shared.database.common import COMMON
from shared.database.encrypted import reencrypt as rotate
from shared.events.services import SERVICES
from shared.secret_files import DATABASE_URL, own
from shared.security import keystore
from shared.security.keystore import Scope, ensure_key, make_key


def create_key(name: str, scopes: list[str]) -> str:
    """Make a key with these scopes, known to every service. Raises LocalProblem for an unknown scope."""
    unknown = sorted(set(scopes) - {scope.value for scope in Scope})
    if unknown:
        known = ", ".join(scope.value for scope in Scope)
        raise LocalProblem(f"there is no scope {', '.join(unknown)}; there are {known}")
    key = make_key()
    for service in SERVICES:
        ensure_key(own(DATABASE_URL, service), service, key, name, scopes)
    return key


def list_keys() -> list[dict[str, Any]]:
    """List the keys of one service: each service knows the same ones."""
    with session(SERVICES[0]) as opened:
        return keystore.list_keys(opened)


def revoke_key(key_id: str) -> None:
    """Revoke this key everywhere. Raises LocalProblem for an unknown key."""
    found = []
    for service in SERVICES:
        with session(service) as opened:
            found.append(keystore.revoke(opened, key_id))
            opened.commit()
    if not any(found):
        raise LocalProblem(f"there is no key {key_id}: `weerzien keys list` names them")


def reencrypt() -> dict[str, int]:
    """Re-encrypt every value with the first key; returns how many there were, by service."""
    done = {}
    for service in SERVICES:
        own = system.service(service).base.metadata
        with session(service) as opened:
            done[service] = sum(rotate(opened, tables) for tables in (own, COMMON))
    return done
