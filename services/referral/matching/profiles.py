"""What the matching knows of a question, of a service, and of what went before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from shared.geography import Place
from shared.vocabulary import AgeBand, HelpFor, Remote, Share, Stage, Urgency

# Who counts as family where a service says that it serves families.
FAMILY = frozenset({HelpFor.CHILD, HelpFor.CARER, HelpFor.PARENT_IN_DETENTION})


@dataclass(frozen=True)
class RequestProfile:
    """A question without a person in it. `needs[0]` is the primary one; `home` may be unknown."""

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

    @cached_property
    def areas(self) -> tuple[tuple[str, Place], ...]:
        """Where help would be of use: at home, and at the place of detention."""
        both = (("home", self.home), ("facility", self.facility))
        return tuple((name, place) for name, place in both if place is not None)

    @cached_property
    def who(self) -> Mapping[str, str]:
        """Whom help is for, as sentences name it."""
        return {"who": ";".join(sorted(self.help_for))}


@dataclass(frozen=True)
class ServiceProfile:
    """What a partner offers. Empty `serves`, `stages` and `regions` mean everybody, all of them, everywhere.

    `country` EU, and `cross_border`, mean that people across the border are served too. Ages in whole years.
    `waiting_days` are working days. `takes_referrals` is what the partner says; without an address for offers
    it can be asked nothing all the same.
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

    @cached_property
    def there_for(self) -> frozenset[str]:
        """Whom it names, with everybody who counts as family where it serves families."""
        return self.serves | FAMILY if "family" in self.serves else self.serves

    @cached_property
    def named(self) -> Mapping[str, str]:
        """How an explanation names it."""
        return {"serviceId": str(self.id), "organisation": self.organisation, "service": self.name}


@dataclass(frozen=True)
class Record:
    """How a service did over the last ninety days, and what it has in hand.

    `offers` are those that it answered or could have answered.
    """

    open_load: int = 0
    offers: int = 0
    answered_in_time: int = 0
    last_offered_at: datetime | None = None

    def asked(self, at: datetime) -> Record:
        """After one more offer, which stands."""
        return replace(self, open_load=self.open_load + 1, last_offered_at=at)


NO_RECORD = Record()


@dataclass(frozen=True)
class History:
    """`declined` are the services that said no to this question, or let it lie.

    `asked` were asked as well, and the offer was taken back or stands.
    """

    declined: frozenset[UUID] = frozenset()
    records: Mapping[UUID, Record] = field(default_factory=dict)
    asked: frozenset[UUID] = frozenset()

    def of(self, service: UUID) -> Record:
        return self.records.get(service, NO_RECORD)

    def asking(self, service: UUID, at: datetime) -> History:
        """For another question, after this one was offered to `service`."""
        return replace(self, records={**self.records, service: self.of(service).asked(at)})


NOTHING: Mapping[str, str] = {}


class Sentence(NamedTuple):
    """A key of the catalogue and what it names; codes stay codes until somebody reads it."""

    key: str
    values: Mapping[str, str] = NOTHING

    def to_json(self) -> dict[str, object]:
        return {"key": self.key, "values": dict(self.values)}
