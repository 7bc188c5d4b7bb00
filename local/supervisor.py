"""Keeps the servers and child processes of one data folder running, from the first start to the last stop."""

from __future__ import annotations

import contextlib
import http.client
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol
from urllib.parse import urlsplit

from local.account import LocalProblem
from local.children import Child, Family
from local.processes import Lock, Server, make_data_folder
from local.pulse import Pulse

TICK = 0.1
READY_POLL = 0.05
READY_SECONDS = 120.0
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
STEADY_SECONDS = 30.0
CHILDREN_STOP_SECONDS, SERVERS_STOP_SECONDS = 6.0, 3.0
PATIENCE = 4
"""If a process ends so many times in a row before the system is ready, it never will be."""


class Stopped(BaseException):
    """SIGTERM or SIGINT was received."""


class Process(Protocol):
    name: str

    @property
    def log(self) -> Path: ...
    def launch(self) -> None: ...
    def ended(self) -> int | None: ...
    def ask_to_stop(self) -> None: ...
    def await_stop(self, seconds: float) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Watch:
    """A process with how often it ended in a row, and when it is to start again.

    One with a `pulse` is killed, and so started again, if it lives and does not answer any more.
    """

    process: Process
    started: float
    ends: int = 0
    again_at: float | None = None
    pulse: Pulse | None = None

    def tend(self, now: float, say: Callable[[str], None]) -> None:
        if self.again_at is not None:
            if now >= self.again_at:
                self.started, self.again_at = now, None
                self.process.launch()
                if self.pulse:
                    self.pulse.forget()
            return
        code = self.process.ended()
        if code is not None:
            self._plan(now, code, say)
        elif self.pulse and self.pulse.is_gone(now):
            say(f"{self.process.name} lives and has not answered for {self.pulse.silent:.0f} s")
            self.pulse.forget()
            self.process.kill()

    def _plan(self, now: float, code: int, say: Callable[[str], None]) -> None:
        self.ends = 1 if now - self.started > STEADY_SECONDS else self.ends + 1
        delay = min(FIRST_DELAY * 2 ** (self.ends - 1), LONGEST_DELAY)
        self.again_at = now + delay
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        say(f"{self.process.name} ended {how}; starts again in {delay:.1f} s (see {self.process.log})")


