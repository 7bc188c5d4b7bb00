"""Becomes a server: gives up root, makes sure that it ends with its parent, and executes the command.

Runs as a file of its own (`python -I -S launch.py SPEC COMMAND...`), so that it is safe to start from a
program with threads, and imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000


def die_with_parent(signal_number: int, parent: int) -> None:
    """Ask the kernel for a signal when the parent dies (Linux only).

    Ends this process if the parent has ended already. Call it after a change of user, which undoes it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def become_user(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def become_user_in_namespace(uid: int, gid: int) -> None:
    """Look like an ordinary user to programs that refuse root, with the rights on our own files kept.

    Raises OSError if no user namespace is allowed.
    """
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "no user namespace is allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")


def execute(spec: dict[str, Any], command: list[str], parent: int) -> None:
    if spec["mode"] == "user":
        become_user(spec["uid"], spec["gid"])
    if spec["mode"] == "namespace":
        become_user_in_namespace(spec["uid"], spec["gid"])
    die_with_parent(spec["signal"], parent)
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606


def guard(spec: dict[str, Any], command: list[str]) -> int:
    """Stay beside the server and end it when the pipe from the parent closes.

    For systems without a parent-death signal, and for parents that start servers from a short-lived thread.
    """
    me = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(spec["pipe"])
        execute(spec, command, me)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda received, _frame: os.kill(child, received))

    def watch() -> None:
        os.read(spec["pipe"], 1)
        os.kill(child, spec["signal"])

    threading.Thread(target=watch, daemon=True).start()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    spec, command = json.loads(sys.argv[1]), sys.argv[2:]
    try:
        if spec.get("pipe") is not None:
            sys.exit(abs(guard(spec, command)))
        execute(spec, command, spec["parent"])
    except OSError as problem:
        sys.exit(f"{command[0]} could not be started: {problem}")


if __name__ == "__main__":
    main()
