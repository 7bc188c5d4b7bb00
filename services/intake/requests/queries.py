from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from services.intake.requests.tables import AdviceRequest

# What news of a referral is about; decrypting the rest would take longer than all else.
NEWS = (
    col(AdviceRequest.state),
    col(AdviceRequest.state_time),
    col(AdviceRequest.referral_id),
    col(AdviceRequest.hold),
)


def by_reference(session: Session, reference: str) -> AdviceRequest | None:
    return session.exec(select(AdviceRequest).where(AdviceRequest.reference == reference)).one_or_none()


def by_idempotency_key(session: Session, client: str, key: str) -> AdviceRequest | None:
    return session.exec(
        select(AdviceRequest).where(AdviceRequest.client == client, AdviceRequest.idempotency_key == key)
    ).one_or_none()


def by_ids(session: Session, ids: Iterable[UUID]) -> list[AdviceRequest]:
    return list(session.exec(select(AdviceRequest).where(col(AdviceRequest.id).in_(list(ids)))))


def locked(session: Session, request_id: UUID) -> AdviceRequest | None:
    """The question as it is now, kept for whoever changes it."""
    return session.exec(
        select(AdviceRequest)
        .where(AdviceRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def locked_for_news(session: Session, request_ids: Iterable[UUID]) -> dict[UUID, AdviceRequest]:
    """As `locked`, of several, in one order everywhere; what a person wrote is not read."""
    found = session.exec(
        select(AdviceRequest)
        .where(col(AdviceRequest.id).in_(list(request_ids)))
        .order_by(col(AdviceRequest.id))
        .with_for_update()
        .options(load_only(*NEWS, raiseload=True))  # type: ignore[arg-type]
        .execution_options(populate_existing=True)
    )
    return {request.id: request for request in found}
