"""The life of a referral, from an advice request to a partner that accepts, or a person who takes over."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from services.referral.directory.queries import services_by_id
from services.referral.matching.explaining import asks_for_an_interpreter
from services.referral.referrals import commands, rules, tasks
from services.referral.referrals.known import services_now
from services.referral.referrals.tables import Offer, OfferState, Status
from shared.desk.items import open_items
from shared.events.referral import ReferralOutcome
from shared.runtime import Runtime, current
from tests.kit.details import request_facts
from tests.referral.referrals.network import BY_TELEPHONE, Centre, partner


def test_a_question_is_offered_to_the_best_partner_with_a_day_to_nudge_and_three_to_answer(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    [offer] = centre.offers
    assert offer.service_id in partners
    assert centre.referral.status is Status.OFFERED
    assert centre.announced == ["offered"]
    assert (offer.nudge_at - offer.offered_at, offer.answer_by - offer.offered_at) == (
        timedelta(days=1),
        timedelta(days=3),
    )


def test_the_news_of_a_question_twice_makes_one_offer(centre: Centre, partners: list[UUID]) -> None:
    request = centre.question()
    facts = request_facts(id=request)
    commands.receive(centre.session, request, facts, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()
    assert len(centre.offers) == 1


def test_the_same_news_on_eight_workers_at_once_makes_one_offer(
    centre: Centre, partners: list[UUID], runtime_for: Callable[[str], Runtime]
) -> None:
    facts = request_facts()

    def work(_: int) -> None:
        with runtime_for("referral").sessions() as session:
            commands.receive(session, facts.id, facts, at=centre.clock.now(), auto_offer=True)
            session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(centre.offers) == 1
    assert centre.announced == ["offered"]


def test_the_database_itself_keeps_a_second_partner_from_being_asked_at_the_same_time(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    [offer] = centre.offers
    other = Offer(**offer.model_dump(exclude={"id", "token_hash", "number"}), token_hash=b"other", number=2)
    centre.session.add(other)
    with pytest.raises(IntegrityError, match="uq_offers_one_open"):
        centre.session.commit()
    centre.session.rollback()
    assert len(centre.offers) == 1


def test_a_partner_says_yes_once(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [offer] = centre.offers
    commands.accept(centre.session, offer.id, at=centre.clock.now())
    assert centre.referral.status is Status.ACCEPTED
    assert centre.referral.accepted_service_id == offer.service_id
    with pytest.raises(rules.NotOpen):
        commands.accept(centre.session, offer.id, at=centre.clock.now())
    centre.session.rollback()
    assert centre.announced == ["offered", "accepted"]


def test_a_late_acceptance_changes_and_announces_nothing(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [offer] = centre.offers
    with pytest.raises(rules.OfferExpired):
        commands.accept(centre.session, offer.id, at=offer.answer_by + timedelta(seconds=1))
    centre.session.rollback()
    assert centre.referral.status is Status.OFFERED
    assert centre.announced == ["offered"]


def test_after_a_no_the_next_is_asked_and_never_the_same(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [first] = centre.offers
    centre.decline()
    [first, second] = centre.offers
    assert first.state is OfferState.DECLINED
    assert second.service_id != first.service_id
    assert centre.announced == ["offered", "offered"]
    assert centre.waiting == []


def test_where_a_person_confirms_every_offer_one_confirms_the_next_as_well(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    centre.decline(auto_offer=False)
    assert len(centre.offers) == 1
    assert centre.waiting == [("confirm-referral", "policy")]


def test_a_partner_answers_by_the_holidays_of_its_own_country(centre: Centre) -> None:
    partner(centre.session, "huis", country="BE", cross_border=True)
    centre.at(datetime(2026, 7, 20, 8, tzinfo=UTC))
    centre.question()
    [offer] = centre.offers
    assert (offer.nudge_at.day, offer.answer_by.day) == (22, 24)  # the 21st is the Belgian national day


def test_after_two_refusals_a_senior_is_told_and_after_three_the_desk_telephones(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    for number in (1, 2):
        centre.decline()
        assert len(centre.offers) == number + 1
    assert centre.waiting == [("senior-desk", "two-refusals")]
    centre.decline()
    assert len(centre.offers) == 3
    assert centre.referral.status is Status.UNPLACED
    assert ("unplaced-referral", "three-declines") in centre.waiting
    assert centre.announced[-1] == "unplaced"


def test_a_quiet_partner_is_nudged_once_then_the_offer_lapses_and_the_next_is_asked(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    [offer] = centre.offers
    centre.at(offer.nudge_at)
    assert tasks.claim_nudges(centre.session, centre.clock.now(), 10) == [offer.id]
    centre.session.commit()
    assert tasks.claim_nudges(centre.session, centre.clock.now(), 10) == []
    tasks.nudge(current(), [offer.id])
    tasks.nudge(current(), [offer.id])
    assert centre.announced == ["offered", "nudged"]
    centre.at(offer.answer_by)
    assert tasks.claim_expiries(centre.session, centre.clock.now(), 10) == [offer.id]
    centre.session.commit()
    tasks.expire(current(), [offer.id])
    tasks.expire(current(), [offer.id])
    assert [one.state for one in centre.offers] == [OfferState.EXPIRED, OfferState.OPEN]
    assert centre.announced == ["offered", "nudged", "expired", "offered"]


def test_nothing_falls_due_before_its_moment(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [offer] = centre.offers
    before = offer.nudge_at - timedelta(seconds=1)
    assert tasks.claim_nudges(centre.session, before, 10) == []
    assert tasks.claim_expiries(centre.session, before, 10) == []


def test_an_urgent_question_has_two_hours_and_a_day(centre: Centre, partners: list[UUID]) -> None:
    centre.question(urgency="urgent")
    [offer] = centre.offers
    assert offer.nudge_at - offer.offered_at == timedelta(hours=2)
    assert offer.answer_by - offer.offered_at == timedelta(days=1)


def test_a_question_without_hurry_has_three_days_and_five(centre: Centre, partners: list[UUID]) -> None:
    centre.question(urgency="low")
    [offer] = centre.offers
    assert offer.nudge_at - offer.offered_at == timedelta(days=3)
    assert offer.answer_by - offer.offered_at == timedelta(days=7)  # five working days


def test_a_partner_without_an_address_is_asked_nothing_and_named_to_nobody(centre: Centre) -> None:
    partner(centre.session, "huis", email=None)
    centre.question()
    assert centre.offers == []
    assert centre.waiting == [("unplaced-referral", "no-candidate")]
    assert centre.referral.explanation["namedInstead"] == []


@pytest.mark.parametrize(("language", "interpreter"), [("tr", True), ("nl", False)])
def test_where_nobody_speaks_the_language_an_interpreter_is_the_next_step(
    centre: Centre, partners: list[UUID], desk_shows: Callable[..., str], language: str, interpreter: bool
) -> None:
    centre.question(False, language=language)
    [item] = open_items(centre.session)
    shown = desk_shows("referral", str(item.id))
    assert ("een tolk" in shown) is interpreter
    assert asks_for_an_interpreter(centre.referral.explanation) is interpreter


@pytest.mark.parametrize(
    ("changes", "auto_offer", "waiting", "announced"),
    [
        ({"share": "no"}, True, [("no-contact", "consent-refused")], ["proposed"]),
        ({"share": "no", "may_contact": False}, True, [("no-contact", "consent-refused")], ["proposed"]),
        (
            {"share": "ask-first", "may_contact": False},
            True,
            [("no-contact", "consent-on-page")],
            ["proposed"],
        ),
        ({"share": "ask-first"}, True, [("consent-needed", "consent")], ["proposed"]),
        ({}, False, [("confirm-referral", "policy")], ["proposed"]),
        ({"hold": True}, True, [], []),
        ({"language": "tr"}, True, [("unplaced-referral", "no-candidate")], ["unplaced"]),
    ],
)
def test_where_a_person_must_look_first_nobody_is_asked_and_the_desk_knows_why(
    centre: Centre,
    partners: list[UUID],
    changes: dict[str, Any],
    auto_offer: bool,
    waiting: list[tuple[str, str]],
    announced: list[str],
) -> None:
    centre.question(auto_offer, **changes)
    assert centre.offers == []
    assert centre.waiting == waiting
    assert centre.announced == announced


@pytest.mark.parametrize("not_yet", [{"share": "no"}, {"share": "ask-first"}, {"hold": True}])
def test_without_the_askers_yes_or_before_safety_nobody_is_asked_whoever_presses_what(
    centre: Centre, partners: list[UUID], not_yet: dict[str, Any]
) -> None:
    centre.question(**not_yet)
    with pytest.raises(rules.NotAllowed):
        commands.choose(centre.session, centre.referral.id, partners[0], at=centre.clock.now())
    centre.session.rollback()
    assert centre.offers == []


def test_a_yes_told_to_the_desk_reaches_intake_once_and_holds_for_the_next_partner(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question(share="ask-first")
    for _ in range(2):
        commands.agree(centre.session, centre.referral.id, BY_TELEPHONE, at=centre.clock.now())
    commands.choose(centre.session, centre.referral.id, partners[0], at=centre.clock.now())
    centre.session.commit()
    assert centre.announced == ["proposed", "consented", "offered"]
    centre.decline()
    assert len(centre.offers) == 2


def test_when_the_hold_is_lifted_the_question_goes_out(centre: Centre, partners: list[UUID]) -> None:
    request = centre.question(hold=True)
    facts = request_facts(id=request)
    for _ in range(2):
        commands.reconsider(centre.session, request, facts, at=centre.clock.now(), auto_offer=True)
        centre.session.commit()
    assert len(centre.offers) == 1
    assert centre.announced == ["offered"]


def test_news_of_a_question_that_waits_for_a_person_takes_off_the_list_what_is_no_longer_so(
    centre: Centre, partners: list[UUID]
) -> None:
    request = centre.question(share="ask-first")
    assert centre.waiting == [("consent-needed", "consent")]
    agreed = request_facts(id=request, share="yes")
    commands.reconsider(centre.session, request, agreed, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()
    assert centre.waiting == []
    assert len(centre.offers) == 1


def test_a_lifted_hold_that_is_heard_of_before_the_question_itself_loses_nothing(
    centre: Centre, partners: list[UUID]
) -> None:
    facts = request_facts()
    request = facts.id
    commands.reconsider(centre.session, request, facts, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()
    commands.receive(centre.session, request, facts, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()
    assert len(centre.offers) == 1


def test_taking_a_question_back_recalls_the_offer_and_tells_the_partner_once(
    centre: Centre, partners: list[UUID]
) -> None:
    request = centre.question()
    for _ in range(2):
        commands.withdraw(centre.session, request, at=centre.clock.now())
        centre.session.commit()
    assert [one.state for one in centre.offers] == [OfferState.RECALLED]
    assert centre.referral.status is Status.WITHDRAWN
    assert centre.announced == ["offered", "recalled"]
    with pytest.raises(rules.NotOpen):
        commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())


def test_a_partner_that_said_yes_hears_that_the_question_was_taken_back(
    centre: Centre, partners: list[UUID]
) -> None:
    request = centre.question()
    commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())
    commands.withdraw(centre.session, request, at=centre.clock.now())
    centre.session.commit()
    assert centre.announced == ["offered", "accepted", "recalled"]


def test_a_withdrawal_that_is_heard_of_first_keeps_the_question_from_going_out(
    centre: Centre, partners: list[UUID]
) -> None:
    facts = request_facts()
    request = facts.id
    commands.withdraw(centre.session, request, at=centre.clock.now())
    centre.session.commit()
    commands.receive(centre.session, request, facts, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()
    assert centre.offers == []
    assert centre.announced == []


def test_a_yes_and_a_withdrawal_at_the_same_moment_end_in_one_of_two_honest_ways(
    centre: Centre, partners: list[UUID], runtime_for: Callable[[str], Runtime]
) -> None:
    request = centre.question()
    [offer] = centre.offers

    def accept() -> None:
        with runtime_for("referral").sessions() as session:
            try:
                commands.accept(session, offer.id, at=centre.clock.now())
            except rules.NotOpen:
                session.rollback()

    def withdraw() -> None:
        with runtime_for("referral").sessions() as session:
            commands.withdraw(session, request, at=centre.clock.now())
            session.commit()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(accept), pool.submit(withdraw)]:
            done.result()
    assert centre.referral.status is Status.WITHDRAWN
    assert centre.announced[-1] == "recalled"
    assert centre.announced.count("recalled") == 1


def test_the_desk_chooses_another_and_the_first_is_told(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [first] = centre.offers
    other = next(one for one in partners if one != first.service_id)
    commands.choose(centre.session, centre.referral.id, other, at=centre.clock.now())
    centre.session.commit()
    assert [one.state for one in centre.offers] == [OfferState.RECALLED, OfferState.OPEN]
    assert centre.offers[1].service_id == other
    assert centre.announced == ["offered", "recalled", "offered"]


def test_who_was_asked_and_called_off_is_not_asked_again_by_the_machine(centre: Centre) -> None:
    first, other = partner(centre.session, "een"), partner(centre.session, "twee")
    centre.question()
    [offer] = centre.offers
    commands.choose(
        centre.session,
        centre.referral.id,
        other if offer.service_id == first else first,
        at=centre.clock.now(),
    )
    centre.session.commit()
    centre.decline()
    assert [one.state for one in centre.offers] == [OfferState.RECALLED, OfferState.DECLINED]
    assert centre.referral.status is Status.UNPLACED


def test_an_offer_whose_mail_did_not_arrive_is_on_the_desks_list_until_it_is_answered(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    [offer] = centre.offers
    for _ in range(2):
        commands.offer_undeliverable(centre.session, offer.id, at=centre.clock.now())
        centre.session.commit()
    assert centre.waiting == [("offer-undeliverable", "mail-not-delivered")]
    commands.accept(centre.session, offer.id, at=centre.clock.now())
    assert centre.waiting == []
    commands.offer_undeliverable(centre.session, uuid4(), at=centre.clock.now())
    centre.session.commit()


def test_a_question_settled_by_telephone_is_closed_and_its_offer_recalled(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    commands.settle(
        centre.session, centre.referral.id, ReferralOutcome.SETTLED_BY_TELEPHONE, at=centre.clock.now()
    )
    centre.session.commit()
    assert centre.referral.status is Status.CLOSED
    assert centre.announced == ["offered", "recalled", "closed"]
    with pytest.raises(rules.NotWaiting):
        commands.choose(centre.session, centre.referral.id, partners[0], at=centre.clock.now())


def test_the_link_is_kept_as_a_hash_alone(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    [offer] = centre.offers
    token = rules.token_of(offer.id)
    assert len(token) == 43
    assert token not in str(offer)
    assert len(offer.token_hash) == 32


def test_who_looked_at_a_service_before_it_changed_keeps_nothing_old(
    session_for: Callable[[str], Session], runtime_for: Callable[[str], Runtime]
) -> None:
    service_id = partner(session_for("referral"), "een")
    sessions = runtime_for("referral").sessions
    with sessions() as desk, sessions() as importer:
        seen = services_by_id(desk, [service_id])
        importer.execute(text("UPDATE services SET active = false, waiting_days = 99"))
        importer.commit()
        services_now(desk)
        assert seen
    with sessions() as later:
        assert [(one.active, one.waiting_days) for one in services_now(later)] == [(False, 99)]
