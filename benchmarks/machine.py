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
from contextlib import contextmanager
from pathlib import Path

import httpx

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
    with hold() as port:
        process = _uvicorn(app, port, workers, environment)
        address = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(address + path), 40, what=f"{app} answers")
            yield address
        finally:
            process.terminate()
            process.wait(20)


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
