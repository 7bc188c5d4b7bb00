"""When a visit moves or is cancelled, no family acts on what no longer holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.notify.channels.port import Channel, ChannelName, Missing, NotSent, Outcome, Outgoing, Seen
from services.notify.contacts.rules import Keyword
from services.notify.messages import commands as messages
from services.notify.messages.recipients import Nobody
from services.notify.messages.tables import MessageState, Purpose
from services.notify.visits import commands, tasks
from tests.notify import senders
from tests.notify.visits.office import Office, Telephone, at, items, settle


def test_a_moved_visit_has_new_reminders_and_every_family_is_told(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    office.send_all()
    answer = office.change(day, date="2026-12-22", startTime="10:00", endTime="11:00")
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert office.reminders(day, version=1) == [
        ("registration", "12-01 10:00", "sent"),
        ("D-7", "12-10 10:00", "void"),
        ("D-3", "12-14 10:00", "void"),
        ("D-1", "12-16 18:00", "void"),
    ]
    assert office.reminders(day, version=2) == [
        ("D-7", "12-15 10:00", "planned"),
        ("D-3", "12-19 10:00", "planned"),
        ("D-1", "12-21 18:00", "planned"),
    ]
    moved = office.message(Purpose.VISIT_MOVED)
    assert (str(moved.cause_id), moved.windowed) == (family, True)


def test_a_reminder_that_was_wanted_but_not_sent_does_not_go(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-10T10:00"))
    assert office.remind() == 1
    assert office.wanted() == ["visit-7"]
    office.change(day, date="2026-12-24")
    assert office.wanted() == ["visit-moved"]
    assert ("D-7", "12-10 10:00", "void") in office.reminders(day, version=1)


def test_a_step_that_was_claimed_before_the_move_comes_to_nothing(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-10T10:00"))
    with office.runtime.sessions() as session:
        claimed = commands.claim_due(session, office.clock.now(), 10)
        session.commit()
    office.change(day, date="2026-12-24")
    tasks.remind(office.runtime, claimed)
    assert office.wanted() == ["visit-moved"]


def test_a_yes_was_for_the_old_date(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    office.reply(Keyword.YES)
    assert office.family(day, family)["state"] == "confirmed"
    office.change(day, startTime="13:00")
    assert office.family(day, family)["state"] == "registered"
    assert ("D-3", "12-14 12:00", "planned") in office.reminders(day, version=2)


@pytest.mark.parametrize("changes", [{"capacity": 5}, {"kind": "family-visit"}, {"endTime": "16:00"}, {}])
def test_what_a_family_need_not_know_is_no_message(office: Office, changes: dict[str, object]) -> None:
    day = office.publish()
    office.register(day)
    assert office.change(day, **changes).json()["version"] == 1
    assert office.wanted() == ["visit-registered"]


def test_the_same_move_again_is_told_once(office: Office) -> None:
    day = office.publish()
    office.register(day)
    for _ in range(2):
        office.change(day, date="2026-12-22")
    assert office.day(day)["version"] == 2
    assert office.wanted() == ["visit-moved"]


def test_papers_that_were_asked_for_are_not_asked_for_again(office: Office) -> None:
    day = office.publish(date="2027-01-14")
    office.register(day, firstVisit=True)
    office.clock.set(at("2026-12-17T10:00"))
    office.remind()
    assert "visit-28" in office.wanted()
    office.send_all()
    for version, date in ((2, "2027-01-21"), (3, "2027-01-22")):
        office.change(day, date=date)
        assert "D-28" not in [step for step, _, _ in office.reminders(day, version=version)]


def test_papers_that_a_move_kept_from_being_asked_for_are_asked_for_after_it(office: Office) -> None:
    day = office.publish(date="2027-01-14")
    office.register(day, firstVisit=True)
    office.send_all()
    office.clock.set(at("2026-12-17T10:00"))
    office.remind()
    office.change(day, date="2027-01-21")
    assert ("D-28", "12-24 10:00", "planned") in office.reminders(day, version=2)


def test_a_number_whose_owner_did_not_answer_is_not_told_of_the_move(office: Office) -> None:
    day = office.publish()
    office.register(day, by="prison")
    office.change(day, date="2026-12-22")
    assert office.wanted() == ["confirm-number"]
    assert ("D-7", "12-15 10:00", "planned") in office.reminders(day, version=2)


def test_a_move_to_the_past_or_too_few_places_is_refused_and_changes_nothing(office: Office) -> None:
    day = office.publish()
    before = office.day(day)
    office.register(day)
    office.register(day, phone="0612345679")
    assert office.change(day, date="2026-11-01").status_code == 400
    assert office.change(day, date="2027-02-30").status_code == 400
    answer = office.change(day, capacity=1)
    assert (answer.status_code, "2 families" in answer.json()["detail"]) == (409, True)
    assert office.day(day) == before | {"registered": 2, "placesLeft": 8}


def test_called_off_reminders_are_taken_back_and_every_family_is_told(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.register(day, phone="0612345679", by="prison")
    answer = office.cancel(day)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert {state for _, _, state in office.reminders(day)} == {"void"}
    assert office.wanted() == ["confirm-number", "visit-cancelled"]
    assert office.told(office.message(Purpose.CONFIRM_NUMBER)) == Nobody("visit-cancelled")
    assert not isinstance(office.told(office.message(Purpose.VISIT_CANCELLED)), Nobody)


def test_calling_off_twice_is_told_once(office: Office) -> None:
    day = office.publish()
    office.register(day)
    assert [office.cancel(day).status_code for _ in range(2)] == [200, 200]
    assert office.wanted() == ["visit-cancelled"]
    assert office.change(day, capacity=5).status_code == 409


@pytest.mark.parametrize(
    ("now", "windowed"),
    [("2026-12-16T19:59", True), ("2026-12-16T20:01", False), ("2026-12-17T03:00", False)],
)
def test_quiet_hours_are_broken_only_when_the_visit_is_less_than_18_hours_away(
    office: Office, now: str, windowed: bool
) -> None:
    day = office.publish()
    office.register(day)
    office.clock.set(at(now))
    office.cancel(day)
    assert office.message(Purpose.VISIT_CANCELLED).windowed is windowed


def test_a_visit_that_leaves_tomorrow_morning_is_told_of_at_once_wherever_it_goes(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.clock.set(at("2026-12-16T21:00"))
    office.change(day, date="2027-01-12")
    assert office.message(Purpose.VISIT_MOVED).windowed is False


def test_a_monday_visit_that_moves_on_sunday_is_told_of_on_sunday(office: Office) -> None:
    day = office.publish(date="2026-12-14", startTime="09:30", endTime="11:00")
    office.register(day)
    office.clock.set(at("2026-12-13T12:00"))
    office.change(day, date="2026-12-17")
    assert office.message(Purpose.VISIT_MOVED).windowed is False


def test_who_said_no_is_not_told_of_the_end_of_what_they_left(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    office.reply(Keyword.NO)
    office.send_all()
    office.cancel(day)
    assert office.messages(MessageState.PLANNED) == []


class Busy:
    """A provider that is busy the first time, and that does `meanwhile` during its call."""

    name, calls_at_once = ChannelName.SMS, 1

    def __init__(self, real: Channel, meanwhile: Callable[[], object]) -> None:
        self.real, self.meanwhile = real, [meanwhile]

    def send(self, outgoing: Outgoing) -> Outcome:
        if self.meanwhile:
            self.meanwhile.pop()()
            return NotSent("provider-is-busy")
        return self.real.send(outgoing)

    def look(self, *_: object) -> list[Seen | Missing]:
        return []


def test_a_reminder_whose_provider_was_busy_while_its_visit_moved_does_not_go(
    office: Office,
    telephone: Telephone,
) -> None:
    day = office.publish()
    office.register(day)
    telephone.texts()
    made = senders.usual(office.runtime)
    busy = Busy(made.channels[ChannelName.SMS], lambda: office.change(day, date="2027-02-10"))
    senders.install(replace(made, channels={**made.channels, ChannelName.SMS: busy}))
    office.clock.set(at("2026-12-16T18:00"))
    telephone.texts()
    office.clock.set(at("2026-12-16T18:05"))
    _, moved = telephone.texts()
    assert "10 feb" in moved


def test_a_failed_reminder_of_a_visit_that_moved_is_not_sent_again(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    question = office.message(Purpose.VISIT_3)
    with office.runtime.sessions() as session:
        ends = (question.id, question.fence, MessageState.PERSON, "words-cannot-be-made")
        messages.end(session, *ends, at=office.clock.now())
    office.change(day, date="2027-02-10")
    (item,) = items(office)
    assert settle(office, item["id"], "send-again") == 409
    assert [one["id"] for one in items(office)] == [item["id"]]
