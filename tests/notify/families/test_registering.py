"""A family registers by itself: one thing a page, once, and nothing is told before the owner says yes."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from services.notify.contacts.rules import Keyword
from services.notify.families import commands, queries
from services.notify.families.answers import Answers
from services.notify.families.tables import FamilyDraft
from services.notify.families.tasks import forget
from tests.notify.families.family import CHECK, SAYS, Family, token_of
from tests.notify.visits.office import Office, Telephone, items


def test_a_family_registers_and_its_number_is_asked_before_anything_else_goes_there(
    office: Office, family: Family, telephone: Telephone
) -> None:
    day = office.publish()
    page = family.registers(day)
    assert "Je bent aangemeld" in page.text
    assert "/a/" not in page.text
    [one] = family.all()
    assert (one.name, one.adults, one.child_age_bands) == ("Fatima el Amrani", 1, ["4-7"])
    assert (one.companions, one.special_needs, str(one.papers_until)) == (
        "Oma Zohra",
        "Rolstoel",
        "2027-05-31",
    )
    [asked] = telephone.texts()
    assert "Antwoord JA" in asked
    assert "Vught" not in asked
    assert office.reply(Keyword.YES)
    texts = telephone.texts()
    assert family.page_of(one.id) in texts[1]
    assert texts[1].startswith("Weerzien: afspraak")


def test_an_address_is_asked_by_a_link_before_anything_else_goes_there(
    office: Office, family: Family, telephone: Telephone
) -> None:
    family.registers(office.publish(), channel="email")
    [asked] = telephone.texts()
    found = re.search(r"(/confirm/\S+)", asked)
    assert found is not None
    [one] = family.all()
    assert family.page_of(one.id) not in asked
    assert family.client.post(found[1]).status_code == 200
    assert family.page_of(one.id) in telephone.texts()[1]


def test_two_presses_and_going_back_make_one_registration(office: Office, family: Family) -> None:
    form = family.fills_in(office.publish())
    answers = [family.send(CHECK, form=form) for _ in range(3)]
    assert {answer.headers["location"] for answer in answers} == {"/days/sent"}
    assert family.see("/days/step/who").status_code == 410
    assert len(family.all()) == 1
    assert office.wanted() == ["confirm-number"]
    office.clock.advance(timedelta(minutes=11))
    assert family.see("/days/sent").status_code == 410


def test_presses_at_the_same_moment_for_the_last_place_are_one_registration(
    office: Office, family: Family
) -> None:
    family.fills_in(office.publish(capacity=1), channel="phone")
    token = family.client.cookies["weerzien_days"]

    def press(_: int) -> UUID | None:
        with office.runtime.sessions() as session:
            draft = queries.of_browser(session, token, at=office.clock.now())
            assert draft is not None
            answers = Answers.model_validate(SAYS | {"channel": "phone"})
            return commands.send(
                session, token, answers, language="nl", origin="unknown", at=office.clock.now()
            )

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(press, range(4)))
    assert made == {one.id for one in family.all()}
    assert len(made) == 1


@pytest.mark.parametrize(
    ("channel", "kept"), [("phone", "phone"), ("landline", "landline"), ("letter", "none"), ("none", "none")]
)
def test_who_has_no_mobile_telephone_is_told_by_a_person_and_sees_the_page_at_once(
    office: Office, family: Family, channel: str, kept: str
) -> None:
    page = family.registers(office.publish(), channel=channel, phone="073-6123456")
    [one] = family.all()
    assert str(one.channel) == kept
    assert family.page_of(one.id) in page.text
    assert family.see(family.page_of(one.id)).status_code == 200
    assert office.wanted() == []
    [item] = items(office)
    assert (item["kind"], item["reason"]) == ("call-family", "say-registered")
    assert one.address == (SAYS["address"] if channel == "letter" else None)


def test_an_escort_is_asked_for_by_a_person_once_the_number_is_the_familys_own(
    office: Office, family: Family
) -> None:
    family.registers(office.publish(), escort="yes")
    assert items(office) == []
    office.send_all()
    office.reply(Keyword.YES)
    assert [item["kind"] for item in items(office)] == ["escort-wanted"]
    [one] = family.all()
    family.press(f"{family.page_of(one.id)}/cancel")
    assert items(office) == []


def test_papers_that_expire_before_the_visit_are_warned_of(office: Office, family: Family) -> None:
    family.fills_in(office.publish(), papers_until="2026-12-10")
    assert "verloopt vóór deze dag" in family.see(CHECK).text
    family.press("/days/step/papers", first_visit="no", papers_until="2026-12-17")
    assert "verloopt vóór deze dag" not in family.see(CHECK).text


def test_a_step_names_what_is_wrong_and_keeps_what_was_typed(office: Office, family: Family) -> None:
    day = office.publish()
    page = family.press(f"/days/new/{day}", name="", adults="veel", companions="Oma")
    assert page.status_code == 400
    assert page.text.count('class="wz-error"') == 2
    assert 'value="Oma"' in page.text
    family.fills_in(day)
    wrong = family.press("/days/step/contact", phone="073-6123456")
    assert "krijgt geen sms" in wrong.text


def test_the_last_place_is_one_familys_and_the_other_chooses_again_without_typing_anew(
    office: Office, family: Family
) -> None:
    day, other = office.publish(capacity=1), office.publish(date="2026-12-24")
    form = family.fills_in(day)
    office.register(day, name="Iemand anders", phone="0687654321")
    refused = family.send(CHECK, form=form)
    assert refused.status_code == 409
    assert "Iemand anders" not in refused.text
    assert family.press(f"/days/new/{other}", **SAYS).headers["location"] == CHECK
    assert family.send(CHECK, form=form).status_code == 410, "a page of the other day is still open"
    assert family.send(CHECK, form=token_of(family.see(CHECK))).status_code == 303
    assert [str(one.visit_day_id) for one in family.all()][-1] == other


def test_what_is_typed_ends_after_two_hours_and_is_unreadable_meanwhile(
    office: Office, family: Family
) -> None:
    family.fills_in(office.publish())
    with office.runtime.sessions() as session:
        raw = session.connection().exec_driver_sql("SELECT answers FROM family_drafts").scalar_one()
        assert b"Fatima" not in bytes(raw)
    office.clock.advance(timedelta(hours=2, minutes=1))
    assert family.see(CHECK).status_code == 410
    with office.runtime.sessions() as session:
        forget(session, office.clock.now(), 10)
        session.commit()
        assert session.exec(select(FamilyDraft)).all() == []
