"""What became of those who tried to reach the centre, in counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.calls.tables import CallState, Ended, NoTalk
from services.intake.desk.rules import LOUD
from services.intake.desk.sights import OPENED, REASON, Sight, time_of
from shared.events.desk import Bundle

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


@dataclass(frozen=True)
class Waiting:
    """How much of something is to be done, and since when the oldest of it waits."""

    number: int = 0
    oldest: datetime | None = None


def waiting(found: Iterable[Sight], bundles: Iterable[Bundle], beyond: int = 0) -> dict[str, Waiting]:
    """Return what is to be done, and what of that is about somebody's safety; those in groups count each.

    `beyond`: how many there are besides, which are calm and newer than those that were found.
    """
    each = [(time_of(one.cells[OPENED]), one.cells[REASON], 1) for one in found]
    each += [(one.oldest, one.reason, one.number) for one in bundles]
    everything = _counted(each)
    return {
        "all": Waiting(everything.number + beyond, everything.oldest),
        "safeguarding": _counted([one for one in each if one[1] in LOUD]),
    }


def _counted(those: Sequence[tuple[datetime, str, int]]) -> Waiting:
    return Waiting(sum(number for *_, number in those), min((since for since, *_ in those), default=None))
