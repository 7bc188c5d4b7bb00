"""What can be done with an advice request.

Each command is one transaction and commits at its end, except those for news of other services and for the
desk, which do not commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from services.intake.requests import queries, rules
from services.intake.requests.references import return_code
from services.intake.requests.tables import AdviceRequest, State
from shared import ceilings
from shared.crypto import blind_index, equal, hash_secret
from shared.database.at_once import InsertAtOnce
from shared.desk.items import DANGER_NOW, open_item, resolve_all
from shared.errors import Conflict, NotFound
from shared.events.intake import RequestChange, RequestReceived, RequestUpdated, RequestWithdrawn
from shared.ids import new_id
from shared.messaging import Announcement, announce, announce_all
from shared.vocabulary import Share

HOLD = "safeguarding-hold"
PUBLIC_FORM = "form"
DAY, HOUR = 86_400, 3_600
PER_NUMBER_PER_DAY, PER_ORIGIN_PER_HOUR, ALL_FORMS_PER_HOUR = 3, 30, 600
# Into the table itself: the rows are not needed as objects, and the unit of work would take as long again.
insert_requests = InsertAtOnce(AdviceRequest.__table__)  # type: ignore[attr-defined]
TRIES_PER_REFERENCE, TRIES_PER_ORIGIN = 5, 20


@dataclass(frozen=True)
class Submission:
    """The sender: `client` is a key's id, or `form` with `origin`, the address that it came from.

    `page_language` is that of the page with the form.
    """

    client: str
    idempotency_key: str | None
    origin: str | None = None
    page_language: str | None = None


@dataclass(frozen=True)
class Arrival:
    """A complete advice request on its way in; later log lines about it carry `correlation_id`."""

    examined: rules.Examined
    by: Submission
    at: datetime
    correlation_id: str | None = None


@dataclass(frozen=True)
class Receipt:
    id: UUID
    reference: str
    state: State
    return_code: str


def submit(session: Session, arrival: Arrival) -> Receipt:
    """Take in an advice request from the public form, as `submit_all` does.

    Above the ceilings of the form it raises TooMany and stores nothing.
    """
    known = _known(session, arrival)
    if known is not None:
        return known
    if arrival.by.origin is not None:
        _ceilings(session, arrival.examined.reach, arrival.by.origin, at=arrival.at)
    return submit_all(session, [arrival])[0]


def submit_all(session: Session, arrivals: Sequence[Arrival]) -> list[Receipt]:
    """Take in complete advice requests in one transaction; when this returns they are on disk.

    The same key and body again, even at the same moment, returns the same receipt; another body under the
    same key raises Conflict. That holds for a single arrival: among several, a key that is known already
    raises IntegrityError and nothing is stored, and the caller can try them one by one.
    """
    codes = {id: return_code(id) for id in (new_id() for _ in arrivals)}
    rows = [_row(*new) for new in zip(arrivals, codes.items(), strict=True)]
    try:
        # In one order everywhere, so that no two transactions wait for each other's keys.
        insert_requests(session, sorted(rows, key=_insert_order))
        _tell(session, arrivals, rows)
        session.commit()
    except IntegrityError:
        session.rollback()
        known = _known(session, arrivals[0]) if len(arrivals) == 1 else None
        if known is None:
            raise
        return [known]
    return [Receipt(row["id"], row["reference"], row["state"], codes[row["id"]]) for row in rows]


def withdraw(session: Session, request_id: UUID, *, at: datetime) -> AdviceRequest:
    """Withdraw the advice request for its asker. Idempotent. Raises NotFound or AlreadyOver."""
    request = _locked(session, request_id)
    if rules.withdraw(request, at=at):
        resolve_all(session, request.id, "withdrawn", at=at)
        announce(session, RequestWithdrawn(request_id=request.id), at=at)
    session.commit()
    return request


def give_consent(session: Session, request_id: UUID, *, at: datetime) -> AdviceRequest:
    """Let a partner be told, as the asker now says who wanted to be asked first. Idempotent.

    Raises NotFound, AlreadyOver or NotAsked.
    """
    request = _locked(session, request_id)
    if rules.give_consent(request):
        change = RequestUpdated(request_id=request.id, change=RequestChange.CONSENT_GIVEN)
        announce(session, change, at=at)
    session.commit()
    return request


def lift_hold(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Let the advice request be referred, as a person decided. Idempotent. Does not commit.

    Raises NotFound or AlreadyOver.
    """
    request = _locked(session, request_id)
    if rules.lift_hold(request, at=at):
        announce(session, RequestUpdated(request_id=request.id, change=RequestChange.HOLD_LIFTED), at=at)


def close(session: Session, request_id: UUID, *, at: datetime) -> None:
    """Close an advice request whose asker was helped by the desk itself. Idempotent. Does not commit.

    Raises NotFound.
    """
    request = _locked(session, request_id)
    if request.state not in rules.FINAL:
        request.state, request.state_time = State.CLOSED, at
        announce(session, RequestWithdrawn(request_id=request.id), at=at)


