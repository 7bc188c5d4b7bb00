"""A page names services that fit what it is about, by the rules by which questions are matched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.referral.directory.tables import Organisation, Service
from shared.clock import FixedClock
from shared.events.fitting import PATH, AskFitting, Fitting
from shared.ids import new_id
from shared.security.service_tokens import issue
from shared.vocabulary import HelpFor, Stage

ASKED: dict[str, Any] = {
    "needs": ("emotioneel",),
    "help_for": (HelpFor.CHILD,),
    "countries": ("NL", "BE"),
    "language": "nl",
    "reader": "nl",
}


@pytest.fixture
def add(session_for: Callable[[str], Session], clock: FixedClock) -> Callable[..., None]:
    session, now = session_for("referral"), clock.now()

    def make(name: str, **given: Any) -> None:
        country = given.get("country", "NL")
        owner = Organisation(
            id=new_id(), key=name, name=name, country=country, kind="", website="a.example", updated_at=now
        )
        usual = {
            "country": country,
            "needs": ["emotioneel"],
            "languages": ["nl"],
            "email": "a@a.example",
            "agreement_signed": now.date(),
            "verified_on": now.date(),
        }
        session.add(owner)
        session.flush()
        session.add(
            Service(
                id=new_id(),
                organisation_id=owner.id,
                name="Praten",
                description="",
                updated_at=now,
                **usual | given,
            )
        )
        session.commit()

    return make


@pytest.fixture
def ask(client_for: Callable[[str], TestClient]) -> Callable[..., Fitting]:
    def post(**changes: Any) -> Fitting:
        headers = {"Authorization": f"Bearer {issue('intake', 'referral')}"}
        asked = AskFitting(**ASKED | changes).model_dump(mode="json", by_alias=True)
        answer = client_for("referral").post(PATH, json=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return Fitting.model_validate_json(answer.content)

    return post


def names(found: Fitting) -> list[str]:
    return [one.organisation for one in found.items]


def test_a_service_that_fits_is_named_with_why(add: Callable[..., None], ask: Callable[..., Fitting]) -> None:
    add("Brug", serves=["child"])
    [found] = ask().items
    assert (found.organisation, found.name, found.country) == ("Brug", "Praten", "NL")
    assert found.website == "https://a.example"
    assert found.why == (
        "Dekt alles wat gevraagd is: Verdriet, schaamte, boosheid.",
        "Is er in het bijzonder voor deze groep.",
        "Spreekt zelf Nederlands.",
    )
    assert "French" in " ".join(ask(reader="en").items[0].why) or "Dutch" in " ".join(
        ask(reader="en").items[0].why
    )


@pytest.mark.parametrize(
    ("given", "is_named"),
    [
        ({"needs": ["geld"]}, False),
        ({"serves": ["professional"]}, False),
        ({"active": False}, False),
        ({"agreement_signed": None}, False),
        ({"agreement_signed": None, "takes_referrals": False}, True),
        ({"languages": ["fr"]}, False),
        ({"country": "BE", "regions": ["wallonie"]}, False),
        ({"country": "BE", "regions": ["vlaanderen"]}, True),
        ({"country": "BE", "regions": ["wallonie"], "remote": True}, True),
        ({"stages": ["release"]}, True),
    ],
    ids=range(10),
)
def test_one_that_does_not_fit_is_not_named(
    add: Callable[..., None], ask: Callable[..., Fitting], given: dict[str, Any], is_named: bool
) -> None:
    add("Brug", **given)
    assert names(ask()) == (["Brug"] if is_named else [])


def test_one_of_another_stage_or_that_nobody_verified_is_not_named(
    add: Callable[..., None], ask: Callable[..., Fitting], clock: FixedClock
) -> None:
    add("Brug", stages=["release"])
    add("Oud", verified_on=(clock.now() - timedelta(days=181)).date())
    assert names(ask(stages=(Stage.ARREST,))) == []
    assert names(ask(stages=(Stage.ARREST, Stage.RELEASE))) == ["Brug"]


def test_the_best_come_first_and_few_of_each_country(
    add: Callable[..., None], ask: Callable[..., Fitting]
) -> None:
    for number in range(7):
        add(f"NL {number}")
    add("NL best", serves=["child"])
    add("BE", country="BE")
    found = names(ask())
    assert found[0] == "NL best"
    assert len(found) == 6
    assert found[-1] == "BE"


def test_of_nothing_nothing_is_said(ask: Callable[..., Fitting], add: Callable[..., None]) -> None:
    add("Brug")
    assert names(ask(needs=())) == names(ask(needs=("unknown",))) == names(ask(countries=("XX",))) == []
