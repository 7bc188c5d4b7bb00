"""Each step that is due becomes one text, and only while what it says still holds."""

from __future__ import annotations

from datetime import timedelta

from services.notify.messages.commands import lapse
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Purpose
from services.notify.visits import commands, tasks
from tests.kit.past import set_back
from tests.notify.visits.office import Office, at


def test_every_step_becomes_a_text_at_its_time(office: Office) -> None:
    day = office.publish()
    office.register(day)
    for moment, purpose in (
        ("2026-12-10T10:00", "visit-7"),
        ("2026-12-14T10:00", "visit-3"),
        ("2026-12-16T18:00", "visit-1"),
    ):
        office.send_all()
        office.clock.set(at(moment))
        assert office.remind() == 1
        assert office.wanted() == [purpose]
    office.send_all()
    assert {state for _, _, state in office.reminders(day)} == {"sent"}


def test_nothing_goes_before_its_time(office: Office) -> None:
    office.register(office.publish())
    office.clock.set(at("2026-12-10T09:59:59"))
    assert office.remind() == 0


def test_the_same_hint_twice_makes_one_text(office: Office) -> None:
    office.register(office.publish())
    office.clock.set(at("2026-12-10T10:00"))
    with office.runtime.sessions() as session:
        claimed = list(commands.claim_due(session, office.clock.now(), 10))
        session.commit()
    tasks.remind(office.runtime, claimed + claimed)
    tasks.remind(office.runtime, claimed)
    assert office.wanted() == ["visit-registered", "visit-7"]


def test_a_step_that_a_worker_lost_is_found_again_after_its_lease(office: Office) -> None:
    office.register(office.publish())
    office.clock.set(at("2026-12-10T10:00"))
    with office.runtime.sessions() as session:
        assert len(commands.claim_due(session, office.clock.now(), 10)) == 1
        assert len(commands.claim_due(session, office.clock.now(), 10)) == 0
        set_back(session, "reminder_steps", "leased_until", timedelta(seconds=1))
        session.commit()
    assert office.remind() == 1


def test_after_a_standstill_only_the_nearest_step_speaks(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-14T12:00"))
    assert office.remind() == 2
    assert office.wanted() == ["visit-3"]
    assert ("D-7", "12-10 10:00", "skipped") in office.reminders(day)


def test_after_a_standstill_until_the_day_itself_one_reminder_still_comes(office: Office) -> None:
    office.register(office.publish())
    office.send_all()
    office.clock.set(at("2026-12-17T09:00"))
    assert office.remind() == 3
    assert office.wanted() == ["visit-1"]


def test_after_a_standstill_beyond_the_visit_nothing_comes(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-17T14:00"))
    office.remind()
    assert office.wanted() == []
    assert {state for step, _, state in office.reminders(day) if step != "registration"} == {"skipped"}


def test_a_reminder_carries_the_moment_after_which_it_is_no_use(office: Office) -> None:
    office.register(office.publish())
    office.clock.set(at("2026-12-16T18:00"))
    office.remind()
    reminder = office.message(Purpose.VISIT_1)
    assert (reminder.not_after, reminder.windowed) == (at("2026-12-17T14:00"), True)


def test_a_text_that_waits_until_the_visit_has_begun_finds_nobody(office: Office) -> None:
    office.register(office.publish())
    office.clock.set(at("2026-12-17T14:00"))
    assert office.told(office.message(Purpose.VISIT_REGISTERED)) == Nobody("visit-past")


def test_who_registers_late_for_a_first_visit_still_hears_of_the_papers(office: Office) -> None:
    day = office.publish(date="2026-12-03")
    office.register(day, firstVisit=True)
    office.send_all()
    assert [step for step, _, state in office.reminders(day) if state == "planned"] == ["D-3", "D-1"]
    office.clock.set(at("2026-12-01T12:00"))
    office.remind()
    told = office.told(office.message(Purpose.VISIT_3))
    assert isinstance(told, Recipient)
    assert told.values["papers"] == "yes"


def test_who_registers_the_day_before_hears_of_the_papers_that_evening(office: Office) -> None:
    day = office.publish(date="2026-12-02")
    office.register(day, firstVisit=True)
    office.send_all()
    office.clock.set(at("2026-12-01T18:00"))
    office.remind()
    told = office.told(office.message(Purpose.VISIT_1))
    assert isinstance(told, Recipient)
    assert told.values["papers"] == "yes"


def test_after_a_restore_a_reminder_that_may_have_gone_is_for_a_person(office: Office) -> None:
    office.register(office.publish())
    office.send_all()
    office.clock.set(at("2026-12-10T10:00"))
    with office.runtime.sessions() as session:
        for step in commands.claim_due(session, office.clock.now(), 10):
            commands.remind(session, step, at=office.clock.now())
        assert lapse(session, at=office.clock.now()) == 1
    assert office.wanted() == []
    (item,) = office.client.get("/v1/work-items", headers=office.desk).json()["items"]
    assert (item["kind"], item["reason"]) == ("message-failed", "restored")
    assert "send-again" in item["actions"]
    office.clock.set(at("2026-12-14T10:00"))
    assert office.remind() == 1
