"""What intake has kept, as tests look at it: advice requests, and the lines of the desk's groups."""

from __future__ import annotations

from sqlmodel import Session, select

from services.intake.requests.tables import AdviceRequest
from shared.desk.items import groups


def all_kept(session: Session) -> list[AdviceRequest]:
    session.expire_all()
    return list(session.exec(select(AdviceRequest)))


def only(session: Session) -> AdviceRequest:
    [row] = all_kept(session)
    return row


def lines(session: Session) -> list[tuple[str, int]]:
    return [(one.reason, one.number) for one in groups(session)]
