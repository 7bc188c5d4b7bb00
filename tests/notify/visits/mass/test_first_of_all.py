"""That a visit is off goes before all else: from the database, through the broker, to the worker."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.messages.purposes import FIRST
from services.notify.messages.tables import PLANNED_FIRST
from services.notify.service import SERVICE
from services.notify.visits import rules as visits
from services.notify.visits.mass import rules
from shared.messaging.broker import FirstThenInTurn
from shared.messaging.dispatcher import LEASE_AT_ONCE, Dispatcher
from tests.kit.dispatching import PublisherOnPaper
from tests.notify.visits.mass.strike import Strike
from tests.notify.visits.office import Office, at

MANY = LEASE_AT_ONCE + 20
# Texts that have waited for long, and as many of a visit that is off, planned last.
CROWD = """
    INSERT INTO messages (id, purpose, cause_id, recipient_kind, recipient_id, channel, language, state,
      due_at, windowed, dedupe_key, fence, attempt_count, created_at)
    SELECT gen_random_uuid(), purpose, gen_random_uuid(), 'registration', gen_random_uuid(), 'sms', 'nl',
      'planned', CAST(:at AS timestamptz) - wait, false, purpose || number, 0, 0, :at
    FROM generate_series(1, :many) AS number,
      (VALUES ('visit-1', interval '1 hour'), ('visit-cancelled', interval '0')) AS texts(purpose, wait)
"""


def test_every_text_that_a_visit_is_off_is_handed_out_before_one_that_waits_for_an_hour(
    office: Office,
) -> None:
    with office.runtime.sessions() as session:
        session.execute(text(CROWD), {"at": office.clock.now(), "many": MANY})
        session.commit()
    publisher = PublisherOnPaper()
    Dispatcher(office.runtime, SERVICE.wiring, publisher).drain(woken=True)
    in_turn = groupby(publisher.sent, key=lambda one: (one[0], one[2]))
    assert [(which, sum(len(ids) for _, ids, _ in sent)) for which, sent in in_turn] == [
        (("notify.messages.send-first", "notify.first"), MANY),
        (("notify.messages.send", "notify.work"), MANY),
    ]


def test_a_worker_looks_first_for_what_goes_first_and_for_the_others_in_turn() -> None:
    queues = FirstThenInTurn()
    queues.update(["notify.events", "notify.acks", "notify.first", "notify.work"])
    assert queues.consume(4)[0] == "notify.first"
    queues.rotate("notify.events")
    assert queues.consume(4) == ["notify.first", "notify.acks", "notify.work", "notify.events"]
    queues.rotate("notify.first")
    assert queues.consume(4)[0] == "notify.first"


def test_the_index_knows_every_purpose_that_goes_first() -> None:
    assert PLANNED_FIRST.endswith(str(tuple(str(one) for one in FIRST)))


def test_a_family_that_is_far_sets_out_long_before_one_that_is_near() -> None:
    assert rules.leaves_before() == timedelta(hours=2)
    assert rules.leaves_before(0) == timedelta(minutes=30)
    assert rules.leaves_before(100) == timedelta(hours=3, minutes=6)


def test_where_one_visit_is_near_there_is_no_minute_to_undo() -> None:
    now, soon, later = at("2026-12-01T10:00"), at("2026-12-01T12:59"), at("2026-12-01T13:00")
    assert rules.hand_over_at([later], now) == now + timedelta(minutes=1)
    assert rules.hand_over_at([later, soon], now) == now
    assert rules.hand_over_at([], now) == now + timedelta(minutes=1)


def test_fifty_families_are_one_persons_and_fifty_one_are_twos() -> None:
    assert visits.ALONE == 50
    assert (rules.needs_a_second(50), rules.needs_a_second(51)) == (False, True)


def test_who_said_no_is_neither_shown_nor_told(strike: Strike, office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    path = f"/v1/visit-days/{day}/registrations/{family}"
    office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
    office.send_all()
    change = strike.done()
    strike.a_minute_later()
    assert strike.seen(change)["families"] == 0
    assert office.wanted() == []


@pytest.mark.parametrize(("action", "word"), [("cancel", "waiting-cancelled"), ("move", "visit-waiting")])
def test_who_waits_for_a_place_hears_of_it_after_the_minute_and_not_before(
    strike: Strike, office: Office, action: str, word: str
) -> None:
    day = office.publish(capacity=1)
    office.register(day)
    queued = office.post_family(day, phone="06-12345679", name="Wacht", waitlist=True).json()
    assert queued["state"] == "waiting"
    office.send_all()
    more = {"newDate": "2026-12-15", "reason": ...} if action == "move" else {}
    change = strike.preview(action=action, **{"from": "2026-12-17"}, **more)
    assert change["families"] == 1
    strike.confirm(change["id"])
    strike.work()
    assert office.wanted() == []
    strike.a_minute_later()
    assert [one.purpose for one in office.messages() if one.recipient_id == UUID(queued["id"])] == [word]
    assert strike.seen(change["id"])["families"] == 1
