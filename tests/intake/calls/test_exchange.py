"""What the telephone exchange tells of calls, in whatever order and however often."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from services.intake.calls import commands, tasks
from services.intake.calls.numbers import number_of
from services.intake.calls.tables import Call, CallBack, CallState, Ended
from shared.desk.items import open_items
from shared.runtime import Runtime
from tests.conftest import MORNING

CENTRE = "+31201234567"


def _call(session: Session) -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def test_a_call_that_is_taken_and_ends_has_its_length(session: Session) -> None:
    commands.ring(session, "a", "0612345678", CENTRE, MORNING)
    commands.answer(session, "a", "noor", MORNING + timedelta(seconds=10))
    commands.hang_up(session, "a", "normalClearing", MORNING + timedelta(seconds=70))

    call = _call(session)
    assert (call.state, call.duration, call.number) == (CallState.ANSWERED, 60, "+31612345678")
    assert not open_items(session)


def test_a_missed_call_is_called_back_once(session: Session) -> None:
    for _ in range(2):
        commands.ring(session, "a", "06 / 12.34.56.78", CENTRE, MORNING)
        commands.hang_up(session, "a", "cancel", MORNING + timedelta(seconds=30))

    assert _call(session).state is CallState.MISSED
    assert session.scalars(select(CallBack)).one().number == "+31612345678"
    [item] = open_items(session)
    assert (item.kind, item.reason) == ("call-back", "missed-call")


def test_an_end_that_is_heard_before_the_ring_is_a_missed_call_all_the_same(session: Session) -> None:
    commands.hang_up(session, "a", "cancel", MORNING)
    assert session.scalar(select(func.count()).select_from(CallBack)) == 0

    commands.ring(session, "a", "0612345678", CENTRE, MORNING + timedelta(seconds=1))

    assert session.scalar(select(func.count()).select_from(CallBack)) == 1


def test_a_call_of_which_the_answer_is_heard_last_was_never_missed(session: Session) -> None:
    commands.ring(session, "a", "0612345678", CENTRE, MORNING)
    commands.hang_up(session, "a", None, MORNING + timedelta(seconds=60))
    commands.answer(session, "a", None, MORNING + timedelta(seconds=61))

    assert _call(session).state is CallState.ANSWERED
    assert session.scalars(select(CallBack)).one().ended is Ended.NOT_NEEDED
    assert not open_items(session)


def test_who_hides_their_number_and_is_missed_is_counted_and_not_called(session: Session) -> None:
    commands.ring(session, "a", "anonymous", CENTRE, MORNING)
    commands.hang_up(session, "a", None, MORNING)

    call = _call(session)
    assert (call.state, call.anonymous, call.number) == (CallState.MISSED, True, None)
    assert not open_items(session)


def test_whatever_the_order_each_call_is_one_record(session: Session) -> None:
    """Doubled and shuffled: what is left is what happened."""
    shuffle, events = random.Random(14), []
    for n in range(60):
        taken, at = n % 10 >= 3, MORNING + timedelta(minutes=n)
        number = "anonymous" if n % 6 == 0 else f"06/12.34 {5000 + n}"
        told: list[tuple[str, str | None, datetime]] = [("ring", number, at), ("end", None, at)]
        told += [("answer", None, at)] if taken else []
        events += [(f"c{n}", one) for one in told for _ in range(1 + (n % 2))]
    shuffle.shuffle(events)
    for call_id, (event, written, at) in events:
        if event == "ring":
            commands.ring(session, call_id, written, CENTRE, at)
        elif event == "answer":
            commands.answer(session, call_id, None, at)
        else:
            commands.hang_up(session, call_id, None, at)

    missed = [n for n in range(60) if n % 10 < 3]
    states = [call.state for call in session.scalars(select(Call))]
    assert len(states) == 60
    assert states.count(CallState.MISSED) == len(missed)
    called = [one for one in session.scalars(select(CallBack)) if one.ended is None]
    assert len(called) == len([n for n in missed if n % 6])
    assert len(open_items(session)) == len(called)


def test_a_call_of_which_no_end_was_told_is_called_back(session: Session) -> None:
    commands.ring(session, "a", "0612345678", CENTRE, MORNING)
    for minutes in (10, 20, 21):
        tasks.give_up(session, MORNING + timedelta(minutes=minutes), 100)
        session.commit()
        assert len(open_items(session)) == (minutes > 15)

    assert _call(session).state is CallState.MISSED
    assert len(open_items(session)) == 1


def test_two_events_of_one_call_at_the_same_moment_are_one_record(
    runtime_for: Callable[[str], Runtime],
) -> None:
    runtime = runtime_for("intake")

    def tell(n: int) -> None:
        with runtime.sessions() as one:
            if n % 2:
                commands.ring(one, "a", "0612345678", CENTRE, MORNING)
            else:
                commands.hang_up(one, "a", None, MORNING)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(12)))

    with runtime.sessions() as session:
        assert _call(session).state is CallState.MISSED
        assert session.scalar(select(func.count()).select_from(CallBack)) == 1


@pytest.mark.parametrize(
    ("written", "called", "number"),
    [
        ("020/123 45 67", CENTRE, "+31201234567"),
        ("0475/12.34.56", "+3222345678", "+32475123456"),
        ("0475 12 34 56", CENTRE, "+31475123456"),
        ("31612345678", CENTRE, "+31612345678"),
        ("0032 475 12 34 56", CENTRE, "+32475123456"),
        ("sip:+31612345678@exchange.example;transport=tcp", CENTRE, "+31612345678"),
        ("+49 30 901820", CENTRE, "+4930901820"),
        ("anonymous", CENTRE, None),
        ("Anonymous", None, None),
        ("", None, None),
        (None, None, None),
        ("101", CENTRE, None),
        ("x" * 500, CENTRE, None),
    ],
)
def test_a_number_is_kept_as_e164_however_it_is_written(
    written: str | None, called: str | None, number: str | None
) -> None:
    assert number_of(written, called) == number
