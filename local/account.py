"""As whom a server runs. PostgreSQL refuses root, and a broker does not need it."""

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
    """Something on this machine stands in the way; the text says what, and how to mend it."""


@dataclass(frozen=True)
class Account:
    """`same`: as we are; `user`: as another user; `namespace`: as root that looks like another user."""

    mode: Mode
    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Make a private folder of this account's, or leave the one that is there as it is.

        Raises LocalProblem where something else is in its place.
        """
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.owner:
                raise LocalProblem(f"{folder} belongs to another user; remove it or use --data") from None
        else:
            if self.mode == "user":
                os.chown(folder, self.uid, self.gid)

    def write(self, path: Path, text: str) -> None:
        """Make a file that this account alone can read. Raises FileExistsError where there is one."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            if self.mode == "user":
                os.fchown(descriptor, self.uid, self.gid)
            file.write(text)

    @property
    def owner(self) -> int:
        """The user id that files of this account show outside."""
        return self.uid if self.mode == "user" else os.geteuid()


def account_for(folder: Path, binary: Path) -> Account:
    """Decide as whom a server with its data in `folder` runs.

    Data that are there already decide: they stay with their owner. New data of root go to an unprivileged
    user who can reach them, else they stay with root behind a user namespace.
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
    found = folder.stat()
    if found.st_uid == 0:
        nobody = _unprivileged()
        return Account("namespace", nobody.pw_uid, nobody.pw_gid)
    closed = closed_to(found.st_uid, folder) or closed_to(found.st_uid, binary)
    if closed:
        raise LocalProblem(
            f"{folder} belongs to user {found.st_uid}, who cannot reach it through {closed}; "
            f"`chmod o+x {closed}` mends it"
        )
    return Account("user", found.st_uid, found.st_gid)


def _unprivileged() -> pwd.struct_passwd:
    """A user of the system's list: initdb looks up its own name there."""
    users = [user for user in pwd.getpwall() if user.pw_uid != 0]
    if not users:
        raise LocalProblem("PostgreSQL does not run as root, and this system knows no other user")
    return next((user for user in users if user.pw_name == "nobody"), users[-1])


def closed_to(uid: int, path: Path) -> Path | None:
    """The first step on the way to `path` that `uid` cannot pass, or None. Group rights are not counted."""
    for step in _steps(path):
        found = step.stat()
        bit = stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH
        if not found.st_mode & bit:
            return step
    return None


def _steps(path: Path) -> Iterator[Path]:
    yield from reversed(path.parents)
    yield path
