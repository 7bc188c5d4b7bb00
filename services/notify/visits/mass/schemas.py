from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StrictInt

from services.notify.visits.mass import rules
from services.notify.visits.mass.queries import Progress
from services.notify.visits.mass.rules import Wanted
from services.notify.visits.mass.tables import MassChange, MassState
from services.notify.visits.tables import ChangeKind
from shared.web.fields import Day, FacilityId, Line, WallTime
from shared.web.schemas import ApiInput, ApiModel, Utc

Action = Literal["cancel", "move"]
KINDS: dict[str, ChangeKind] = {"cancel": ChangeKind.CALL_OFF, "move": ChangeKind.MOVE}


class MassChangeIn(ApiInput):
    """What to do to all visit days of a facility from one date to another, both included.

    `until` null: until further notice. Days that move all shift by as much as `newDate` lies from `from`.
    """

    facility: FacilityId
    first: Annotated[Day, Field(alias="from")]
    until: Day | None
    action: Action
    reason: Annotated[Line, Field(max_length=500)] | None = None
    new_date: Day | None = None
    new_start_time: WallTime | None = None
    new_end_time: WallTime | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            facility=self.facility,
            first=self.first,
            last=self.until,
            action=KINDS[self.action],
            reason=self.reason or None,
            new_date=self.new_date,
            new_start=self.new_start_time,
            new_end=self.new_end_time,
        )


class ConfirmationIn(ApiInput):
    """A yes to what was shown; `preview` is the number of that preview: 409 if there is a newer one."""

    preview: Annotated[StrictInt, Field(ge=1)] | None = None


class MassChangePatch(ApiInput):
    """Until when visits are off that were called off until further notice."""

    until: Day


class Standing(StrEnum):
    """Where a mass change stands. `confirmed` may be undone; `done`: everybody was reached or is listed."""

    PREVIEWED = "previewed"
    CONFIRMED = "confirmed"
    HANDING_OVER = "handing-over"
    HANDED_OVER = "handed-over"
    DONE = "done"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class DayOut(ApiModel):
    """A visit day as it was; where it moves, also when it will be."""

    id: UUID
    date: date
    start_time: str
    end_time: str
    families: int
    children: int
    new_date: Day | None = None
    new_start_time: str | None = None


class TextOut(ApiModel):
    """The words for families of one language on one channel, those of the first day as an example.

    `segments` of the longest of them; `cost` of all together, in the currency of the prices.
    """

    language: str
    channel: str
    subject: str | None
    text: str
    families: int
    segments: int | None
    cost: float


class UnreachedOut(ApiModel):
    registration_id: UUID
    visit_day_id: UUID
    reason: str


class MassChangeOut(ApiModel):
    """A mass change: what was shown of it, and how far it is.

    All of `families`, `suppressed`, `handedOver`, `reached`, `reachedBeforeDeparture` and `callList` count
    families. `unreachable` counts whom no text reaches, by why; `unreached` names the first thousand.
    `confirmableBy`: `anybody`, or `another-person` than the one who asked.
    """

    id: UUID
    state: Standing
    facility: str
    first: Annotated[date, Field(alias="from")]
    until: date | None
    action: Action
    new_date: date | None
    preview: int
    confirmable_by: Literal["anybody", "another-person"]
    children: int
    languages: dict[str, int]
    texts: list[TextOut]
    cost: float
    unreachable: dict[str, int]
    unreached: list[UnreachedOut]
    days: list[DayOut]
    lapses_at: Utc
    confirmed_at: Utc | None
    undo_until: Utc | None
    families: int
    suppressed: int
    handed_over: int
    reached: int
    reached_before_departure: int
    call_list: int

    @classmethod
    def of(
        cls, change: MassChange, progress: Progress, unreached: list[dict[str, Any]], now: datetime
    ) -> Self:
        shown = {name: value for name, value in change.preview.items() if name != "families"}
        families = progress.families if change.state is MassState.CONFIRMED else change.preview["families"]
        return cls.model_validate(
            {
                **shown,
                "id": change.id,
                "state": standing(change, progress, now),
                "facility": change.facility,
                "from": change.first_date,
                "until": change.last_date,
                "action": "move" if change.action is ChangeKind.MOVE else "cancel",
                "newDate": change.new_date,
                "preview": change.preview_number,
                "confirmableBy": "another-person" if rules.needs_a_second(families) else "anybody",
                "unreached": [UnreachedOut(**one) for one in unreached],
                "lapsesAt": change.lapses_at,
                "confirmedAt": change.confirmed_at,
                "undoUntil": change.hand_over_at if rules.may_be_undone(change, now) else None,
                "families": families,
                "suppressed": progress.suppressed,
                "handedOver": progress.handed_over,
                "reached": progress.reached,
                "reachedBeforeDeparture": progress.reached_before_departure,
                "callList": progress.call_list,
            }
        )


def standing(change: MassChange, progress: Progress, now: datetime) -> Standing:
    if change.state is not MassState.CONFIRMED:
        lapsed = rules.has_lapsed(change, now)
        return Standing.LAPSED if lapsed else Standing(change.state)
    if rules.may_be_undone(change, now):
        return Standing.CONFIRMED
    if progress.settled == progress.families:
        return Standing.DONE
    return Standing.HANDING_OVER if progress.waiting else Standing.HANDED_OVER