class Supervisor:
    """Runs in the main thread of a single-threaded process, since it forks and handles signals.

    Use: `with supervisor:` (locks the folder, catches signals, stops everything at the end), then
    `start_servers`, `run_once` for what must be done first, `start_children`, `wait_ready`, `watch`.
    """

    def __init__(self, data: Path, say: Callable[[str], None]) -> None:
        self.data = data.resolve()
        self._say = say
        self._lock = Lock(self.data / "lock")
        self._servers: list[Server] = []
        self._children: list[Child] = []
        self._watches: list[Watch] = []
        self._handlers: dict[int, object] = {}
        self.family = Family(self.data, [self._lock.release])

    def __enter__(self) -> Supervisor:
        make_data_folder(self.data)
        if not self._lock.take_soon():
            raise LocalProblem(f"{self.data} is in use already, by process {self._lock.holder()}")
        for number in (signal.SIGTERM, signal.SIGINT):
            self._handlers[number] = signal.signal(number, _raise_stopped)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.stop()
        self._lock.release()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        return kind is not None and issubclass(kind, Stopped)

    def start_servers(self, servers: Sequence[Server], meanwhile: Callable[[], None] | None = None) -> None:
        """Start servers side by side, call `meanwhile`, and wait until each server responds."""
        for server in servers:
            self._servers.append(server)
            self.family.forget.append(server.forget_in_child)
            server.prepare()
            if server.ended() is not None:
                server.launch()
        if meanwhile:
            meanwhile()
        for server in servers:
            server.start()
            self._watches.append(Watch(server, time.monotonic()))

    def run_once(self, name: str, work: Callable[[], int | None]) -> None:
        """Do something in a process of its own and wait for it. Raises LocalProblem if it fails."""
        self.run_all_once({name: work})

    def run_all_once(self, works: Mapping[str, Callable[[], int | None]]) -> None:
        """Like `run_once`, for several at once, side by side."""
        children = [self._fork(name, work) for name, work in works.items()]
        for child in children:
            while (code := child.ended()) is None:
                time.sleep(READY_POLL / 5)
            self._children.remove(child)
            if code:
                raise LocalProblem(f"{child.name} failed: {_last_lines(child.log)}")

    def start_children(
        self, children: Mapping[str, Callable[[], int | None]], addresses: Mapping[str, str] | None = None
    ) -> None:
        """Start processes; those that have an address are asked from now on whether they answer."""
        pulses = {name: Pulse(address) for name, address in (addresses or {}).items()}
        for name, run in children.items():
            self._watches.append(Watch(self._fork(name, run), time.monotonic(), pulse=pulses.get(name)))

    def on_terminal(self, name: str, run: Callable[[], int | None]) -> int:
        """Run something that uses the terminal, keep the rest running meanwhile, and return its exit code."""
        child = self._fork(name, run, on_terminal=True)
        self.watch(lambda: child.ended() is not None)
        self._children.remove(child)
        return child.ended() or 0

    def _fork(self, name: str, run: Callable[[], int | None], *, on_terminal: bool = False) -> Child:
        if threading.active_count() > 1:
            raise RuntimeError("a program with threads cannot fork safely")
        child = Child(self.family, name, run, on_terminal=on_terminal)
        self._children.append(child)
        child.launch()
        return child

    def wait_ready(self, addresses: Sequence[str]) -> None:
        """Wait until every process runs and every address responds with 200.

        Raises LocalProblem if a process keeps ending, or after two minutes.
        """
        deadline = time.monotonic() + READY_SECONDS
        waiting = list(addresses)
        while waiting or self._pausing():
            self._tend()
            self._give_up_on_who_keeps_ending()
            waiting = [address for address in waiting if not answers_200(address)]
            if time.monotonic() > deadline:
                raise LocalProblem(f"{', '.join(waiting)} did not answer 200 within {READY_SECONDS:.0f} s")
            time.sleep(READY_POLL)

    def _pausing(self) -> bool:
        return any(watch.again_at is not None or watch.process.ended() is not None for watch in self._watches)

    def _give_up_on_who_keeps_ending(self) -> None:
        for watch in self._watches:
            if watch.ends >= PATIENCE:
                process = watch.process
                raise LocalProblem(f"{process.name} does not stay up: {_last_lines(process.log)}")

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what ends, for ever or until `until` is true. Raises Stopped on SIGTERM or SIGINT."""
        while not until():
            self._tend()
            time.sleep(TICK)

    def _tend(self) -> None:
        now = time.monotonic()
        for watch in self._watches:
            watch.tend(now, self._say)

    def stop(self) -> None:
        """Stop the children together, then the servers; by force if it takes too long."""
        with _signals_hurry():
            _stop_together(self._children, CHILDREN_STOP_SECONDS)
            _stop_together(self._servers, SERVERS_STOP_SECONDS)
        for server in self._servers:
            server.stop()
        self._children, self._servers, self._watches = [], [], []


def _stop_together(processes: Sequence[Process], seconds: float) -> None:
    """Ask all to stop, then wait for all, together at most `seconds`."""
    deadline = time.monotonic() + seconds
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.await_stop(max(0.0, deadline - time.monotonic()))


def answers_200(address: str) -> bool:
    parts = urlsplit(address)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        link.request("GET", parts.path)
        return link.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def say(line: str) -> None:
    """Write a line to the terminal; a closed terminal is no reason to stop."""
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


@contextlib.contextmanager
def _signals_hurry() -> Iterator[None]:
    """Ignore more signals while stopping: everything ends within seconds anyway."""
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _last_lines(log: Path, count: int = 6) -> str:
    try:
        return "\n" + "\n".join(log.read_text(errors="replace").strip().splitlines()[-count:])
    except OSError:
        return f"see {log}"
