"""Many visit days are called off or moved at once: shown, confirmed by whom it takes, undone, told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.channels.prices import Prices
from services.notify.contacts.commands import suppress as silence
from services.notify.erasing import periods
from services.notify.erasing.commands import erase
from services.notify.erasing.queries import REGISTRATIONS
from services.notify.messages.tables import MessageState, Purpose
from services.notify.service import SERVICE
from services.notify.visits import rules
from services.notify.visits.mass import commands, queries
from services.notify.visits.queries import locked_visit, visit_day
from shared.desk.commands import carry_out
from shared.errors import Conflict
from tests.kit.crossing import crosswise
from tests.notify.visits.mass.strike import Strike
from tests.notify.visits.office import Office, at, errors, items

FAR = {"date": "2027-01-14"}


def two_days(office: Office) -> tuple[str, str]:
    return office.publish(), office.publish(date="2026-12-18")


def states(office: Office, day: str) -> set[str]:
    return {state for _, _, state in office.reminders(day)}


def test_it_is_shown_first_what_calling_off_would_do(strike: Strike, office: Office) -> None:
    one, other = two_days(office)
    outside = office.publish(date="2026-12-21")
    office.register(one, childAgeBands=["4-7", "8-11"])
    office.register(other, phone="06-12345679", language="fr", name="Claire")
    office.register(other, phone=None, email="oma@voorbeeld.nl", channel="email", name="Oma")
    office.register(other, channel="none", phone=None, name="Zonder")
    office.register(other, by="prison", phone="06-12345670", name="Onbekend")
    office.register(other, phone="06-12345671", name="Stil")
    office.register(outside, phone="06-12345672", name="Later")
    with office.runtime.sessions() as session:
        silence(session, ChannelName.SMS, "+31612345671", reason="stop", at=office.clock.now())
        session.commit()
    shown = strike.preview()
    assert (shown["state"], shown["families"], shown["children"]) == ("previewed", 6, 7)
    assert shown["languages"] == {"fr": 1, "nl": 5}
    assert [(one["id"], one["families"]) for one in shown["days"]] == [(one, 1), (other, 5)]
    assert shown["unreachable"] == {"no-written-channel": 1, "unproven": 1, "suppressed": 1}
    assert {one["reason"] for one in shown["unreached"]} == set(shown["unreachable"])
    texts = {(one["language"], one["channel"]): one for one in shown["texts"]}
    assert {key: (one["families"], one["segments"]) for key, one in texts.items()} == {
        ("fr", "sms"): (1, 1),
        ("nl", "sms"): (1, 1),
        ("nl", "email"): (1, None),
    }
    assert "gaat helaas niet door" in texts["nl", "sms"]["text"]
    assert shown["cost"] == pytest.approx(0.22)
    assert (shown["suppressed"], shown["handedOver"], shown["callList"]) == (0, 0, 0)
    assert office.day(one)["state"] == "open"
    assert states(office, one) <= {"planned", "queued"}


def test_reminders_stop_at_once_and_texts_go_after_the_minute(strike: Strike, office: Office) -> None:
    one, other = two_days(office)
    office.register(one)
    office.register(other, phone="06-12345679")
    office.send_all()
    change = strike.done()
    assert (office.day(one)["state"], office.day(other)["state"]) == ("cancelled", "cancelled")
    assert states(office, one) == {"sent", "void"}
    strike.work()
    assert office.wanted() == []
    assert strike.progress(change) == ("confirmed", 2, 2, 0, 0, 0, 0)
    strike.a_minute_later()
    assert strike.progress(change) == ("done", 2, 2, 2, 2, 2, 0)
    strike.work()
    assert (
        len([m for m in office.messages(MessageState.DELIVERED) if m.purpose is Purpose.VISIT_CANCELLED]) == 2
    )


def test_more_than_fifty_families_need_a_second_person(
    strike: Strike, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "ALONE", 1)
    day = office.publish()
    for number in range(2):
        office.register(day, phone=f"06123456{number:02}")
    shown = strike.preview()
    assert shown["confirmableBy"] == "another-person"
    same = strike.confirm(shown["id"])
    assert (same.status_code, same.json()["type"].rpartition("/")[2]) == (409, "same-person")
    assert office.day(day)["state"] == "open"
    assert strike.confirm(shown["id"], strike.colleague).status_code == 201
    assert strike.confirm(shown["id"]).status_code == 200
    assert office.day(day)["state"] == "cancelled"


def test_what_was_not_shown_is_not_done(strike: Strike, office: Office) -> None:
    day = office.publish()
    office.register(day)
    gone = office.register(day, phone="06-12345670", name="Weg")
    shown = strike.preview()
    office.register(day, phone="06-12345679", name="Nieuw")
    answer = strike.confirm(shown["id"])
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "preview-changed")
    again = strike.seen(shown["id"])
    assert (again["preview"], again["families"], again["state"]) == (2, 3, "previewed")
    assert strike.confirm(shown["id"], preview=1).status_code == 409
    # Who no longer comes is told nothing, so nothing has to be shown anew.
    path = f"/v1/visit-days/{day}/registrations/{gone}"
    office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
    office.change(day, capacity=30)
    assert strike.confirm(shown["id"], preview=2).json()["families"] == 2
    office.send_all()
    strike.a_minute_later()
    assert strike.seen(shown["id"])["handedOver"] == 2


def test_another_version_is_shown_anew(strike: Strike, office: Office) -> None:
    day = office.publish()
    office.register(day)
    shown = strike.preview()
    office.change(day, date="2026-12-16")
    assert strike.confirm(shown["id"]).status_code == 409
    assert [one["date"] for one in strike.seen(shown["id"])["days"]] == ["2026-12-16"]


@pytest.mark.parametrize("action", ["cancel", "move"])
def test_within_the_minute_everything_is_as_it_was(strike: Strike, office: Office, action: str) -> None:
    day = office.publish()
    family = office.register(day)
    path = f"/v1/visit-days/{day}/registrations/{family}"
    office.client.patch(path, json={"state": "confirmed"}, headers=office.desk)
    before = (office.day(day), office.family(day, family), office.reminders(day), office.wanted())
    more = {"newDate": "2026-12-15", "reason": ...} if action == "move" else {}
    change = strike.done(action=action, until="2026-12-20", **{"from": "2026-12-10"}, **more)
    assert office.day(day) != before[0]
    office.clock.advance(timedelta(seconds=59))
    assert strike.undo(change).json()["state"] == "undone"
    assert (office.day(day), office.family(day, family), office.reminders(day), office.wanted()) == before
    strike.a_minute_later()
    assert "visit-cancelled" not in office.wanted()
    assert strike.undo(change).json()["state"] == "undone"


def test_after_the_minute_it_cannot_be_undone(strike: Strike, office: Office) -> None:
    office.register(office.publish())
    change = strike.done()
    office.clock.advance(timedelta(minutes=1))
    assert strike.undo(change).status_code == 409


def test_whose_visit_begins_within_three_hours_is_told_at_once_at_any_hour(
    strike: Strike, office: Office
) -> None:
    day = office.publish(date="2026-12-02", startTime="08:00", endTime="09:00")
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-02T05:30"))
    change = strike.done(**{"from": "2026-12-02"})
    strike.work()
    assert strike.progress(change) == ("done", 1, 1, 1, 1, 1, 0)


def test_who_hears_after_it_would_have_left_was_not_reached_before(strike: Strike, office: Office) -> None:
    office.register(office.publish(date="2026-12-02"))
    office.send_all()
    office.clock.set(at("2026-12-02T12:30"))
    change = strike.done(**{"from": "2026-12-02"})
    strike.work()
    assert strike.progress(change) == ("done", 1, 1, 1, 1, 0, 0)


def test_quiet_hours_hold_for_a_visit_that_is_not_near(strike: Strike, office: Office) -> None:
    office.register(office.publish())
    office.send_all()
    office.clock.set(at("2026-12-02T22:00"))
    change = strike.done()
    strike.a_minute_later()
    office.clock.advance(timedelta(hours=1))
    strike.work()
    # Nobody is telephoned in its place at night.
    assert strike.progress(change) == ("handing-over", 1, 1, 0, 0, 0, 0)
    office.clock.set(at("2026-12-03T09:00"))
    strike.work()
    assert strike.progress(change)[:5] == ("done", 1, 1, 1, 1)


def test_who_cannot_be_reached_is_on_the_call_list(strike: Strike, office: Office) -> None:
    day = office.publish()
    office.register(day, channel="none", phone=None, name="Zonder")
    office.register(day, by="prison", phone="06-12345670", name="Onbekend")
    office.register(day, phone="06-12345671", name="Stil")
    with office.runtime.sessions() as session:
        silence(session, ChannelName.SMS, "+31612345671", reason="stop", at=office.clock.now())
        session.commit()
    change = strike.done()
    strike.a_minute_later()
    assert strike.progress(change) == ("done", 3, 3, 0, 0, 0, 3)
    assert {(one["kind"], one["reason"]) for one in items(office)} >= {
        ("call-family", "say-cancelled"),
        ("number-not-confirmed", "visit-cancelled"),
        ("message-failed", "suppressed"),
    }


def test_who_is_not_reached_in_half_an_hour_is_called_and_leaves_the_list_if_it_was_after_all(
    strike: Strike, office: Office
) -> None:
    office.register(office.publish())
    office.send_all()
    change = strike.done()
    office.clock.advance(timedelta(minutes=1))
    strike.work()
    arrived = set_state(office, "accepted")
    office.clock.advance(timedelta(minutes=29))
    strike.work()
    assert strike.progress(change) == ("handed-over", 1, 1, 1, 0, 0, 0)
    office.clock.advance(timedelta(minutes=1))
    strike.work()
    assert strike.progress(change) == ("done", 1, 1, 1, 0, 0, 1)
    [item] = items(office)
    assert (item["kind"], item["reason"], item["details"]["massChangeId"]) == (
        "call-family",
        "say-cancelled",
        change,
    )
    set_state(office, "delivered", arrived)
    office.clock.advance(timedelta(minutes=1))
    strike.work()
    assert items(office) == []
    assert strike.progress(change) == ("done", 1, 1, 1, 1, 1, 0)


def set_state(office: Office, state: str, arrived: object = None) -> object:
    """Let the provider say so; return when it said that it had arrived."""
    with office.runtime.sessions() as session:
        chosen = text("SELECT arrived_at FROM messages WHERE purpose = 'visit-cancelled'")
        before: object = session.execute(chosen).scalar_one()
        changed = text(
            "UPDATE messages SET state = :state, arrived_at = :at WHERE purpose = 'visit-cancelled'"
        )
        session.execute(changed, {"state": state, "at": arrived})
        session.commit()
    return before


def test_a_move_shifts_every_day_and_plans_the_reminders_of_the_new_date(
    strike: Strike, office: Office
) -> None:
    one, other = two_days(office)
    office.register(one)
    office.register(other, phone="06-12345679", firstVisit=True)
    office.send_all()
    change = strike.done(action="move", newDate="2027-01-10", reason=...)
    assert [office.day(day)["date"] for day in (one, other)] == ["2027-01-17", "2027-01-18"]
    assert [office.day(day)["version"] for day in (one, other)] == [2, 2]
    strike.a_minute_later()
    assert strike.progress(change)[:6] == ("done", 2, 2, 2, 2, 2)
    assert office.reminders(one, version=2) == [
        ("D-7", "01-10 10:00", "planned"),
        ("D-3", "01-14 10:00", "planned"),
        ("D-1", "01-16 18:00", "planned"),
    ]
    assert [step for step, _, _ in office.reminders(other, version=2)] == ["D-28", "D-7", "D-3", "D-1"]
    moved = office.messages(MessageState.DELIVERED)
    assert [one.purpose for one in moved].count(Purpose.VISIT_MOVED) == 2


def test_a_move_that_cannot_be_is_refused(strike: Strike, office: Office) -> None:
    office.publish(date="2026-12-10", startTime="02:30", endTime="03:30")
    taken = office.publish(date="2026-12-12", startTime="02:30", endTime="03:30")
    day = {"from": "2026-12-10", "until": "2026-12-10", "action": "move"}
    # The clock goes forward that night.
    assert errors(strike.post(**day, newDate="2027-03-28")) == {"/startTime": "no-such-time"}
    assert errors(strike.post(**day, newDate="2026-11-30")) == {"/date": "in-the-past"}
    there = strike.post(**day, newDate="2026-12-12")
    assert (there.status_code, taken in there.json()["detail"]) == (409, True)
    assert errors(strike.post(**day | {"until": None}, newDate="2026-12-14")) == {"/until": "missing"}
    assert errors(strike.post(reason=..., until="2026-12-01")) == {
        "/until": "until-before-from",
        "/reason": "missing",
    }
    assert strike.post(**{"from": "2026-12-14"}).status_code == 409


def test_what_is_at_the_provider_goes_on_and_the_move_is_told_after_it(
    strike: Strike, office: Office
) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    office.clock.set(at("2026-12-16T18:00"))
    office.remind()
    with office.runtime.sessions() as session:
        session.execute(text("UPDATE messages SET state = 'in-flight' WHERE purpose = 'visit-1'"))
        session.commit()
    strike.done(action="move", newDate="2026-12-12", reason=...)
    [under_way] = office.messages(MessageState.IN_FLIGHT)
    assert under_way.purpose is Purpose.VISIT_1
    strike.a_minute_later()
    assert [one.purpose for one in office.messages(MessageState.DELIVERED)] == [Purpose.VISIT_MOVED]


def test_until_further_notice_no_day_is_published_until_that_is_ended(strike: Strike, office: Office) -> None:
    """Over the night in which the clock goes forward too."""
    day = office.publish(date="2027-03-28")
    office.register(day)
    later = office.publish(date="2027-03-01")
    change = strike.done(**{"from": "2027-03-27"}, until=None)
    assert (office.day(day)["state"], office.day(later)["state"]) == ("cancelled", "open")
    refused = office.post_day(date="2027-04-04")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "called-off")
    assert office.change(later, date="2027-04-04").status_code == 409
    assert office.post_day(date="2027-04-04", facility="be-gevangenis-gent").status_code == 201
    path = f"/v1/mass-changes/{change}"
    assert office.client.patch(path, json={"until": "2027-04-03"}, headers=office.prison).status_code == 200
    assert office.post_day(date="2027-04-03").status_code == 409
    assert office.post_day(date="2027-04-04").status_code == 201


def test_a_strike_without_days_yet_stops_those_that_would_come(strike: Strike, office: Office) -> None:
    assert strike.seen(strike.done(until=None))["families"] == 0
    assert office.post_day().status_code == 409


def test_who_was_called_off_comes_first_in_turn_for_a_new_day(strike: Strike, office: Office) -> None:
    day = office.publish()
    first = office.register(day)
    office.clock.advance(timedelta(minutes=1))
    second = office.register(day, phone="06-12345679", name="Tweede")
    strike.done()
    strike.a_minute_later()
    new, other = office.publish(date="2027-02-15"), office.publish(date="2027-02-16")
    training = office.publish(date="2027-02-15", kind="training")
    with office.runtime.sessions() as session:
        found = [
            [str(one) for one in queries.first_in_turn(session, visit_day(session, UUID(day)), 10)]
            for day in (new, other, training)
        ]
    assert found == [[first, second], [], []]
    office.register(new)
    with office.runtime.sessions() as session:
        left = queries.first_in_turn(session, visit_day(session, UUID(new)), 10)
    assert [str(one) for one in left] == [second]


def test_a_family_that_is_erased_in_that_minute_is_told_nothing(strike: Strike, office: Office) -> None:
    family = office.register(office.publish())
    office.send_all()
    change = strike.done()
    with office.runtime.sessions() as session:
        erase(session, {REGISTRATIONS: [UUID(family)]}, office.clock.now())
        session.commit()
    strike.a_minute_later()
    assert office.wanted() == []
    assert strike.seen(change)["families"] == 0
    assert items(office) == []


def test_an_erasure_and_time_take_what_is_kept_of_a_strike(strike: Strike, office: Office) -> None:
    day = office.publish()
    family, other = office.register(day), office.register(day, phone="06-12345679", name="Ander")
    strike.done(until=None)
    strike.a_minute_later()
    now = office.clock.now()
    with office.runtime.sessions() as session:
        erase(session, {REGISTRATIONS: [UUID(family)]}, now)
        kept = session.execute(text("SELECT registration_id FROM kept_places")).scalars().all()
        assert [str(one) for one in kept] == [other]
        periods.families(session, now + timedelta(days=90), 10, now)
        assert session.execute(text("SELECT count(*) FROM kept_places")).scalar_one() == 0
        assert periods.cancel_reasons(session, now + timedelta(days=1), 10, now) == 1
        assert session.execute(text("SELECT reason FROM mass_changes")).scalar_one() is None
        # It holds until further notice, so that it was asked for long ago ends nothing.
        periods.messages(session, now + timedelta(days=1), 10, now)
        assert session.execute(text("SELECT count(*) FROM mass_changes")).scalar_one() == 1
        session.execute(text("UPDATE mass_changes SET last_date = first_date"))
        periods.messages(session, now + timedelta(days=1), 10, now)
        assert session.execute(text("SELECT count(*) FROM mass_changes")).scalar_one() == 0


def test_a_key_of_one_facility_cannot_touch_another(
    strike: Strike, office: Office, make_key: Callable[..., dict[str, str]]
) -> None:
    office.register(office.publish())
    stranger = make_key("notify", "visits:write", facilities=["be-gevangenis-gent"], name="Gent")
    assert strike.post(stranger).status_code == 403
    change = strike.preview()["id"]
    path = f"/v1/mass-changes/{change}"
    assert office.client.get(path, headers=stranger).status_code == 404
    assert strike.confirm(change, stranger).status_code == 404
    assert strike.undo(change, stranger).status_code == 404
    assert office.client.get("/v1/mass-changes", headers=stranger).json()["items"] == []
    assert [
        one["id"] for one in office.client.get("/v1/mass-changes", headers=office.prison).json()["items"]
    ] == [change]


def test_a_mass_change_and_the_desk_that_carries_out_one_of_its_days_do_not_wait_for_each_other(
    strike: Strike, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "ALONE", 0)
    day = office.publish()
    office.register(day)
    office.cancel(day)
    [item] = items(office)
    change, now = UUID(strike.preview()["id"]), office.clock.now()

    def together(session: Session) -> None:
        with suppress(Conflict):
            commands.confirm(session, change, commands.By("key:another", "b"), Prices(), at=now)

    def by_the_desk(session: Session) -> None:
        with suppress(Conflict):
            carry_out(session, SERVICE.desk, UUID(item["id"]), "carry-out", {}, at=now, by="the desk")

    def changes(session: Session) -> None:
        locked_visit(session, UUID(day))

    assert crosswise(office.runtime, changes, together, by_the_desk) == []
    assert (office.day(day)["state"], items(office)) == ("cancelled", [])


def test_a_preview_lapses_after_an_hour(strike: Strike, office: Office) -> None:
    office.register(office.publish())
    change = strike.preview()["id"]
    office.clock.advance(timedelta(hours=1))
    assert strike.confirm(change).status_code == 409
    assert strike.seen(change)["state"] == "lapsed"


def test_who_did_what_is_in_the_audit_and_the_reason_is_unreadable(strike: Strike, office: Office) -> None:
    office.register(office.publish())
    strike.undo(strike.done())
    with office.runtime.sessions() as session:
        deeds = session.execute(text("SELECT deed FROM audit_entries WHERE deed LIKE 'mass%'")).scalars()
        assert set(deeds) == {"mass-change.preview", "mass-change.confirm", "mass-change.undo"}
        [row] = session.execute(text("SELECT mass_changes::text FROM mass_changes")).scalars()
    assert "staking" not in row
    assert b"staking".hex() not in row
