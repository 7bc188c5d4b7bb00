"""JA and NEE do what people mean by them; what is unclear goes to a person."""

from __future__ import annotations

from typing import Any

from services.notify.contacts.rules import Keyword
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Purpose
from tests.notify.visits.office import Office, at


def asked(office: Office, **changed: object) -> tuple[str, str]:
    """A visit day and a family that has been asked whether it comes."""
    day = office.publish(**changed)
    family = office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    office.send_all()
    return day, family


def test_yes_confirms_and_is_answered_at_once(office: Office) -> None:
    day, family = asked(office)
    assert office.reply(Keyword.YES)
    assert office.family(day, family)["state"] == "confirmed"
    assert office.wanted() == ["answer-yes"]
    assert office.message(Purpose.ANSWER_YES).windowed is False
    assert ("D-1", "12-16 18:00", "planned") in office.reminders(day)


def test_no_cancels_frees_the_place_and_stops_the_reminders(office: Office) -> None:
    day, family = asked(office, capacity=1)
    assert office.reply(Keyword.NO)
    assert office.family(day, family)["state"] == "cancelled"
    assert office.wanted() == ["answer-no"]
    assert not isinstance(office.told(office.message(Purpose.ANSWER_NO)), Nobody)
    assert ("D-1", "12-16 18:00", "void") in office.reminders(day)
    assert office.post_family(day, phone="0612345679").status_code == 201


def test_the_same_answer_twice_is_thanked_for_once(office: Office) -> None:
    asked(office)
    assert office.reply(Keyword.YES)
    assert office.reply(Keyword.YES)
    assert office.wanted() == ["answer-yes"]


def test_after_no_there_is_a_way_back(office: Office) -> None:
    day, family = asked(office)
    office.reply(Keyword.NO)
    office.send_all()
    office.clock.set(at("2026-12-15T10:00"))
    assert office.reply(Keyword.YES)
    assert office.family(day, family)["state"] == "confirmed"
    assert office.wanted() == ["answer-yes"]
    assert ("D-1", "12-16 18:00", "planned") in office.reminders(day)


def test_the_way_back_is_closed_when_the_place_is_taken(office: Office) -> None:
    day, family = asked(office, capacity=1)
    office.reply(Keyword.NO)
    office.register(day, phone="0612345679")
    assert office.reply(Keyword.YES) is False
    assert office.family(day, family)["state"] == "cancelled"


def test_who_registered_again_after_no_is_not_counted_twice(office: Office) -> None:
    day, _ = asked(office)
    office.reply(Keyword.NO)
    office.register(day)
    assert office.reply(Keyword.YES) is False
    assert office.day(day)["registered"] == 1


def test_yes_and_then_no_is_no(office: Office) -> None:
    day, family = asked(office)
    office.reply(Keyword.YES)
    assert office.reply(Keyword.NO)
    assert office.family(day, family)["state"] == "cancelled"
    assert office.wanted() == ["answer-yes", "answer-no"]
    assert office.told(office.message(Purpose.ANSWER_YES)) == Nobody("not-coming")


def test_no_and_then_yes_is_yes(office: Office) -> None:
    asked(office)
    office.reply(Keyword.NO)
    office.clock.set(at("2026-12-14T10:05"))
    office.reply(Keyword.YES)
    assert office.told(office.message(Purpose.ANSWER_NO)) == Nobody("comes-after-all")
    assert not isinstance(office.told(office.message(Purpose.ANSWER_YES)), Nobody)


def test_nobody_is_thanked_for_a_yes_to_the_date_of_before(office: Office) -> None:
    day, _ = asked(office)
    office.reply(Keyword.YES)
    thanks = office.message(Purpose.ANSWER_YES)
    office.change(day, date="2026-12-21")
    assert office.told(thanks) == Nobody("visit-moved")
    # The desk has since recorded a yes for the new date, which is no reason to thank for the old one.
    office.client.patch(
        f"/v1/visit-days/{day}/registrations/{thanks.recipient_id}",
        json={"state": "confirmed"},
        headers=office.desk,
    )
    assert office.told(thanks) == Nobody("visit-moved")


def test_a_yes_to_no_question_is_for_a_person(office: Office) -> None:
    office.register(office.publish())
    assert office.reply(Keyword.YES) is False
    assert office.reply(Keyword.NO, "+31612345679") is False


def test_a_no_cancels_the_only_visit_ahead_though_nobody_asked_and_yes_is_the_way_back(
    office: Office,
) -> None:
    day = office.publish()
    family = office.register(day)
    office.send_all()
    for _ in range(2):
        assert office.reply(Keyword.NO)
    assert (office.family(day, family)["state"], office.wanted()) == ("cancelled", ["answer-no"])
    said = office.told(office.message(Purpose.ANSWER_NO))
    assert isinstance(said, Recipient)
    assert said.values["days"].endswith("/days")
    office.clock.set(at("2026-12-01T12:00"))
    assert office.reply(Keyword.YES)
    assert office.family(day, family)["state"] == "confirmed"


def test_a_second_no_right_after_the_first_cancels_no_other_visit(office: Office) -> None:
    days = [office.publish(), office.publish(date="2026-12-18")]
    families = [office.register(day) for day in days]
    path = f"/v1/visit-days/{days[0]}/registrations/{families[0]}"
    office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
    assert office.reply(Keyword.NO) is False
    office.clock.set(at("2026-12-01T12:00"))
    assert office.reply(Keyword.NO)
    assert office.family(days[1], families[1])["state"] == "cancelled"


def test_an_answer_to_two_questions_is_for_a_person(office: Office) -> None:
    first, second = office.publish(), office.publish(startTime="16:00", endTime="17:00")
    families = [office.register(first), office.register(second)]
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    assert office.reply(Keyword.YES) is False
    assert [office.family(d, f)["state"] for d, f in zip((first, second), families, strict=True)] == [
        "registered",
        "registered",
    ]


def test_an_answer_after_the_visit_is_for_a_person(office: Office) -> None:
    asked(office)
    office.clock.set(at("2026-12-17T14:00"))
    assert office.reply(Keyword.YES) is False


def test_an_answer_to_the_old_date_is_for_a_person(office: Office) -> None:
    day, family = asked(office)
    office.change(day, date="2026-12-24")
    assert office.reply(Keyword.YES) is False
    assert office.family(day, family)["state"] == "registered"


def record(office: Office, day: str, family: str, state: str) -> Any:
    path = f"/v1/visit-days/{day}/registrations/{family}"
    return office.client.patch(path, json={"state": state}, headers=office.desk)


def test_what_a_family_mails_or_says_by_telephone_counts_like_a_text_and_is_not_thanked_for(
    office: Office,
) -> None:
    day, family = asked(office)
    for _ in range(2):
        assert record(office, day, family, "cancelled").json()["state"] == "cancelled"
    assert ("D-1", "12-16 18:00", "void") in office.reminders(day)
    assert record(office, day, family, "confirmed").json()["state"] == "confirmed"
    assert ("D-1", "12-16 18:00", "planned") in office.reminders(day)
    assert office.wanted() == []


def test_an_answer_that_cannot_be_recorded_is_refused_with_the_reason(office: Office) -> None:
    day, family = asked(office, capacity=1)
    assert record(office, day, family, "refused").status_code == 400
    record(office, day, family, "cancelled")
    office.register(day, phone="0612345679")
    full = record(office, day, family, "confirmed")
    assert (full.status_code, full.json()["type"].rsplit("/", 1)[-1]) == (409, "visit-full")
    office.cancel(day)
    assert record(office, day, family, "confirmed").status_code == 409
    assert office.family(day, family)["state"] == "cancelled"
