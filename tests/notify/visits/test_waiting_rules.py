"""Whatever happens to a full day, no place is promised twice or lies idle, and nobody is passed over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.notify.visits import waiting
from services.notify.visits.tables import (
    COMING,
    FamilyChannel,
    Registration,
    RegistrationState,
    VisitDay,
    VisitKind,
    VisitState,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
FIRST = datetime(2026, 12, 9, 13, tzinfo=UTC)
MOST = 4


def a_visit(capacity: int) -> VisitDay:
    return VisitDay(
        id=UUID(int=0),
        facility="nl-pi-vught",
        country="NL",
        place="Vught",
        zone="Europe/Amsterdam",
        visit_date=FIRST.date(),
        start_time=time(14),
        end_time=time(15),
        starts_at=FIRST,
        ends_at=FIRST + timedelta(hours=1),
        capacity=capacity,
        kind=VisitKind.FAMILY_VISIT,
        created_at=NOW,
        changed_at=NOW,
    )


def a_family(number: int, visit: VisitDay, at: datetime, *, proven: bool) -> Registration:
    return Registration(
        id=UUID(int=number),
        visit_day_id=visit.id,
        name="x",
        contact_index=b"",
        channel=FamilyChannel.SMS,
        language="nl",
        adults=1,
        child_age_bands=[],
        first_visit=False,
        number_confirmed=proven,
        created_at=at,
    )


class AFullDay(RuleBasedStateMachine):
    """One day, and families that do what families and prisons do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.at, self.visit = NOW, a_visit(2)
        self.families: list[Registration] = []
        self.lowered = False

    def of(self, state: RegistrationState) -> list[Registration]:
        return [one for one in self.families if one.state is state]

    @property
    def coming(self) -> int:
        return sum(one.state in COMING for one in self.families)

    @property
    def line(self) -> list[Registration]:
        return waiting.in_turn(self.of(RegistrationState.WAITING))

    @property
    def promised(self) -> int:
        return self.coming + sum(one.offered_until is not None for one in self.families)

    def places_came_free(self) -> None:
        """What every command does that may have freed a place."""
        turns = [one for one in self.line if waiting.can_be_offered(one)]
        made = waiting.offers(self.visit, self.coming, self.line, self.at)
        assert [one.id for one, _ in made] == [one.id for one in turns[: len(made)]]
        for one, offer in made:
            waiting.open_offer(one, offer)

    @rule(proven=st.booleans())
    def joins(self, proven: bool) -> None:
        family = a_family(len(self.families), self.visit, self.at, proven=proven)
        before = self.line
        if waiting.taken(self.coming, self.line) < self.visit.capacity:
            family.state = RegistrationState.REGISTERED
        else:
            waiting.join(family, self.at)
        self.families.append(family)
        assert [one.id for one in self.line][: len(before)] == [one.id for one in before]

    @rule(pick=st.integers(0, 20))
    def proves_its_number(self, pick: int) -> None:
        unproven = [one for one in self.line if not one.number_confirmed]
        if unproven:
            unproven[pick % len(unproven)].number_confirmed = True
            self.places_came_free()

    @rule(pick=st.integers(0, 20))
    def says_yes(self, pick: int) -> None:
        if self.line:
            one = self.line[pick % len(self.line)]
            others = [other for other in self.line if other is not one]
            if waiting.taken(self.coming, others) < self.visit.capacity:
                waiting.take(one, self.at)

    @rule(pick=st.integers(0, 20))
    def leaves(self, pick: int) -> None:
        standing = [one for one in self.families if one.state in (*COMING, RegistrationState.WAITING)]
        if standing:
            waiting.leave(standing[pick % len(standing)], self.at)
            self.places_came_free()

    @rule(pick=st.integers(0, 20))
    def has_another_number(self, pick: int) -> None:
        if self.line:
            one = self.line[pick % len(self.line)]
            turn = one.waiting_since
            waiting.withdraw(one)
            one.number_confirmed = False
            assert one.waiting_since == turn
            self.places_came_free()

    @rule(minutes=st.integers(1, 60 * 30))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        for one in self.line:
            if waiting.has_lapsed(one, self.at):
                waiting.lapse(one, self.at)
                self.places_came_free()

    @rule(capacity=st.integers(1, MOST))
    def is_resized(self, capacity: int) -> None:
        if capacity >= self.coming:
            self.lowered = capacity < self.promised
            self.visit.capacity = capacity
            self.places_came_free()

    @rule(days=st.integers(0, 20))
    def is_moved(self, days: int) -> None:
        turns = [one.id for one in self.line]
        self.visit.starts_at = max(FIRST, self.at) + timedelta(days=days)
        for one in self.line:
            waiting.withdraw(one)
        self.places_came_free()
        assert [one.id for one in self.line] == turns

    @rule()
    def is_called_off(self) -> None:
        if self.at > NOW + timedelta(days=7):
            self.visit.state = VisitState.CANCELLED
            for one in self.line:
                waiting.withdraw(one)
            self.places_came_free()

    @invariant()
    def no_place_is_promised_twice(self) -> None:
        if self.promised <= self.visit.capacity:
            self.lowered = False
        assert self.lowered or self.promised <= self.visit.capacity

    @invariant()
    def an_offer_is_open_for_those_who_wait_alone_and_ends_before_the_visit(self) -> None:
        for one in self.families:
            if one.offered_until is not None:
                assert one.state is RegistrationState.WAITING
                assert one.number_confirmed
                assert self.visit.state is VisitState.OPEN
                assert one.offered_at is not None
                assert one.offered_at < one.offered_until < self.visit.starts_at

    @invariant()
    def no_place_lies_idle_while_somebody_waits_who_can_be_told(self) -> None:
        assert waiting.offers(self.visit, self.coming, self.line, self.at) == []

    @invariant()
    def nobody_waits_after_two_silences(self) -> None:
        assert all(one.silences < waiting.SILENCES for one in self.line)


TestAFullDay = AFullDay.TestCase
TestAFullDay.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
