"""The settings of a whole system on one machine, and the note by which commands find what runs there."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from local import secrets
from local.processes import Lock, open_private
from shared.events.services import SERVICES
from shared.secret_files import OURS

EVENT_SOURCE = "urn:nld:kvknr:00000000:weerzien"
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - how to reach it, not a bind
NOTE, HIDDEN = "runtime.json", "running.json"
HARMLESS = (
    "WEERZIEN_PUBLIC_URL_",
    "WEERZIEN_INTERNAL_URL_",
    "WEERZIEN_EVENT_SOURCE",
    "WEERZIEN_EMBEDDED",
    "WEERZIEN_CLOCK",
    "WEERZIEN_LOG_LEVEL",
)


def local_environment(
    given: Mapping[str, str],
    data: Path,
    addresses: Mapping[str, str],
    urls: Mapping[str, str],
    *,
    names: tuple[str, ...] = OURS,
) -> dict[str, str]:
    """Return the settings of the processes on this machine; those in `given` take precedence over defaults.

    `addresses` are those of the three services, `urls` those of our own servers; they take precedence over
    `given`. `names` are the prefixes of our settings' names. Secrets that are not given are made once and
    kept in `data`. The clock's anchor is the moment of this call.
    """
    defaults = {
        **_secret_keys(given, data),
        "WEERZIEN_ENCRYPTION_KEYS": given.get("WEERZIEN_ENCRYPTION_KEYS") or secrets.encryption_keys(data),
        "WEERZIEN_EVENT_SOURCE": EVENT_SOURCE,
        "WEERZIEN_EMBEDDED": "true",
        **{f"WEERZIEN_PUBLIC_URL_{name.upper()}": address for name, address in addresses.items()},
    }
    ours = {f"WEERZIEN_{name.upper()}_URL": url for name, url in urls.items()}
    ours |= {f"WEERZIEN_INTERNAL_URL_{name.upper()}": address for name, address in addresses.items()}
    if given.get("WEERZIEN_CLOCK"):
        ours["WEERZIEN_CLOCK_ANCHOR"] = datetime.now(UTC).isoformat()
    kept = {name: value for name, value in given.items() if name.startswith(names) and value}
    return defaults | kept | ours


def _secret_keys(given: Mapping[str, str], data: Path) -> dict[str, str]:
    """Return both from one place: what is kept here is no index key for a secret key that was given."""
    if given.get("WEERZIEN_SECRET_KEY"):
        return {}
    return {"WEERZIEN_SECRET_KEY": secrets.secret_key(data), "WEERZIEN_INDEX_KEY": secrets.index_key(data)}


def addresses(host: str, port: int) -> dict[str, str]:
    """Return the address of each service on this machine: on PORT, PORT+1 and PORT+2."""
    seen = ANYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return {name: f"http://{seen}:{port + step}" for step, name in enumerate(SERVICES)}


def leave_note(data: Path, environment: Mapping[str, str]) -> None:
    """Leave the settings for commands on the same folder.

    The note itself holds no secret, so that a copy of the folder without `secrets/` holds none either, also
    after a kill -9. What is not known to be harmless lies beside the other secrets.
    """
    plain = {name: value for name, value in environment.items() if _is_harmless(name, value)}
    hidden = {name: value for name, value in environment.items() if name not in plain}
    (data / secrets.FOLDER).mkdir(mode=0o700, exist_ok=True)
    _write(data / secrets.FOLDER / HIDDEN, hidden)
    _write(data / NOTE, {"pid": os.getpid(), "sockets": _sockets(environment), "environment": plain})


def remove_note(data: Path) -> None:
    (data / NOTE).unlink(missing_ok=True)
    (data / secrets.FOLDER / HIDDEN).unlink(missing_ok=True)


def running_environment(data: Path) -> dict[str, str] | None:
    """Return the settings of the system that runs on this folder, or None if none runs."""
    if not (data / NOTE).exists() or not is_held(data):
        return None
    with contextlib.suppress(OSError, ValueError, KeyError):
        return noted_environment(data)
    return None


def noted_environment(data: Path) -> dict[str, str]:
    """Return the settings of the system that last left a note, whether it still runs or not.

    Raises OSError, ValueError or KeyError if there is no such note.
    """
    noted = json.loads((data / NOTE).read_text())["environment"]
    beside = data / secrets.FOLDER / HIDDEN
    hidden = json.loads(beside.read_text()) if beside.exists() else {}
    return {str(name): str(value) for name, value in (noted | hidden).items()}


def _is_harmless(name: str, value: str) -> bool:
    return name.startswith(HARMLESS) and "@" not in value


def _sockets(environment: Mapping[str, str]) -> str | None:
    """Return the folder of the database's socket, if it is our own."""
    query = urlsplit(environment.get("WEERZIEN_DATABASE_URL", "")).query
    return next(iter(parse_qs(query).get("host", [])), None)


def _write(path: Path, noted: Mapping[str, object]) -> None:
    """Replace a note by another one. Only the owner can read it."""
    fresh = path.with_name(f".{path.name}")
    fresh.unlink(missing_ok=True)
    with open_private(fresh, "w") as file:
        json.dump(noted, file, indent=1)
    fresh.replace(path)


def is_held(data: Path) -> bool:
    """Return True if a supervisor, or a command that started the database for itself, holds the folder."""
    if not (data / "lock").exists():
        return False
    lock = Lock(data / "lock")
    if lock.take():
        lock.release()
        return False
    return True
