"""Makes sure that a folder with a sample family is never used with a provider that reaches real people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from local.account import LocalProblem

MARK = "sample-family"
HERE = ("127.0.0.1", "localhost", "::1")


class Provider(Protocol):
    """A provider as this machine sees it: its setting that switches it on, and the one with its address."""

    @property
    def switch(self) -> str: ...

    @property
    def address(self) -> str: ...


def mark_as_sample(data: Path) -> None:
    (data / MARK).write_text("The people in this folder are invented; their numbers may be somebody's.\n")


def refuse_real_providers(data: Path, environment: Mapping[str, str], providers: Iterable[Provider]) -> None:
    """Raises LocalProblem if invented numbers could get real texts. Stand-ins on this machine are fine."""
    if not (data / MARK).exists():
        return
    named = [
        one.switch for one in providers if environment.get(one.switch) and not _is_here(environment, one)
    ]
    if named:
        raise LocalProblem(
            f"{data} holds the invented family of a demo, whose number may be a real person's: with "
            f"{' and '.join(named)} set that person would get texts. Choose another folder with --data"
        )


def _is_here(environment: Mapping[str, str], provider: Provider) -> bool:
    return urlsplit(environment.get(provider.address, "")).hostname in HERE
