from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import defer, load_only
from sqlmodel import Session, col, select

from services.intake.requests.tables import PUBLIC_FORM, UNMARKED, UNSEALED, AdviceRequest
from shared.clock import monotonic
from shared.crypto import Unreadable
from shared.events.erasure import Whom
from shared.security.idempotency import sealed
from shared.vocabulary import ContactChannel

# The columns that news of a referral needs: decrypting the others would take longer than all the rest.
NEWS = (
    col(AdviceRequest.state),
    col(AdviceRequest.state_time),
    col(AdviceRequest.referral_id),
    col(AdviceRequest.hold),
)
ASK_SECONDS = 5.0
ANY_UNSEALED = text(f"SELECT 1 FROM advice_requests WHERE {UNSEALED} LIMIT 1")
_asked_at, _some = float("-inf"), False
CONTACT = (
    col(AdviceRequest.id),
    col(AdviceRequest.name),
    col(AdviceRequest.phone),
    col(AdviceRequest.email),
)
STANDING = (
    col(AdviceRequest.client),
    col(AdviceRequest.channel),
    col(AdviceRequest.waits_for),
    col(AdviceRequest.proven_at),
)
WORDS: tuple[Any, ...] = (
    *CONTACT[1:],
    col(AdviceRequest.question),
    col(AdviceRequest.requester),
    col(AdviceRequest.address),
    col(AdviceRequest.worker),
)
SCANNED_AT_ONCE = 500


class Bearing(NamedTuple):
    """An advice request, and by what its asker is known.

    Of one from the public form that is no more than the contact that was proven: anybody may have typed the
    rest, and what belongs to somebody else must not go with it.
    """

    id: UUID
    name: str | None
    phone: str | None
    email: str | None

    @classmethod
    def of(cls, one: AdviceRequest) -> Bearing:
        if one.client != PUBLIC_FORM:
            return cls(one.id, one.name, one.phone, one.email)
        proven = one.waits_for is None or one.proven_at is not None
        by_mail = one.channel is ContactChannel.EMAIL
        phone, email = (None, one.email) if by_mail else (one.phone, None)
        return cls(one.id, one.name, phone, email) if proven else cls(one.id, None, None, None)


def by_reference(session: Session, reference: str) -> AdviceRequest | None:
    return session.exec(select(AdviceRequest).where(AdviceRequest.reference == reference)).one_or_none()


def by_idempotency_key(session: Session, client: str, key: str) -> AdviceRequest | None:
    """Return what this sender sent under this key, also where the version before kept the key as it was."""
    known = (sealed(client, key), key)
    return session.exec(
        select(AdviceRequest).where(
            AdviceRequest.client == client, col(AdviceRequest.idempotency_key).in_(known)
        )
    ).first()


def some_unsealed(session: Session) -> bool:
    """Whether the version before left keys as they were sent; asked again every five seconds at most."""
    global _asked_at, _some
    if monotonic() - _asked_at >= ASK_SECONDS:
        _some = session.execute(ANY_UNSEALED).first() is not None
        _asked_at = monotonic()
    return _some


def unsealed(session: Session, limit: int) -> list[AdviceRequest]:
    """Lock some advice requests whose key is still as it was sent."""
    return list(
        session.exec(
            select(AdviceRequest)
            .where(text(UNSEALED))
            .limit(limit)
            .with_for_update(skip_locked=True)
            .options(load_only(col(AdviceRequest.client), col(AdviceRequest.idempotency_key)))  # type: ignore[arg-type]
        )
    )


def unmarked(session: Session, limit: int) -> Sequence[UUID]:
    """Lock some advice requests that cannot be found by anybody's name yet, and return their ids."""
    chosen = select(AdviceRequest.id).where(text(UNMARKED)).limit(limit)
    return session.exec(chosen.with_for_update(skip_locked=True)).all()


def by_ids(session: Session, ids: Iterable[UUID]) -> list[AdviceRequest]:
    return list(session.exec(select(AdviceRequest).where(col(AdviceRequest.id).in_(list(ids)))))


def bearing(session: Session, whom: Whom) -> list[Bearing]:
    """Return the advice requests that are meant, by name, number and address (see `Whom`).

    Every row that is not erased is read, as one of the version before may have no mark yet: that takes some
    seconds in a hundred thousand, for something that is done a few times a year. A row that cannot be
    decrypted is nobody's.
    """
    found: list[Bearing] = []
    after = UUID(int=0)
    while ids := session.exec(_not_erased(after)).all():
        after = ids[-1]
        rows = readable(session, ids)
        found += [Bearing.of(one) for one in rows if whom.is_theirs(one.name, one.phone, one.email)]
        session.expunge_all()
    return found


def _not_erased(after: UUID) -> Any:
    chosen = select(AdviceRequest.id).where(col(AdviceRequest.erased_at).is_(None), AdviceRequest.id > after)
    return chosen.order_by(col(AdviceRequest.id)).limit(SCANNED_AT_ONCE)


def readable(session: Session, ids: Sequence[UUID]) -> list[AdviceRequest]:
    """Return those of these advice requests that can be decrypted, with by what their askers are known."""
    contact = load_only(*CONTACT, *STANDING, raiseload=True)  # type: ignore[arg-type]
    chosen = select(AdviceRequest).where(col(AdviceRequest.id).in_(ids)).options(contact)
    try:
        return list(session.exec(chosen))
    except Unreadable:
        return [] if len(ids) == 1 else [row for one in ids for row in readable(session, [one])]


def locked(session: Session, request_id: UUID) -> AdviceRequest | None:
    """Lock the row and return the advice request as it is now, or None."""
    return session.exec(
        select(AdviceRequest)
        .where(AdviceRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def locked_unread(session: Session, request_id: UUID) -> AdviceRequest | None:
    """As `locked`, without what a person wrote: it need not be readable to be erased."""
    hidden = [defer(attribute) for attribute in WORDS]
    return session.exec(
        select(AdviceRequest)
        .where(AdviceRequest.id == request_id)
        .with_for_update()
        .options(*hidden)
        .execution_options(populate_existing=True)
    ).one_or_none()


def locked_for_news(session: Session, request_ids: Iterable[UUID]) -> dict[UUID, AdviceRequest]:
    """Lock several rows, in one order everywhere, and return them by id without what a person wrote."""
    requests = session.exec(
        select(AdviceRequest)
        .where(col(AdviceRequest.id).in_(list(request_ids)))
        .order_by(col(AdviceRequest.id))
        .with_for_update()
        .options(load_only(*NEWS, raiseload=True))  # type: ignore[arg-type]
        .execution_options(populate_existing=True)
    )
    return {request.id: request for request in requests}
