"""API keys, and the keys that what is stored is encrypted with."""

from __future__ import annotations

import os
from typing import Any

from local.account import LocalProblem
from services import system
from services.installation import session
from shared.database.common import COMMON
from shared.database.encrypted import reencrypt as rotate
from shared.events.services import SERVICES
from shared.security import keystore
from shared.security.keystore import Scope, ensure_key, make_key


def create_key(name: str, scopes: list[str]) -> str:
    """A new key of these scopes, known to every service. Raises LocalProblem for a scope that is none."""
    unknown = sorted(set(scopes) - {scope.value for scope in Scope})
    if unknown:
        known = ", ".join(scope.value for scope in Scope)
        raise LocalProblem(f"there is no scope {', '.join(unknown)}; there are {known}")
    key = make_key()
    for service in SERVICES:
        ensure_key(os.environ["WEERZIEN_DATABASE_URL"], service, key, name, scopes)
    return key


def list_keys() -> list[dict[str, Any]]:
    """Every key is known to each service; one of them tells."""
    with session(SERVICES[0]) as opened:
        return keystore.list_keys(opened)


def revoke_key(key_id: str) -> None:
    """From now on this key opens nothing anywhere. Raises LocalProblem for one that nobody knows."""
    found = []
    for service in SERVICES:
        with session(service) as opened:
            found.append(keystore.revoke(opened, key_id))
            opened.commit()
    if not any(found):
        raise LocalProblem(f"there is no key {key_id}: `weerzien keys list` names them")


def reencrypt() -> dict[str, int]:
    """Every encrypted value of every service under the first key; how many there were by service."""
    done = {}
    for service in SERVICES:
        own = system.service(service).base.metadata
        with session(service) as opened:
            done[service] = sum(rotate(opened, tables) for tables in (own, COMMON))
    return done
