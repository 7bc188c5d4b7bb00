"""Somebody typed a family's number into the form: what they say to that changes nothing about a visit."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlmodel import select

from services.notify.channels.port import ChannelName
from services.notify.contacts import proofs
from services.notify.contacts.proofs import Given
from services.notify.contacts.tables import AskerContact
from services.notify.messages.tables import Purpose
from tests.notify.messages.family import Family
from tests.notify.visits.office import NUMBER, Office, Telephone, at, items

ASKED_WHETHER = "2026-12-14T10:00"


def typed_into_the_form(office: Office, telephone: Telephone) -> UUID:
    """Let a stranger ask something with the family's number, so that its owner is asked whose it is."""
    stranger = Family(office.runtime, uuid4(), by_public_form=True, proof_url="http://intake.test/confirm/x")
    with office.runtime.sessions() as session:
        given = Given(stranger.request_id, ChannelName.SMS, NUMBER, asks=True)
        proofs.unproven(session, [given], at=office.clock.now())
        session.commit()
    stranger.wants(Purpose.CONFIRM_CONTACT)
    assert any("Was jij dat?" in text for text in telephone.texts())
    return stranger.request_id


def answered(office: Office, request_id: UUID) -> str:
    with office.runtime.sessions() as session:
        found = session.exec(select(AskerContact).where(AskerContact.id == request_id)).one()
    return "yes" if found.proven_at else "no" if found.denied_at else "nothing"


def test_a_no_to_whose_the_number_is_leaves_the_visit_that_was_confirmed(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at(ASKED_WHETHER))
    telephone.texts()
    telephone.says("Ja")
    typed = typed_into_the_form(office, telephone)
    telephone.says("Nee!")
    assert office.family(day, family)["state"] == "confirmed"
    assert answered(office, typed) == "no"
    assert items(office) == []


def test_a_no_while_the_visit_waits_for_an_answer_is_for_a_person(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at(ASKED_WHETHER))
    telephone.texts()
    typed = typed_into_the_form(office, telephone)
    telephone.says("nee")
    assert office.family(day, family)["state"] == "registered"
    assert answered(office, typed) == "no"
    assert [item["kind"] for item in items(office)] == ["reply"]


def test_a_yes_to_whose_the_number_is_brings_back_no_visit_that_was_cancelled(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at(ASKED_WHETHER))
    telephone.texts()
    telephone.says("Nee")
    typed = typed_into_the_form(office, telephone)
    telephone.says("ja")
    assert office.family(day, family)["state"] == "cancelled"
    assert answered(office, typed) == "yes"


def test_a_yes_to_a_visit_that_was_asked_about_later_sets_no_strangers_words_free(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    family = office.register(day)
    typed = typed_into_the_form(office, telephone)
    office.clock.set(at(ASKED_WHETHER))
    telephone.texts()
    telephone.says("JA")
    assert office.family(day, family)["state"] == "confirmed"
    assert answered(office, typed) == "nothing"


def test_once_it_is_said_whose_the_number_is_an_answer_is_about_the_visit(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at(ASKED_WHETHER))
    telephone.texts()
    telephone.says("Ja")
    typed = typed_into_the_form(office, telephone)
    telephone.says("JA!")
    assert answered(office, typed) == "yes"
    office.clock.set(at("2026-12-15T10:00"))
    telephone.says("nee")
    assert office.family(day, family)["state"] == "cancelled"
