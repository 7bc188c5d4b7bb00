"""What may happen to an offer in each of its states, and until which second. No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.referral.referrals import rules
from services.referral.referrals.rules import Consent, Next
from services.referral.referrals.tables import (
    ConsentBy,
    ConsentHow,
    DeclineReason,
    Offer,
    OfferState,
    Referral,
    Status,
)
from shared.events.referral import UnplacedReason
from shared.vocabulary import Share
from tests.kit.details import request_facts
from tests.referral.referrals.network import BY_TELEPHONE

ON_THE_PAGE = Consent(ConsentBy.ASKER, ConsentHow.ON_STATUS_PAGE, BY_TELEPHONE.on, noted_by="weerzien")

OFFERED = datetime(2026, 12, 1, 9, tzinfo=UTC)
NUDGE_AT, ANSWER_BY = OFFERED + timedelta(days=1), OFFERED + timedelta(days=3)
SECOND = timedelta(seconds=1)
OVER = [state for state in OfferState if state is not OfferState.OPEN]


def offer(state: OfferState = OfferState.OPEN, nudged_at: datetime | None = None) -> Offer:
    return Offer(
        referral_id=uuid4(),
        service_id=uuid4(),
        number=1,
        state=state,
        token_hash=b"",
        offered_at=OFFERED,
        nudge_at=NUDGE_AT,
        nudged_at=nudged_at,
        answer_by=ANSWER_BY,
    )


def referral(share: Share = Share.YES, hold: bool = False) -> Referral:
    facts = request_facts(share=share, hold=hold)
    return Referral(
        request_id=facts.id,
        country="NL",
        profile=facts.to_keep(),
        explanation={},
        ruleset="1",
        reason="policy",
        created_at=OFFERED,
        updated_at=OFFERED,
    )


def test_a_yes_counts_up_to_the_second_at_which_time_is_over() -> None:
    asked, one = referral(), offer()
    rules.accept(asked, one, at=ANSWER_BY)
    assert (one.state, one.answered_at) == (OfferState.ACCEPTED, ANSWER_BY)
    assert (asked.status, asked.updated_at) == (Status.ACCEPTED, ANSWER_BY)
    assert (asked.accepted_service_id, asked.accepted_at) == (one.service_id, ANSWER_BY)
    with pytest.raises(rules.OfferExpired):
        rules.accept(referral(), offer(), at=ANSWER_BY + SECOND)


def test_a_no_counts_up_to_the_second_at_which_time_is_over() -> None:
    one = offer()
    rules.decline(one, DeclineReason.FULL, at=ANSWER_BY)
    assert (one.state, one.answered_at, one.decline_reason) == (
        OfferState.DECLINED,
        ANSWER_BY,
        DeclineReason.FULL,
    )
    with pytest.raises(rules.OfferExpired):
        rules.decline(offer(), DeclineReason.FULL, at=ANSWER_BY + SECOND)


@pytest.mark.parametrize("state", OVER)
def test_an_offer_that_is_over_is_answered_nudged_and_expired_no_more(state: OfferState) -> None:
    one = offer(state)
    with pytest.raises(rules.NotOpen):
        rules.accept(referral(), one, at=OFFERED)
    with pytest.raises(rules.NotOpen):
        rules.decline(one, DeclineReason.FULL, at=OFFERED)
    assert rules.nudge(one, at=NUDGE_AT) is False
    assert rules.expire(one, at=ANSWER_BY) is False
    assert (one.state, one.nudged_at) == (state, None)


@pytest.mark.parametrize(
    ("at", "due"),
    [(NUDGE_AT - SECOND, False), (NUDGE_AT, True), (ANSWER_BY - SECOND, True), (ANSWER_BY, False)],
)
def test_a_partner_is_nudged_once_and_while_it_can_still_answer(at: datetime, due: bool) -> None:
    one = offer()
    assert rules.nudge(one, at=at) is due
    assert one.nudged_at == (at if due else None)
    assert rules.nudge(offer(nudged_at=NUDGE_AT), at=at) is False


@pytest.mark.parametrize(("at", "over"), [(ANSWER_BY - SECOND, False), (ANSWER_BY, True)])
def test_an_offer_expires_when_its_time_is_over_and_not_before(at: datetime, over: bool) -> None:
    one = offer()
    assert rules.expire(one, at=at) is over
    assert one.state is (OfferState.EXPIRED if over else OfferState.OPEN)


@pytest.mark.parametrize("state", OfferState)
def test_only_an_offer_that_a_partner_still_counts_on_is_recalled(state: OfferState) -> None:
    one, stands = offer(state), state in (OfferState.OPEN, OfferState.ACCEPTED)
    assert rules.recall(one) is stands
    assert one.state is (OfferState.RECALLED if stands else state)


def test_two_refusals_call_a_senior_and_three_or_more_the_desk() -> None:
    assert [rules.after_refusals(number) for number in range(1, 5)] == [
        Next.ASK_NEXT,
        Next.ASK_NEXT_AND_SENIOR,
        Next.DESK_TELEPHONES,
        Next.DESK_TELEPHONES,
    ]


def test_a_new_offer_forgets_who_said_yes_before_and_why_a_person_was_waited_for() -> None:
    asked = referral()
    asked.accepted_service_id, asked.accepted_at = uuid4(), OFFERED
    made = rules.make_offer(asked, uuid4(), "NL", offer_id=uuid4(), number=2, at=ANSWER_BY)
    assert (made.state, made.number, made.offered_at) == (OfferState.OPEN, 2, ANSWER_BY)
    assert made.offered_at < made.nudge_at < made.answer_by
    assert (asked.status, asked.reason, asked.updated_at) == (Status.OFFERED, None, ANSWER_BY)
    kept = asked.model_dump()
    assert (kept["accepted_service_id"], kept["accepted_at"]) == (None, None)


@pytest.mark.parametrize(
    ("share", "said"),
    [(Share.NO, ON_THE_PAGE), (Share.ASK_FIRST, BY_TELEPHONE), (Share.ASK_FIRST, ON_THE_PAGE)],
)
def test_without_a_yes_of_the_asker_no_partner_may_be_told_and_a_yes_is_new_once(
    share: Share, said: Consent
) -> None:
    asked = referral(share)
    with pytest.raises(rules.NotAllowed):
        rules.check_that_a_partner_may_be_told(asked)
    assert rules.agree(asked, said) is True
    assert rules.agree(asked, said) is False
    rules.check_that_a_partner_may_be_told(asked)


def test_a_yes_does_not_lift_a_hold() -> None:
    with pytest.raises(rules.NotAllowed):
        rules.check_that_a_partner_may_be_told(referral(hold=True))


def test_a_service_that_cannot_be_chosen_says_why() -> None:
    refusal = rules.NotChoosable("no-email")
    assert (refusal.code, str(refusal)) == ("no-email", "no-email")


def test_a_referral_says_how_it_stands_why_and_since_when() -> None:
    asked, stands = referral(), []
    rules.wait_for_person(asked, "consent", at=OFFERED)
    stands.append((asked.status, asked.reason, asked.updated_at))
    rules.give_up(asked, UnplacedReason.NO_CANDIDATE, at=NUDGE_AT)
    stands.append((asked.status, asked.reason, asked.updated_at))
    rules.close(asked, "by-telephone", at=ANSWER_BY)
    stands.append((asked.status, asked.reason, asked.updated_at))
    rules.withdraw(asked, at=ANSWER_BY + SECOND)
    stands.append((asked.status, asked.reason, asked.updated_at))
    assert stands == [
        (Status.PROPOSED, "consent", OFFERED),
        (Status.UNPLACED, "no-candidate", NUDGE_AT),
        (Status.CLOSED, "by-telephone", ANSWER_BY),
        (Status.WITHDRAWN, None, ANSWER_BY + SECOND),
    ]
