"""A mail that another server sends back: what it says counts for that mail, and for nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.notify.channels.port import Accepted, ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.tables import AttemptState, MessageState
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import Family, attempts, on_the_list, read, send_what_is_due
from tests.notify.messages.told import handed_over, written_down

NO_SUCH_MAILBOX = "came-back-5.1.1"


def came_back(runtime: Runtime, attempt_id: UUID) -> bool:
    with runtime.sessions() as session:
        known = commands.came_back(session, attempt_id, NO_SUCH_MAILBOX, at=runtime.clock.now())
        session.commit()
    return known


def test_of_a_text_no_mail_server_says_that_it_did_not_arrive(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [attempt] = attempts(notify, message_id)
    assert not came_back(notify, attempt.id)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert on_the_list(notify) == []


def test_a_mail_that_comes_back_before_our_own_answer_was_read_did_not_arrive(
    notify: Runtime, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    family.is_now(channel="email")
    message_id = family.wants(channel=ChannelName.EMAIL)
    outgoing = handed_over(notify, monkeypatch)
    assert came_back(notify, outgoing.attempt_id)
    [attempt] = attempts(notify, message_id)
    assert (attempt.state, attempt.provider_sid) == (AttemptState.ACCEPTED, str(outgoing.attempt_id))
    written_down(notify, outgoing, Accepted("as-its-server-calls-it"))
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.UNDELIVERED, NO_SUCH_MAILBOX)
    assert [item.reason for item in on_the_list(notify)] == [NO_SUCH_MAILBOX]
