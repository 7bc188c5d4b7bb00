"""A worker dies while a strike is told: it goes on where it was; nobody hears twice or is forgotten."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import TWO_MINUTES, arm, reached_by, rows
from tests.kit.system import System, eventually

PRISON, DAY = "nl-pi-vught", "2026-12-01"
FAMILIES = 40
PLANNED, RESULT = "UPDATE mass_change_families f SET state = 'told'", "UPDATE attempts a SET"


def families_of_today(system: System) -> list[str]:
    """Families that come within three hours, each told that it is registered; their numbers."""
    times = {"date": DAY, "startTime": "12:30", "endTime": "13:30"}
    day = {"facility": PRISON, "capacity": FAMILIES, "kind": "child-visit"} | times
    visit = system.post("notify", "/v1/visit-days", day)["id"]
    known = numbers(FAMILIES)
    for number in known:
        family = {"name": f"Familie {number[-4:]}", "phone": number, "channel": "sms", "language": "nl"}
        more = {"adults": 1, "childAgeBands": ["4-7"], "numberConfirmed": True}
        system.post("notify", f"/v1/visit-days/{visit}/registrations", family | more)
    return known


def called_off(system: System) -> str:
    """Call the day off; its families may be on their way, so texts go at once."""
    strike = {"facility": PRISON, "from": DAY, "until": DAY, "action": "cancel", "reason": "staking"}
    change = str(system.post("notify", "/v1/mass-changes", strike)["id"])
    system.post("notify", f"/v1/mass-changes/{change}/confirmations", {})
    return change


def heard(system: System) -> Counter[str]:
    """How many times each number was told, by the provider's ledger."""
    return Counter(entry.to for entry in system.twilio.sent if "gaat helaas niet door" in entry.body)


@pytest.mark.parametrize("when", ["before", pytest.param("after", marks=pytest.mark.slow)])
def test_a_worker_that_dies_while_families_are_told_of_a_strike_forgets_none_and_tells_none_twice(
    watched: System, when: str
) -> None:
    known = families_of_today(watched)
    arm(watched, when, PLANNED)
    change = called_off(watched)
    reached_by(watched)
    eventually(lambda: set(heard(watched)) >= set(known), TWO_MINUTES, what="a text for everybody")
    seen = watched.get("notify", f"/v1/mass-changes/{change}")
    assert (seen["families"], seen["suppressed"]) == (FAMILIES, FAMILIES)
    assert heard(watched) == dict.fromkeys(known, 1)


@pytest.mark.slow
def test_a_worker_that_dies_while_texts_go_leaves_each_family_told_once_or_to_a_person(
    watched: System,
) -> None:
    known = families_of_today(watched)
    arm(watched, "before", RESULT)
    change = called_off(watched)
    reached_by(watched)

    def settled() -> bool:
        asked = "SELECT count(*) FROM notify.messages WHERE purpose = 'visit-cancelled' AND state IN %s"
        states = "('accepted', 'delivered', 'unknown', 'person')"
        return rows(watched, asked.replace("%s", states)) == [(FAMILIES,)]

    eventually(settled, TWO_MINUTES, what="texts that went or are in doubt")
    assert set(heard(watched)) <= set(known)
    assert set(heard(watched).values()) == {1}
    seen = watched.get("notify", f"/v1/mass-changes/{change}")
    doubtful = rows(watched, "SELECT count(*) FROM notify.messages WHERE state = 'unknown'")[0][0]
    assert seen["handedOver"] + doubtful == FAMILIES
