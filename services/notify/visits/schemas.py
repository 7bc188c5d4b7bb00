from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, ValidationInfo, field_validator

from services.notify.visits.commands import Amendment, Change, Family, Opening
from services.notify.visits.commands.reaching import NEEDED
from services.notify.visits.queued import Counts
from services.notify.visits.rules import Reach
from services.notify.visits.tables import (
    ChangeKind,
    FamilyChannel,
    Registration,
    RegistrationState,
    Step,
    StepState,
    VisitDay,
    VisitKind,
    VisitState,
    WaitingChange,
)
from shared.crypto import Unreadable
from shared.geography import facility
from shared.vocabulary import AgeBand
from shared.web.fields import Day, EmailText, FacilityId, LanguageCode, PersonName, Phone, WallTime, wrong
from shared.web.schemas import ApiInput, ApiModel, Utc

MOST_FAMILIES, MOST_PEOPLE = 1000, 20


Capacity = Annotated[StrictInt, Field(ge=1, le=MOST_FAMILIES)]


class VisitDayIn(ApiInput):
    """A visit day to publish. Times are local at the facility; `capacity` counts registrations."""

    facility: FacilityId
    date: Day
    start_time: WallTime
    end_time: WallTime
    capacity: Capacity
    kind: VisitKind

    @field_validator("end_time")
    @classmethod
    def _later(cls, value: time, info: ValidationInfo) -> time:
        start = info.data.get("start_time")
        if start is not None and value <= start:
            raise wrong("end-before-start")
        return value

    def opening(self) -> Opening:
        place = facility(self.facility)
        assert place is not None
        return Opening(
            facility=place.id,
            country=place.country,
            place=place.city,
            zone=place.zone,
            visit_date=self.date,
            start_time=self.start_time,
            end_time=self.end_time,
            capacity=self.capacity,
            kind=self.kind,
        )


class VisitDayPatch(ApiInput):
    """Changes to a visit day. A member that is left out stays as it is."""

    date: Day | None = None
    start_time: WallTime | None = None
    end_time: WallTime | None = None
    capacity: Capacity | None = None
    kind: VisitKind | None = None

    def change(self) -> Change:
        return Change(self.date, self.start_time, self.end_time, self.capacity, self.kind)


class VisitDayOut(ApiModel):
    """A visit day. `registered` counts the families that have a place; `startsAt` and `endsAt` in UTC.

    `waiting` counts those in the queue. `placesLeft` are free and kept for nobody.
    """

    id: UUID
    facility: str
    date: date
    start_time: str
    end_time: str
    zone: str
    starts_at: Utc
    ends_at: Utc
    capacity: int
    registered: int
    waiting: int
    places_left: int
    kind: VisitKind
    state: VisitState
    version: int

    @classmethod
    def of(cls, visit: VisitDay, counts: Counts) -> Self:
        return cls(
            id=visit.id,
            facility=visit.facility,
            date=visit.visit_date,
            start_time=f"{visit.start_time:%H:%M}",
            end_time=f"{visit.end_time:%H:%M}",
            zone=visit.zone,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            capacity=visit.capacity,
            registered=counts.coming,
            waiting=counts.waiting,
            places_left=max(visit.capacity - counts.coming - counts.offered, 0),
            kind=visit.kind,
            state=visit.state,
            version=visit.version,
        )


class ChangeWaiting(ApiModel):
    """A change of a visit day with many families, which the same call with another key carries out.

    `families` is how many it reaches: by `texts`, by `mails`, and by `calls` of the desk.
    """

    id: UUID
    state: Literal["waiting-for-second-person"] = "waiting-for-second-person"
    action: ChangeKind
    families: int
    texts: int
    mails: int
    calls: int
    lapses_at: Utc

    @classmethod
    def of(cls, waiting: WaitingChange, reached: Reach) -> Self:
        return cls(id=waiting.visit_day_id, action=waiting.kind, lapses_at=waiting.lapses_at, **vars(reached))


