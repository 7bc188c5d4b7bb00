from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from services.notify.erasing import commands
from shared.events.envelope import Envelope
from shared.events.intake import PersonErased
from shared.messaging import on


def on_person_erased(session: Session, event: Envelope[PersonErased], detail: None, *, at: datetime) -> None:
    commands.forget_request(session, event.data.request_id, at=at)


SUBSCRIPTIONS = (on(PersonErased, on_person_erased),)
