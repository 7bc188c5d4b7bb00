"""Advice requests that come together: each is placed as if those before it had been offered already."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import select

from services.referral.referrals import commands
from services.referral.referrals.tables import Status
from shared.messaging.tables import outbox
from tests.referral.referrals.network import Centre, partner, question


def receive(centre: Centre, questions: Sequence[commands.NewRequest]) -> None:
    commands.receive_all(centre.session, questions, at=centre.clock.now(), auto_offer=True)
    centre.session.commit()


def test_partners_who_fit_alike_share_what_comes_together(centre: Centre) -> None:
    alike = [partner(centre.session, key) for key in ("anna", "bea", "cor")]
    receive(centre, [question() for _ in range(30)])
    asked = [offer.service_id for offer in centre.offers]
    assert [asked.count(one) for one in alike] == [10, 10, 10]


def test_who_has_no_more_room_is_not_asked_beyond_it(centre: Centre) -> None:
    partner(centre.session, "anna", capacity=2)
    receive(centre, [question() for _ in range(3)])
    assert len(centre.offers) == 2
    assert sorted(centre.announced) == ["offered", "offered", "unplaced"]


def test_what_waits_for_a_person_keeps_no_other_from_being_offered(
    centre: Centre, partners: list[UUID]
) -> None:
    receive(centre, [question(), question(share="no"), question(hold=True), question()])
    assert len(centre.offers) == 2
    assert centre.waiting == [("no-contact", "consent-refused")]


def test_the_same_question_twice_among_them_is_one_and_one_that_is_known_is_left(
    centre: Centre, partners: list[UUID]
) -> None:
    known, twice = question(), question()
    receive(centre, [known])
    receive(centre, [twice, known, twice])
    assert len(centre.offers) == 2
    assert centre.announced == ["offered", "offered"]


def test_what_is_told_of_each_belongs_to_the_news_on_which_it_was_done(
    centre: Centre, partners: list[UUID]
) -> None:
    questions = [question(), question(share="no"), question()]
    receive(centre, questions)
    rows = centre.session.execute(select(outbox)).all()  # type: ignore[call-overload]
    told_of = {UUID(row.data["requestId"]): (row.correlation_id, row.causation_id) for row in rows}
    assert told_of == {one.request_id: tuple(one.cause) for one in questions}


def test_each_can_be_answered_like_one_that_came_alone(centre: Centre, partners: list[UUID]) -> None:
    receive(centre, [question()])
    assert centre.referral.explanation["candidates"]
    centre.decline()
    assert [offer.number for offer in centre.offers] == [1, 2]
    commands.accept(centre.session, centre.offers[-1].id, at=centre.clock.now())
    assert centre.referral.status is Status.ACCEPTED
