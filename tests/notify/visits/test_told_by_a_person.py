"""What a family must hear and no text may or can tell, a person tells it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlmodel import select

from services.notify.contacts.commands import suppress, unsuppress
from services.notify.contacts.rules import Keyword
from services.notify.messages.commands.consequences import moved_to
from services.notify.messages.tables import Message, MessageState, Purpose
from shared.desk.items import open_items
from tests.notify.visits.office import NUMBER, Office, Telephone, at, items, settle


def on_the_list(office: Office) -> list[tuple[str, str]]:
    return [(one["kind"], one["reason"]) for one in items(office)]


def wants_silence(office: Office) -> None:
    with office.runtime.sessions() as session:
        suppress(session, "sms", NUMBER, reason="stop-word", at=office.clock.now())
        session.commit()


def makes_unreadable(office: Office, family: str, column: str) -> None:
    with office.runtime.engine.begin() as connection:
        broken = text(f"UPDATE registrations SET {column} = '\\x00010203'::bytea WHERE id = :id")
        connection.execute(broken, {"id": family})


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_who_wants_no_texts_and_whose_visit_changes(
    office: Office,
    telephone: Telephone,
    change: str,
) -> None:
    day = office.publish()
    office.register(day)
    telephone.texts()
    wants_silence(office)
    if change == "moved":
        office.change(day, date="2026-12-21")
    else:
        office.cancel(day)
    telephone.texts()
    assert on_the_list(office) == [("message-failed", "suppressed")]
    (item,) = items(office)
    assert settle(office, item["id"], "send-again") == 409
    assert settle(office, item["id"], "settled-by-telephone") == 201


def test_a_reminder_to_who_wants_no_texts_is_nobodys_work(
    office: Office,
    telephone: Telephone,
) -> None:
    office.register(office.publish())
    telephone.texts()
    wants_silence(office)
    office.clock.set(at("2026-12-10T10:00"))
    telephone.texts()
    assert on_the_list(office) == []


def test_whose_number_nobody_confirmed_when_the_visit_is_called_off(office: Office) -> None:
    day = office.publish()
    office.register(day, by="prison")
    office.cancel(day)
    assert on_the_list(office) == [("number-not-confirmed", "visit-cancelled")]


def test_who_was_to_be_asked_for_a_number_is_then_to_be_told_that_the_visit_is_off(office: Office) -> None:
    day = office.publish()
    office.register(day, by="prison")
    office.clock.set(at("2026-12-10T10:00"))
    office.remind()
    assert on_the_list(office) == [("number-not-confirmed", "no-answer")]
    office.cancel(day)
    assert on_the_list(office) == [("number-not-confirmed", "visit-cancelled")]


def test_whom_no_text_reached_before_the_visit_that_was_called_off(
    office: Office,
    telephone: Telephone,
) -> None:
    day = office.publish()
    office.register(day)
    telephone.texts()
    office.clock.set(at("2026-12-17T13:30"))
    office.cancel(day)
    office.clock.set(at("2026-12-17T14:01"))
    telephone.texts()
    assert on_the_list(office) == [("message-failed", "visit-past")]


def test_a_text_is_not_sent_again_to_who_wants_none_since(
    office: Office,
    telephone: Telephone,
) -> None:
    office.register(office.publish())
    telephone.texts()
    with office.runtime.sessions() as session:
        (sent,) = session.exec(select(Message).where(Message.purpose == Purpose.VISIT_REGISTERED))
        moved_to(session, sent, MessageState.UNDELIVERED, "30006", at=office.clock.now())
        session.commit()
    wants_silence(office)
    (item,) = items(office)
    assert settle(office, item["id"], "send-again") == 409
    assert on_the_list(office) == [("message-failed", "30006")]
    with office.runtime.sessions() as session:
        unsuppress(session, "sms", NUMBER)
        session.commit()
    assert settle(office, item["id"], "send-again") == 201


def test_whom_nobody_will_ask_again_before_the_visit(office: Office) -> None:
    office.clock.set(at("2026-12-16T18:30"))
    day = office.publish()
    office.register(day, by="prison")
    assert on_the_list(office) == [("number-not-confirmed", "no-answer")]
    assert office.reply(Keyword.YES)
    assert on_the_list(office) == []


def test_that_a_number_is_somebody_elses_takes_the_place_of_no_answer(office: Office) -> None:
    office.clock.set(at("2026-12-16T18:30"))
    office.register(office.publish(), by="prison")
    assert office.reply(Keyword.NO)
    assert on_the_list(office) == [("number-not-confirmed", "not-theirs")]


def test_a_question_about_a_number_is_put_though_its_first_visit_is_off(
    office: Office,
    telephone: Telephone,
) -> None:
    day, other = office.publish(), office.publish(date="2026-12-24")
    office.register(day, by="prison")
    office.register(other, by="prison")
    office.cancel(day)
    assert len(telephone.texts()) == 1
    # Asked once: a family that registers now waits for the same answer.
    office.register(office.publish(date="2026-12-29"), by="prison")
    assert len(telephone.texts()) == 1


def test_a_question_that_nobody_waits_for_any_more_is_not_put(
    office: Office,
    telephone: Telephone,
) -> None:
    day = office.publish()
    office.register(day, by="prison")
    office.cancel(day)
    office.clock.set(at("2026-12-01T10:10"))
    office.register(office.publish(date="2026-12-24"), by="prison")
    assert len(telephone.texts()) == 1


def test_a_family_whose_row_cannot_be_read_and_nobody_else_waits_for_a_person(
    office: Office,
    telephone: Telephone,
) -> None:
    day = office.publish()
    family = office.register(day)
    office.register(day, phone="0612345679")
    makes_unreadable(office, family, "name")
    assert len(telephone.texts()) == 1
    with office.runtime.sessions() as session:
        assert [one.reason for one in open_items(session)] == ["recipient-cannot-be-read"]


def test_a_reminder_to_a_family_that_cannot_be_read_is_a_persons_and_the_others_go(
    office: Office,
    telephone: Telephone,
) -> None:
    day = office.publish()
    family = office.register(day)
    office.register(day, phone="0612345679")
    telephone.texts()
    makes_unreadable(office, family, "name")
    office.clock.set(at("2026-12-10T10:00"))
    assert len(telephone.texts()) == 3
    assert on_the_list(office) == [("reminder-stuck", "recipient-cannot-be-read")]
    (item,) = items(office)
    assert settle(office, item["id"], "settled-by-telephone") == 201
    office.clock.set(at("2026-12-10T10:05"))
    assert len(telephone.texts()) == 3
    assert on_the_list(office) == []


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_a_family_that_cannot_be_read_keeps_no_other_from_hearing_of_its_visit(
    office: Office,
    telephone: Telephone,
    change: str,
) -> None:
    day = office.publish()
    family = office.register(day)
    office.register(day, phone="0612345679")
    telephone.texts()
    makes_unreadable(office, family, "phone")
    answer = office.change(day, date="2026-12-21") if change == "moved" else office.cancel(day)
    assert answer.status_code == 200, answer.text
    assert len(telephone.texts()) == 3
    assert on_the_list(office) == [("message-failed", "recipient-cannot-be-read")]
