"""What a person reads in a reply that no rule understood is done, and confirmed to the family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.replies.conversation import conversation
from services.notify.replies.tables import InboundText
from shared.runtime import Runtime
from tests.kit.desk import one_desk, paths_in, shown
from tests.kit.desk import press as post
from tests.kit.staff import sign_in
from tests.notify.visits.office import Office, Telephone, at, items


@pytest.fixture
def day(office: Office) -> str:
    return office.publish()


@pytest.fixture
def family(office: Office, day: str) -> str:
    """A family that was asked whether it comes."""
    registration = office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    office.send_all()
    return registration


def press(office: Office, action: str, registration: str, **more: str) -> Any:
    [item] = items(office)
    path = f"/v1/work-items/{item['id']}/resolutions"
    sent = {"action": action, "registrationId": registration} | more
    return office.client.post(path, json=sent, headers=office.desk)


@pytest.mark.parametrize(
    ("action", "more", "state", "ages", "told"),
    [
        ("comes", {}, "confirmed", ["4-7"], "answer-yes"),
        ("comes-not", {}, "cancelled", ["4-7"], "answer-no"),
        ("comes-with", {"children": "3"}, "confirmed", ["4-7", "unknown", "unknown"], "answer-yes"),
        ("comes-with", {"children": "1"}, "confirmed", ["4-7"], "answer-yes"),
    ],
)
def test_what_was_read_is_recorded_and_confirmed_once(
    office: Office,
    telephone: Telephone,
    day: str,
    family: str,
    action: str,
    more: dict[str, str],
    state: str,
    ages: list[str],
    told: str,
) -> None:
    before = len(office.wanted())
    telephone.says("nou dat lukt denk ik wel")
    assert press(office, action, family, **more).status_code == 201
    known = office.family(day, family)
    assert (known["state"], known["childAgeBands"]) == (state, ages)
    assert office.wanted()[before:] == [told]
    assert items(office) == []


def test_no_family_of_another_number_is_spoken_for(
    office: Office, telephone: Telephone, day: str, family: str
) -> None:
    other = office.register(day, name="Piet", phone="06-11111111")
    telephone.says("wij komen denk ik")
    for registration in (other, str(uuid4()), "x"):
        refused = press(office, "comes", registration)
        assert refused.status_code == 400
        assert [error["code"] for error in refused.json()["errors"]] == ["not-of-this-number"]
    assert office.family(day, other)["state"] == "registered"


def test_with_how_many_is_asked(office: Office, telephone: Telephone, family: str) -> None:
    telephone.says("met een paar")
    refused = press(office, "comes-with", family)
    assert [error["code"] for error in refused.json()["errors"]] == ["children-missing"]
    assert [
        error["code"] for error in press(office, "comes-with", family, children="99").json()["errors"]
    ] == ["not-a-choice"]


def test_the_desk_sees_what_went_before_and_each_with_its_time(
    office: Office, telephone: Telephone, day: str, family: str
) -> None:
    telephone.texts()
    telephone.says("wie zijn jullie")
    office.clock.set(at("2026-12-14T11:30"))
    telephone.says("mag tante ook mee")
    with office.runtime.sessions() as session:
        text = session.exec(select(InboundText).order_by("received_at")).all()[-1]
        facts = conversation(session, text, "nl")
    assert [(fact.label, fact.value) for fact in facts][-1:] == [
        ("wrote", "ma 14 dec 10:00: wie zijn jullie")
    ]


def test_the_desk_writes_back_in_own_words_that_give_nothing_away(
    office: Office, telephone: Telephone, day: str, family: str
) -> None:
    telephone.says("mag tante ook mee")
    for words, code in (("Je bezoek gaat door", "words-say-too-much"), ("w" * 200, "words-too-long")):
        refused = press(office, "write-back", family, words=words)
        assert [error["code"] for error in refused.json()["errors"]] == [code]
    assert press(office, "write-back", family).status_code == 400
    assert press(office, "write-back", family, words="Ja, tante mag mee.").status_code == 201
    assert telephone.texts()[-1] == "Weerzien: Ja, tante mag mee."
    assert items(office) == []


@pytest.mark.parametrize(
    ("said", "state", "who", "reason"),
    [
        ("we komen met 2", "confirmed", (1, 1), None),
        ("we komen met 4", "registered", (1, 1), "how-many"),
        ("ja, met 3 kinderen", "confirmed", (1, 3), None),
        ("2 volwassenen en 1 kind", "confirmed", (2, 1), None),
        ("2 volwassenen", "registered", (1, 1), "how-many"),
    ],
)
def test_who_comes_is_recorded_where_nobody_can_read_it_otherwise(
    office: Office,
    telephone: Telephone,
    day: str,
    family: str,
    said: str,
    state: str,
    who: tuple[int, int],
    reason: str | None,
) -> None:
    telephone.says(said)
    known = office.family(day, family)
    assert (known["state"], (known["adults"], len(known["childAgeBands"]))) == (state, who)
    assert [item["reason"] for item in items(office)] == ([reason] if reason else [])


def test_after_the_visit_was_called_off_nothing_is_recorded(
    office: Office, telephone: Telephone, day: str, family: str
) -> None:
    telephone.says("we komen denk ik")
    office.client.delete(f"/v1/visit-days/{day}?reason=staff", headers=office.prison)
    assert press(office, "comes", family).status_code in (400, 409)


def test_somebody_looks_at_the_families_of_the_number_by_their_visit_and_never_by_name(
    office: Office, telephone: Telephone, family: str
) -> None:
    telephone.says("misschien")
    [item] = items(office)
    shown = office.client.get(f"/v1/work-items/{item['id']}", headers=office.desk).json()
    assert shown["needs"]["comes"] == "registrationId"
    assert [one["name"] for one in shown["asks"]["comes-with"]] == ["children"]


def test_the_page_of_an_answer_has_what_went_before_and_room_to_write_back(
    office: Office,
    telephone: Telephone,
    family: str,
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
) -> None:
    telephone.texts()
    telephone.says("we weten het nog niet zo goed")
    office.clock.set(at("2026-12-14T11:30"))
    telephone.says("mag tante ook mee")
    desk = one_desk(runtime_for, client_for)
    sign_in(desk, session_for("intake"))
    before, path = paths_in(desk.get("/desk").text)
    assert "weten het nog" not in desk.get(path).text
    page = shown(desk, path)
    assert "we weten het nog niet zo goed" in page
    assert '<textarea name="words"' in page
    said = {"action": "write-back", "registrationId": family}
    refused = post(desk, path, page, words="Je bezoek gaat door", **said)
    assert (refused.status_code, "Somebody else may see" in refused.text) == (400, True)
    assert post(desk, path, page, words="Ja, tante mag mee.", **said).status_code == 303
    assert telephone.texts()[-1] == "Weerzien: Ja, tante mag mee."
    assert paths_in(desk.get("/desk").text) == [before]
