"""A family that no text may reach is called by a person."""

from __future__ import annotations

from collections.abc import Callable

from services.notify.contacts.rules import Keyword
from services.notify.messages import queries
from services.notify.messages.commands.consequences import moved_to
from services.notify.messages.tables import MessageState
from tests.notify.visits.office import Office, at, items, settle


def unanswered(office: Office) -> tuple[str, str]:
    """A visit day, and a family whose number's owner has not answered by D-7."""
    day = office.publish()
    family = office.register(day, by="prison")
    office.send_all()
    office.clock.set(at("2026-12-10T10:00"))
    office.remind()
    return day, family


def test_who_does_not_answer_for_a_number_is_on_the_desks_list_once(office: Office) -> None:
    day, family = unanswered(office)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    (item,) = items(office)
    assert (item["kind"], item["reason"], item["subjectId"]) == ("number-not-confirmed", "no-answer", family)
    assert item["details"] == {"registrationId": family, "visitDayId": day, "language": "nl"}


def test_the_desk_calls_and_the_family_is_welcomed(office: Office) -> None:
    day, family = unanswered(office)
    (item,) = items(office)
    assert "number-confirmed" in item["actions"]
    assert settle(office, item["id"], "number-confirmed") in (200, 201)
    assert office.family(day, family)["numberConfirmed"] is True
    assert office.wanted() == ["visit-registered"]
    assert items(office) == []


def test_a_late_yes_takes_it_off_the_list(office: Office) -> None:
    unanswered(office)
    assert office.reply(Keyword.YES)
    assert items(office) == []


def test_a_number_that_belongs_to_somebody_else_is_on_the_list_too(office: Office) -> None:
    day = office.publish()
    family = office.register(day, by="prison")
    office.reply(Keyword.NO)
    (item,) = items(office)
    assert (item["reason"], item["subjectId"]) == ("not-theirs", family)
    assert settle(office, item["id"], "number-confirmed") == 409
    assert settle(office, item["id"], "settled-by-telephone") in (200, 201)


def test_the_desk_sees_whose_text_failed_for_which_visit_and_in_words_why(
    office: Office, desk_shows: Callable[..., str]
) -> None:
    day = office.publish()
    office.register(day)
    [message] = office.messages()
    with office.runtime.sessions() as session:
        moved_to(
            session,
            queries.one(session, message.id),
            MessageState.UNDELIVERED,
            "30006",
            at=office.clock.now(),
        )
        session.commit()
    (item,) = items(office)
    shown = desk_shows("notify", item["id"])
    for words in ("Fatima el Amrani", "+31612345678", "17 december 2026, 14:00, Vught", "code 30006"):
        assert words in shown
    assert "aanmelding ontvangen" in shown
