"""JSON according to the Dutch REST API Design Rules: camelCase members, and unknown ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from shared.database.paging import Page

T = TypeVar("T")


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# A moment in a response: RFC 3339, in UTC.
Utc = Annotated[datetime, PlainSerializer(_utc, return_type=str, when_used="json")]


class ApiModel(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", str_strip_whitespace=True
    )

    @classmethod
    def from_row(cls, row: object) -> Self:
        """Make the model from a row whose members have the same names."""
        return cls.model_validate(row, from_attributes=True)


class ApiInput(ApiModel):
    """Input: members by the names in the description, and in no other spelling."""

    model_config = ConfigDict(populate_by_name=False)


class ApiList(ApiModel, Generic[T]):
    """One page of a list: `total` counts all pages, `next` is the cursor of the page after this one."""

    items: list[T]
    total: int
    next: str | None

    @classmethod
    def of(cls, page: Page[T]) -> Self:
        return cls(items=page, total=page.total, next=page.next)


class Ids(ApiModel):
    """The ids that one service asks another about: at most a hundred at once."""

    ids: Annotated[list[UUID], Field(max_length=100)]