@dataclass(frozen=True)
class News:
    """What became of an advice request in the referral service, and when."""

    request_id: UUID
    state: State
    referral_id: UUID
    at: datetime


def hear_all(session: Session, news: Sequence[News]) -> None:
    """Follow news of referrals, in the order in which it came. Does not commit.

    An advice request on hold stays as it is, whatever the news.
    """
    requests = queries.locked_for_news(session, {one.request_id for one in news})
    for one in news:
        request = requests.get(one.request_id)
        if request is not None and not request.hold:
            rules.hear(request, one.state, one.referral_id, at=one.at)


def agree(session: Session, request_id: UUID) -> None:
    """Note that the asker told a person that a partner may be informed. Idempotent. Does not commit."""
    request = queries.locked(session, request_id)
    if request is not None:
        request.share = Share.YES


def find_with_code(
    session: Session, reference: str, code: str, *, origin: str, at: datetime
) -> AdviceRequest:
    """Return the advice request with this reference and return code.

    Raises NotFound, alike for an unknown reference and for a wrong code. Guessing is slow: after a few wrong
    tries per reference or per origin in an hour it raises TooMany, even for the right code.
    """
    tries = _count_try(session, reference, origin, at=at)
    request = queries.by_reference(session, reference)
    stored = request.return_code_hash if request else bytes(32)
    right = equal(stored, hash_secret(code))
    if request is None or not right:
        raise NotFound("There is no advice request with this reference and code.")
    for bucket, _ in tries:
        ceilings.uncount(session, bucket, HOUR, at)
    session.commit()
    return request


def _count_try(session: Session, reference: str, origin: str, *, at: datetime) -> tuple[tuple[str, int], ...]:
    """Count the try and commit before the code is checked, so that tries at the same moment count too.

    Raises TooMany.
    """
    # Text that cannot be a reference arrives as "": counting it would make all such tries share one ceiling.
    own = (f"return-code:{blind_index('reference', reference).hex()}", TRIES_PER_REFERENCE)
    tries = (
        *((own,) if reference else ()),
        (f"return-code-origin:{blind_index('origin', origin).hex()}", TRIES_PER_ORIGIN),
    )
    for bucket, limit in tries:
        ceilings.count(session, bucket, HOUR, limit, at)
    session.commit()
    return tries


def _row(arrival: Arrival, new: tuple[UUID, str]) -> dict[str, Any]:
    (id, code), by, at = new, arrival.by, arrival.at
    row = rules.kept(
        arrival.examined, id=id, code=code, client=by.client, idempotency_key=by.idempotency_key, at=at
    )
    return row | {"page_language": by.page_language}


def _insert_order(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["client"], row["idempotency_key"] or ""


def _known(session: Session, arrival: Arrival) -> Receipt | None:
    if arrival.by.idempotency_key is None:
        return None
    request = queries.by_idempotency_key(session, arrival.by.client, arrival.by.idempotency_key)
    if request is None:
        return None
    if not equal(request.fingerprint, rules.fingerprint(arrival.examined.body)):
        raise Conflict(
            "This Idempotency-Key was used for another advice request. Send a new key with a new one.",
            slug="idempotency-key-reused",
        )
    return Receipt(request.id, request.reference, request.state, return_code(request.id))


def _ceilings(session: Session, reached: rules.Reach, origin: str, *, at: datetime) -> None:
    """Keep the public form from being used to text a stranger or to bury the desk. Raises TooMany."""
    address = reached.phone or reached.email
    if address:
        bucket = f"form-contact:{blind_index('form-contact', address).hex()}"
        ceilings.count(session, bucket, DAY, PER_NUMBER_PER_DAY, at)
    ceilings.count(
        session, f"form-origin:{blind_index('origin', origin).hex()}", HOUR, PER_ORIGIN_PER_HOUR, at
    )
    ceilings.count(session, "form-all", HOUR, ALL_FORMS_PER_HOUR, at)


def _tell(session: Session, arrivals: Sequence[Arrival], rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        if row["hold"]:
            open_item(
                session,
                kind=HOLD,
                reason=DANGER_NOW if row["danger"] else "about-safety",
                subject_id=row["id"],
                details={"reference": row["reference"]},
                dedupe_key=f"{HOLD}:{row['id']}",
                at=row["received_at"],
            )
    announce_all(
        session,
        [
            Announcement(RequestReceived(request_id=row["id"]), at=one.at, correlation_id=one.correlation_id)
            for one, row in zip(arrivals, rows, strict=True)
        ],
    )


def _locked(session: Session, request_id: UUID) -> AdviceRequest:
    request = queries.locked(session, request_id)
    if request is None:
        raise NotFound("There is no such advice request.")
    return request
