"""A number that its owner confirmed for a visit is proven for questions too, and the other way round.

Whoever is proven is asked about a new question all the same, and sooner than a stranger: on another day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from services.notify.contacts import proofs
from services.notify.contacts.proofs import Found, Given
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import Keyword
from tests.notify.visits.office import ADDRESS, NUMBER, Office

OTHER = "+31687654321"


@pytest.fixture
def day(office: Office) -> str:
    return office.publish()


def asked(office: Office, address: str = NUMBER, channel: str = "sms") -> Found:
    """Somebody types this number or address into the public form, two days after its owner was asked."""
    with office.runtime.sessions() as session:
        now = office.clock.now()
        given = Given(uuid4(), channel, address, asks=True, asked_at=now - timedelta(days=2))
        [found] = proofs.unproven(session, [given], at=now).values()
        session.commit()
    return found


def with_session(office: Office, do: Any, *args: Any, **named: Any) -> Any:
    with office.runtime.sessions() as session:
        done = do(session, *args, at=office.clock.now(), **named)
        session.commit()
    return done


def test_who_said_yes_for_a_visit_is_known_when_they_ask_something(office: Office, day: str) -> None:
    office.register(day, by="prison")
    assert asked(office, OTHER) is Found.LEAVE
    assert office.reply(Keyword.YES)
    assert asked(office) is Found.ASK


def test_a_number_that_waits_or_was_refused_at_a_visit_proves_nothing(office: Office, day: str) -> None:
    office.register(day, by="prison")
    assert asked(office) is Found.LEAVE
    office.reply(Keyword.NO)
    assert asked(office) is Found.LEAVE


def test_what_the_desk_vouches_for_counts_for_questions_too(office: Office, day: str) -> None:
    office.register(day)
    assert asked(office) is Found.ASK


def test_an_address_that_was_confirmed_by_its_link_counts_too(office: Office, day: str) -> None:
    family = office.register(day, channel="email", email="x@voorbeeld.nl", numberConfirmed=False)
    path = f"/v1/visit-days/{day}/registrations/{family}"
    office.client.patch(path, json={"email": ADDRESS}, headers=office.prison)
    [question] = [one for one in office.messages() if one.purpose == "confirm-number"]
    told: Any = office.told(question)
    office.client.post(
        told.values["url"].partition("/confirm")[1] + told.values["url"].partition("/confirm")[2]
    )
    assert asked(office, ADDRESS, "email") is Found.ASK


def test_a_registration_proves_the_number_that_it_has_now(office: Office, day: str) -> None:
    family = office.register(day)
    path = f"/v1/visit-days/{day}/registrations/{family}"
    office.client.patch(path, json={"phone": OTHER}, headers=office.prison)
    assert office.reply(Keyword.YES, OTHER)
    assert asked(office, OTHER) is Found.ASK
    assert asked(office) is Found.LEAVE


def test_that_a_visit_was_confirmed_is_no_answer_to_a_question(office: Office, day: str) -> None:
    office.register(day)
    index = address_index("sms", NUMBER)
    assert with_session(office, proofs.answered_yes, "sms", index) is False


def proven_by_a_question(office: Office) -> None:
    def vouch(session: Session, request_id: UUID, *, at: Any) -> None:
        proofs.vouched(session, [Given(request_id, "sms", NUMBER)], at=at)

    with_session(office, vouch, uuid4())


def test_who_is_proven_by_a_question_is_not_asked_again_by_the_centre(office: Office, day: str) -> None:
    proven_by_a_question(office)
    office.prison = office.desk
    family = office.register(day, by="centre")
    assert office.wanted() == ["visit-registered"]
    assert office.family(day, family)["numberConfirmed"] is True


def test_a_prison_does_not_learn_that_somebody_asked_for_advice(office: Office, day: str) -> None:
    proven_by_a_question(office)
    known = office.post_family(day, by="prison").json()
    unknown = office.post_family(day, by="prison", phone="0687654321").json()
    same = ("state", "numberConfirmed")
    assert [known[one] for one in same] == [unknown[one] for one in same] == ["registered", False]
    assert office.wanted() == ["confirm-number"] * 2
