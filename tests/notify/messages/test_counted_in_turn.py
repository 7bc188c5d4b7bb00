"""Texts that several workers count, send again or hold back at the same moment: one after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.queries import address_index
from services.notify.messages import commands
from services.notify.messages.commands import Limits, ceilings, lapse
from services.notify.messages.commands.ceilings import Asked, room
from services.notify.messages.tables import Budget, Message, MessageState
from services.notify.service import SERVICE
from shared.desk.commands import carry_out
from shared.errors import Conflict
from tests.kit.crossing import (
    Work,
    at_this_moment,
    by_index,
    by_table,
    crosswise,
    one_after_the_other,
    upside_down,
)
from tests.notify.messages.family import NUMBER, Family, claim, on_the_list, read

OTHER = "+31687654321"


def counts(runtime: Runtime, number: str, all_: int) -> Work:
    limits, at = Limits(sms_per_number_per_day=10, sms_per_day=all_), runtime.clock.now()
    asked = Asked(uuid4(), address_index(ChannelName.SMS, number), Budget.REST, 0)
    return lambda session: room(session, [asked], limits, at)


def test_texts_to_one_number_are_counted_one_after_the_other(notify: Runtime) -> None:
    one_after_the_other(notify, counts(notify, NUMBER, 10_000), counts(notify, NUMBER, 10_000))


def test_close_to_the_ceiling_of_all_so_are_those_to_different_numbers(notify: Runtime) -> None:
    one_after_the_other(notify, counts(notify, NUMBER, 10), counts(notify, OTHER, 10))


def test_far_from_it_nobody_waits_for_a_text_to_another_number(notify: Runtime) -> None:
    with pytest.raises(AssertionError, match="did not wait"):
        one_after_the_other(notify, counts(notify, NUMBER, 10_000), counts(notify, OTHER, 10_000))


def test_nor_does_what_waits_for_no_ceiling(notify: Runtime) -> None:
    free = Asked(uuid4(), address_index(ChannelName.SMS, NUMBER), Budget.FREE, 0)
    limits, at = Limits(sms_per_number_per_day=10, sms_per_day=10), notify.clock.now()
    with pytest.raises(AssertionError, match="did not wait"):
        one_after_the_other(
            notify, counts(notify, NUMBER, 10), lambda session: room(session, [free], limits, at)
        )


def test_many_numbers_are_taken_in_one_order_by_every_process(
    notify: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process has an order of its own for what is in a set, so two threads of one would not show it."""
    taken: list[list[int]] = []
    monkeypatch.setattr(ceilings, "_one_at_a_time", lambda _, keys: taken.append(list(keys)))
    asked = [Asked(uuid4(), uuid4().bytes * 2, Budget.REST, 0) for _ in range(20)]
    with notify.sessions() as session:
        room(session, asked, Limits(sms_per_number_per_day=10, sms_per_day=10_000), notify.clock.now())
    assert taken == [sorted(taken[0])]
    assert len(taken[0]) == 20


def failed(runtime: Runtime, family: Family) -> UUID:
    message_id = family.wants()
    claim(runtime)
    with runtime.sessions() as session:
        commands.end(session, message_id, 1, MessageState.PERSON, "unreadable", at=runtime.clock.now())
    return message_id


def a_person_sends_it_again(runtime: Runtime, session: Session) -> None:
    [item] = on_the_list(runtime)
    carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=runtime.clock.now(), by="desk")


def test_what_is_found_at_this_moment_to_have_arrived_is_not_sent_again(
    notify: Runtime, family: Family
) -> None:
    message_id = failed(notify, family)

    def send_again() -> None:
        with notify.sessions() as session:
            a_person_sends_it_again(notify, session)

    with pytest.raises(Conflict) as refused:
        at_this_moment(notify, "UPDATE messages SET state = 'delivered', reason = NULL", send_again)
    assert refused.value.slug == "not-failed"
    assert read(notify, message_id).state is MessageState.DELIVERED


def test_nor_by_a_person_whose_page_was_read_before_it_arrived(notify: Runtime, family: Family) -> None:
    message_id = failed(notify, family)
    with notify.sessions() as session:
        as_it_was = session.get_one(Message, message_id)
        assert as_it_was.state is MessageState.PERSON
        with notify.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE messages SET state = 'delivered', reason = NULL")
        with pytest.raises(Conflict):
            a_person_sends_it_again(notify, session)
    assert read(notify, message_id).state is MessageState.DELIVERED


def holds_back(runtime: Runtime) -> Work:
    return lambda session: lapse(session, at=runtime.clock.now())


def test_what_goes_at_this_moment_is_not_held_back(notify: Runtime, family: Family) -> None:
    message_id = family.wants()

    def hold_back() -> None:
        with notify.sessions() as session:
            assert lapse(session, at=notify.clock.now()) == 0

    at_this_moment(notify, "UPDATE messages SET state = 'in-flight'", hold_back)
    assert read(notify, message_id).state is MessageState.IN_FLIGHT
    assert on_the_list(notify) == []


def test_two_that_hold_the_same_texts_back_do_not_wait_for_each_other(
    notify: Runtime, many: Callable[[int], list[Family]]
) -> None:
    ids = sorted(family.wants() for family in many(3))
    with notify.sessions() as session:
        for place, one in enumerate(ids):
            session.get_one(Message, one).due_at -= timedelta(minutes=3 - place)
        session.commit()
    upside_down(notify, "messages")

    def holds_the_middle(session: Session) -> None:
        session.get_one(Message, ids[1], with_for_update=True)

    ours = holds_back(notify)
    assert crosswise(notify, holds_the_middle, by_index(ours), by_table(ours)) == []
    assert {read(notify, one).reason for one in ids} == {"restored"}
