from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from services.intake.requests.tables import AdviceRequest


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
