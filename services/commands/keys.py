"""API keys, and the keys that encrypt what is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from time import sleep
from typing import Any

from rich.table import Table
from sqlmodel import Session

from local.account import LocalProblem
from services import system
from services.installation import session
from shared import audit
from shared.database import binding
from shared.database.common import COMMON
from shared.database.encrypted import reencrypt as rotate
from shared.events.services import SERVICES
from shared.geography import facility
from shared.security import keystore
from shared.security.keystore import THE_CENTRE, Owner, Scope, make_key

COLUMNS = ("id", "name", "scopes", "organisation", "facilities", "made", "until", "last used", "revoked")


def create_key(name: str, scopes: list[str], owner: Owner = THE_CENTRE) -> str:
    """Make a key with these scopes, known to every service.

    Raises LocalProblem for a scope or a facility that there is not, and for a key that would reach the visits
    of every facility without being the operator's.
    """
    _known_scopes(scopes)
    _known_facilities(scopes, owner)
    key = make_key()
    for service in SERVICES:
        with session(service) as opened:
            keystore.store(opened, key, name, scopes, owner)
            _note(opened, "key.create", key.split("_")[1], " ".join(sorted(scopes)))
            opened.commit()
    return key


def _note(opened: Session, deed: str, key_id: str, why: str = "") -> None:
    audit.record(opened, "operator", deed, f"key:{key_id}", at=datetime.now(UTC), why=why)


def _known_scopes(scopes: list[str]) -> None:
    unknown = sorted(set(scopes) - {scope.value for scope in Scope})
    if unknown:
        known = ", ".join(scope.value for scope in Scope)
        raise LocalProblem(f"there is no scope {', '.join(unknown)}; there are {known}")


def _known_facilities(scopes: list[str], owner: Owner) -> None:
    unknown = sorted(one for one in owner.facilities if facility(one) is None)
    if unknown:
        raise LocalProblem(f"there is no facility {', '.join(unknown)}; their ids are as `nl-pi-vught`")
    if Scope.OPERATOR in scopes and (owner.facilities or owner.organisation):
        raise LocalProblem(
            f"a key with the scope {Scope.OPERATOR} is for everything: leave out --facility and"
            " --organisation"
        )
    if Scope.VISITS_WRITE in scopes and Scope.OPERATOR not in scopes and not owner.facilities:
        raise LocalProblem(
            f"a key with the scope {Scope.VISITS_WRITE} is for the visits of a facility: name each with"
            " --facility"
        )


def list_keys() -> list[dict[str, Any]]:
    """List the keys, which every service knows alike, with when each was last used at any of them."""
    rows: list[dict[str, Any]] = []
    used: dict[str, list[datetime]] = {}
    for service in SERVICES:
        with session(service) as opened:
            rows = keystore.list_keys(opened)
        for row in rows:
            used.setdefault(row["id"], []).extend([row["last_used_at"]] if row["last_used_at"] else [])
    return [row | {"last_used_at": max(used[row["id"]], default=None)} for row in rows]


def as_table(rows: list[dict[str, Any]]) -> Table:
    """Return the keys as `keys list` shows them."""
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*(_shown(row)[column] for column in COLUMNS))
    return table


def _shown(row: dict[str, Any]) -> dict[str, str]:
    used, revoked = row["last_used_at"], row["revoked_at"]
    return {
        "id": row["id"],
        "name": row["name"],
        "scopes": " ".join(row["scopes"]),
        "organisation": row["organisation"] or "",
        "facilities": " ".join(row["facilities"] or ()),
        "made": f"{row['created_at']:%Y-%m-%d}",
        "until": str(row["until"] or ""),
        "last used": f"{used:%Y-%m-%d %H:%M}" if used else "",
        "revoked": f"{revoked:%Y-%m-%d %H:%M}" if revoked else "",
    }


def revoke_key(key_id: str) -> None:
    """Revoke this key everywhere. Raises LocalProblem for an unknown key."""
    found = []
    for service in SERVICES:
        with session(service) as opened:
            if known := keystore.revoke(opened, key_id):
                _note(opened, "key.revoke", key_id)
            found.append(known)
            opened.commit()
    if not any(found):
        raise LocalProblem(f"there is no key {key_id}: `weerzien keys list` names them")


def reencrypt() -> dict[str, int]:
    """Re-encrypt every value with the first key; returns how many there were, by service.

    From now on values are bound to their rows. Raises LocalProblem while a version runs that cannot read
    those.
    """
    _nothing_of_before_runs()
    newly = [_bind(service) for service in SERVICES]
    if any(newly):
        sleep(binding.HEARD_SECONDS)
    done = {}
    for service in SERVICES:
        own = system.service(service).base.metadata
        with session(service) as opened:
            done[service] = sum(rotate(opened, tables) for tables in (own, COMMON))
    return done


def _nothing_of_before_runs() -> None:
    for service in SERVICES:
        with session(service) as opened:
            if number := binding.of_before(opened, service):
                raise LocalProblem(
                    f"the version before still runs: {number} of its processes' connections are those of"
                    f" {service}, and it could not read what would be written now. Replace it everywhere,"
                    " then again"
                )


def _bind(service: str) -> bool:
    with session(service) as opened:
        is_new = binding.reach(opened)
        audit.record(opened, "operator", "key.reencrypt", "keys", at=datetime.now(UTC))
        opened.commit()
    return is_new
