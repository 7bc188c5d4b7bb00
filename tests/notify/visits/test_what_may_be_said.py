"""What may still be said to a family about its visit, and which days can be published. No database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notify.messages.tables import Purpose
from services.notify.visits import rules
from services.notify.visits.tables import (
    FamilyChannel,
    Registration,
    RegistrationState,
    Step,
    VisitDay,
    VisitKind,
    VisitState,
)

AMSTERDAM = "Europe/Amsterdam"
BEGINS = datetime(2026, 12, 17, 14, tzinfo=ZoneInfo(AMSTERDAM))
BEFORE = BEGINS - timedelta(seconds=1)
REGISTERED, CONFIRMED = RegistrationState.REGISTERED, RegistrationState.CONFIRMED
CANCELLED, REFUSED = RegistrationState.CANCELLED, RegistrationState.REFUSED


def visit(state: VisitState = VisitState.OPEN) -> VisitDay:
    return VisitDay(
        facility="nl-pi-vught",
        country="NL",
        place="Vught",
        zone=AMSTERDAM,
        visit_date=BEGINS.date(),
        start_time=BEGINS.time(),
        end_time=time(16),
        starts_at=BEGINS,
        ends_at=BEGINS + timedelta(hours=2),
        capacity=10,
        kind=VisitKind.CHILD_VISIT,
        state=state,
        version=2,
        created_at=BEGINS,
        changed_at=BEGINS,
    )


def family(state: RegistrationState = REGISTERED, **changes: Any) -> Registration:
    values: dict[str, Any] = {
        "name": "Noor",
        "contact_index": b"",
        "channel": FamilyChannel.SMS,
        "language": "nl",
        "adults": 1,
        "child_age_bands": [],
        "first_visit": False,
        "number_confirmed": True,
        "state": state,
        "created_at": BEGINS,
    }
    return Registration(**(values | changes))


UNPROVEN: dict[str, Any] = {"number_confirmed": False}
BY_MAIL: dict[str, Any] = {"number_confirmed": False, "channel": FamilyChannel.EMAIL}


@pytest.mark.parametrize(
    ("purpose", "state", "why"),
    [
        (Purpose.VISIT_3, REGISTERED, None),
        (Purpose.VISIT_3, CONFIRMED, None),
        (Purpose.VISIT_3, CANCELLED, "not-coming"),
        (Purpose.VISIT_3, REFUSED, "number-refused"),
        (Purpose.ANSWER_YES, CONFIRMED, None),
        (Purpose.ANSWER_YES, REGISTERED, "not-coming"),
        (Purpose.ANSWER_NO, CANCELLED, None),
        (Purpose.ANSWER_NO, CONFIRMED, "comes-after-all"),
        (Purpose.VISIT_CANCELLED, REGISTERED, "visit-open"),
        (Purpose.CONFIRM_NUMBER, REGISTERED, "number-confirmed"),
    ],
)
def test_what_a_family_is_told_of_a_visit_to_come_is_still_so(
    purpose: Purpose, state: RegistrationState, why: str | None
) -> None:
    assert rules.why_unsaid(purpose, 2, family(state), visit(), BEFORE) == why


@pytest.mark.parametrize("purpose", [Purpose.VISIT_3, Purpose.VISIT_CANCELLED, Purpose.CONFIRM_NUMBER])
def test_nothing_is_said_of_a_visit_that_has_begun(purpose: Purpose) -> None:
    for day in (visit(), visit(VisitState.CANCELLED)):
        assert rules.why_unsaid(purpose, 2, family(), day, BEGINS) == "visit-past"


@pytest.mark.parametrize("state", [REGISTERED, CONFIRMED, CANCELLED])
def test_of_a_visit_that_is_off_only_that_is_said(state: RegistrationState) -> None:
    off, one = visit(VisitState.CANCELLED), family(state)
    assert rules.why_unsaid(Purpose.VISIT_CANCELLED, 2, one, off, BEFORE) is None
    for purpose in (Purpose.VISIT_3, Purpose.ANSWER_YES, Purpose.ANSWER_NO):
        assert rules.why_unsaid(purpose, 2, one, off, BEFORE) == "visit-cancelled"


def test_what_was_said_of_an_earlier_date_is_not_said_after_a_move() -> None:
    assert rules.why_unsaid(Purpose.VISIT_3, 1, family(), visit(), BEFORE) == "visit-moved"
    assert rules.why_unsaid(Purpose.VISIT_3, None, family(), visit(), BEFORE) is None


def test_a_number_that_is_not_proven_is_told_of_no_visit_and_a_mailbox_is() -> None:
    unproven, by_mail = family(**UNPROVEN), family(**BY_MAIL)
    assert not rules.may_be_written_to(unproven)
    assert rules.may_be_written_to(by_mail)
    assert rules.may_be_written_to(family())
    assert rules.why_unsaid(Purpose.VISIT_3, 2, unproven, visit(), BEFORE) == "number-not-confirmed"
    assert rules.why_unsaid(Purpose.VISIT_3, 2, by_mail, visit(), BEFORE) is None


@pytest.mark.parametrize(
    ("state", "day", "why"),
    [
        (REGISTERED, VisitState.OPEN, None),
        (CONFIRMED, VisitState.OPEN, None),
        (CANCELLED, VisitState.OPEN, "not-coming"),
        (REFUSED, VisitState.OPEN, "number-refused"),
        (REGISTERED, VisitState.CANCELLED, "visit-cancelled"),
    ],
)
def test_whose_number_it_is_is_asked_of_a_family_that_comes_to_a_visit_that_is_on(
    state: RegistrationState, day: VisitState, why: str | None
) -> None:
    one = family(state, **UNPROVEN)
    assert rules.why_unsaid(Purpose.CONFIRM_NUMBER, 2, one, visit(day), BEFORE) == why


def test_a_family_that_only_hears_that_it_is_registered_is_reminded_of_nothing() -> None:
    far, late = BEGINS - timedelta(days=20), BEGINS - timedelta(hours=1)
    assert rules.reminds(rules.plan(BEGINS, AMSTERDAM, far, papers=False)) is True
    assert rules.reminds(rules.plan(BEGINS, AMSTERDAM, late, papers=True)) is False
    assert rules.reminds([rules.Planned(Step.REGISTRATION, far)]) is False


def test_the_last_place_is_given_and_none_after_it() -> None:
    assert rules.has_room(10, 9)
    assert not rules.has_room(10, 10)
    assert not rules.has_room(10, 11)


@pytest.mark.parametrize(
    ("day", "start", "end", "codes"),
    [
        ("2026-12-17", "14:00", "16:00", []),
        ("2026-12-17", "14:00", "14:00", ["end-before-start"]),
        ("2026-12-17", "16:00", "14:00", ["end-before-start"]),
        ("2026-12-01", "10:01", "16:00", []),
        ("2026-12-01", "10:00", "16:00", ["in-the-past"]),
        ("2026-11-30", "14:00", "16:00", ["in-the-past"]),
        ("2026-11-30", "16:00", "14:00", ["in-the-past", "end-before-start"]),
        ("2028-12-02", "14:00", "16:00", []),  # two years of 366 days from today
        ("2028-12-03", "14:00", "16:00", ["too-far-ahead"]),
        ("2027-03-28", "02:30", "16:00", ["no-such-time"]),
        ("2027-03-28", "01:30", "02:30", ["no-such-time"]),
        ("2027-03-28", "02:45", "02:30", ["no-such-time", "no-such-time", "end-before-start"]),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_every_reason(
    day: str, start: str, end: str, codes: list[str]
) -> None:
    now = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo(AMSTERDAM))
    times = time.fromisoformat(start), time.fromisoformat(end)
    found = rules.whats_wrong(date.fromisoformat(day), *times, AMSTERDAM, now)
    assert [one.code for one in found] == codes
