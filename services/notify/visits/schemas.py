from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from services.notify.channels.port import ChannelName
from services.notify.visits.commands import Change, Family, Opening
from services.notify.visits.queries import Reminder
from services.notify.visits.tables import (
    Registration,
    RegistrationState,
    Step,
    StepState,
    VisitDay,
    VisitKind,
    VisitState,
)
from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.phones import normalise_phone
from shared.contact.problems import ContactProblem, PhoneProblem, sentence
from shared.countries import COUNTRIES
from shared.geography import facility
from shared.languages import is_language
from shared.vocabulary import AgeBand
from shared.web.schemas import ApiInput, ApiModel, Utc

MOST_FAMILIES, MOST_PEOPLE = 1000, 20


def _known_facility(value: str) -> str:
    if facility(value) is None:
        raise PydanticCustomError("unknown-facility", "there is no facility with this id; check its spelling")
    return value


def _known_language(value: str) -> str:
    if not is_language(value):
        raise PydanticCustomError(
            "unknown-language", "must be the code of a language that is known here, such as nl"
        )
    return value


def _written_as(pattern: str, code: str, example: str) -> Callable[[Any], Any]:
    # Pydantic would take numbers for moments; here a date is written as one.
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise PydanticCustomError(code, f"must be written as {example}")
        return value

    return check


def _in_words(check: Callable[[str], object]) -> Callable[[str], str]:
    def validate(value: str) -> str:
        try:
            return str(check(value))
        except ContactProblem as problem:
            raise PydanticCustomError(problem.code, sentence(problem.code)) from None

    return validate


def _some_number(raw: str) -> str:
    """As it was written, where it is a number in one of the two countries; the visit says in which."""
    problems = []
    for country in COUNTRIES:
        try:
            normalise_phone(raw, country, mobile_needed=False)
        except PhoneProblem as problem:
            problems.append(problem)
    if len(problems) == len(COUNTRIES):
        raise problems[0]
    return raw


FacilityId = Annotated[str, AfterValidator(_known_facility)]
Day = Annotated[date, BeforeValidator(_written_as(r"\d{4}-\d\d-\d\d", "date-form", "2026-12-01"))]
WallTime = Annotated[
    time, BeforeValidator(_written_as(r"([01]\d|2[0-3]):[0-5]\d(:00)?", "time-form", "14:30"))
]
Capacity = Annotated[StrictInt, Field(ge=1, le=MOST_FAMILIES)]


class VisitDayIn(ApiInput):
    """Times are on the wall at the facility. `capacity` counts registrations."""

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
            raise PydanticCustomError("end-before-start", "must be later than startTime")
        return value

    def opening(self) -> Opening:
        found = facility(self.facility)
        assert found is not None
        return Opening(
            facility=found.id,
            country=found.country,
            place=found.city,
            zone=found.zone,
            visit_date=self.date,
            start_time=self.start_time,
            end_time=self.end_time,
            capacity=self.capacity,
            kind=self.kind,
        )


class VisitDayPatch(ApiInput):
    """What is left out stays as it is."""

    date: Day | None = None
    start_time: WallTime | None = None
    end_time: WallTime | None = None
    capacity: Capacity | None = None
    kind: VisitKind | None = None

    def change(self) -> Change:
        return Change(self.date, self.start_time, self.end_time, self.capacity, self.kind)


class VisitDayOut(ApiModel):
    """`registered` counts the families that have a place. `startsAt` and `endsAt` in UTC."""

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
    kind: VisitKind
    state: VisitState
    version: int

    @classmethod
    def of(cls, visit: VisitDay, registered: int) -> Self:
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
            registered=registered,
            kind=visit.kind,
            state=visit.state,
            version=visit.version,
        )


class RegistrationIn(ApiInput):
    """`numberConfirmed`: the desk has spoken to the owner of the number; only its key may say so.

    `minorsOwnPhone`: whoever reads it is under 18, and is written to between 15:30 and 20:00.
    """

    name: Annotated[str, AfterValidator(_in_words(tidy_name))]
    # Before what it needs, which is looked at in this order.
    channel: ChannelName
    phone: Annotated[str, AfterValidator(_in_words(_some_number))] | None = Field(None, validate_default=True)
    email: Annotated[str, AfterValidator(_in_words(normalise_email))] | None = Field(
        None, validate_default=True
    )
    language: Annotated[str, AfterValidator(_known_language)]
    adults: Annotated[StrictInt, Field(ge=0, le=MOST_PEOPLE)] = 1
    child_age_bands: Annotated[list[AgeBand], Field(max_length=MOST_PEOPLE)] = []
    first_visit: StrictBool = False
    minors_own_phone: StrictBool = False
    number_confirmed: StrictBool = False

    @field_validator("phone", "email")
    @classmethod
    def _needed(cls, value: str | None, info: ValidationInfo) -> str | None:
        needed = {ChannelName.SMS: "phone", ChannelName.EMAIL: "email"}
        if value is None and needed.get(info.data.get("channel", "")) == info.field_name:
            raise PydanticCustomError("missing", "is required for this channel")
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
        )


class RegistrationPatch(ApiInput):
    """What the family told a person: that it comes, or that it does not."""

    state: Literal[RegistrationState.CONFIRMED, RegistrationState.CANCELLED]


class RegistrationOut(ApiModel):
    """Without the family's name, number and address, which the caller knows."""

    id: UUID
    visit_day_id: UUID
    state: RegistrationState
    channel: ChannelName
    language: str
    adults: int
    child_age_bands: list[str]
    first_visit: bool
    minors_own_phone: bool
    number_confirmed: bool

    @classmethod
    def of(cls, one: Registration) -> Self:
        return cls(
            id=one.id,
            visit_day_id=one.visit_day_id,
            state=one.state,
            channel=one.channel,
            language=one.language,
            adults=one.adults,
            child_age_bands=one.child_age_bands,
            first_visit=one.first_visit,
            minors_own_phone=one.minors_own_phone,
            number_confirmed=one.number_confirmed,
        )


class ReminderOut(ApiModel):
    """`visitVersion` is that of the visit for which the step was planned."""

    registration_id: UUID
    step: Step
    due_at: Utc
    channel: ChannelName
    state: StepState
    visit_version: int

    @classmethod
    def of(cls, one: Reminder) -> Self:
        return cls(
            registration_id=one.registration_id,
            step=one.step,
            due_at=one.due_at,
            channel=one.channel,
            state=one.state,
            visit_version=one.visit_version,
        )
