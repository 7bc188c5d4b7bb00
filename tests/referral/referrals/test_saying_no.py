"""A partner's no counts while its offer stands, and at no other time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.referral.referrals import commands, rules
from services.referral.referrals.tables import OfferState, Status
from tests.referral.referrals.network import Centre


def test_who_said_yes_cannot_say_no_after_it(centre: Centre, partners: list[UUID]) -> None:
    centre.question()
    commands.accept(centre.session, centre.offers[0].id, at=centre.clock.now())
    with pytest.raises(rules.NotOpen):
        centre.decline()
    centre.session.rollback()
    assert [one.state for one in centre.offers] == [OfferState.ACCEPTED]
    assert centre.referral.status is Status.ACCEPTED
    assert centre.announced == ["offered", "accepted"]


def test_a_no_that_comes_after_the_time_to_answer_asks_nobody_a_second_time(
    centre: Centre, partners: list[UUID]
) -> None:
    centre.question()
    centre.clock.set(centre.offers[0].answer_by + timedelta(seconds=1))
    with pytest.raises(rules.OfferExpired):
        centre.decline()
    centre.session.rollback()
    assert [one.state for one in centre.offers] == [OfferState.OPEN]
    assert centre.announced == ["offered"]
