"""Secrets of an installation on one machine: made once, kept in files that only the owner can read."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from local.processes import make_data_folder

FOLDER = "secrets"


def keep(data: Path, name: str, make: Callable[[], str]) -> str:
    """Return the secret of that name, made with `make` the first time; two calls at once get the same one."""
    make_data_folder(data)
    folder = data / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return keep_file(folder / name, make)


def keep_file(path: Path, make: Callable[[], str]) -> str:
    """Return the text of a file of mode 600, made the first time; it gets its name once it is on disk."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{uuid4().hex}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        _publish(fresh, path)
    return path.read_text().strip()


def _publish(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def secret_key(data: Path) -> str:
    """Return the keys that sign, separated by commas; the first one signs."""
    index_key(data)
    return keep(data, "secret_key", lambda: secrets.token_urlsafe(48))


def index_key(data: Path) -> str:
    """Return the key of stored fingerprints.

    It is made before the secret key; where that is there without it, that one made the fingerprints too.
    """
    before = data / FOLDER / "secret_key"
    made_before = before.read_text().strip() if before.exists() else ""
    return keep(data, "index_key", lambda: made_before or secrets.token_urlsafe(48))


def encryption_keys(data: Path) -> str:
    """Return keys as `id:base64` of 32 bytes each, separated by commas; the first one encrypts."""
    return keep(data, "encryption_keys", lambda: f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}")


def password(data: Path, server: str) -> str:
    return keep(data, f"{server}_password", lambda: secrets.token_hex(24))


def operator_key(data: Path) -> str:
    """Return the API key with every scope, kept in DIR/operator.key; services keep only its hash."""
    from shared.security.keystore import make_key

    make_data_folder(data)
    return keep_file(data / "operator.key", make_key)
