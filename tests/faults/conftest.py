from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.kit.moments import FOLDER, LEASE
from tests.kit.system import System, whole_system

_numbers = count(20_000_001)


@pytest.fixture(autouse=True)
def _only_the_quick_ones(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("slow") and not request.config.getoption("--all-faults"):
        pytest.skip("takes its time; `make faults` runs it")


@pytest.fixture
def system() -> Iterator[System]:
    """A system of its own for each fault: what is broken here stays here."""
    with whole_system() as running:
        yield running


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[System]:
    """A system whose processes can be made to die at an exact moment; its leases last five seconds.

    That a lease of a minute is long enough and no longer than two minutes is shown by the slow ones.
    """
    with whole_system("tests.kit.moments", **{FOLDER: str(tmp_path), LEASE: "5"}) as running:
        yield running


def numbers(how_many: int) -> list[str]:
    return [f"+316{next(_numbers)}" for _ in range(how_many)]
