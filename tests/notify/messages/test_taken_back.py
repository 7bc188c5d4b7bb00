"""Texts that are taken back, sent again by a person, or held back after a restore: those, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.commands import suppress
from services.notify.messages import commands
from services.notify.messages.commands import lapse, void
from services.notify.messages.tables import MessageState, Purpose
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.desk.commands import carry_out
from shared.errors import Conflict
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import (
    NUMBER,
    Family,
    claim,
    on_the_list,
    read,
    send_what_is_due,
)

Crowd = Callable[[int], list[Family]]
NEW_NUMBER = "+31687654321"


def taken_back(runtime: Runtime, ids: UUID | list[UUID], purposes: list[Purpose] | None = None) -> int:
    with runtime.sessions() as session:
        count = void(session, ids, reason="withdrawn", purposes=purposes)
        session.commit()
    return count


@pytest.mark.parametrize("name", ["cause_id", "request_id", "recipient_id"])
def test_a_text_is_taken_back_by_whatever_it_is_about(notify: Runtime, family: Family, name: str) -> None:
    about = uuid4()
    given: dict[str, Any] = {name: about}
    theirs, anothers = family.wants(**given), family.wants()
    assert taken_back(notify, about) == 1
    message = read(notify, theirs)
    assert (message.state, message.reason) == (MessageState.VOID, "withdrawn")
    assert read(notify, anothers).state is MessageState.PLANNED


def test_only_the_purposes_that_are_named_are_taken_back(notify: Runtime, family: Family) -> None:
    receipt, nobody = family.wants(), family.wants(Purpose.NOBODY_FOUND)
    assert taken_back(notify, family.request_id, [Purpose.NOBODY_FOUND]) == 1
    assert taken_back(notify, family.request_id, []) == 0
    assert read(notify, nobody).state is MessageState.VOID
    assert read(notify, receipt).state is MessageState.PLANNED


def test_what_is_taken_back_is_leased_to_nobody_and_what_went_stays(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    one, other = many(2)
    went = one.wants()
    send_what_is_due(notify)
    claimed = other.wants()
    claim(notify)
    assert taken_back(notify, [one.request_id, other.request_id]) == 1
    assert read(notify, went).state is MessageState.ACCEPTED
    assert read(notify, claimed).leased_until is None


def test_after_a_restore_a_person_decides_about_what_was_due_and_the_rest_waits(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    now = clock.now()
    went = family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    due, later = family.wants(due_at=now), family.wants(due_at=now + timedelta(seconds=1))
    with notify.sessions() as session:
        assert lapse(session, at=now) == 1
    message = read(notify, due)
    assert (message.state, message.reason) == (MessageState.EXPIRED, "restored")
    assert [item.subject_id for item in on_the_list(notify)] == [due]
    assert read(notify, later).state is MessageState.PLANNED
    assert read(notify, went).state is MessageState.ACCEPTED


def failed(runtime: Runtime, message_id: UUID, reason: str = "unreadable") -> None:
    claim(runtime)
    fence, at = read(runtime, message_id).fence, runtime.clock.now()
    with runtime.sessions() as session:
        commands.end(session, message_id, fence, MessageState.PERSON, reason, at=at)


def refused_by_the_carrier(runtime: Runtime, twilio: TwilioStandIn, times: int = 1) -> None:
    """Send what is due; the provider refuses it."""
    twilio.behave("ok", *["21614"] * times)
    send_what_is_due(runtime)


def sent_again(runtime: Runtime, message_id: UUID) -> None:
    [item] = [one for one in on_the_list(runtime) if one.subject_id == message_id]
    with runtime.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=runtime.clock.now(), by="desk")


def says_stop(session: Session, number: str, runtime: Runtime) -> None:
    suppress(session, "sms", number, reason="stop-word", at=runtime.clock.now())
    session.commit()


def test_what_a_person_sends_again_is_new_to_whoever_held_it_and_says_so(
    notify: Runtime, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    failed(notify, message_id)
    fence = read(notify, message_id).fence
    clock.advance(timedelta(minutes=5))
    sent_again(notify, message_id)
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.PLANNED, "sent-again-by-desk")
    assert (message.due_at, message.leased_until) == (clock.now(), None)
    assert message.fence > fence


def test_a_text_may_be_sent_again_until_the_very_last_moment(
    notify: Runtime, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants(not_after=clock.now() + timedelta(hours=1))
    failed(notify, message_id)
    clock.advance(timedelta(hours=1))
    sent_again(notify, message_id)
    assert read(notify, message_id).state is MessageState.PLANNED


def test_who_said_stop_on_the_number_that_was_tried_last_is_telephoned(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    refused_by_the_carrier(notify, twilio)
    with notify.sessions() as session:
        says_stop(session, NUMBER, notify)
    with pytest.raises(Conflict) as refused:
        sent_again(notify, message_id)
    assert refused.value.slug == "suppressed"
    assert read(notify, message_id).state is MessageState.REJECTED


@pytest.mark.parametrize("silent", [NUMBER, NEW_NUMBER])
def test_with_a_new_number_only_a_stop_on_that_counts(
    notify: Runtime, twilio: TwilioStandIn, family: Family, silent: str
) -> None:
    message_id = family.wants()
    refused_by_the_carrier(notify, twilio)
    family.is_now(phone=NEW_NUMBER)
    sent_again(notify, message_id)
    refused_by_the_carrier(notify, twilio)
    with notify.sessions() as session:
        says_stop(session, silent, notify)
    if silent == NEW_NUMBER:
        with pytest.raises(Conflict):
            sent_again(notify, message_id)
    else:
        sent_again(notify, message_id)
        assert read(notify, message_id).state is MessageState.PLANNED


def test_a_stop_of_another_family_stops_nobody_else(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    one, other = many(2)
    for family in (other, one):
        message_id = family.wants()
        refused_by_the_carrier(notify, twilio)
        if family is other:
            sent_again(notify, message_id)
            refused_by_the_carrier(notify, twilio)
    with notify.sessions() as session:
        says_stop(session, other.phone, notify)
    sent_again(notify, message_id)
    assert read(notify, message_id).state is MessageState.PLANNED


def test_what_a_text_would_say_must_still_be_so_when_a_person_sends_it_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants(Purpose.NOBODY_FOUND)
    failed(notify, message_id)
    family.is_now(withdrawn=True)
    sent_again(notify, message_id)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).reason == "withdrawn"
