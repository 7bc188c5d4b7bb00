"""Requests, and news of them, that come in opposite orders at the same moment: none waits for another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from services.intake.requests import commands, rules
from services.intake.requests.commands import Arrival, News, Submission
from services.intake.requests.schemas import AdviceRequestIn
from services.intake.requests.subscribers import on_consent
from services.intake.requests.tables import AdviceRequest, State
from shared.clock import FixedClock
from shared.events.envelope import Envelope
from shared.events.referral import ReferralConsented
from shared.runtime import Runtime
from shared.security.idempotency import sealed
from shared.vocabulary import Share
from tests.intake.requests.questions import question
from tests.kit.crossing import Work, by_index, by_table, crosswise, upside_down


@pytest.fixture
def intake(runtime_for: Callable[[str], Runtime]) -> Runtime:
    return runtime_for("intake")


def consent(request_id: UUID, clock: FixedClock) -> Envelope[ReferralConsented]:
    said = ReferralConsented(referral_id=uuid4(), request_id=request_id)
    return Envelope[ReferralConsented](
        id=uuid4(),
        source="urn:nld:kvknr:12345678:weerzien",
        type=said.event_type(),
        subject=str(said.subject),
        time=clock.now(),
        sequence="0000000001",
        data=said,
    )


class StillWriting(Exception):
    """Whoever sent this has not committed yet."""


def sends(clock: FixedClock, *keys: str) -> Work:
    """A partner's form sends a request under each of these keys of its own."""
    body = question(consent={"share": "ask-first", "store": True})
    examined = rules.examine(AdviceRequestIn.model_validate(body))
    arrivals = [Arrival(examined, Submission("form of a partner", key), clock.now()) for key in keys]
    return lambda session: commands.submit_all(session, arrivals)


def without_committing(work: Work) -> Work:
    def commits(session: Session) -> None:
        raise StillWriting

    def do(session: Session) -> None:
        event.listen(session, "before_commit", commits)
        with pytest.raises(StillWriting):
            work(session)
        event.remove(session, "before_commit", commits)

    return do


def test_a_form_that_sends_the_same_requests_twice_at_once_is_not_kept_waiting(
    intake: Runtime, clock: FixedClock
) -> None:
    refused = crosswise(
        intake,
        without_committing(sends(clock, "b")),
        sends(clock, "a", "b", "c"),
        sends(clock, "c", "b", "a"),
    )
    assert refused == ["UniqueViolation"]
    with intake.sessions() as session:
        kept = session.exec(select(AdviceRequest.idempotency_key)).all()
    assert {*kept} == {sealed("form of a partner", key) for key in "abc"}


def test_news_of_the_same_requests_does_not_wait_however_their_rows_are_found(
    intake: Runtime, clock: FixedClock
) -> None:
    with intake.sessions() as session:
        sends(clock, "a", "b", "c")(session)
        ids = sorted(session.exec(select(AdviceRequest.id)))
    upside_down(intake, "advice_requests")

    def hears(ids: Sequence[UUID]) -> Work:
        news = [News(one, State.OFFERED, uuid4(), clock.now()) for one in ids]
        return lambda session: commands.hear_all(session, news)

    assert crosswise(intake, hears(ids[1:2]), by_index(hears(ids)), by_table(hears(ids))) == []
    with intake.sessions() as session:
        assert set(session.exec(select(AdviceRequest.state))) == {State.OFFERED}


def test_yes_to_the_same_requests_in_opposite_orders_is_heard_of_each(
    intake: Runtime, clock: FixedClock
) -> None:
    with intake.sessions() as session:
        sends(clock, "a", "b", "c")(session)
        ids = sorted(session.exec(select(AdviceRequest.id)))

    def hears(ids: Sequence[UUID]) -> Work:
        news = [consent(one, clock) for one in ids]
        return lambda session: on_consent(session, news, {}, at=clock.now())

    assert crosswise(intake, hears(ids[1:2]), hears(ids), hears(ids[::-1])) == []
    with intake.sessions() as session:
        assert set(session.exec(select(AdviceRequest.share))) == {Share.YES}
