from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import Field

from services.intake.erasures.rules import Known, known_by
from services.intake.erasures.tables import Erasure
from shared.errors import FieldError, Invalid
from shared.web.schemas import ApiInput, ApiModel, Utc

KINDS = ("reference", "phone", "email")


class ErasureIn(ApiInput):
    """A person, by exactly one of these. A number or an address means everything that is kept at it."""

    reference: str | None = Field(default=None, max_length=100)
    phone: str | None = Field(default=None, max_length=100)
    email: str | None = Field(default=None, max_length=320)

    def known(self) -> Known:
        """Raises Invalid."""
        given = [(kind, value) for kind in KINDS if (value := getattr(self, kind))]
        if len(given) != 1:
            detail = "Give one of `reference`, `phone` and `email`."
            raise Invalid([FieldError("/reference", "reference", "one-of-three", detail)])
        return known_by(*given[0])


class ErasureOut(ApiModel):
    """`counts`: how many of what went, by kind of data. The same person again is answered alike."""

    id: UUID
    counts: dict[str, int]
    asked_at: Utc

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        return cls(id=erasure.id, counts=erasure.counts, asked_at=erasure.asked_at)
