from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.referral.directory.rules import local_day
from services.referral.referrals import commands, erasing, rules
from services.referral.referrals.placing import Cause
from services.referral.settings import ReferralSettings
from shared.events.details import RequestFacts
from shared.events.envelope import Envelope
from shared.events.intake import (
    PersonErased,
    RequestChange,
    RequestReceived,
    RequestUpdated,
    RequestWithdrawn,
)
from shared.events.notify import MessageFailed
from shared.messaging import RetryLater, on, on_many
from shared.runtime import Runtime, current

# By the purpose of a mail to a partner: what goes on the work list when it will not arrive.
UNDELIVERED = {
    "offer": commands.offer_undeliverable,
    "nudge": commands.offer_undeliverable,
    "recalled": commands.recall_undeliverable,
    "fresh-link": commands.link_undeliverable,
}


def on_received(
    session: Session,
    events: Sequence[Envelope[RequestReceived]],
    details: Mapping[UUID, RequestFacts | None],
    *,
    at: datetime,
) -> None:
    """Begin referrals; of what anybody may have sent only once it is proven or confirmed (`on_updated`)."""
    new = [
        commands.NewRequest(event.data.request_id, detail, Cause(event.correlationid, event.id))
        for event in events
        if _may_be_referred(detail := _known(details.get(event.id)))
    ]
    commands.receive_all(session, new, at=at, auto_offer=_auto_offer())


def on_updated(
    session: Session, event: Envelope[RequestUpdated], detail: RequestFacts | None, *, at: datetime
) -> None:
    detail = _known(detail)
    if not _may_be_referred(detail):
        return
    consent = None
    if event.data.change is RequestChange.CONSENT_GIVEN:
        there = local_day(event.time, detail.country)
        consent = rules.unasked(there, event.data.written_on)
    commands.reconsider(
        session, event.data.request_id, detail, at=at, auto_offer=_auto_offer(), consent=consent
    )


def on_withdrawn(session: Session, event: Envelope[RequestWithdrawn], detail: None, *, at: datetime) -> None:
    commands.withdraw(session, event.data.request_id, at=at)


def on_person_erased(session: Session, event: Envelope[PersonErased], detail: None, *, at: datetime) -> None:
    erasing.forget_request(session, event.data.request_id, asked=event.data.asked, at=at)


def on_message_failed(
    session: Session, event: Envelope[MessageFailed], detail: None, *, at: datetime
) -> None:
    put_on_list = UNDELIVERED.get(event.data.purpose)
    if put_on_list:
        put_on_list(session, event.data.recipient_id, at=at)


def _may_be_referred(detail: RequestFacts) -> bool:
    return not (detail.withdrawn or detail.unproven)


def _auto_offer() -> bool:
    runtime: Runtime[ReferralSettings] = current()
    return runtime.settings.auto_offer


def _known(detail: RequestFacts | None) -> RequestFacts:
    """Return the detail; raises RetryLater where intake does not know it, for example after a restore.

    When retries run out, the event is left to a person.
    """
    if detail is None:
        raise RetryLater("question-unknown")
    return detail


SUBSCRIPTIONS = (
    on_many(RequestReceived, on_received, detail=RequestFacts),
    on(RequestUpdated, on_updated, detail=RequestFacts),
    on(RequestWithdrawn, on_withdrawn),
    on(PersonErased, on_person_erased),
    on(MessageFailed, on_message_failed),
)
