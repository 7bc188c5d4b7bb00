"""Afmelden with a visit ahead is about the visit; of a silent number that is registered everybody is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from services.notify.contacts.commands import suppress
from services.notify.contacts.queries import silent_among
from services.notify.messages.tables import Message, RecipientKind
from tests.notify.visits.office import ADDRESS, NUMBER, Office, Telephone, items, settle


def silent(office: Office) -> bool:
    with office.runtime.sessions() as session:
        return bool(silent_among(session, "sms", [NUMBER]))


def says_stop(session: Session, office: Office, channel: str = "sms", address: str = NUMBER) -> None:
    suppress(session, channel, address, reason="stop-word", at=office.clock.now())
    session.commit()


@pytest.mark.parametrize("word", ["afmelden", "Cancel please", "Meld af, groetjes Fatima"])
def test_afmelden_with_a_visit_ahead_cancels_that_visit_and_silences_nobody(
    office: Office, telephone: Telephone, word: str
) -> None:
    day = office.publish()
    family = office.register(day)
    telephone.texts()
    telephone.says(word)
    assert office.family(day, family)["state"] == "cancelled"
    assert not silent(office)
    assert "afgemeld" in telephone.texts()[-1]
    telephone.says(word + "!")
    assert not silent(office)


def test_afmelden_without_a_visit_ahead_is_a_stop(office: Office, telephone: Telephone) -> None:
    telephone.says("afmelden")
    assert silent(office)


@pytest.mark.parametrize("word", ["afmelden", "Nee bedankt"])
def test_with_two_visits_ahead_it_is_asked_which_one_to_cancel(
    office: Office, telephone: Telephone, word: str
) -> None:
    days = [office.publish(), office.publish(date="2026-12-18")]
    families = [office.register(day) for day in days]
    telephone.texts()
    telephone.says(word)
    assert telephone.texts()[-1].endswith("1 = do 17 dec 14:00, 2 = vr 18 dec 14:00")
    telephone.says("2")
    states = [office.family(*pair)["state"] for pair in zip(days, families, strict=True)]
    assert states == ["registered", "cancelled"]
    assert (silent(office), items(office)) == (False, [])


def test_a_no_to_a_text_about_something_else_cancels_no_visit(
    office: Office, telephone: Telephone, session_for: Callable[[str], Session]
) -> None:
    day = office.publish()
    family = office.register(day)
    telephone.texts()
    session = session_for("notify")
    for message in session.exec(select(Message)):
        message.recipient_kind = RecipientKind.ASKER
    session.commit()
    telephone.says("nee")
    assert office.family(day, family)["state"] == "registered"
    assert [item["reason"] for item in items(office)] == ["answer-to-nothing"]


def test_stop_with_a_visit_ahead_is_a_stop(office: Office, telephone: Telephone) -> None:
    day = office.publish()
    family = office.register(day)
    telephone.says("stop")
    assert silent(office)
    assert office.family(day, family)["state"] == "registered"


@pytest.mark.parametrize(
    ("channel", "address", "given"),
    [("sms", NUMBER, {}), ("email", ADDRESS, {"channel": "email", "email": ADDRESS})],
)
def test_who_registers_a_family_that_wants_no_messages_is_told_and_the_desk_can_start_again(
    office: Office, channel: str, address: str, given: dict[str, str]
) -> None:
    with office.runtime.sessions() as session:
        says_stop(session, office, channel, address)
    answer = office.post_family(office.publish(), **given)
    assert (answer.status_code, answer.json()["suppressed"]) == (201, True)
    [item] = items(office)
    assert (item["kind"], item["subjectId"]) == ("number-silenced", answer.json()["id"])
    assert item["actions"] == ["settled-by-telephone", "start-again"]
    assert settle(office, item["id"], "start-again") == 201
    with office.runtime.sessions() as session:
        assert not silent_among(session, channel, [address])
    assert office.family(answer.json()["visitDayId"], answer.json()["id"])["suppressed"] is False


def test_who_registers_any_other_family_is_told_that_it_hears_from_us(office: Office) -> None:
    assert office.post_family(office.publish()).json()["suppressed"] is False
    assert items(office) == []
