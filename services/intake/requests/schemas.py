from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints, field_validator, model_validator

from services.intake.guidance.rules import HelpLine, Hours
from services.intake.requests.tables import State
from shared.countries import CountryCode
from shared.vocabulary import (
    AgeBand,
    Audience,
    ContactChannel,
    HelpFor,
    Remote,
    Share,
    Stage,
    Urgency,
    Weekday,
)
from shared.web.fields import FreeText, Line, WallTime, wrong
from shared.web.schemas import ApiInput, ApiModel, Utc

# Put in its normal form by the rules, which know the country and the way of contact.
Written = Annotated[str, StringConstraints(max_length=200)]


class SafeTime(ApiInput):
    """When the asker can be reached safely, on the wall clock where they live."""

    days: list[Weekday] = Field(min_length=1, max_length=7)
    from_: WallTime = Field(alias="from")
    to: WallTime

    @model_validator(mode="after")
    def _in_order(self) -> SafeTime:
        if self.from_ >= self.to:
            raise wrong("safe-time-order")
        return self


class Worker(ApiInput):
    """A professional through whom the asker is reached, by mail or by telephone."""

    organisation: Line
    name: Line
    email: Written | None = None
    phone: Written | None = None


class Contact(ApiInput):
    """How to reach the asker. `minorsOwnPhone`: false unless said, but true where a child asks.

    `address`: its lines, where a letter does not go to the `facility`.
    """

    channel: ContactChannel
    name: Written | None = None
    phone: Written | None = None
    email: Written | None = None
    address: Annotated[FreeText, StringConstraints(max_length=400)] | None = None
    worker: Worker | None = None
    safe_times: list[SafeTime] = Field(default_factory=list, max_length=14)
    voicemail: StrictBool = False
    discreet: StrictBool = True
    minors_own_phone: StrictBool | None = None


def _agreed(value: object) -> object:
    if value is not True:
        raise wrong("not-agreed")
    return value


Agreed = Annotated[Literal[True], BeforeValidator(_agreed)]


class Consent(ApiInput):
    """`share`: whether a partner may be told. `store`: must be true, or the advice request cannot be kept."""

    share: Share
    store: Agreed


class Requester(ApiInput):
    """The person who fills in a partner's form for the asker."""

    organisation: Line | None = None
    name: Line | None = None
    role: Line | None = None


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class AdviceRequestIn(ApiInput):
    """An advice request as it comes in. `needs` are codes; the first is the primary need."""

    audience: Audience
    needs: list[Line] = Field(min_length=1, max_length=10)
    country: CountryCode
    postcode: Line
    language: Line
    consent: Consent
    contact: Contact
    help_for: Annotated[list[HelpFor], BeforeValidator(_listed)] | None = Field(default=None, max_length=4)
    stage: Stage | None = None
    child_age_bands: list[AgeBand] = Field(default_factory=list, max_length=6)
    facility: Line | None = None
    question: FreeText | None = None
    urgency: Urgency = Urgency.NORMAL
    danger: StrictBool = False
    remote: Remote = Remote.YES
    requester: Requester | None = None

    @model_validator(mode="after")
    def _a_childs_own_phone(self) -> AdviceRequestIn:
        """Take the telephone of a child for its own, unless said otherwise: then the hours of minors hold."""
        if self.contact.minors_own_phone is None:
            childs = self.audience is Audience.CHILD
            self.contact = self.contact.model_copy(update={"minors_own_phone": childs})
        return self

    @field_validator("needs")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))


class HoursOut(ApiModel):
    """When a line answers, on the wall clock of its country; `to` is `24:00` where that is midnight."""

    days: list[Weekday]
    from_: str = Field(alias="from")
    to: str


class HelpLineOut(ApiModel):
    """`hours` are those of its telephone, where they are known; `chat` is where one can chat.

    `hoursFrom`: the year in which the hours were found, where nobody has checked them since.
    """

    name: str
    phone: str | None
    website: str | None
    chat: str | None = None
    hours: list[HoursOut] | None = None
    hours_from: int | None = None

    @classmethod
    def of(cls, line: HelpLine) -> HelpLineOut:
        always = [HoursOut(days=list(Weekday), from_="00:00", to="24:00")] if line.always else None
        return cls(
            name=line.name,
            phone=line.phone or None,
            website=line.website or None,
            chat=line.chat or None,
            hours=[_hours(one) for one in line.hours] or always,
            hours_from=line.hours_from,
        )


def _hours(one: Hours) -> HoursOut:
    days = [day for day in Weekday if one.first.number <= day.number <= one.last.number]
    return HoursOut(days=days, from_=one.from_, to=one.to)


class AdviceRequestReceived(ApiModel):
    """`returnCode` is shown only here; with the reference it leads back to the advice request.

    `urgentHelp` is set if the request is about someone's safety: the numbers to call now.
    """

    id: UUID
    reference: str
    return_code: str
    state: State
    urgent_help: list[HelpLineOut] | None = None


class AdviceRequestOut(ApiModel):
    """An advice request as its asker, or a partner with a key, sees it: without name, number or free text."""

    id: UUID
    reference: str
    state: State
    received_at: Utc
    withdrawn_at: Utc | None
    audience: Audience
    help_for: list[str]
    needs: list[str]
    country: str
    language: str
    urgency: Urgency
