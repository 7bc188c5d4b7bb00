from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.kit.system import System, whole_system

_numbers = count(20_000_001)


@pytest.fixture(autouse=True)
def _only_the_quick_ones(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("slow") and not request.config.getoption("--all-faults"):
        pytest.skip("waits for a lease of a minute to run out; `make faults` runs it")


@pytest.fixture
def system() -> Iterator[System]:
    """A system of its own for each fault: what is broken here stays here."""
    with whole_system() as running:
        yield running


def numbers(how_many: int) -> list[str]:
    return [f"+316{next(_numbers)}" for _ in range(how_many)]
