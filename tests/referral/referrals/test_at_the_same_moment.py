"""Requests, and partners who leave, in opposite orders at the same moment: none waits for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from services.referral.referrals import commands
from services.referral.referrals.commands import NewRequest
from shared.runtime import Runtime
from tests.kit.crossing import Work, by_index, by_table, crosswise, upside_down
from tests.referral.referrals.network import Centre, partner, question


def test_the_same_requests_in_opposite_orders_are_each_offered_once(
    centre: Centre, partners: list[UUID], runtime_for: Callable[[str], Runtime]
) -> None:
    questions = sorted((question() for _ in range(3)), key=lambda one: str(one.request_id))

    def receives(questions: Sequence[NewRequest]) -> Work:
        return lambda session: commands.receive_all(
            session, questions, at=centre.clock.now(), auto_offer=True
        )

    def takes_back(question: NewRequest) -> Work:
        return lambda session: commands.withdraw(session, question.request_id, at=centre.clock.now())

    refused = crosswise(
        runtime_for("referral"), takes_back(questions[1]), receives(questions), receives(questions[::-1])
    )
    assert refused == []
    assert len(centre.offers) == 3


def test_a_partner_who_leaves_twice_at_once_makes_one_item_of_each_offer(
    centre: Centre, runtime_for: Callable[[str], Runtime]
) -> None:
    left, referral = partner(centre.session, "anna"), runtime_for("referral")
    for _ in range(3):
        centre.question()
    offers = sorted(centre.offers, key=lambda offer: offer.referral_id)
    for minutes, offer in enumerate(offers):
        offer.offered_at += timedelta(minutes=minutes)
    middle = offers[1].id
    centre.session.commit()
    upside_down(referral, "offers", by="referral_id")

    def leaves() -> Work:
        return lambda session: commands.partners_left(session, [left, uuid4()], at=centre.clock.now())

    def mail_does_not_arrive(offer_id: UUID) -> Work:
        return lambda session: commands.offer_undeliverable(session, offer_id, at=centre.clock.now())

    assert crosswise(referral, mail_does_not_arrive(middle), by_index(leaves()), by_table(leaves())) == []
    assert [reason for _, reason in centre.waiting] == ["partner-left"] * 3
