"""Texts that are begun together: what goes wrong with one leaves the others alone."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event, Lock
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from services.notify.channels.port import Accepted, ChannelName, Outcome, Outgoing, Perhaps
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.commands import void
from services.notify.messages.sender import CLAIMS_AT_MOST
from services.notify.messages.tables import MessageState
from tests.kit.peers import fake
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify import senders
from tests.notify.messages.family import (
    Family,
    claim,
    look_for_what_is_unknown,
    on_the_list,
    read,
    send_what_is_due,
)
from tests.notify.senders import sender_for

Crowd = Callable[[int], list[Family]]
REFUSING = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF NEW.{column} = '{value}' THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$;
CREATE TRIGGER refusing BEFORE {event} ON attempts FOR EACH ROW EXECUTE FUNCTION refuse();
"""


def the_database_refuses(runtime: Runtime, event: str, column: str, value: object) -> None:
    with runtime.engine.begin() as connection:
        connection.execute(text(REFUSING.format(event=event, column=column, value=value)))


@pytest.fixture
def nothing_refused(notify: Runtime) -> Any:
    yield
    with notify.engine.begin() as connection:
        connection.execute(text("DROP FUNCTION refuse CASCADE"))


@dataclass
class Breaks:
    """A channel that raises instead of returning an outcome, for one number."""

    number: str
    name = ChannelName.SMS
    calls_at_once = 10

    def send(self, outgoing: Outgoing) -> Outcome:
        if outgoing.to == self.number:
            raise RuntimeError("nobody thought of this")
        return Accepted(f"SM{outgoing.attempt_id.hex}")

    def look(self, *_: object) -> Sequence[Any]:
        return []


def states(runtime: Runtime, ids: Sequence[UUID]) -> list[MessageState]:
    return [read(runtime, one).state for one in ids]


