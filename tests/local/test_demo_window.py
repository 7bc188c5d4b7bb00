"""The demo works at any hour: outside the window its clock moves to the next working morning."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.demo import inside_window

HOME = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-24 10:30", "2026-11-24 10:30"),  # Tuesday, inside
        ("2026-11-28 11:00", "2026-11-28 11:00"),  # Saturday, inside
        ("2026-11-24 03:00", "2026-11-24 10:00"),  # early: the same morning
        ("2026-11-24 19:45", "2026-11-25 10:00"),  # too late to finish
        ("2026-11-27 23:59", "2026-11-30 10:00"),  # Friday night: Monday
        ("2026-11-29 12:00", "2026-11-30 10:00"),  # Sunday
        ("2026-12-24 22:00", "2026-12-28 10:00"),  # both days of Christmas and a weekend
        (
            "2027-03-28 02:30",
            "2027-03-30 10:00",
        ),  # an hour that does not exist; Easter Monday is free as well
    ],
)
def test_the_clock_moves_only_where_it_must(now: str, start: str) -> None:
    found = inside_window(datetime.fromisoformat(now).replace(tzinfo=HOME))
    assert found == datetime.fromisoformat(start).replace(tzinfo=HOME)
