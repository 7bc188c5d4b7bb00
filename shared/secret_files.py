"""Secrets from files; imports next to nothing, since health checks run this every minute."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

OURS = ("WEERZIEN_",)
DATABASE_URL = "WEERZIEN_DATABASE_URL"


def read_secret_files(ours: tuple[str, ...] = OURS) -> None:
    """Read secrets from files named after their variables, as containers do; the environment comes first.

    A variable that is set to nothing is one that is not set.
    The folder is `WEERZIEN_SECRETS_DIR`, or `/run/secrets`. `ours` is what the names of our settings begin
    with.
    """
    folder = Path(os.environ.get("WEERZIEN_SECRETS_DIR") or "/run/secrets")
    for file in folder.iterdir() if folder.is_dir() else ():
        name = file.name.upper()
        if name.startswith(ours) and file.is_file() and not os.environ.get(name):
            os.environ[name] = file.read_text().strip()
    # Some providers still write this scheme, which SQLAlchemy does not know.
    for name, address in os.environ.items():
        if name.startswith(DATABASE_URL) and address.startswith("postgres://"):
            os.environ[name] = address.replace("postgres://", "postgresql://", 1)


def own(name: str, service: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a setting of one service: its own (`WEERZIEN_DATABASE_URL_INTAKE`), else that of all; or ""."""
    given = os.environ if environment is None else environment
    return given.get(f"{name}_{service.upper()}") or given.get(name, "")
