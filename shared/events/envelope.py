"""CloudEvents 1.0 in the Dutch government's profile (NL GOV): the envelope of every event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from shared.events.payloads import Payload

P = TypeVar("P", bound=Payload)


class Envelope(BaseModel, Generic[P]):
    """`id` is unique for ever: a consumer that has seen it does nothing. `time` is when it happened (UTC).

    `sequence` orders the events of one producer; it has gaps, and says nothing across producers.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = Field(pattern=r"^urn:nld:")
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataref: str | None = None
    sequence: str = Field(pattern=r"^\d{10,}$")
    sequencetype: Literal["Integer"] = "Integer"
    correlationid: str | None = None
    causationid: str | None = None
    data: P

    @field_serializer("time")
    def _time(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def to_json(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_none=True)
