"""The base of the data of events: ids and codes, never personal data."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.events.details import Detail

PREFIX = "org.weerzien."


class Payload(BaseModel):
    """One event's data. Members may be added, never renamed or removed within a version.

    Unknown members are ignored, so that yesterday's consumer reads today's producer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    name: ClassVar[str]
    version: ClassVar[int] = 1
    producer: ClassVar[str]
    subscribers: ClassVar[tuple[str, ...]]
    # The detail that an authorised consumer may ask the producer for (`dataref`).
    detail: ClassVar[type[Detail] | None] = None

    @classmethod
    def event_type(cls) -> str:
        return f"{PREFIX}{cls.name}.v{cls.version}"

    @property
    def subject(self) -> UUID:
        """Return the id of the thing that the event is about."""
        raise NotImplementedError