@pytest.mark.usefixtures("nothing_refused")
def test_one_that_cannot_be_begun_keeps_its_lease_and_the_others_go(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    families = many(5)
    ids = [family.wants() for family in families]
    the_database_refuses(notify, "INSERT", "message_id", ids[2])
    send_what_is_due(notify)
    assert states(notify, ids).count(MessageState.ACCEPTED) == 4
    assert read(notify, ids[2]).state is MessageState.PLANNED
    assert sorted(entry.to for entry in twilio.sent) == sorted(
        family.phone for place, family in enumerate(families) if place != 2
    )


@pytest.mark.usefixtures("nothing_refused")
def test_one_whose_end_cannot_be_written_down_is_in_doubt_and_the_others_are_not(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    ids = [family.wants() for family in many(5)]
    the_database_refuses(notify, "UPDATE", "message_id", ids[2])
    send_what_is_due(notify)
    assert states(notify, ids).count(MessageState.ACCEPTED) == 4
    assert read(notify, ids[2]).state is MessageState.IN_FLIGHT
    assert claim(notify) == []
    assert len(twilio.sent) == 5


def test_a_channel_that_fails_for_one_leaves_that_one_in_doubt(notify: Runtime, many: Crowd) -> None:
    families = many(5)
    ids = [family.wants() for family in families]
    made = sender_for(notify)
    broken = Breaks(families[2].phone)
    senders.install(replace(made, channels={**made.channels, ChannelName.SMS: broken}))
    send_what_is_due(notify)
    assert states(notify, ids).count(MessageState.ACCEPTED) == 4
    unsure = read(notify, ids[2])
    assert (unsure.state, unsure.reason) == (MessageState.UNKNOWN, "channel-failed")
    assert claim(notify) == []
    look_for_what_is_unknown(notify)
    assert on_the_list(notify) == []


def test_more_than_a_channel_bears_at_once_all_go_once(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    size = sender_for(notify).channels[ChannelName.SMS].calls_at_once
    families = many(2 * size + 3)
    for family in families:
        family.wants()
    send_what_is_due(notify)
    assert sorted(entry.to for entry in twilio.sent) == sorted(family.phone for family in families)


@dataclass
class HoldsOne:
    """A channel whose first call is answered last, once `wanted` calls have come."""

    wanted: int
    name = ChannelName.SMS
    calls_at_once = 4

    def __post_init__(self) -> None:
        self._lock, self._enough = Lock(), Event()
        self.calls = self.now = self.most = 0

    def send(self, outgoing: Outgoing) -> Outcome:
        with self._lock:
            self.calls, self.now = self.calls + 1, self.now + 1
            first, self.most = self.calls == 1, max(self.most, self.now)
            if self.calls == self.wanted:
                self._enough.set()
        answered = self._enough.wait(20) if first else True
        with self._lock:
            self.now -= 1
        return Accepted(f"SM{outgoing.attempt_id.hex}") if answered else Perhaps("nobody-came")

    def look(self, *_: object) -> Sequence[Any]:
        return []


def test_one_that_is_answered_late_keeps_only_its_own_place(notify: Runtime, many: Crowd) -> None:
    ids = [family.wants() for family in many(11)]
    made, slow = sender_for(notify), HoldsOne(wanted=11)
    senders.install(replace(made, channels={**made.channels, ChannelName.SMS: slow}, pools={}))
    send_what_is_due(notify)
    assert states(notify, ids) == [MessageState.ACCEPTED] * 11
    assert slow.most <= slow.calls_at_once


def test_a_text_that_somebody_takes_back_at_this_moment_is_left_and_nobody_waits(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd, caplog: pytest.LogCaptureFixture
) -> None:
    held, other = many(2)
    taken_back, goes = held.wants(), other.wants()
    claimed = claim(notify)
    with notify.sessions() as session, caplog.at_level(logging.ERROR):
        void(session, held.request_id, reason="withdrawn")
        sender_for(notify).send(claimed)
        assert read(notify, goes).state is MessageState.ACCEPTED
        session.commit()
    assert read(notify, taken_back).state is MessageState.VOID
    assert not caplog.records  # whoever waits gets a lock time-out
    assert len(twilio.sent) == 1


@dataclass
class LosesTheDatabase:
    """A channel during whose call we lose every database connection."""

    url: str
    name = ChannelName.SMS
    calls_at_once = 10

    def send(self, outgoing: Outgoing) -> Outcome:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database() AND application_name = 'weerzien-notify/2'"
            )
        return Accepted(f"SM{outgoing.attempt_id.hex}")

    def look(self, *_: object) -> Sequence[Any]:
        return []


def test_what_went_is_written_down_though_the_connection_was_lost_meanwhile(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    url = notify.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    made = sender_for(notify)
    senders.install(replace(made, channels={**made.channels, ChannelName.SMS: LosesTheDatabase(url)}))
    message_id = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED


def claimed_in_vain(runtime: Runtime, message_id: UUID) -> None:
    with runtime.engine.begin() as connection:
        claims = {"id": message_id, "fence": CLAIMS_AT_MOST + 1}
        connection.execute(text("UPDATE messages SET fence = :fence WHERE id = :id"), claims)


@pytest.mark.usefixtures("nothing_refused")
def test_one_that_can_never_be_begun_reaches_a_person(notify: Runtime, many: Crowd) -> None:
    ids = [family.wants() for family in many(3)]
    the_database_refuses(notify, "INSERT", "message_id", ids[1])
    claimed_in_vain(notify, ids[1])
    send_what_is_due(notify)
    assert states(notify, ids).count(MessageState.ACCEPTED) == 2
    assert read(notify, ids[1]).state is MessageState.PERSON
    assert [item.reason for item in on_the_list(notify)] == ["cannot-be-begun"]


def test_one_that_cannot_be_read_reaches_a_person_and_keeps_no_other_back(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    families = many(5)
    ids = [family.wants() for family in families]
    fake(notify, "intake").unreadable = {families[2].request_id}
    send_what_is_due(notify)
    assert states(notify, ids).count(MessageState.ACCEPTED) == 4
    assert read(notify, ids[2]).state is MessageState.PERSON
    assert [item.reason for item in on_the_list(notify)] == ["recipient-cannot-be-read"]


def test_one_without_a_number_reaches_a_person_and_keeps_no_other_back(notify: Runtime, many: Crowd) -> None:
    families = many(3)
    ids = [family.wants() for family in families]
    families[1].is_now(phone=None)
    send_what_is_due(notify)
    assert states(notify, ids).count(MessageState.ACCEPTED) == 2
    assert [item.reason for item in on_the_list(notify)] == ["no-address"]


def test_a_database_that_is_away_for_a_moment_makes_no_work_for_a_person(
    notify: Runtime, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()

    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, ConnectionError())

    monkeypatch.setattr(fake(notify, "intake"), "lookup", away)
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.PLANNED
    claimed_in_vain(notify, message_id)
    sender_for(notify).send([message_id])
    assert [item.reason for item in on_the_list(notify)] == ["owner-cannot-be-asked"]
