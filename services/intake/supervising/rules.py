"""What became of those who tried to reach the centre, in counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.intake.calls.tables import CallState, Ended, NoTalk

TALKED = frozenset({CallState.ANSWERED, CallState.FINALISED})
REACHED_LATER = frozenset({Ended.REACHED, Ended.NOT_NEEDED})


@dataclass(frozen=True)
class Try:
    """One call of somebody: who it was by a key that leads to nobody, and what became of it.

    `back_open`: they are still to be called back; `back_ended`: how that ended, if it did.
    """

    caller: str
    state: CallState
    no_talk: NoTalk | None = None
    back_open: bool = False
    back_ended: Ended | None = None


@dataclass(frozen=True)
class Reached:
    """How many people tried, and of those how many spoke to somebody at once, later, not yet, or never.

    People, not calls: whoever tries five times and is answered once was reached. Whoever only ever called
    without a conversation (silence, a wrong number, a joke) is in `no_talk`, by call, and not among those who
    tried.
    """

    answered: int = 0
    called_back: int = 0
    still_to_call: int = 0
    not_reached: int = 0
    no_talk: int = 0

    @property
    def tried(self) -> int:
        return self.answered + self.called_back + self.still_to_call + self.not_reached

    @property
    def at_last(self) -> int:
        """How many spoke to somebody in the end: the first figure of all."""
        return self.answered + self.called_back


def reached(tries: Iterable[Try]) -> Reached:
    by_caller: dict[str, list[Try]] = {}
    for one in tries:
        by_caller.setdefault(one.caller, []).append(one)
    endings = [_ending(calls) for calls in by_caller.values()]
    return Reached(
        endings.count("answered"),
        endings.count("called-back"),
        endings.count("still-to-call"),
        endings.count("not-reached"),
        sum(_is_no_talk(one) for calls in by_caller.values() for one in calls),
    )


def _ending(calls: list[Try]) -> str:
    talks = [one for one in calls if not _is_no_talk(one)]
    if not talks:
        return "no-talk"
    if any(one.state in TALKED for one in talks):
        return "answered"
    if any(one.back_ended in REACHED_LATER for one in talks):
        return "called-back"
    waits = any(one.back_open or one.state is CallState.RINGING for one in talks)
    return "still-to-call" if waits else "not-reached"


def _is_no_talk(one: Try) -> bool:
    return one.no_talk is not None
