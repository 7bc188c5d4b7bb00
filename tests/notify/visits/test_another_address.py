"""An e-mail address that takes the place of another is asked first: a typing error must reach no stranger."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from services.notify.channels.tables import Posted
from services.notify.contacts import proofs
from services.notify.contacts.proofs import Given
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Purpose
from services.notify.wording import render
from tests.notify.visits.office import ADDRESS, Office, Telephone, at, items, settle

OTHER = "tante@voorbeeld.nl"


def amend(office: Office, day: str, family: str, **changes: Any) -> Any:
    path = f"/v1/visit-days/{day}/registrations/{family}"
    answer = office.client.patch(path, json=changes, headers=office.prison)
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture
def day(office: Office) -> str:
    return office.publish()


@pytest.fixture
def family(office: Office, day: str) -> str:
    """A family that is reminded by mail."""
    return office.register(day, channel="email", email=ADDRESS, numberConfirmed=False)


def question(office: Office) -> Recipient:
    told = office.told(office.message(Purpose.CONFIRM_NUMBER))
    assert isinstance(told, Recipient)
    return told


def link(office: Office) -> str:
    url = question(office).values["url"]
    assert url.startswith("http")
    return re.sub(r"^https?://[^/]+", "", url)


def test_nothing_goes_to_a_changed_address_before_its_owner_pressed_the_button(
    office: Office, day: str, family: str
) -> None:
    welcome = office.message(Purpose.VISIT_REGISTERED)
    assert amend(office, day, family, email=OTHER).json()["numberConfirmed"] is False
    assert office.wanted() == ["confirm-number"]
    assert office.message(Purpose.CONFIRM_NUMBER).windowed
    assert (question(office).channel, question(office).to) == ("email", OTHER)
    assert office.told(welcome) == Nobody("number-not-confirmed")
    office.clock.set(at("2026-12-10T10:00"))
    office.remind()
    assert office.wanted() == ["confirm-number"]
    assert [item["kind"] for item in items(office)] == ["number-not-confirmed"]


def test_the_link_changes_nothing_until_its_button_is_pressed_and_works_twice(
    office: Office, day: str, family: str
) -> None:
    office.send_all()
    amend(office, day, family, email=OTHER)
    path = link(office)
    for method in ("GET", "HEAD", "GET"):
        shown = office.client.request(method, path)
        assert shown.status_code == 200
        assert shown.headers["Cache-Control"] == "no-store"
    assert "Fatima" not in shown.text
    assert "Vught" not in shown.text
    assert office.family(day, family)["numberConfirmed"] is False
    assert [office.client.post(path).status_code for _ in range(2)] == [200, 200]
    assert office.family(day, family)["numberConfirmed"] is True
    assert office.wanted() == ["confirm-number", "visit-registered"]
    told = office.told(office.message(Purpose.VISIT_REGISTERED))
    assert isinstance(told, Recipient)
    assert told.to == OTHER
    assert ("D-3", "12-14 10:00", "planned") in office.reminders(day)


def test_the_link_of_an_address_that_was_changed_again_leads_nowhere(
    office: Office, day: str, family: str
) -> None:
    amend(office, day, family, email=OTHER)
    before = link(office)
    office.send_all()
    amend(office, day, family, email="oom@voorbeeld.nl")
    assert office.client.get(before).status_code == office.client.post(before).status_code == 404
    assert office.family(day, family)["numberConfirmed"] is False
    for path in ("/confirm/x", "/confirm/é", f"/confirm/{'A' * 64}", before[:-4] + "AAAA"):
        assert office.client.post(path).status_code == 404


def test_the_link_ends_with_the_visit_and_with_the_registration(
    office: Office, day: str, family: str
) -> None:
    amend(office, day, family, email=OTHER)
    path = link(office)
    amend(office, day, family, state="cancelled")
    assert office.client.post(path).status_code == 404
    amend(office, day, family, state="confirmed")
    office.clock.set(at("2026-12-17T14:00"))
    assert office.client.post(path).status_code == 404


def test_a_mail_to_an_unproven_address_says_nothing_of_what_it_is_about(
    office: Office, day: str, family: str
) -> None:
    amend(office, day, family, email=OTHER)
    text = render("confirm-number", "email", "nl", question(office).values)
    for word in ("Fatima", "Vught", "17", "14:00", "kind", "bezoek"):
        assert word not in f"{text.subject} {text.body.replace(question(office).values['url'], '')}"


def test_from_texts_to_mail_the_address_is_asked_first(office: Office, day: str) -> None:
    family = office.register(day)
    office.send_all()
    amend(office, day, family, channel="email", email=ADDRESS)
    assert office.wanted() == ["confirm-number"]
    office.client.post(link(office))
    assert office.wanted() == ["confirm-number", "visit-registered"]
    told = office.told(office.message(Purpose.VISIT_REGISTERED))
    assert isinstance(told, Recipient)
    assert (told.channel, told.to) == ("email", ADDRESS)


def test_one_link_says_yes_for_all_that_wait_for_that_address(office: Office, day: str, family: str) -> None:
    other = office.register(day, name="Samira el Amrani", channel="email", email="x@voorbeeld.nl")
    for one in (family, other):
        amend(office, day, one, email=OTHER)
    assert office.wanted().count("confirm-number") == 1
    office.client.post(link(office))
    assert all(office.family(day, one)["numberConfirmed"] for one in (family, other))


def test_the_desk_can_say_that_an_address_is_right(office: Office, day: str, family: str) -> None:
    amend(office, day, family, email=OTHER)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    (item,) = items(office)
    assert settle(office, item["id"], "number-confirmed") == 201
    assert office.family(day, family)["numberConfirmed"] is True


def test_a_changed_visit_is_told_to_nobody_at_an_unproven_address(
    office: Office, day: str, family: str
) -> None:
    office.send_all()
    amend(office, day, family, email=OTHER)
    office.cancel(day)
    assert "visit-cancelled" not in office.wanted()
    assert [item["reason"] for item in items(office)] == ["visit-cancelled"]


def test_an_address_gets_one_question_in_thirty_days_whatever_it_is_for(
    office: Office, telephone: Telephone, day: str, family: str
) -> None:
    amend(office, day, family, email=OTHER)
    telephone.texts()
    amend(office, day, family, email=ADDRESS)
    office.clock.advance(timedelta(days=5))
    amend(office, day, family, email=OTHER)
    telephone.texts()
    with office.runtime.sessions() as session:
        assert mails_that_ask(session, OTHER) == 1
    assert "left-alone" in [item["reason"] for item in items(office)]


def mails_that_ask(session: Session, address: str) -> int:
    rows = session.exec(select(Posted)).all()
    return sum("opgegeven voor berichten" in row.text for row in rows if row.to == address)


def test_who_was_asked_for_a_question_is_not_asked_for_a_visit_too(
    office: Office, day: str, family: str
) -> None:
    with office.runtime.sessions() as session:
        given = Given(uuid4(), "email", OTHER, asks=True)
        proofs.unproven(session, [given], at=office.clock.now())
        session.commit()
    amend(office, day, family, email=OTHER)
    assert office.wanted() == []
    assert [item["reason"] for item in items(office)] == ["left-alone"]


def test_the_same_address_written_anew_is_no_change(office: Office, day: str, family: str) -> None:
    amend(office, day, family, email="OMA@voorbeeld.nl")
    assert office.wanted() == ["visit-registered"]
