"""Erasing a family takes its page, its calendar, what it needs and what it was filling in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from services.notify.erasing.periods import families
from services.notify.families.tables import FamilyDraft
from services.notify.service import SERVICE
from shared.events.erasure import Whom
from shared.forgetting.erasing import erase
from tests.notify.families.family import Family
from tests.notify.visits.office import NUMBER, Office


def by_number(session: Session, office: Office) -> None:
    erase(session, SERVICE.eraser, Whom(phones=(NUMBER,)), at=office.clock.now())


def by_age(session: Session, office: Office) -> None:
    office.clock.advance(timedelta(days=120))
    families(session, office.clock.now(), 100, office.clock.now())


@pytest.mark.parametrize("way", [by_number, by_age])
def test_an_erased_familys_page_and_calendar_open_nothing_and_nothing_of_its_needs_is_left(
    office: Office, family: Family, way: object
) -> None:
    family.registers(office.publish(), channel="phone")
    [one] = family.all()
    page, feed = family.page_of(one.id), family.feed_of(one.id)
    with office.runtime.sessions() as session:
        way(session, office)  # type: ignore[operator]
        session.commit()
    assert [family.see(path).status_code for path in (page, feed, f"{page}/visit.ics")] == [404] * 3
    [left] = family.all()
    assert (left.special_needs, left.companions, left.address) == (None, None, None)
    assert (left.link_index, left.feed_index, left.papers_until) == (None, None, None)


@pytest.mark.parametrize("channel", ["phone", "email"])
def test_what_an_erased_family_was_filling_in_goes_and_that_of_others_stays(
    office: Office, family: Family, channel: str
) -> None:
    day = office.publish()
    family.fills_in(day, channel=channel, phone="06-12345678", email="Fatima@voorbeeld.nl")
    family.client.cookies.clear()
    family.fills_in(day, channel="phone", phone="0687654321")
    whom = Whom(phones=(NUMBER,)) if channel == "phone" else Whom(emails=("fatima@voorbeeld.nl",))
    with office.runtime.sessions() as session:
        counts = erase(session, SERVICE.eraser, whom, at=office.clock.now())
        session.commit()
        assert counts["familyDrafts"] == 1
        assert len(session.exec(select(FamilyDraft)).all()) == 1
