"""Promise 4 as a property: whatever a provider answers and reports, in any order, no text is sent twice."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.port import (
    Accepted,
    Fault,
    NotSent,
    Outcome,
    Perhaps,
    ProviderStatus,
    Rejected,
)
from services.notify.messages import rules
from services.notify.messages.tables import MessageState

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
# The outcomes of a call, each with whether the text went out all the same.
CALLS: list[tuple[Outcome, bool]] = [
    (Accepted("SM"), True),
    (Perhaps("timeout"), True),
    (Perhaps("timeout"), False),
    (NotSent("busy"), False),
    (Rejected("21211", Fault.ADDRESS), False),
]


Call = tuple[tuple[Outcome, bool], ProviderStatus | None]
Happening = Call | ProviderStatus


@dataclass
class World:
    """A message and its provider; `went` counts the texts that the family got."""

    state: MessageState = MessageState.PLANNED
    known: ProviderStatus | None = None
    went: int = 0
    tries: int = 0
    seen: list[MessageState] = field(default_factory=list)

    def call(self, outcome: Outcome, went: bool, early: ProviderStatus | None) -> None:
        self.tries += 1
        self.known, self.state = None, MessageState.IN_FLIGHT
        self.went += went
        if went and early:
            self.report(early)
        self.state = rules.after_outcome(
            outcome,
            state=self.state,
            known=self.known,
            tries=self.tries,
            not_after=None,
            spread=0,
            at=NOON,
        ).state
        self.seen.append(self.state)

    def report(self, status: ProviderStatus) -> None:
        moved = rules.after_report(self.state, self.known, status)
        if rules.further(self.known, status):
            self.known = status
        self.state = moved or self.state
        self.seen.append(self.state)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(CALLS), st.none() | st.sampled_from(ProviderStatus)),
            st.sampled_from(ProviderStatus),
        ),
        max_size=30,
    )
)
def test_nobody_gets_the_same_text_twice(happenings: list[Happening]) -> None:
    world = World()
    for happening in happenings:
        if isinstance(happening, ProviderStatus):
            if world.went:
                world.report(happening)
        elif world.state is MessageState.PLANNED:
            (outcome, went), early = happening
            world.call(outcome, went, early)
    assert world.went <= 1


@given(st.lists(st.sampled_from(ProviderStatus), min_size=1, max_size=12))
def test_what_has_arrived_or_failed_never_changes_again(reports: list[ProviderStatus]) -> None:
    world = World()
    world.call(Accepted("SM"), True, None)
    for status in reports:
        world.report(status)
    ends = [state for state in world.seen if state in rules.SETTLED]
    assert len(set(ends)) <= 1


@given(st.integers(1, len(rules.BACKOFF)), st.integers(0, 10**7), st.floats(0, 0.999))
def test_a_wait_is_never_shorter_than_asked_up_to_a_day(tries: int, asked: int, spread: float) -> None:
    wait = rules.backoff(tries, asked, spread)
    assert min(timedelta(seconds=asked), timedelta(days=1)) <= wait <= timedelta(hours=24, minutes=12)
