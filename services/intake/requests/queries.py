from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from services.intake.requests.tables import UNSEALED, AdviceRequest
from shared.clock import monotonic
from shared.security.idempotency import sealed

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


def by_ids(session: Session, ids: Iterable[UUID]) -> list[AdviceRequest]:
    return list(session.exec(select(AdviceRequest).where(col(AdviceRequest.id).in_(list(ids)))))


def locked(session: Session, request_id: UUID) -> AdviceRequest | None:
    """Lock the row and return the advice request as it is now, or None."""
    return session.exec(
        select(AdviceRequest)
        .where(AdviceRequest.id == request_id)
        .with_for_update()
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
