"""The whole way through this service: a family registers, time passes, and it is told what is true."""

from __future__ import annotations

import pytest

from services.notify.contacts.commands import suppress
from services.notify.wording.gsm7 import segments
from tests.notify.visits.office import NUMBER, Office, Telephone, at


def test_a_family_hears_of_its_visit_from_the_first_day_to_the_last(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    family = office.register(day)
    moments = ("2026-12-01T10:00", "2026-12-10T10:00", "2026-12-14T10:00")
    for number, moment in enumerate(moments, start=1):
        office.clock.set(at(moment))
        assert len(telephone.texts()) == number
    telephone.says("Ja!")
    office.clock.set(at("2026-12-16T18:00"))
    texts = telephone.texts()
    assert len(texts) == 5
    assert all("do 17 dec" in text and "14:00" in text for text in texts)
    assert "Vught" in texts[0]
    assert "JA" in texts[2]
    assert office.family(day, family)["state"] == "confirmed"


@pytest.mark.parametrize(
    ("language", "yes", "day", "asked"),
    [
        ("tr", "evet", "Per 17 Ara", "EVET ya da HAYIR"),
        ("ar", "نعم", "الخميس 17 ديسمبر", "نعم أو لا"),
        ("pl", "Tak!", "czw. 17 gru", "TAK albo NIE"),
        ("de", "ja", "Do. 17 Dez", "JA oder NEIN"),
    ],
)
def test_a_family_hears_of_its_visit_and_answers_in_its_own_language(
    office: Office, telephone: Telephone, language: str, yes: str, day: str, asked: str
) -> None:
    published = office.publish()
    family = office.register(published, language=language)
    for moment in ("2026-12-01T10:00", "2026-12-10T10:00", "2026-12-14T10:00"):
        office.clock.set(at(moment))
        texts = telephone.texts()
    assert asked in texts[-1]
    telephone.says(yes)
    office.clock.set(at("2026-12-16T18:00"))
    texts = telephone.texts()
    assert len(texts) == 5
    assert all(day in text and "14:00" in text for text in texts)
    assert [text for text in texts if segments(text) > 2] == []
    assert office.family(published, family)["state"] == "confirmed"


def test_a_strangers_telephone_gets_one_text_in_all(office: Office, telephone: Telephone) -> None:
    office.register(office.publish(), by="prison")
    office.register(office.publish(date="2026-12-18"), by="prison")
    for moment in ("2026-12-01T10:00", "2026-12-10T10:00", "2026-12-14T10:00", "2026-12-16T18:00"):
        office.clock.set(at(moment))
        texts = telephone.texts()
    assert len(texts) == 1
    assert "do 17 dec" not in texts[0]


def test_a_visit_called_off_at_night_is_told_in_the_morning(office: Office, telephone: Telephone) -> None:
    day = office.publish()
    office.register(day)
    telephone.texts()
    office.clock.set(at("2026-12-03T23:00"))
    office.cancel(day)
    assert len(telephone.texts()) == 1
    office.clock.set(at("2026-12-04T08:59"))
    assert len(telephone.texts()) == 1
    office.clock.set(at("2026-12-04T09:00"))
    assert len(telephone.texts()) == 2


def test_a_visit_called_off_in_the_night_before_it_is_told_at_once(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    office.register(day)
    office.clock.set(at("2026-12-16T23:00"))
    telephone.texts()
    office.cancel(day)
    office.clock.set(at("2026-12-16T23:01"))
    assert "gaat helaas niet door" in telephone.texts()[-1]


def test_that_a_visit_is_off_is_told_at_night_also_when_the_worker_was_away_for_hours(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish(startTime="09:00", endTime="10:00")
    office.register(day)
    office.clock.set(at("2026-12-16T21:00"))
    telephone.texts()
    office.cancel(day)
    office.clock.set(at("2026-12-16T23:30"))
    assert "gaat helaas niet door" in telephone.texts()[-1]


def test_on_a_sunday_a_family_hears_of_its_visit_on_monday(office: Office, telephone: Telephone) -> None:
    office.register(office.publish(date="2026-12-14"))
    for moment in ("2026-12-01T10:00", "2026-12-12T12:00"):
        office.clock.set(at(moment))
        before = telephone.texts()
    office.clock.set(at("2026-12-13T18:00"))
    assert len(telephone.texts()) == len(before) + 1


def test_who_said_stop_is_not_reminded(office: Office, telephone: Telephone) -> None:
    office.register(office.publish())
    telephone.texts()
    with office.runtime.sessions() as session:
        suppress(session, "sms", NUMBER, reason="stop-word", at=office.clock.now())
        session.commit()
    office.clock.set(at("2026-12-10T10:00"))
    assert len(telephone.texts()) == 1


@pytest.mark.parametrize("language", ["nl", "fr", "en", "tr", "ar"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_every_step_has_words_in_the_familys_language(
    office: Office, telephone: Telephone, language: str, channel: str
) -> None:
    day = office.publish(date="2027-01-14")
    office.register(day, language=language, channel=channel, email="oma@voorbeeld.nl", firstVisit=True)
    steps = (
        "2026-12-01T10:00",
        "2026-12-17T10:00",
        "2027-01-07T10:00",
        "2027-01-11T10:00",
        "2027-01-13T18:00",
    )
    for moment in steps:
        office.clock.set(at(moment))
        telephone.texts()
    office.change(day, date="2027-01-15")
    telephone.texts()
    office.cancel(day)
    assert len(telephone.texts()) == 7
