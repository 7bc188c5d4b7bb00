"""The reminders of a visit, one row each: everything that makes one step differ from another stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from services.notify.messages.tables import Purpose
from services.notify.visits.tables import Step


@dataclass(frozen=True)
class StepRow:
    """One step before a visit. `days` and `clock` are counted on the wall at the facility.

    `rank`: of steps that are late together, the one with the lowest speaks for all. `papers`: it asks for
    identity papers, so it is for a first visit alone, and it is always told. `asks`: it wants a yes or no.
    """

    step: Step
    purpose: Purpose
    days: int
    clock: time
    rank: int
    papers: bool = False
    asks: bool = False


# In the order in which they come. The question whether they come matters most, then the papers without which
# nobody is let in.
AHEAD = (
    StepRow(Step.D28, Purpose.VISIT_28, 28, time(10), rank=2, papers=True),
    StepRow(Step.D7, Purpose.VISIT_7, 7, time(10), rank=3),
    StepRow(Step.D3, Purpose.VISIT_3, 3, time(10), rank=1, asks=True),
    StepRow(Step.D1, Purpose.VISIT_1, 1, time(18), rank=4),
)
ROWS: Mapping[Step, StepRow] = {one.step: one for one in AHEAD}
LAST = AHEAD[-1]
PAPERS = frozenset(one.step for one in AHEAD if one.papers)
ASKING = frozenset(one.step for one in AHEAD if one.asks)
# The registration's own text answers at once, so it has no time of its own.
PURPOSES: Mapping[Step, Purpose] = {
    Step.REGISTRATION: Purpose.VISIT_REGISTERED,
    **{one.step: one.purpose for one in AHEAD},
}
