"""A full day has a queue: a place that comes free is offered in turn, for a set time, and to nobody twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from services.notify.contacts.rules import Keyword
from services.notify.contacts.stopping import plain
from services.notify.erasing.commands import erase
from services.notify.erasing.queries import REGISTRATIONS
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import MessageState, Purpose
from services.notify.safety import safety
from services.notify.visits import commands, tasks
from tests.notify.visits.office import ADDRESS, NUMBER, Office, Telephone, at, items, settle

SECOND, THIRD = "+31687654321", "+31612345671"


def waits(office: Office, day: str, phone: str = SECOND, **changed: Any) -> str:
    """A family that joins a second after whoever came before it."""
    office.clock.advance(timedelta(seconds=1))
    return office.register(day, waitlist=True, **{"phone": phone} | changed)


def full(office: Office, *, waitlist: bool = False, **changed: Any) -> tuple[str, str]:
    """A day with one place, and the family that has it."""
    day = office.publish(capacity=1, **changed)
    return day, office.register(day, waitlist=waitlist)


def states(office: Office, day: str, *families: str) -> list[str]:
    return [office.family(day, one)["state"] for one in families]


def offered(office: Office, day: str, family: str) -> datetime | None:
    until = office.family(day, family)["offeredUntil"]
    return datetime.fromisoformat(until) if until else None


def cancels(office: Office, day: str, family: str) -> None:
    path = f"/v1/visit-days/{day}/registrations/{family}"
    assert office.client.patch(path, json={"state": "cancelled"}, headers=office.desk).status_code == 200


def lapse(office: Office) -> None:
    with office.runtime.sessions() as session:
        due = commands.claim_lapsed_offers(session, office.clock.now(), 100)
        session.commit()
    tasks.lapse_offers(office.runtime, due)


def test_a_full_day_refuses_as_before_and_lets_wait_who_asks_for_that(office: Office) -> None:
    day, family = full(office, waitlist=True)
    assert states(office, day, family) == ["registered"]
    assert office.post_family(day, phone=SECOND).json()["type"].endswith("visit-full")
    answer = office.post_family(day, phone=SECOND, waitlist=True)
    assert (answer.status_code, answer.json()["state"]) == (201, "waiting")
    again = office.post_family(day, phone=SECOND, waitlist=True)
    assert (again.status_code, again.json()["id"]) == (200, answer.json()["id"])
    assert [office.day(day)[name] for name in ("registered", "waiting", "placesLeft")] == [1, 1, 0]
    path = f"/v1/visit-days/{day}/registrations"
    assert office.client.get(path, headers=office.prison).json()["total"] == 1
    assert [step for step, _, _ in office.reminders(day)].count("D-3") == 1
    assert office.wanted() == ["visit-registered", "visit-waiting"]


def test_a_free_place_is_kept_a_day_for_the_first_and_told_by_text(office: Office) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    assert offered(office, day, first) == office.clock.now() + timedelta(days=1)
    assert offered(office, day, second) is None
    said = office.told(office.message(Purpose.PLACE_OFFERED))
    assert isinstance(said, Recipient)
    assert (said.to, said.values["until"]) == (SECOND, "wo 2 dec 10:00")
    assert office.day(day)["placesLeft"] == 0
    assert office.post_family(day, phone="0612345670").status_code == 409


def test_yes_takes_the_place_and_its_reminders_begin(office: Office) -> None:
    day, family = full(office)
    first = waits(office, day)
    cancels(office, day, family)
    office.send_all()
    for _ in range(2):
        assert office.reply(Keyword.YES, SECOND)
    assert states(office, day, first) == ["confirmed"]
    assert office.wanted() == ["visit-registered"]
    assert ("D-3", "12-14 10:00", "planned") in office.reminders(day)


def test_who_says_yes_when_the_question_is_late_is_not_asked_it_again(office: Office) -> None:
    day, family = full(office)
    first = waits(office, day)
    office.clock.set(at("2026-12-15T10:00"))
    cancels(office, day, family)
    office.send_all()
    assert office.reply(Keyword.YES, SECOND)
    mine = office.client.get(f"/v1/visit-days/{day}/reminders", headers=office.prison).json()["items"]
    steps = {one["step"]: one["state"] for one in mine if one["registrationId"] == first}
    assert steps["D-3"] == "skipped"
    assert steps["D-1"] == "planned"


def test_no_leaves_this_queue_and_the_next_is_asked_and_yes_is_the_way_back_to_its_end(
    office: Office,
) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    office.send_all()
    assert office.reply(Keyword.NO, SECOND)
    assert states(office, day, first, second) == ["cancelled", "waiting"]
    assert offered(office, day, second) is not None
    assert sorted(office.wanted()) == ["place-offered", "waiting-left"]
    office.send_all()
    office.clock.advance(timedelta(hours=1))
    assert office.reply(Keyword.YES, SECOND)
    assert states(office, day, first) == ["waiting"]
    assert office.wanted() == ["visit-waiting"]


def test_who_waits_leaves_by_a_no_though_nobody_asked(office: Office) -> None:
    day, _ = full(office)
    first = waits(office, day)
    assert office.reply(Keyword.NO, SECOND)
    assert states(office, day, first) == ["cancelled"]


def test_one_silence_costs_the_turn_and_a_second_one_ends_it(office: Office) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    office.clock.advance(timedelta(days=1))
    for _ in range(2):
        lapse(office)
    assert (offered(office, day, first), states(office, day, first)) == (None, ["waiting"])
    assert offered(office, day, second) == office.clock.now() + timedelta(days=1)
    office.clock.advance(timedelta(days=1))
    lapse(office)
    assert offered(office, day, first) is not None
    office.clock.advance(timedelta(days=1))
    lapse(office)
    assert states(office, day, first, second) == ["cancelled", "waiting"]


def test_a_yes_that_comes_too_late_is_told_so_and_keeps_its_turn(office: Office) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    office.clock.advance(timedelta(days=1))
    lapse(office)
    office.send_all()
    assert office.reply(Keyword.YES, SECOND)
    assert office.wanted() == ["place-gone"]
    assert states(office, day, first, second) == ["waiting", "waiting"]


def test_more_places_are_offered_to_several_at_once_in_turn(office: Office) -> None:
    day, _ = full(office)
    line = [waits(office, day, f"+3161234560{number}") for number in range(4)]
    office.change(day, capacity=3)
    assert [bool(offered(office, day, one)) for one in line] == [True, True, False, False]


@pytest.mark.parametrize(
    ("now", "start", "hours"),
    [
        ("2026-12-16T10:00", "14:00", 7),
        ("2026-12-17T09:00", "17:30", 2.125),
        ("2026-12-17T09:00", "16:30", None),
        ("2026-12-16T21:00", "16:30", None),
    ],
)
def test_the_nearer_the_visit_the_shorter_the_offer_until_there_is_none(
    office: Office, now: str, start: str, hours: float | None
) -> None:
    day, family = full(office, startTime=start, endTime="18:00")
    first = waits(office, day)
    office.clock.set(at(now))
    cancels(office, day, family)
    until = offered(office, day, first)
    assert until == (at(now) + timedelta(hours=hours) if hours else None)
    assert office.day(day)["placesLeft"] == (0 if hours else 1)


def test_a_place_that_is_too_near_to_offer_goes_to_whoever_asks_first(office: Office) -> None:
    day, family = full(office)
    first = waits(office, day)
    office.clock.set(at("2026-12-17T09:00"))
    cancels(office, day, family)
    again = office.post_family(day, phone=SECOND)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (200, first, "confirmed")


def test_a_place_that_comes_free_at_night_is_told_in_the_morning_and_kept_from_then_on(
    office: Office,
) -> None:
    day, family = full(office)
    first = waits(office, day)
    office.clock.set(at("2026-12-07T22:00"))
    cancels(office, day, family)
    assert office.message(Purpose.PLACE_OFFERED).due_at == at("2026-12-08T09:00")
    assert offered(office, day, first) == at("2026-12-09T09:00")
    # Whoever says yes in the night says it to something else.
    assert office.reply(Keyword.YES, SECOND) is False


def test_an_offer_that_ends_in_the_night_goes_on_until_morning(office: Office) -> None:
    day, family = full(office)
    first = waits(office, day)
    office.clock.set(at("2026-12-14T14:00"))
    cancels(office, day, family)
    assert offered(office, day, first) == at("2026-12-15T09:00")


def test_two_questions_at_once_are_asked_back_and_one_may_be_an_offer(
    office: Office, telephone: Telephone
) -> None:
    day, family = full(office)
    other = office.publish(date="2026-12-18")
    mine = office.register(other, phone=SECOND)
    first = waits(office, day)
    office.clock.set(at("2026-12-15T10:00"))
    telephone.texts()
    cancels(office, day, family)
    telephone.texts()
    telephone.says("JA", SECOND)
    assert telephone.texts()[-1].endswith("1 = do 17 dec 14:00, 2 = vr 18 dec 14:00")
    telephone.says("1", SECOND)
    assert states(office, day, first) == ["confirmed"]
    assert states(office, other, mine) == ["registered"]


def test_an_offer_for_the_date_of_before_ends_and_each_hears_once_of_the_new_one(office: Office) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    office.send_all()
    office.clock.advance(timedelta(hours=1))
    office.change(day, date="2026-12-21")
    told = [(str(one.purpose), str(one.recipient_id)) for one in office.messages()]
    assert sorted(told) == sorted([("place-offered", first), ("visit-waiting", second)])
    assert offered(office, day, first) == office.clock.now() + timedelta(days=1)


def test_of_a_day_that_is_off_those_hear_who_were_told_that_they_wait(office: Office) -> None:
    day, _ = full(office)
    told = waits(office, day)
    office.send_all()
    waits(office, day, THIRD)
    unproven = office.register(day, by="prison", phone="+31612345670", waitlist=True)
    office.cancel(day)
    said = {(str(one.purpose), str(one.recipient_id)) for one in office.messages()}
    assert [one for one in said if one[0] == "waiting-cancelled"] == [("waiting-cancelled", told)]
    assert not any(one[0].startswith(("visit-waiting", "place")) for one in said)
    assert not any(item["subjectId"] == unproven for item in items(office))


def test_who_has_another_number_keeps_its_turn_and_no_offer_goes_to_the_old_one(office: Office) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    path = f"/v1/visit-days/{day}/registrations/{first}"
    assert office.client.patch(path, json={"phone": "+31612345670"}, headers=office.desk).status_code == 200
    cancels(office, day, family)
    # Nobody proved the new number yet, so the next is asked.
    assert (offered(office, day, first), bool(offered(office, day, second))) == (None, True)
    office.send_all()
    assert office.reply(Keyword.YES, "+31612345670")
    office.change(day, capacity=2)
    assert offered(office, day, first) is not None


def test_whose_turn_it_is_and_whose_number_nobody_proved_is_telephoned_and_then_offered_a_place(
    office: Office,
) -> None:
    day, family = full(office)
    first, second = waits(office, day, by="prison"), waits(office, day, THIRD)
    cancels(office, day, family)
    assert [(item["kind"], item["subjectId"]) for item in items(office)] == [("number-not-confirmed", first)]
    assert bool(offered(office, day, second))
    assert settle(office, items(office)[0]["id"], "number-confirmed") == 201
    office.change(day, capacity=2)
    assert offered(office, day, first) is not None


def test_one_whose_name_cannot_be_read_keeps_no_place_back(
    office: Office, session_for: Callable[[str], Session]
) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    session = session_for("notify")
    session.execute(text("UPDATE registrations SET name = 'x' WHERE id = :id"), {"id": first})
    session.commit()
    office.clock.advance(timedelta(days=1))
    lapse(office)
    assert offered(office, day, second) is not None


def test_a_family_without_texts_is_called_and_the_desk_gives_it_its_place(office: Office) -> None:
    day, family = full(office)
    first = waits(office, day, channel="landline", phone="0201234567")
    assert [item["reason"] for item in items(office)] == ["say-waiting"]
    cancels(office, day, family)
    (item,) = items(office)
    assert item["reason"] == "offer-place"
    assert item["actions"] == ["settled-by-telephone", "comes", "comes-not"]
    answer = office.client.post(
        f"/v1/work-items/{item['id']}/resolutions", json={"action": "comes"}, headers=office.desk
    )
    assert answer.status_code == 201
    assert states(office, day, first) == ["confirmed"]
    assert items(office) == []


def test_whom_nobody_called_in_time_was_not_silent(office: Office) -> None:
    day, family = full(office)
    first = waits(office, day, channel="landline", phone="0201234567")
    cancels(office, day, family)
    for _ in range(3):
        office.clock.advance(timedelta(days=1))
        lapse(office)
    assert states(office, day, first) == ["waiting"]


def test_one_by_mail_is_offered_a_place_by_mail(office: Office) -> None:
    day, family = full(office)
    office.register(day, channel="email", email=ADDRESS, waitlist=True)
    cancels(office, day, family)
    said = office.told(office.message(Purpose.PLACE_OFFERED))
    assert isinstance(said, Recipient)
    assert said.to == ADDRESS


def test_a_text_that_is_overtaken_is_not_sent(office: Office) -> None:
    day, family = full(office)
    waits(office, day)
    cancels(office, day, family)
    asking = office.message(Purpose.PLACE_OFFERED)
    office.reply(Keyword.YES, SECOND)
    assert office.told(asking) == Nobody("no-longer-so")
    assert [one.id for one in office.messages(MessageState.VOID)].count(asking.id) == 1


def test_who_proves_not_to_be_it_frees_a_place_too(office: Office) -> None:
    day = office.publish(capacity=1)
    stranger = office.register(day, by="prison")
    first = waits(office, day)
    office.send_all()
    assert office.reply(Keyword.NO, NUMBER)
    assert states(office, day, stranger) == ["refused"]
    assert offered(office, day, first) is not None


def test_who_is_erased_leaves_the_queue_and_its_place_goes_to_the_next(office: Office) -> None:
    day, family = full(office)
    first, second = waits(office, day), waits(office, day, THIRD)
    cancels(office, day, family)
    with office.runtime.sessions() as session:
        erase(session, {REGISTRATIONS: [UUID(first)]}, office.clock.now())
        session.commit()
    assert states(office, day, first, second) == ["cancelled", "waiting"]
    assert (offered(office, day, first), bool(offered(office, day, second))) == (None, True)


def test_who_wants_no_texts_is_told_of_its_place_by_a_person(office: Office, telephone: Telephone) -> None:
    day, family = full(office)
    waits(office, day)
    telephone.says("STOP", SECOND)
    telephone.texts()
    cancels(office, day, family)
    telephone.texts()
    assert [(item["kind"], item["details"]["purpose"]) for item in items(office)] == [
        ("message-failed", "place-offered")
    ]


@pytest.mark.parametrize("language", ["nl", "fr", "en", "de", "ar", "tr", "pl"])
def test_an_offer_says_until_when_and_what_to_answer_in_the_language_of_the_family(
    office: Office, telephone: Telephone, language: str
) -> None:
    day, family = full(office)
    first = waits(office, day, language=language)
    cancels(office, day, family)
    said = telephone.texts()[-1]
    yes = safety(language).replies["yes"]
    assert any(word in plain(said) for word in yes)
    assert "10:00" in said
    telephone.says(yes[0].lower(), SECOND)
    assert states(office, day, first) == ["confirmed"]