class RegistrationIn(ApiInput):
    """A family that registers. `numberConfirmed`: the desk has spoken to the owner; only its key may say so.

    A family by `landline`, `phone` or `none` is told by a person, who telephones it where there is a number.
    `minorsOwnPhone`: the telephone is that of someone under 18, who is written to between 15:30 and 20:00.
    `waitlist`: on a full day the family waits for a place, and is offered one in its turn.
    """

    name: PersonName
    # Before `phone` and `email`: fields are validated in this order, and theirs needs the channel.
    channel: FamilyChannel
    phone: Phone | None = Field(None, validate_default=True)
    email: EmailText | None = Field(None, validate_default=True)
    language: LanguageCode
    adults: Annotated[StrictInt, Field(ge=0, le=MOST_PEOPLE)] = 1
    child_age_bands: Annotated[list[AgeBand], Field(max_length=MOST_PEOPLE)] = []
    first_visit: StrictBool = False
    minors_own_phone: StrictBool = False
    number_confirmed: StrictBool = False
    waitlist: StrictBool = False

    @field_validator("phone", "email")
    @classmethod
    def _needed(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and NEEDED.get(info.data.get("channel", "")) == info.field_name:
            raise wrong("missing")
        return value

    def family(self) -> Family:
        return Family(
            name=self.name,
            channel=self.channel,
            language=self.language,
            phone=self.phone,
            email=self.email,
            adults=self.adults,
            child_age_bands=[str(band) for band in self.child_age_bands],
            first_visit=self.first_visit,
            minors_own_phone=self.minors_own_phone,
            vouched=self.number_confirmed,
            waitlist=self.waitlist,
        )


class RegistrationPatch(ApiInput):
    """What a family told a person: whether it comes, who comes, how to reach it. What is left out stays.

    Another number is asked first, by one text, and another address by a link in one mail, before anything
    else goes there.
    """

    state: Literal[RegistrationState.CONFIRMED, RegistrationState.CANCELLED] | None = None
    name: PersonName | None = None
    channel: FamilyChannel | None = None
    phone: Phone | None = None
    email: EmailText | None = None
    language: LanguageCode | None = None
    adults: Annotated[StrictInt, Field(ge=0, le=MOST_PEOPLE)] | None = None
    child_age_bands: Annotated[list[AgeBand], Field(max_length=MOST_PEOPLE)] | None = None

    def amendment(self) -> Amendment:
        said = dict(self)
        if self.child_age_bands is not None:
            said["child_age_bands"] = [str(band) for band in self.child_age_bands]
        return Amendment(**said)


class RegistrationOut(ApiModel):
    """A registration, without the name, number and address, which the caller knows already.

    `numberConfirmed`: the owner of the number, or of a changed address, said yes; or the desk says so.
    `suppressed`: the number or address wants no messages, so the family hears nothing of its visit from us.
    `offeredUntil`: a place is kept until then for a family that waits.
    """

    id: UUID
    visit_day_id: UUID
    state: RegistrationState
    channel: FamilyChannel
    language: str
    adults: int
    child_age_bands: list[str]
    first_visit: bool
    minors_own_phone: bool
    number_confirmed: bool
    suppressed: bool = False
    offered_until: Utc | None = None


class WhoComesOut(ApiModel):
    """A family that comes, as the gate needs to know it: no number, no address.

    `name` is null where it cannot be read any more.
    """

    id: UUID
    name: str | None
    state: RegistrationState
    adults: int
    child_age_bands: list[str]
    first_visit: bool

    @classmethod
    def of(cls, registration: Registration) -> Self:
        try:
            name = registration.name
        except Unreadable:
            name = None
        return cls(
            id=registration.id,
            name=name,
            state=registration.state,
            adults=registration.adults,
            child_age_bands=registration.child_age_bands,
            first_visit=registration.first_visit,
        )


class ReminderOut(ApiModel):
    """A planned step. `visitVersion` is the version of the visit it was planned for."""

    registration_id: UUID
    step: Step
    due_at: Utc
    channel: FamilyChannel
    state: StepState
    visit_version: int
