"""Secrets from files; imports next to nothing, since health checks run this every minute."""

from __future__ import annotations

import os
from pathlib import Path

OURS = ("WEERZIEN_",)


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
    address = os.environ.get("WEERZIEN_DATABASE_URL", "")
    if address.startswith("postgres://"):
        os.environ["WEERZIEN_DATABASE_URL"] = address.replace("postgres://", "postgresql://", 1)
