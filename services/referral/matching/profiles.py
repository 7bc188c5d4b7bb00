"""The input of the matching: an advice request, the services, and which of them were asked before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from shared.geography import Place
from shared.vocabulary import AgeBand, HelpFor, Remote, Share, Stage, Urgency

# A service that says it serves families serves each of these.
FAMILY = frozenset({HelpFor.CHILD, HelpFor.CARER, HelpFor.PARENT_IN_DETENTION})


@dataclass(frozen=True)
class RequestProfile:
    """An advice request without personal data. `needs[0]` is the primary need; `home` may be unknown.

    `own`: fingerprints of the organisations that it comes from.
    """

    id: UUID
    country: str
    needs: tuple[str, ...]
    help_for: frozenset[HelpFor]
    language: str
    home: Place | None
    facility: Place | None = None
    stage: Stage | None = None
    age_bands: frozenset[AgeBand] = frozenset()
    urgency: Urgency = Urgency.NORMAL
    remote: Remote = Remote.YES
    share: Share = Share.YES
    hold: bool = False
    own: frozenset[str] = frozenset()

    @cached_property
    def areas(self) -> tuple[tuple[str, Place], ...]:
        """The places, as far as known, where help is of use: at home and at the place of detention."""
        both = (("home", self.home), ("facility", self.facility))
        return tuple((name, place) for name, place in both if place is not None)

    @cached_property
    def who(self) -> Mapping[str, str]:
        """The people who need help, as a value for a sentence."""
        return {"who": ";".join(sorted(self.help_for))}


@dataclass(frozen=True)
class ServiceProfile:
    """What a partner offers. Empty `serves`, `stages` and `regions` mean everyone, every stage, everywhere.

    `country` EU, and `cross_border`, mean that people across the border are served too. Ages are in whole
    years, `waiting_days` in working days. `takes_referrals` is what the partner says; it cannot be asked
    unless `has_address` holds as well. `marks`: fingerprints of what its organisation is called.
    """

    id: UUID
    organisation: str
    name: str
    country: str
    needs: frozenset[str]
    serves: frozenset[str]
    languages: frozenset[str]
    regions: frozenset[str] = frozenset()
    place: Place | None = None
    stages: frozenset[str] = frozenset()
    min_age: int | None = None
    max_age: int | None = None
    interpreter: bool = False
    remote: bool = False
    cross_border: bool = False
    takes_referrals: bool = True
    has_address: bool = True
    active: bool = True
    agreement_signed: date | None = None
    verified_on: date | None = None
    capacity: int | None = None
    waiting_days: int | None = None
    website: str | None = None
    marks: frozenset[str] = frozenset()

    @cached_property
    def there_for(self) -> frozenset[str]:
        """The people that it serves, with every member of a family where it serves families."""
        return self.serves | FAMILY if "family" in self.serves else self.serves

    @cached_property
    def named(self) -> Mapping[str, str]:
        """The service as an explanation names it."""
        return {"serviceId": str(self.id), "organisation": self.organisation, "service": self.name}


@dataclass(frozen=True)
class Record:
    """How a service answered over the last ninety days, and how much it has in hand.

    `offers` counts those that it answered or could have answered.
    """

    open_load: int = 0
    offers: int = 0
    answered_in_time: int = 0
    last_offered_at: datetime | None = None

    def asked(self, at: datetime) -> Record:
        """Return the record with one more open offer."""
        return replace(self, open_load=self.open_load + 1, last_offered_at=at)


NO_RECORD = Record()


@dataclass(frozen=True)
class History:
    """What happened before: to this advice request, and to each service.

    `declined` are the services that declined this advice request or let the offer expire. `asked` are the
    other services that were asked, whose offer is still open or was recalled.
    """

    declined: frozenset[UUID] = frozenset()
    records: Mapping[UUID, Record] = field(default_factory=dict)
    asked: frozenset[UUID] = frozenset()

    def of(self, service: UUID) -> Record:
        return self.records.get(service, NO_RECORD)

    def asking(self, service: UUID, at: datetime) -> History:
        """Return the history for the next advice request, once this one has been offered to `service`."""
        return replace(self, records={**self.records, service: self.of(service).asked(at)})


NOTHING: Mapping[str, str] = {}


class Sentence(NamedTuple):
    """A key of the catalogue and the values in it. Codes become words when the sentence is read."""

    key: str
    values: Mapping[str, str] = NOTHING

    def to_json(self) -> dict[str, object]:
        return {"key": self.key, "values": dict(self.values)}
