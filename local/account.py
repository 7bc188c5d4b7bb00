"""The operating system's user that a server runs as. PostgreSQL refuses root, and a broker needs no root."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["same", "user", "namespace"]


class LocalProblem(Exception):
    """Something on this machine prevents the work; the text says what, and how to solve it."""


@dataclass(frozen=True)
class Account:
    """`same`: our own user; `user`: another user; `namespace`: root that looks like another user."""

    mode: Mode
    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Make a private folder that this account owns, or leave its existing one as it is.

        Raises LocalProblem if the path is not a folder or belongs to another user.
        """
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            existing = folder.lstat()
            if not stat.S_ISDIR(existing.st_mode) or existing.st_uid != self.owner:
                raise LocalProblem(f"{folder} belongs to another user; remove it or use --data") from None
        else:
            if self.mode == "user":
                os.chown(folder, self.uid, self.gid)

    def write(self, path: Path, text: str) -> None:
        """Make a file that only this account can read. Raises FileExistsError if it exists."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            if self.mode == "user":
                os.fchown(descriptor, self.uid, self.gid)
            file.write(text)

    @property
    def owner(self) -> int:
        """Return the user id that files of this account show outside a namespace."""
        return self.uid if self.mode == "user" else os.geteuid()


def account_for(folder: Path, binary: Path) -> Account:
    """Choose the account that a server with its data in `folder` runs as. Raises LocalProblem.

    Existing data stay with their owner. If root makes new data, they go to an unprivileged user that can
    reach them, or else stay with root behind a user namespace.
    """
    if os.geteuid() != 0:
        return Account("same", os.geteuid(), os.getegid())
    if folder.exists():
        return _of_owner(folder, binary)
    nobody = _unprivileged()
    if closed_to(nobody.pw_uid, folder.parent) or closed_to(nobody.pw_uid, binary):
        return Account("namespace", nobody.pw_uid, nobody.pw_gid)
    return Account("user", nobody.pw_uid, nobody.pw_gid)


def _of_owner(folder: Path, binary: Path) -> Account:
    data = folder.stat()
    if data.st_uid == 0:
        nobody = _unprivileged()
        return Account("namespace", nobody.pw_uid, nobody.pw_gid)
    closed = closed_to(data.st_uid, folder) or closed_to(data.st_uid, binary)
    if closed:
        raise LocalProblem(
            f"{folder} belongs to user {data.st_uid}, who cannot reach it through {closed}; "
            f"run `chmod o+x {closed}`"
        )
    return Account("user", data.st_uid, data.st_gid)


def _unprivileged() -> pwd.struct_passwd:
    """Return an ordinary user from the system's list of users, where initdb looks up its own name."""
    users = [user for user in pwd.getpwall() if user.pw_uid != 0]
    if not users:
        raise LocalProblem("PostgreSQL does not run as root, and this system knows no other user")
    return next((user for user in users if user.pw_name == "nobody"), users[-1])


def closed_to(uid: int, path: Path) -> Path | None:
    """Return the first step of `path` that `uid` cannot pass, or None. Group rights do not count."""
    for step in _steps(path):
        details = step.stat()
        bit = stat.S_IXUSR if details.st_uid == uid else stat.S_IXOTH
        if not details.st_mode & bit:
            return step
    return None


def _steps(path: Path) -> Iterator[Path]:
    yield from reversed(path.parents)
    yield path
