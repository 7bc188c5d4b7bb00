"""What notify asks before it sends a caller what they said yes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session, col, select

from services.intake.calls.tables import Sending
from shared.events.details import CallText, SafeTime
from shared.runtime import Runtime
from shared.vocabulary import ContactChannel
from shared.web.details import answer_details

router = APIRouter()


def _texts(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[CallText]:
    found = session.exec(select(Sending).where(col(Sending.id).in_(list(ids))))
    return (_text(one) for one in found)


def _text(one: Sending) -> CallText:
    return CallText(
        id=one.id,
        words=one.words,
        channel=ContactChannel(one.channel),
        phone=one.phone,
        email=one.email,
        language=one.language,
        country=one.country,
        service=one.service,
        service_phone=one.service_phone,
        safe_times=tuple(SafeTime.model_validate(safe) for safe in one.safe_times),
        minors_own_phone=one.minor,
    )


answer_details(router, CallText, _texts)
