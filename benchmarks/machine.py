"""Servers and processes for measurements, and what they ran on."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from local.ports import hold
from local.postgres import Postgres
from tests.kit.settings import ENVIRONMENT
from tests.kit.system import ROOT, eventually


def described() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.machine(),
    )
    python = f"Python {platform.python_version()} (a million small calls: {_pace():.2f} s)"
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {python}"


def _pace() -> float:
    """Builds of one version differ by half: a distribution's is made with a profile, many others are not."""

    def once() -> float:
        begun = time.perf_counter()
        for number in range(1_000_000):
            _small(number)
        return time.perf_counter() - begun

    return min(once() for _ in range(5))


def _small(number: int) -> dict[str, int]:
    return {"number": number}


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


@contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="wz-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@contextmanager
def database() -> Iterator[str]:
    """An embedded PostgreSQL as `up` runs it, fsync on."""
    with folder() as place:
        server = Postgres(place / "data")
        try:
            yield server.start()
        finally:
            server.stop()


@contextmanager
def web(app: str, workers: int, path: str, **environment: str) -> Iterator[str]:
    """A web application in so many processes; gives its address when it answers."""
    with serving(app, workers, path, **environment) as (address, _):
        yield address


@contextmanager
def serving(app: str, workers: int, path: str, **environment: str) -> Iterator[tuple[str, int]]:
    """As `web`; gives the id of its first process as well."""
    with hold() as port:
        process = _uvicorn(app, port, workers, environment)
        address = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(address + path), 40, what=f"{app} answers")
            yield address, process.pid
        finally:
            process.terminate()
            process.wait(20)


class Cpu:
    """What processes have used of the machine, in seconds, each with its children; PostgreSQL's as well."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        ours = psutil.Process().children(recursive=True)
        # The one that began first began all the others.
        servers = [one for one in ours if one.name() == "postgres"]
        self._processes["PostgreSQL"] = min(servers, key=lambda one: one.create_time())

    def now(self) -> dict[str, float]:
        return {name: _used(one) for name, one in self._processes.items()}


def _used(process: psutil.Process) -> float:
    """Those that have ended are counted by their parent; one that ends now costs nothing."""
    times = process.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in process.children():
        with suppress(psutil.NoSuchProcess):
            total += _used(child)
    return float(total)


def _uvicorn(app: str, port: int, workers: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", app, "--port", str(port), "--workers", str(workers)),
            *("--no-access-log", "--log-level", "warning"),
        ],
        env=dict(os.environ) | ENVIRONMENT | {"PYTHONPATH": str(ROOT)} | dict(environment),
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).status_code < 500
    except httpx.HTTPError:
        return False
