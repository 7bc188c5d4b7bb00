"""What is kept here of an advice request goes, when asked and in time. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from services.referral.referrals import commands, queries, rules
from services.referral.referrals.tables import Offer, Referral, Status, WithdrawnRequest
from shared.desk.items import forget_about
from shared.events.erasure import Whom
from shared.forgetting import Counts, Eraser, Period, Things
from shared.forgetting import erasing as forgetting
from shared.forgetting.batches import delete_some, some_ids
from shared.messaging.deliveries import DEAD_LETTER

REFERRALS = "referrals"


def forget_request(session: Session, request_id: UUID, *, asked: bool, at: datetime) -> None:
    """End the referral of an advice request as a withdrawal does, and empty it. Idempotent.

    If nobody `asked`, a partner that helps goes on helping and hears nothing: only our memory ends. Works in
    any order with the arrival of the request, which then begins nothing.
    """
    if not asked:
        _close_quietly(session, request_id, at)
    commands.withdraw(session, request_id, at=at)
    session.flush()
    forgetting.erase(session, ERASER, Whom(request_ids=(request_id,)), at=at)


def _close_quietly(session: Session, request_id: UUID, at: datetime) -> None:
    known = queries.referral_of(session, request_id)
    referral = queries.locked_referral(session, known.id) if known else None
    if referral and referral.status is Status.ACCEPTED:
        rules.close(referral, "period", at=at)
        session.flush()


def find(session: Session, whom: Whom) -> Things:
    """By the advice requests alone: no name, number or address is kept here."""
    left = select(Referral.id).where(
        col(Referral.request_id).in_(whom.request_ids), col(Referral.erased_at).is_(None)
    )
    return {REFERRALS: list(session.exec(left))}


def erase(session: Session, things: Things, at: datetime) -> Counts:
    """Recall what is open, tell its partner, and empty the referral. Offers stay as turns and answers."""
    ids = sorted(things.get(REFERRALS, ()))
    emptied = [one for one in ids if _withdraw_and_empty(session, one, at)]
    offers = session.exec(select(Offer.id).where(col(Offer.referral_id).in_(ids))).all()
    requests = session.exec(select(Referral.request_id).where(col(Referral.id).in_(ids))).all()
    items = forget_about(session, [*ids, *offers, *requests], at=at, but=[DEAD_LETTER])
    return {REFERRALS: len(emptied), "workItems": items}


def _withdraw_and_empty(session: Session, referral_id: UUID, at: datetime) -> bool:
    request_id = session.exec(select(Referral.request_id).where(Referral.id == referral_id)).one_or_none()
    if request_id is None:
        return False
    commands.withdraw(session, request_id, at=at)
    session.flush()
    return _empty(session, referral_id, at)


def _empty(session: Session, referral_id: UUID, at: datetime) -> bool:
    referral = queries.locked_referral(session, referral_id)
    if referral is None or not rules.strip(referral, at=at):
        return False
    session.execute(update(Offer).where(col(Offer.referral_id) == referral_id).values(explanation=None))
    session.flush()
    return True


def every_referral(session: Session) -> Sequence[UUID]:
    return session.exec(select(Referral.id).where(col(Referral.erased_at).is_(None))).all()


ERASER = Eraser(find, erase, {REFERRALS: every_referral})


def over(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Empty referrals that ended before this moment."""
    ended = col(Referral.status).in_((Status.WITHDRAWN, Status.CLOSED))
    old = ended & (col(Referral.updated_at) < before) & col(Referral.erased_at).is_(None)
    return sum(_empty(session, one, at) for one in some_ids(session, Referral, old, limit))


def old_figures(session: Session, before: datetime, limit: int, at: datetime) -> int:
    gone = some_ids(session, Referral, col(Referral.erased_at) < before, limit)
    session.execute(delete(Offer).where(col(Offer.referral_id).in_(gone)))
    session.execute(delete(Referral).where(col(Referral.id).in_(gone)))
    return len(gone)


def old_marks(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, WithdrawnRequest, col(WithdrawnRequest.at) < before, limit)


PERIODS = (
    Period("keep_referrals_days", over),
    Period("keep_figures_days", old_figures),
    Period("keep_withdrawn_days", old_marks),
)
