"""What arrives, by whom it was sent, and what its sender is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.requests import rules
from services.intake.requests.tables import Doubt, State, WaitsFor


@dataclass(frozen=True)
class Submission:
    """The sender: `client` is a key's id, or `form`.

    `organisation`: whose key it is, where it is not the centre's own. `page_language`: that of the page with
    the form.
    """

    client: str
    idempotency_key: str | None
    organisation: str | None = None
    page_language: str | None = None


@dataclass(frozen=True)
class Arrival:
    """A complete advice request on its way in; later log lines about it carry `correlation_id`."""

    examined: rules.Examined
    by: Submission
    at: datetime
    correlation_id: str | None = None
    waits: rules.Standing = rules.FREE
    # What a work item about it has in common with others.
    group: str | None = None

    @classmethod
    def by_key(
        cls, examined: rules.Examined, by: Submission, at: datetime, correlation: str | None, *, vouched: bool
    ) -> Arrival:
        """Return what a key sent in, which it vouches for as far as its ceilings go.

        Above them it belongs together, also what is about safety.
        """
        waits = rules.FREE if vouched else rules.above_ceiling(examined.body)
        group = None if vouched else f"{Doubt.MANY_BY_ONE_KEY}.{by.client}"
        return cls(examined, by, at, correlation, waits, group)


@dataclass(frozen=True)
class SentForm:
    """A form from the public site: its token, the origin it came from, and its page's language and age."""

    token: str
    origin: str
    made_at: datetime | None = None
    language: str | None = None


@dataclass(frozen=True)
class Receipt:
    id: UUID
    reference: str
    state: State
    return_code: str
    waits_for: WaitsFor | None = None
