"""The reminders of a visit, one row each: everything in which one step differs from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from services.notify.messages.tables import Purpose
from services.notify.visits.tables import Step


@dataclass(frozen=True)
class StepRow:
    """One step, `days` before a visit at the time `clock`, both local at the facility.

    `rank`: when several steps are late, the one with the lowest rank carries the others. `papers`: it asks
    for identity papers, so it is for first visits only and never dropped. `asks`: it asks for JA or NEE.
    """

    step: Step
    purpose: Purpose
    days: int
    clock: time
    rank: int
    papers: bool = False
    asks: bool = False


# In the order in which they come. Hearing whether the family comes matters most, then the papers: without
# them the family is not let in.
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
# The registration's own text goes at once, so it has no row above.
PURPOSES: Mapping[Step, Purpose] = {
    Step.REGISTRATION: Purpose.VISIT_REGISTERED,
    **{one.step: one.purpose for one in AHEAD},
}
