"""A family's own page: what it sees and changes there, and what nobody else does."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlmodel import Session

from services.notify.families import commands_own
from services.notify.visits.commands.linking import give_links
from services.notify.visits.tables import Registration
from tests.notify.families.family import Family, token_of
from tests.notify.visits.office import Office, Telephone, items


@pytest.fixture
def day(office: Office) -> str:
    return office.publish()


@pytest.fixture
def one(office: Office, day: str) -> str:
    """A family that the desk registered, whose number is its own."""
    return office.register(day, name="Fatima el Amrani")


def row(office: Office, registration: str) -> Registration:
    with office.runtime.sessions() as session:
        found = session.get(Registration, UUID(registration))
        assert found is not None
        return found


def events(answer: object) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer  # type: ignore[attr-defined]
    read = Calendar.from_ical(answer.content)  # type: ignore[attr-defined]
    return [
        {name: str(one[name]) for name in ("SUMMARY", "LOCATION", "STATUS", "UID")}
        for one in read.walk("VEVENT")
    ]


def test_looking_at_a_page_changes_nothing_and_nothing_keeps_it(
    office: Office, family: Family, one: str
) -> None:
    before = row(office, one).model_dump()
    page = family.page_of(one)
    for part in ("", "/cancel", "/who", "/reach", "/days", "/stop", "/link", "/visit.ics"):
        answer = family.see(f"{page}{part}")
        assert answer.status_code == 200, part
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert row(office, one).model_dump() == before
    title = re.search("<title>(.*)</title>", family.see(page).text)
    assert title is not None
    assert title[1] == "Afspraak – Weerzien"


def test_a_family_cancels_comes_back_and_changes_who_comes(office: Office, family: Family, one: str) -> None:
    page = family.page_of(one)
    assert family.press(f"{page}/cancel").headers["location"] == page
    assert "Je bent afgemeld" in family.see(page).text
    assert {state for _, _, state in office.reminders(str(row(office, one).visit_day_id))} <= {
        "void",
        "queued",
    }
    family.press(page)
    assert str(row(office, one).state) == "confirmed"
    family.press(
        f"{page}/who",
        adults="2",
        companions="Oma",
        children_0_3="1",
        children_4_7="2",
        papers_until="2026-12-01",
    )
    now = row(office, one)
    assert (now.adults, now.child_age_bands, now.companions) == (2, ["0-3", "4-7", "4-7"], "Oma")
    assert "verloopt vóór deze dag" in family.see(page).text
    assert office.wanted() == [], "the page has said it"


def test_who_cancelled_cannot_come_back_once_another_has_the_place_and_chooses_another_day(
    office: Office, family: Family
) -> None:
    day, other = office.publish(capacity=1), office.publish(date="2026-12-24")
    page = family.page_of(office.register(day))
    family.press(f"{page}/cancel")
    office.register(day, name="Buurvrouw Jansen", phone="0687654321")
    refused = family.press(page)
    assert refused.status_code == 409
    assert "intussen vol" in refused.text
    assert "Jansen" not in refused.text
    days = family.see(f"{page}/days").text
    assert "Jansen" not in days
    assert f"{page}/days/{other}" in days
    moved = family.press(f"{page}/days/{other}").headers["location"]
    assert moved not in (page, "")
    assert "donderdag 24 december 2026" in family.see(moved).text


def test_another_day_takes_the_place_of_the_one_before_and_is_pressed_once(
    office: Office, family: Family, day: str, one: str
) -> None:
    other = office.publish(date="2026-12-24")
    page = family.page_of(one)
    form = token_of(family.see(f"{page}/days/{other}"))
    answers = [family.send(f"{page}/days/{other}", form=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert office.day(day)["registered"] == 0
    assert office.day(other)["registered"] == 1
    assert office.wanted().count("visit-registered") == 1, "the text about the first day did not go any more"


def test_another_number_is_asked_first_and_only_a_few_in_a_day(
    office: Office, family: Family, one: str
) -> None:
    office.send_all()
    page = family.page_of(one)
    assert "+31612345678" not in family.see(f"{page}/reach").text
    family.press(f"{page}/reach", channel="sms", phone="0687654321", language="tr")
    now = row(office, one)
    assert (now.phone, now.language, now.number_confirmed) == ("+31687654321", "tr", False)
    assert office.wanted() == ["confirm-number"]
    assert "sizin olup olmadığını" in family.see(page).text or "Önce" in family.see(page).text
    statuses = [
        family.press(f"{page}/reach", channel="sms", phone=f"06876543{number}").status_code
        for number in range(10, 10 + commands_own.REACHES_A_DAY)
    ]
    assert statuses[-1] == 429
    family.press(f"{page}/reach", channel="sms", language="nl")
    assert row(office, one).language == "nl", "a language may always be changed"


def test_a_family_ends_all_messages_and_keeps_its_visit(
    office: Office, family: Family, telephone: Telephone, one: str
) -> None:
    page = family.page_of(one)
    family.press(f"{page}/stop")
    assert "geen berichten meer" in family.see(page).text
    assert telephone.texts() == []
    assert str(row(office, one).state) == "registered"


def test_a_link_that_was_ended_opens_nothing_and_the_new_one_goes_to_the_familys_number(
    office: Office, family: Family, telephone: Telephone, one: str
) -> None:
    telephone.texts()
    page, feed = family.page_of(one), family.feed_of(one)
    shown = family.press(f"{page}/link")
    assert shown.headers["location"] == "/days/asked", "whoever ended it is not shown the new one"
    ended, unknown = family.see(page), family.see("/a/AAAAAAAAAAAAAAAAAAAAAA")
    assert ended.status_code == unknown.status_code == family.see(feed).status_code == 404
    assert ended.text == unknown.text
    texts = telephone.texts()
    assert len(texts) == 2
    new = family.page_of(one)
    assert new in texts[-1]
    assert new != page
    assert family.see(new).status_code == 200


def test_a_form_of_another_familys_page_is_not_taken(
    office: Office, family: Family, day: str, one: str
) -> None:
    other = office.register(day, name="Buurvrouw Jansen", phone="0687654321")
    mine, theirs = family.page_of(one), family.page_of(other)
    form = token_of(family.see(f"{mine}/cancel"))
    for part in ("", "/cancel", "/who", "/reach", "/stop", "/link"):
        assert family.send(f"{theirs}{part}", form=form).status_code == 403
    assert str(row(office, other).state) == "registered"


def test_two_carers_of_one_day_see_nothing_of_each_other(office: Office, family: Family) -> None:
    day = office.publish(capacity=2)
    mother = office.register(day, name="Fatima el Amrani")
    father = office.register(day, name="Buurman Jansen", phone="0687654321")
    shares = office.register(office.publish(date="2026-12-23"), name="Tante Samira")
    place = family.see("/days").text
    seen = [
        family.see(family.page_of(mother)).text,
        family.see(f"{family.page_of(mother)}/days").text,
        family.see(family.feed_of(mother)).text,
        place,
        family.see(re.findall(r"/days/at/\w+", place)[0]).text,
    ]
    assert not any("Jansen" in one or "Samira" in one or str(father) in one for one in seen)
    assert str(shares) not in family.see(family.feed_of(mother)).text, "another family of the same number"
    code = re.search(r"(/days/at/\w+)\">Vught", place)
    assert code is not None
    listed = family.see(code[1]).text
    assert "vol" in listed
    assert "Fatima" not in listed


def test_a_calendar_says_a_discreet_title_and_the_town_and_follows_a_visit_that_is_off(
    office: Office, family: Family, day: str, one: str
) -> None:
    second = office.register(office.publish(date="2026-12-24"), name="Fatima el Amrani")
    known = {"SUMMARY": "Afspraak", "LOCATION": "Vught", "STATUS": "CONFIRMED"}
    feed = family.feed_of(one)
    assert feed.split("/")[2] != family.page_of(one).split("/")[2]
    assert family.see(f"/a/{feed.split('/')[2]}").status_code == 404, "a calendar opens no page"
    assert events(family.see(f"{family.page_of(one)}/visit.ics")) == [known | {"UID": f"{one}@weerzien"}]
    assert [event["UID"] for event in events(family.see(feed))] == [f"{one}@weerzien", f"{second}@weerzien"]
    office.cancel(day)
    assert events(family.see(feed))[0]["STATUS"] == "CANCELLED"
    assert family.see("/a/AAAAAAAAAAAAAAAAAAAAAA/calendar.ics").status_code == 404


def test_the_page_speaks_the_familys_language_from_right_to_left_where_it_does(
    office: Office, family: Family, day: str
) -> None:
    page = family.page_of(office.register(day, language="ar"))
    assert '<html lang="ar" dir="rtl">' in family.see(page).text
    assert '<html lang="pl">' in family.see(f"{page}?lang=pl").text


def test_whom_the_version_before_registered_gets_a_page(
    office: Office, family: Family, one: str, telephone: Telephone
) -> None:
    with office.runtime.sessions() as session:
        _as_before(session, one)
        assert family.page_of(one) == ""
    assert "/a/" not in telephone.texts()[0], "it has no page yet"
    with office.runtime.sessions() as session:
        give_links(session, office.clock.now(), 100)
        session.commit()
    assert family.see(family.page_of(one)).status_code == 200


def _as_before(session: Session, one: str) -> None:
    found = session.get(Registration, UUID(one))
    assert found is not None
    found.link_index = found.feed_index = None
    session.commit()


def test_after_the_visit_the_page_changes_nothing(office: Office, family: Family, one: str) -> None:
    page = family.page_of(one)
    form = token_of(family.see(f"{page}/cancel"))
    office.clock.advance(timedelta(days=17))
    assert "begonnen of voorbij" in family.see(page).text
    assert family.send(f"{page}/cancel", form=form).status_code == 409
    assert items(office) == []
