from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.base import Base
from shared.database.columns import UtcDateTime

# Ids are derived from the centre's own keys, so an import on another machine gives the same ones.
NAMESPACE = UUID("5b0f6a5e-6a9c-4f0e-9c36-2d1f0f6a7b11")


def organisation_id(key: str) -> UUID:
    return uuid5(NAMESPACE, f"organisation:{key}")


def service_id(key: str) -> UUID:
    return uuid5(NAMESPACE, f"service:{key}")


class Organisation(Base, table=True):
    """An organisation of the network (HSDS `organization`). One marked `sample` is not a real partner."""

    __tablename__ = "organisations"

    id: UUID = Field(primary_key=True)
    key: str = Field(unique=True)
    name: str
    country: str
    kind: str
    website: str | None = None
    sample: bool = False
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Service(Base, table=True):
    """What an organisation offers (HSDS `service`): the unit that is matched.

    Empty lists mean everyone, every stage, the whole country. `email` is the address for offers and is never
    published. `phone` is for whoever wants to call them, as it is written.
    """

    __tablename__ = "services"

    id: UUID = Field(primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisations.id", index=True)
    name: str
    description: str
    country: str
    postcode: str | None = None
    regions: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    serves: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    needs: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    stages: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    min_age: int | None = None
    max_age: int | None = None
    interpreter: bool = False
    remote: bool = False
    cross_border: bool = False
    takes_referrals: bool = True
    active: bool = True
    email: str | None = None
    phone: str | None = None
    agreement_signed: date | None = None
    verified_on: date | None = None
    capacity: int | None = None
    waiting_days: int | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)
