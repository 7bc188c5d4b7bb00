"""A family registers; an unconfirmed number is asked first, and strangers are left alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from services.notify.contacts.rules import Keyword
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Purpose
from tests.notify.visits.office import ADDRESS, NUMBER, Office, at, errors


def test_a_family_that_the_desk_knows_is_welcomed_at_once_and_reminded_later(office: Office) -> None:
    day = office.publish()
    family = office.register(day, firstVisit=True)
    assert office.wanted() == ["visit-registered"]
    welcome = office.message(Purpose.VISIT_REGISTERED)
    assert (str(welcome.cause_id), welcome.windowed, welcome.due_at) == (family, False, office.clock.now())
    assert office.reminders(day) == [
        ("registration", "12-01 10:00", "queued"),
        ("D-28", "12-01 12:00", "planned"),
        ("D-7", "12-10 10:00", "planned"),
        ("D-3", "12-14 10:00", "planned"),
        ("D-1", "12-16 18:00", "planned"),
    ]


def test_a_text_is_shown_as_sent_once_a_provider_has_it(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    assert office.reminders(day)[0] == ("registration", "12-01 10:00", "sent")


def test_the_text_names_the_town_and_never_the_facility(office: Office) -> None:
    office.register(office.publish(), language="so")
    told = office.told(office.message(Purpose.VISIT_REGISTERED))
    assert isinstance(told, Recipient)
    assert (told.to, told.language) == (NUMBER, "nl")
    assert told.values["place"] == "Vught"
    assert (told.values["date"], told.values["time"]) == ("do 17 dec", "14:00")
    assert "PI" not in " ".join(told.values.values())


def test_mail_goes_to_the_address_without_a_question_first(office: Office) -> None:
    day = office.publish()
    office.register(day, by="prison", channel="email", phone=None, email="Oma@Voorbeeld.nl", language="fr")
    told = office.told(office.message(Purpose.VISIT_REGISTERED))
    assert isinstance(told, Recipient)
    assert (told.channel, told.to, told.values["date"]) == ("email", ADDRESS, "jeu. 17 déc.")


class TestANumberThatNobodyVouchedFor:
    def test_its_owner_is_asked_once_and_hears_nothing_else(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day, by="prison")
        assert office.family(day, family)["numberConfirmed"] is False
        assert office.wanted() == ["confirm-number"]
        assert office.message(Purpose.CONFIRM_NUMBER).windowed is True
        office.clock.set(at("2026-12-10T10:00"))
        office.remind()
        assert office.wanted() == ["confirm-number"]
        assert ("D-7", "12-10 10:00", "skipped") in office.reminders(day)

    def test_a_text_that_slipped_through_would_find_nobody(self, office: Office) -> None:
        day = office.publish()
        office.register(day)
        welcome = office.message(Purpose.VISIT_REGISTERED)
        with office.runtime.sessions() as session:
            session.execute(text("UPDATE registrations SET number_confirmed = false"))
            session.commit()
        assert office.told(welcome) == Nobody("number-not-confirmed")

    def test_yes_welcomes_the_family_and_plans_from_then_on(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day, by="prison")
        office.clock.set(at("2026-12-12T11:00"))
        assert office.reply(Keyword.YES)
        assert office.family(day, family)["numberConfirmed"] is True
        assert office.wanted() == ["confirm-number", "visit-registered"]
        assert office.told(office.message(Purpose.CONFIRM_NUMBER)) == Nobody("number-confirmed")
        assert office.reminders(day) == [
            ("registration", "12-12 11:00", "queued"),
            ("D-7", "12-12 13:00", "planned"),
            ("D-3", "12-14 10:00", "planned"),
            ("D-1", "12-16 18:00", "planned"),
        ]

    def test_no_means_that_nothing_ever_goes_there(self, office: Office) -> None:
        day = office.publish(capacity=1)
        family = office.register(day, by="prison")
        office.send_all()
        assert office.reply(Keyword.NO)
        assert office.family(day, family)["state"] == "refused"
        assert office.wanted() == []
        assert {state for _, _, state in office.reminders(day)} == {"void"}
        assert office.post_family(day, by="prison").status_code == 409
        assert office.post_family(day, by="prison", phone="0470 12 34 56").status_code == 201

    def test_two_registrations_are_one_question_and_one_answer(self, office: Office) -> None:
        first, second = office.publish(), office.publish(date="2026-12-24")
        office.register(first, by="prison")
        office.register(second, by="prison")
        assert office.wanted() == ["confirm-number"]
        assert office.reply(Keyword.YES)
        assert office.wanted() == ["confirm-number", "visit-registered", "visit-registered"]

    def test_once_confirmed_it_is_not_asked_again(self, office: Office) -> None:
        office.register(office.publish(), by="prison")
        office.reply(Keyword.YES)
        family = office.post_family(office.publish(date="2026-12-24"), by="prison")
        assert family.json()["numberConfirmed"] is True
        assert office.wanted().count("confirm-number") == 1

    def test_a_number_cannot_be_asked_again_and_again(self, office: Office) -> None:
        answers = []
        for _ in range(3):
            day = office.publish()
            answers.append(office.post_family(day, by="prison").status_code)
            office.cancel(day)
        assert answers == [201, 201, 429]

    def test_the_desk_can_vouch_for_it_afterwards(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day, by="prison")
        answer = office.post_family(day, by="desk")
        assert (answer.status_code, answer.json()["id"]) == (200, family)
        assert answer.json()["numberConfirmed"] is True
        assert office.wanted() == ["confirm-number", "visit-registered"]


def test_only_the_desk_may_say_that_a_number_was_confirmed(office: Office) -> None:
    day = office.publish()
    answer = office.post_family(day, by="prison", numberConfirmed=True)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["pointer"] == "/numberConfirmed"
    assert "desk" in answer.json()["detail"]
    assert office.day(day)["registered"] == 0
    assert office.wanted() == []


def test_the_same_family_twice_has_one_place_and_one_text(office: Office) -> None:
    day = office.publish()
    first = office.post_family(day)
    second = office.post_family(day, phone="0031 6 1234 5678")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert office.wanted() == ["visit-registered"]
    assert office.day(day)["registered"] == 1


def test_registering_from_two_places_at_once_gives_one_place_and_one_text(office: Office) -> None:
    day = office.publish()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: office.post_family(day).status_code, range(4)))
    assert sorted(answers) == [200, 200, 200, 201]
    assert office.wanted() == ["visit-registered"]


def test_a_full_day_says_so_and_never_takes_one_too_many(office: Office) -> None:
    day = office.publish(capacity=2)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: office.post_family(day, phone=f"061234567{n}"), range(4)))
    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409]
    refused = next(one for one in answers if one.status_code == 409)
    assert "full" in refused.json()["detail"]
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"phone": None}, "/phone", "missing"),
        ({"phone": "020-6123456"}, "/phone", "phone-landline"),
        ({"phone": "+33 6 12 34 56 78"}, "/phone", "phone-foreign"),
        ({"phone": "06-1234567"}, "/phone", "phone-short"),
        ({"phone": "geen idee"}, "/phone", "phone-characters"),
        ({"channel": "email"}, "/email", "missing"),
        ({"email": "an@voorbeeld.nl\nBcc: iedereen@voorbeeld.nl"}, "/email", "email-control"),
        ({"email": "an@voorbeeld.nl, jan@voorbeeld.nl"}, "/email", "email-several"),
        ({"name": "An\r\nBcc: iedereen@voorbeeld.nl"}, "/name", "name-control"),
        ({"name": "  "}, "/name", "name-empty"),
        ({"channel": "pigeon"}, "/channel", "enum"),
        ({"language": "klingon"}, "/language", "unknown-language"),
        ({"adults": -1}, "/adults", "greater-than-equal"),
        ({"adults": 0, "childAgeBands": []}, "/adults", "nobody-comes"),
        ({"childAgeBands": ["5"]}, "/childAgeBands/0", "enum"),
        ({"firstVisit": "maybe"}, "/firstVisit", "bool-type"),
    ],
)
def test_a_registration_that_cannot_be_is_refused_and_nothing_is_stored(
    office: Office, changed: dict[str, Any], pointer: str, code: str
) -> None:
    day = office.publish()
    assert errors(office.post_family(day, **changed)) == {pointer: code}
    assert office.day(day)["registered"] == 0
    assert office.wanted() == []


def test_a_refusal_never_repeats_what_was_typed(office: Office) -> None:
    answer = office.post_family(office.publish(), phone="06-1234567", email="an@@voorbeeld.nl")
    assert answer.status_code == 400
    assert "1234567" not in answer.text
    assert "voorbeeld.nl," not in answer.text


def test_nobody_registers_for_a_day_that_is_over_or_called_off(office: Office) -> None:
    day = office.publish()
    office.clock.set(at("2026-12-17T14:00"))
    assert office.post_family(day).status_code == 409
    office.clock.set(at("2026-12-01T10:00"))
    office.cancel(day)
    answer = office.post_family(day)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (409, "visit-cancelled")


def test_names_numbers_and_addresses_are_unreadable_in_the_database(office: Office) -> None:
    office.register(office.publish(), email=ADDRESS)
    with office.runtime.sessions() as session:
        rows = session.execute(text("SELECT registrations::text FROM registrations")).scalars().all()
    assert rows
    for secret in ("Fatima", "612345678", "voorbeeld"):
        assert secret not in str(rows)
        assert secret.encode().hex() not in str(rows)


@pytest.mark.parametrize(("scope", "status"), [("messages:read", 403), ("desk", 201), ("operator", 201)])
def test_who_may_register_a_family(
    office: Office, make_key: Callable[..., dict[str, str]], scope: str, status: int
) -> None:
    day = office.publish()
    office.desk = make_key("notify", scope)
    assert office.post_family(day).status_code == status
