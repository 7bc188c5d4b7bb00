"""Whoever would have others texted, learn who visits, or take a family's page from it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from services.notify.channels.tables import Posted
from services.notify.contacts.rules import Keyword
from services.notify.families import commands
from services.notify.families.finding import code_of
from services.notify.messages.recipients import Recipient
from services.notify.messages.tables import Purpose
from shared.errors import TooMany
from tests.notify.families.family import CHECK, NL, SAYS, Family, token_of
from tests.notify.visits.office import NUMBER, PRISON, Office, Telephone, items

LOST = "/days/lost"


def numbers() -> list[str]:
    return [f"06{10_000_000 + one}" for one in range(100)]


def test_one_origin_registers_a_few_families_in_an_hour_and_the_texts_are_paid_from_a_small_share(
    office: Office, family: Family
) -> None:
    day = office.publish(capacity=100)
    done: list[int] = []
    for number in numbers()[: commands.AN_HOUR + 2]:
        family.client.cookies.clear()
        form = family.fills_in(day, phone=number, name=f"Wie {number}")
        done.append(family.send(CHECK, form=form).status_code)
    assert done == [303] * commands.AN_HOUR + [429, 429]
    assert len(family.all()) == commands.AN_HOUR
    told = [office.told(message) for message in office.messages()]
    assert len(told) == commands.AN_HOUR
    assert all(isinstance(one, Recipient) and one.unproven for one in told)


def test_a_thousand_of_a_network_are_as_few_as_of_one_of_its_houses(office: Office) -> None:
    with office.runtime.sessions() as session:
        for made in range(commands.OF_A_NETWORK):
            commands.count_origin(session, f"192.0.2.{made}", office.clock.now())
        with pytest.raises(TooMany):
            commands.count_origin(session, "192.0.2.250", office.clock.now())
        commands.count_origin(session, "198.51.100.1", office.clock.now())


def test_who_types_the_name_and_number_of_a_family_learns_nothing_and_changes_nothing(
    office: Office, family: Family
) -> None:
    day, other = office.publish(), office.publish(date="2026-12-24")
    known = office.register(day, name=SAYS["name"], adults=2)
    office.send_all()
    place = f"/days/at/{code_of(PRISON)}"
    seen = []
    for where in (day, other):
        family.client.cookies.clear()
        page = family.registers(where, adults="5").text
        seen.append(re.sub(r"\w+ \d+ december", "", page))
    assert seen[0] == seen[1]
    assert "8 plekken" in family.see(place).text, "also the places left do not tell"
    assert "9 plekken" in family.see(place).text
    assert office.wanted() == ["confirm-number"]
    office.reply(Keyword.YES)
    mine = next(one for one in family.all() if str(one.id) == known)
    assert (mine.adults, str(mine.state)) == (2, "registered")
    assert [office.day(one)["registered"] for one in (day, other)] == [1, 1], "its owner said yes: it is one"


def test_what_a_stranger_types_under_a_familys_name_and_number_is_not_on_its_page_or_calendar(
    office: Office, family: Family
) -> None:
    mine = office.register(office.publish(), name=SAYS["name"])
    family.registers(office.publish(date="2026-12-24"))
    theirs = next(str(one.id) for one in family.all() if str(one.id) != mine)
    assert "24 december" not in family.see(family.page_of(mine)).text
    assert theirs not in family.see(family.feed_of(mine)).text
    office.send_all()
    office.reply(Keyword.YES)
    assert theirs in family.see(family.feed_of(mine)).text, "its owner said yes"


def test_a_number_that_was_here_before_is_asked_about_a_form_and_a_no_leaves_its_visit(
    office: Office, family: Family, telephone: Telephone
) -> None:
    day, other = office.publish(), office.publish(date="2026-12-24")
    family.registers(day, first_visit="no")
    [mine] = [str(one.id) for one in family.all()]
    telephone.texts()
    office.reply(Keyword.YES)
    telephone.texts()
    office.clock.advance(timedelta(days=2))
    family.registers(other, name="Een ander", first_visit="no")
    assert "Antwoord JA" in telephone.texts()[-1]
    office.reply(Keyword.NO)
    states = {str(one.id): str(one.state) for one in family.all()}
    assert states[mine] == "registered"
    assert sorted(states.values()) == ["refused", "registered"]


def test_a_number_or_address_on_a_full_list_of_todays_forms_is_registered_no_more(
    office: Office, family: Family
) -> None:
    days = [office.publish(date=f"2026-12-{day}") for day in (10, 11, 12, 13)]
    done = []
    for day in days:
        family.client.cookies.clear()
        done.append(family.send(CHECK, form=family.fills_in(day)).status_code)
    assert done == [303, 303, 303, 429]


def ask(family: Family, reach: str) -> str:
    answer = family.press(LOST, reach=reach)
    assert answer.headers["location"] == "/days/asked"
    return str(family.see("/days/asked").text)


def posted(office: Office) -> list[tuple[str, str]]:
    with office.runtime.sessions() as session:
        return [(row.to, row.text) for row in session.exec(select(Posted).order_by("sent_at"))]


def test_who_asks_for_somebodys_lost_link_gets_nothing_and_the_owner_one_text_at_most(
    office: Office, family: Family, telephone: Telephone
) -> None:
    mine = office.register(office.publish())
    telephone.texts()
    answers = {
        ask(family, reach) for reach in (NUMBER, NUMBER, "06 12 34 56 78", "0687654321", "x@voorbeeld.nl")
    }
    assert len(answers) == 1
    assert family.page_of(mine) not in answers.pop()
    telephone.texts()
    assert [to for to, text in posted(office) if "hier zie en verander" in text] == [NUMBER]
    assert family.page_of(mine) in posted(office)[-1][1]
    office.clock.advance(timedelta(minutes=14))
    ask(family, NUMBER)
    telephone.texts()
    assert len([text for _, text in posted(office) if "hier zie en verander" in text]) == 1
    for _ in range(6):
        office.clock.advance(timedelta(minutes=20))
        ask(family, NUMBER)
        telephone.texts()
    sent = sum("hier zie en verander" in text for _, text in posted(office))
    assert sent == commands.LINKS_A_DAY


def test_a_lost_link_goes_to_no_number_that_nobody_proved_nor_at_night(
    office: Office, family: Family
) -> None:
    family.registers(office.publish(), name="Een vreemde", phone="0687654321")
    ask(family, "0687654321")
    assert office.wanted() == ["confirm-number"]
    office.register(office.publish(date="2026-12-24"))
    ask(family, NUMBER)
    assert office.message(Purpose.PAGE_LINK).windowed


def test_two_families_of_one_telephone_have_their_links_in_turn(
    office: Office, family: Family, telephone: Telephone
) -> None:
    pages = [
        family.page_of(office.register(office.publish(date=f"2026-12-{day}"), name=name))
        for day, name in ((17, "Fatima"), (18, "Samira"))
    ]
    telephone.texts()
    for page in pages:
        ask(family, NUMBER)
        assert page in telephone.texts()[-1]
        office.clock.advance(timedelta(minutes=20))


def test_who_asks_for_many_links_is_answered_no_more(family: Family) -> None:
    done = [family.press(LOST, reach=number).status_code for number in numbers()[: commands.LINKS_ASKED + 1]]
    assert done[-2:] == [303, 429]


@pytest.mark.parametrize("path", ["/days", "/days/lost", "/days/new/{day}"])
def test_a_form_that_is_not_ours_is_not_taken(office: Office, family: Family, path: str) -> None:
    where = path.format(day=office.publish())
    made_up = family.send(where, form="made.up.token", reach=NUMBER, postcode="3511")
    foreign = family.client.post(
        where, data={"form": token_of(family.see(where))}, headers=NL | {"Origin": "https://evil.example"}
    )
    assert (made_up.status_code, foreign.status_code) == (403, 403)
    assert office.wanted() == []


def test_a_family_that_is_typed_on_a_page_beside_another_stays_another(
    office: Office, family: Family
) -> None:
    day = office.publish()
    office.register(day, name=SAYS["name"])
    mine = office.register(day, name=SAYS["name"], phone="0687654321")
    answer = family.press(f"{family.page_of(mine)}/reach", channel="sms", phone=NUMBER, language="nl")
    assert answer.status_code == 303, "nobody is told that the number is there already"
    assert len({bytes(one.name_index or b"") for one in family.all()}) == 2
    assert items(office) == []
