from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.kit.system import System, system_from_nothing

_numbers = count(10_000_001)


@pytest.fixture(scope="package")
def system() -> Iterator[System]:
    """One system for the journeys of this package; each has its own family and its own number."""
    with system_from_nothing() as running:
        yield running


@pytest.fixture
def number() -> str:
    """A Dutch mobile number that no other journey uses."""
    return f"+316{next(_numbers)}"
