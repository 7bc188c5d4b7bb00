"""A full day has a queue on a family's pages too: it joins, is offered a place, takes it or leaves."""

from __future__ import annotations

from services.notify.contacts.rules import Keyword
from services.notify.families.finding import code_of
from tests.notify.families.family import CHECK, SAYS, Family, token_of
from tests.notify.visits.office import PRISON, Office


def joins(family: Family, day: str, **said: str) -> str:
    """Join the queue of a full day; returns the page that says so."""
    form = family.fills_in(day, **said)
    assert "Op de wachtlijst" in family.see(CHECK).text
    assert family.send(CHECK, form=form, waits="yes").status_code == 303
    return str(family.see("/days/sent").text)


def test_a_family_waits_for_a_place_is_offered_it_and_takes_it_on_its_page(
    office: Office, family: Family
) -> None:
    day = office.publish(capacity=1)
    first = office.register(day, name="Iemand", phone="0687654321")
    assert "Je staat op de wachtlijst" in joins(family, day)
    office.send_all()
    office.reply(Keyword.YES)
    mine = family.all()[-1]
    assert str(mine.state) == "waiting"
    page = family.page_of(mine.id)
    assert "Van de wachtlijst af" in family.see(page).text
    family.press(f"{family.page_of(first)}/cancel")
    assert "vol" in family.see(f"/days/at/{code_of(PRISON)}").text, "it is kept for the first who waits"
    assert "Er is een plek voor je" in family.see(page).text
    assert family.press(page).status_code == 303
    assert str(family.all()[-1].state) == "confirmed"


def test_a_family_leaves_the_queue_on_its_page(office: Office, family: Family) -> None:
    day = office.publish(capacity=1)
    office.register(day, name="Iemand", phone="0687654321")
    joins(family, day, channel="phone")
    page = family.page_of(family.all()[-1].id)
    assert family.press(f"{page}/cancel").status_code == 303
    assert str(family.all()[-1].state) == "cancelled"


def test_a_full_day_tells_nobody_who_is_registered(office: Office, family: Family) -> None:
    day = office.publish(capacity=1)
    office.register(day, name=SAYS["name"])
    known = joins(family, day)
    family.client.cookies.clear()
    assert joins(family, day, name="Niemand", phone="0687654321") == known


def test_the_last_place_that_is_gone_meanwhile_is_no_place_in_the_queue(
    office: Office, family: Family
) -> None:
    day = office.publish(capacity=1)
    form = family.fills_in(day)
    office.register(day, name="Iemand", phone="0687654321")
    refused = family.send(CHECK, form=form)
    assert refused.status_code == 409
    assert family.send(CHECK, form=token_of(refused), waits="yes").status_code == 303
