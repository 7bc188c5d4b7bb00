from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from services.intake.conversations.tables import Side, Written
from shared.web.fields import FreeText
from shared.web.schemas import ApiInput, ApiModel, Utc


class MessageIn(ApiInput):
    """What is written. `danger`: somebody is in danger now; a person is called to it at once."""

    text: Annotated[FreeText, StringConstraints(min_length=1, pattern=r"\S")]
    danger: StrictBool = False


class MessageOut(ApiModel):
    """One thing that was written, by the asker or by the centre."""

    id: UUID
    from_: Side = Field(alias="from")
    text: str
    written_at: Utc

    @classmethod
    def of(cls, one: Written) -> Self:
        return cls(id=one.id, from_=one.side, text=one.text, written_at=one.written_at)
