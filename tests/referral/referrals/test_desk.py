"""What the desk sees of a referral, which services it may choose, and what only the desk is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from services import system
from services.commands import directory as operator
from services.referral.referrals import commands, rules, subscribers
from services.referral.referrals.desk import describe
from services.referral.referrals.placing import NOT_CHOOSABLE
from services.referral.referrals.tables import Offer, OfferState, Status
from shared.contact.organisations import marks
from shared.desk import words
from shared.desk.actions import Choice
from shared.desk.items import WorkItem, open_items
from shared.events.envelope import Envelope
from shared.events.notify import MessageFailed
from shared.languages import FOR_PAGES
from shared.runtime import Runtime
from shared.web.sentences import sentence
from tests.referral.referrals.network import Centre, partner

LEAVES = {
    "service-ended": "active = false",
    "service-not-signed": "agreement_signed = NULL",
    "service-takes-none": "takes_referrals = false",
    "service-without-address": "email = NULL",
}


def choose(centre: Centre, service: UUID) -> None:
    commands.choose(centre.session, centre.referral.id, service, at=centre.clock.now())
    centre.session.commit()


def refused(centre: Centre, service: UUID) -> str:
    """Return why the desk cannot choose this service; asserts that nothing was recalled or announced."""
    before = centre.announced
    with pytest.raises(rules.NotChoosable) as refusal:
        choose(centre, service)
    centre.session.rollback()
    assert centre.announced == before
    return refusal.value.code


def change(centre: Centre, service: UUID, what: str) -> None:
    centre.session.execute(text(f"UPDATE services SET {what} WHERE id = :id"), {"id": service})
    centre.session.commit()


def failed(centre: Centre, purpose: str, offer: Offer) -> None:
    """Handle the event that a mail about an offer did not arrive, as the consumer does."""
    event = Envelope[MessageFailed](
        id=uuid4(),
        source="urn:nld:test",
        type=MessageFailed.event_type(),
        subject=str(offer.id),
        time=datetime.now(UTC),
        sequence="0000000001",
        data=MessageFailed(
            message_id=uuid4(), cause_id=offer.referral_id, recipient_id=offer.id, purpose=purpose
        ),
    )
    subscribers.on_message_failed(centre.session, event, None, at=centre.clock.now())
    centre.session.commit()


def choices(centre: Centre, item: WorkItem) -> list[UUID]:
    shown: list[Choice] = list(describe(centre.session, item, "nl").choices["choose"])
    return [UUID(one.value) for one in shown]


@pytest.mark.parametrize(("code", "what"), LEAVES.items())
def test_who_cannot_be_asked_cannot_be_chosen_either(
    centre: Centre, partners: list[UUID], code: str, what: str
) -> None:
    centre.question()
    other = next(one for one in partners if one != centre.offers[0].service_id)
    change(centre, other, what)
    assert refused(centre, other) == code
    assert [one.state for one in centre.offers] == [OfferState.OPEN]


def test_an_organisation_is_not_sent_its_own_question_however_its_name_was_written(
    centre: Centre, partners: list[UUID]
) -> None:
    own, other = partners[:2]
    centre.question(own=marks("Een", "drie!", "v-i-e-r"))
    assert [one.service_id for one in centre.offers] == [other]
    assert refused(centre, own) == "service-of-the-asker"


def test_who_was_asked_or_is_asked_now_cannot_be_chosen(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    centre.decline()
    first, second = centre.offers
    assert refused(centre, first.service_id) == "service-refused-before"
    assert refused(centre, second.service_id) == "service-asked-now"
    third = next(one for one in partners if one not in (first.service_id, second.service_id))
    choose(centre, third)
    assert refused(centre, second.service_id) == "service-asked-before"
    assert refused(centre, uuid4()) == "unknown-service"


@pytest.mark.parametrize(
    "weighed",
    [
        {"languages": ["fr"]},
        {"min_age": 12},
        {"country": "BE"},
        {"stages": ["arrest"]},
        {"capacity": 0},
        {"verified_on": None},
        {"verified_on": date(2020, 1, 1)},
        {"serves": ["professional"]},
        {"needs": ["geld"]},
    ],
)
def test_a_person_may_choose_whom_the_rules_would_pass_over(centre: Centre, weighed: dict[str, Any]) -> None:
    other = partner(centre.session, "anders", **weighed)
    centre.question(stage="sentence", help_for=["child"], child_age_bands=["4-7"])
    assert centre.offers == []
    choose(centre, other)
    assert [one.service_id for one in centre.offers] == [other]


def test_the_desk_is_shown_who_is_asked_now_and_until_when_and_not_as_a_choice(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    for _ in range(2):
        centre.decline()
    [senior] = open_items(centre.session)
    asked = {one.service_id for one in centre.offers}
    assert choices(centre, senior) == [one for one in partners if one not in asked]
    [now] = [fact for fact in describe(centre.session, senior, "nl").facts if fact.label == "asked-now"]
    assert now.value.split(", kan")[0] in {"Een", "Twee", "Drie", "Vier"}
    assert now.value.endswith("tot vrijdag 4 december 2026 om 10:00")
    centre.decline()
    labels = [fact.label for fact in describe(centre.session, senior, "nl").facts]
    assert "asked-now" not in labels


def test_the_page_says_why_somebody_cannot_be_chosen_and_keeps_the_item(
    centre: Centre,
    partners: list[UUID],
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., dict[str, str]],
) -> None:
    centre.question(auto_offer=False)
    change(centre, partners[0], LEAVES["service-not-signed"])
    [item] = open_items(centre.session)
    wanted = {"action": "choose", "serviceId": str(partners[0])}
    answer = client_for("referral").post(
        f"/v1/work-items/{item.id}/resolutions", json=wanted, headers=make_key("referral", "desk")
    )
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert (error["code"], error["field"]) == ("service-not-signed", "serviceId")
    assert len(open_items(centre.session)) == 1
    assert centre.referral.status is Status.PROPOSED


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_refusal_of_a_choice_has_words(language: str) -> None:
    others = ("unknown-service", "service-asked-now", "no-candidate", "not-an-id")
    for code in (*NOT_CHOOSABLE.values(), *others):
        assert sentence(code, language) != sentence("missing", language)


@pytest.mark.parametrize("purpose", ["offer", "nudge"])
def test_an_offer_or_a_nudge_that_does_not_arrive_goes_to_the_desk(
    centre: Centre, partners: list[UUID], purpose: str
) -> None:
    centre.question()
    failed(centre, purpose, centre.offers[0])
    assert centre.waiting == [("offer-undeliverable", "mail-not-delivered")]
    commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())
    failed(centre, purpose, centre.offers[0])
    assert centre.waiting == []


def test_a_recall_that_does_not_arrive_stays_at_the_desk_with_the_partners_name(
    centre: Centre,
    partners: list[UUID],
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., Any],
    desk_shows: Callable[..., str],
) -> None:
    request = centre.question(reference="WZ-2345-6789")
    commands.withdraw(centre.session, request, at=centre.clock.now())
    centre.session.commit()
    for _ in range(2):
        failed(centre, "recalled", centre.offers[0])
    commands.withdraw(centre.session, request, at=centre.clock.now())
    centre.session.commit()
    assert centre.waiting == [("recall-undeliverable", "recall-not-delivered")]
    desk, client = make_key("referral", "desk"), client_for("referral")
    [item] = client.get("/v1/work-items", headers=desk).json()["items"]
    assert item["actions"] == ["seen"]
    shown = desk_shows("referral", item["id"])
    [service] = [one.service_id for one in centre.offers]
    name = ("Een", "Twee", "Drie", "Vier")[partners.index(service)]
    for told in (f"{name} · Begeleid bezoek", "WZ-2345-6789", "De partner weet het", "niet aangekomen"):
        assert told in shown
    path = f"/v1/work-items/{item['id']}/resolutions"
    assert client.post(path, json={"action": "seen"}, headers=desk).status_code == 201
    assert open_items(centre.session) == []


def test_a_failed_recall_of_the_first_partner_stays_on_the_list_when_the_second_says_yes(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    choose(centre, next(one for one in partners if one != centre.offers[0].service_id))
    failed(centre, "recalled", centre.offers[0])
    commands.accept(centre.session, centre.offers[1].id, at=centre.clock.now())
    assert centre.waiting == [("recall-undeliverable", "recall-not-delivered")]


def test_a_mail_that_is_about_nothing_of_ours_is_nobodys_worry(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    failed(centre, "accepted", centre.offers[0])
    assert centre.waiting == []


@pytest.mark.parametrize("code", ["service-ended", "service-not-signed"])
def test_who_is_no_partner_any_more_cannot_say_yes(centre: Centre, partners: list[UUID], code: str) -> None:
    centre.question()
    [offer] = centre.offers
    change(centre, offer.service_id, LEAVES[code])
    with pytest.raises(rules.NotOpen):
        commands.accept(centre.session, offer.id, at=centre.clock.now())
    centre.session.rollback()
    assert centre.referral.status is Status.OFFERED
    assert centre.announced == ["offered"]


def test_offers_to_partners_that_left_go_to_the_desk_and_answered_ones_do_not(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    [offer] = centre.offers
    for _ in range(2):
        commands.partners_left(centre.session, partners, at=centre.clock.now())
        centre.session.commit()
    assert centre.waiting == [("offer-undeliverable", "partner-left")]
    centre.decline()
    assert centre.waiting == []
    commands.partners_left(centre.session, [offer.service_id], at=centre.clock.now())
    centre.session.commit()
    assert centre.waiting == []


def helped_by_who_then_leaves(centre: Centre) -> Offer:
    centre.question()
    [offer] = centre.offers
    commands.accept(centre.session, offer.id, at=centre.clock.now())
    change(centre, offer.service_id, LEAVES["service-ended"])
    commands.partners_left(centre.session, [offer.service_id], at=centre.clock.now())
    centre.session.commit()
    return offer


def test_whom_a_partner_helps_that_leaves_is_on_the_desks_list_and_another_can_be_chosen(
    centre: Centre, partners: list[UUID]
) -> None:
    offer = helped_by_who_then_leaves(centre)
    assert centre.waiting == [("helper-left", "helper-left")]
    [item] = open_items(centre.session)
    [helper] = [fact.value for fact in describe(centre.session, item, "nl").facts if fact.label == "partner"]
    assert helper.endswith("Begeleid bezoek")
    other = next(one for one in partners if one != offer.service_id)
    commands.choose(centre.session, centre.referral.id, other, at=centre.clock.now())
    centre.session.commit()
    assert centre.referral.status is Status.OFFERED
    assert centre.referral.accepted_service_id is None
    assert [one.state for one in centre.offers] == [OfferState.RECALLED, OfferState.OPEN]
    assert centre.announced == ["offered", "accepted", "recalled", "offered"]
    assert centre.waiting == []


def test_while_who_said_yes_is_a_partner_nobody_else_is_chosen(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [offer] = centre.offers
    commands.accept(centre.session, offer.id, at=centre.clock.now())
    commands.partners_left(centre.session, [offer.service_id], at=centre.clock.now())
    other = next(one for one in partners if one != offer.service_id)
    with pytest.raises(rules.NotWaiting):
        commands.choose(centre.session, centre.referral.id, other, at=centre.clock.now())
    assert centre.waiting == []


def test_what_was_agreed_long_ago_is_nobodys_work_when_the_partner_leaves(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    [offer] = centre.offers
    commands.accept(centre.session, offer.id, at=centre.clock.now())
    centre.at(centre.clock.now() + timedelta(days=91))
    change(centre, offer.service_id, LEAVES["service-ended"])
    commands.partners_left(centre.session, [offer.service_id], at=centre.clock.now())
    assert centre.waiting == []


def test_who_is_no_partner_any_more_is_not_asked_again(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [offer] = centre.offers
    change(centre, offer.service_id, LEAVES["service-ended"])
    centre.at(offer.nudge_at)
    commands.nudge(centre.session, offer.id, at=centre.clock.now())
    assert centre.announced == ["offered"]
    assert centre.offers[0].nudged_at is not None  # so it is not claimed again


@pytest.mark.parametrize(
    ("kept", "waiting"),
    [
        ("aanmelden@een.example,2026-01-05,yes", []),
        (",2026-01-05,yes", [("offer-undeliverable", "partner-left")]),
        ("aanmelden@een.example,,yes", [("offer-undeliverable", "partner-left")]),
        ("aanmelden@een.example,2026-01-05,no", [("offer-undeliverable", "partner-left")]),
    ],
)
def test_the_operators_import_puts_offers_to_who_leaves_on_the_desks_list(
    centre: Centre,
    runtime_for: Callable[[str], Runtime],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kept: str,
    waiting: list[tuple[str, str]],
) -> None:
    partner(centre.session, "een")
    centre.question()
    monkeypatch.setattr(system, "make_runtime", runtime_for)
    file = tmp_path / "partners.csv"
    file.write_text(
        f"id,name,country,need_categories,languages,email,agreement_signed,active\neen,Een,NL,bezoek,nl,{kept}\n"
    )
    assert operator.import_directory(file, dry_run=True).mistakes == []
    assert centre.waiting == []
    operator.import_directory(file, dry_run=False)
    assert centre.waiting == waiting


def test_a_helper_that_loses_its_address_first_and_leaves_then_is_on_the_list_as_well(
    centre: Centre, runtime_for: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    partner(centre.session, "een")
    centre.question()
    commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())
    monkeypatch.setattr(system, "make_runtime", runtime_for)
    file = tmp_path / "partners.csv"
    for row, waiting in ((",2026-01-05,yes", []), (",2026-01-05,no", [("helper-left", "helper-left")])):
        file.write_text(
            f"id,name,country,need_categories,languages,email,agreement_signed,active\neen,Een,NL,bezoek,nl,{row}\n"
        )
        operator.import_directory(file, dry_run=False)
        assert centre.waiting == waiting


@pytest.mark.parametrize("language", FOR_PAGES)
def test_why_such_an_item_waits_has_words(language: str) -> None:
    for code in ("partner-left", "recall-not-delivered", "helper-left"):
        assert code not in words.reason(language, code)
