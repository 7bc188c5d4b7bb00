"""Processes of our own program, forked from the supervisor so that they share its imports and memory."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local.launch import die_with_parent
from local.processes import POLL, open_log

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Family:
    """The resources that a forked child must release, and the pipe that tells it that the parent ended."""

    data: Path
    forget: list[Callable[[], None]] = field(default_factory=list)
    pipe: tuple[int, int] | None = field(
        default_factory=lambda: None if sys.platform == "linux" else os.pipe()
    )


class Child:
    """One forked process. It ends with its parent, and its output goes to its own log."""

    stop_signal = signal.SIGTERM

    def __init__(
        self, family: Family, name: str, run: Callable[[], int | None], *, on_terminal: bool = False
    ) -> None:
        self._family = family
        self.name = name
        self._run = run
        self._on_terminal = on_terminal
        self.pid: int | None = None
        self._code: int | None = None

    @property
    def log(self) -> Path:
        return self._family.data / "logs" / f"{self.name}.log"

    def launch(self) -> None:
        """Fork. The parent must be single-threaded: a lock held by another thread would stay held."""
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        # Python swallows what a handler raises while it forks; and who is told to stop knows its children.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
            pid = os.fork()
            if pid == 0:
                self._live(parent)
            self.pid, self._code = pid, None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def ended(self) -> int | None:
        """Return the exit code (negative: the signal), or None while it runs."""
        if self.pid is not None and self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def ask_to_stop(self) -> None:
        self._signal(self.stop_signal)

    def await_stop(self, seconds: float) -> None:
        """Wait at most `seconds` for the end, then kill the process."""
        deadline = time.monotonic() + seconds
        while self.pid is not None and self.ended() is None:
            if time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
            time.sleep(POLL)

    def kill(self) -> None:
        """End it at once, also where it stands still; `ended` tells when it has."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.pid is not None and self.ended() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _live(self, parent: int) -> None:
        """Run as the child, and never return into the parent's code."""
        code = 1
        try:
            self._settle(parent)
            code = self._run() or 0
        except SystemExit as end:
            code = _exit_code(end)
        except BaseException:  # the last stop before the process ends
            traceback.print_exc()
        finally:
            logging.shutdown()
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _settle(self, parent: int) -> None:
        for number in STOPPING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        os.setsid()
        die_with_parent(signal.SIGKILL, parent)
        if not self._on_terminal:
            self._write_to_log()
        for forget in self._family.forget:
            forget()
        if self._family.pipe:
            _die_with_pipe(*self._family.pipe)

    def _write_to_log(self) -> None:
        with open_log(self._family.data, self.name) as log, Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)


def _exit_code(end: SystemExit) -> int:
    if isinstance(end.code, int) or end.code is None:
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _die_with_pipe(ours: int, parents: int) -> None:
    os.close(parents)

    def watch() -> None:
        os.read(ours, 1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="parent").start()
