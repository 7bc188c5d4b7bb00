"""Of all who press at once, one gets the last place; so it is with a place that somebody gave up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.contacts.rules import Keyword
from services.notify.visits import commands
from services.notify.visits.commands import Family
from services.notify.visits.tables import FamilyChannel
from shared.errors import Conflict
from tests.notify.visits.office import Office

CROWD, AT_ONCE = 1000, 8


def a_number(number: int) -> str:
    return f"+3161{1000000 + number}"


def states(office: Office, day: str) -> Counter[str]:
    found = text("SELECT state, offered_until IS NOT NULL FROM registrations WHERE visit_day_id = :day")
    with office.runtime.engine.connect() as connection:
        rows = connection.execute(found, {"day": day}).all()
    return Counter(f"{state}+offer" if is_offered else state for state, is_offered in rows)


def all_at_once(do: Callable[[int], object], numbers: Iterable[int]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        list(crowd.map(do, numbers))


@pytest.mark.parametrize("waitlist", [False, True])
def test_one_of_a_thousand_gets_the_last_place(office: Office, waitlist: bool) -> None:
    day = office.publish(capacity=1)
    crowd = CROWD if not waitlist else 60

    def press(number: int) -> None:
        family = Family("A", FamilyChannel.SMS, "nl", a_number(number), waitlist=waitlist)
        with office.runtime.sessions() as session, suppress(Conflict):
            commands.register(session, UUID(day), family, at=office.clock.now())

    all_at_once(press, range(crowd))
    assert states(office, day) == {"registered": 1} | ({"waiting": crowd - 1} if waitlist else {})


def test_a_place_that_is_given_up_while_all_answer_goes_to_one(office: Office) -> None:
    day = office.publish(capacity=1)
    has_it = office.register(day, phone=a_number(0))
    crowd = range(1, 25)
    for number in crowd:
        office.register(day, phone=a_number(number), waitlist=True)
    office.send_all()
    office.clock.advance(timedelta(hours=1))

    def says(number: int) -> None:
        office.reply(Keyword.YES if number else Keyword.NO, a_number(number))

    all_at_once(says, [0, *crowd])
    for number in crowd:
        office.reply(Keyword.YES, a_number(number))
    assert office.family(day, has_it)["state"] == "cancelled"
    assert states(office, day) == {"cancelled": 1, "confirmed": 1, "waiting": len(crowd) - 1}
