"""The record of a partner: how much it has in hand, and whether it answers in time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.referral.matching.profiles import Record
from services.referral.referrals import commands, queries
from services.referral.referrals.queries import RESPONSE_WINDOW
from services.referral.referrals.tables import Offer, OfferState
from tests.referral.referrals.network import Centre, partner


@pytest.fixture
def only(centre: Centre) -> UUID:
    return partner(centre.session, "een")


def record(centre: Centre, service: UUID, later: timedelta = timedelta()) -> Record:
    referral = centre.offers[0].referral_id
    return queries.history(centre.session, referral, centre.clock.now() + later).of(service)


def answers(centre: Centre, offer: Offer) -> tuple[int, int]:
    """Return how often the partner of this offer could answer, and how often it did in time."""
    found = record(centre, offer.service_id)
    return found.offers, found.answered_in_time


def test_what_stands_or_was_taken_back_before_an_answer_counts_neither_for_nor_against(
    centre: Centre, only: UUID
) -> None:
    request = centre.question()
    assert (record(centre, only).offers, record(centre, only).open_load) == (0, 1)
    commands.withdraw(centre.session, request, at=centre.clock.now())
    centre.session.commit()
    assert record(centre, only) == Record(last_offered_at=centre.clock.now())


def test_a_yes_and_a_no_count_as_answers_and_silence_as_none(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    centre.decline()
    first, second = centre.offers
    assert (record(centre, first.service_id).offers, record(centre, first.service_id).answered_in_time) == (
        1,
        1,
    )
    centre.at(second.answer_by)
    commands.expire(centre.session, second.id, at=centre.clock.now(), auto_offer=True)
    assert (record(centre, second.service_id).offers, record(centre, second.service_id).answered_in_time) == (
        1,
        0,
    )
    third = centre.offers[-1]
    commands.accept(centre.session, third.id, at=centre.clock.now())
    assert (record(centre, third.service_id).offers, record(centre, third.service_id).answered_in_time) == (
        1,
        1,
    )


def test_a_yes_still_counts_where_the_asker_took_the_question_back_afterwards(
    centre: Centre, only: UUID
) -> None:
    request = centre.question()
    commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())
    commands.withdraw(centre.session, request, at=centre.clock.now())
    centre.session.commit()
    assert centre.offers[0].state is OfferState.RECALLED
    found = record(centre, only)
    assert (found.offers, found.answered_in_time, found.open_load) == (1, 1, 0)


def test_after_ninety_days_a_yes_is_no_load_any_more_and_an_answer_is_forgotten(
    centre: Centre, only: UUID
) -> None:
    centre.question()
    commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())
    within, after = (
        record(centre, only, RESPONSE_WINDOW),
        record(centre, only, RESPONSE_WINDOW + timedelta(seconds=1)),
    )
    assert timedelta(days=90) == RESPONSE_WINDOW
    assert (within.open_load, within.offers, within.answered_in_time) == (1, 1, 1)
    assert (after.open_load, after.offers, after.answered_in_time) == (0, 0, 0)
    assert after.last_offered_at == within.last_offered_at


def test_an_offer_that_stands_is_load_however_old_it_is(centre: Centre, only: UUID) -> None:
    centre.question()
    assert record(centre, only, RESPONSE_WINDOW * 2).open_load == 1
