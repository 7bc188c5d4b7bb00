"""Whose a changed address is may be said by answering our mail, from that address alone."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from services.notify.messages.tables import Attempt, Message, Purpose
from services.notify.replies import commands_mail
from services.notify.replies.commands_mail import Heard, MailIn
from tests.notify.visits.office import ADDRESS, Office, Telephone, at, items

OTHER = "tante@voorbeeld.nl"


@pytest.fixture
def day(office: Office) -> str:
    return office.publish()


@pytest.fixture
def family(office: Office, telephone: Telephone, day: str) -> str:
    """A family whose new address was asked whose it is, by a mail that has left."""
    found = office.register(day, channel="email", email=ADDRESS, numberConfirmed=False)
    path = f"/v1/visit-days/{day}/registrations/{found}"
    changed = office.client.patch(path, json={"email": OTHER}, headers=office.prison)
    assert changed.status_code == 200, changed.text
    office.clock.set(at("2026-12-02T10:00"))
    telephone.texts()
    return found


def question(office: Office) -> UUID:
    """Return the mail that asked whose the address is."""
    tries = select(Attempt.id).join(Message, col(Message.id) == col(Attempt.message_id))
    with office.runtime.sessions() as session:
        return session.exec(tries.where(Message.purpose == Purpose.CONFIRM_NUMBER)).one()


def mails(office: Office, words: str, *, sender: str = OTHER) -> Heard:
    with office.runtime.sessions() as session:
        mail = MailIn(uuid4(), sender, words, [question(office)])
        heard = commands_mail.hear(session, mail, at=office.clock.now())
        session.commit()
    return heard


def test_a_yes_by_mail_proves_the_address_and_welcomes_the_family(
    office: Office, day: str, family: str
) -> None:
    assert mails(office, "Ja\n\nGroet,\nFatima") is Heard.YES
    assert office.family(day, family)["numberConfirmed"] is True
    assert office.wanted() == ["visit-registered"]
    assert items(office) == []


def test_a_no_by_mail_ends_the_registration_and_tells_that_address_no_more(
    office: Office, day: str, family: str
) -> None:
    assert mails(office, "nee") is Heard.NO
    assert office.family(day, family)["state"] == "refused"
    assert office.family(day, family)["numberConfirmed"] is False
    assert "visit-registered" not in office.wanted()


@pytest.mark.parametrize("words", ["ja", "nee"])
def test_a_mail_from_another_address_decides_nothing_and_is_read_by_a_person(
    office: Office, day: str, family: str, words: str
) -> None:
    before = office.family(day, family)
    assert mails(office, words, sender="ander@example.org") is Heard.PERSON
    assert office.family(day, family) == before
    assert office.wanted() == []
    assert [item["reason"] for item in items(office)] == ["perhaps-anothers"]


def test_a_yes_that_is_mailed_twice_proves_once_and_welcomes_once(
    office: Office, day: str, family: str
) -> None:
    mails(office, "Ja")
    mails(office, "Ja")
    assert office.family(day, family)["numberConfirmed"] is True
    assert office.wanted() == ["visit-registered"]
