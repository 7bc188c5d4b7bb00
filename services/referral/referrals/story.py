"""What happened with advice requests here, for the desk: who was asked, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from services.referral.directory.tables import Organisation, Service
from services.referral.referrals.tables import Offer, Referral, Status
from shared.desk.actions import DeskActions
from shared.desk.internal import answering
from shared.desk.looking import waiting_about
from shared.events.finding import MOST_HITS, MOST_TOLD, AskFound, AskStory, Happening, Hit, Hits, Story
from shared.security.service_tokens import Acting

REFERRAL = "referral"
OVER = (Status.WITHDRAWN, Status.CLOSED, Status.UNPLACED)


def find(session: Session, desk: DeskActions, asked: AskFound, acting: Acting, at: datetime) -> Hits:
    """Return the referrals of these advice requests; nobody's name or number is kept here."""
    rows = _of(session, asked.requests)
    return Hits(
        hits=tuple(
            Hit(
                kind=REFERRAL,
                id=one.id,
                request_id=one.request_id,
                at=one.updated_at,
                state=one.status,
            )
            for one in rows[:MOST_HITS]
        ),
        more=len(rows) > MOST_HITS,
    )


def tell(session: Session, desk: DeskActions, asked: AskStory, acting: Acting, at: datetime) -> Story:
    """Return what happened with their referrals, in no order."""
    referrals = _of(session, asked.requests)
    ids = [one.id for one in referrals]
    offers = _offers(session, {one.id: one.request_id for one in referrals})
    about = [*asked.requests, *ids, *(one.id for one in offers)]
    return Story(
        happened=(*(one for each in referrals for one in _referral(each)), *offers),
        waiting=waiting_about(session, about),
        reasons=desk.reasons,
    )


def _of(session: Session, requests: Sequence[UUID]) -> Sequence[Referral]:
    chosen = select(Referral).where(col(Referral.request_id).in_(requests))
    newest = chosen.order_by(col(Referral.created_at).desc()).limit(MOST_HITS + 1)
    return session.scalars(newest).all() if requests else []


def _referral(one: Referral) -> list[Happening]:
    moments = [("matched", one.created_at, "")]
    if one.status in OVER:
        moments.append(("referral-ended", one.updated_at, str(one.status)))
    return [
        Happening(at=at, what=what, id=one.id, request_id=one.request_id, state=state)
        for what, at, state in moments
    ]


def _offers(session: Session, referrals: dict[UUID, UUID]) -> list[Happening]:
    rows = session.execute(
        select(Offer, col(Service.name), col(Organisation.name))
        .join(Service, col(Service.id) == col(Offer.service_id))
        .join(Organisation, col(Organisation.id) == col(Service.organisation_id))
        .where(col(Offer.referral_id).in_(referrals))
        .order_by(col(Offer.offered_at).desc())
        .limit(MOST_TOLD)
    )
    return [
        one
        for offer, service, organisation in rows
        for one in _offer(offer, f"{organisation}: {service}", referrals[offer.referral_id])
    ]


def _offer(offer: Offer, to: str, request_id: UUID) -> list[Happening]:
    reason = str(offer.decline_reason or "")
    moments = [
        ("offered", offer.offered_at, ""),
        ("nudged", offer.nudged_at, ""),
        ("offer-answered", offer.answered_at or offer.ended_at, offer.state),
    ]
    return [
        Happening(
            at=at,
            what=what,
            id=offer.id,
            request_id=request_id,
            state=state,
            details={"to": to, "reason": reason if state else ""},
        )
        for what, at, state in moments
        if at is not None
    ]


router = answering({AskFound: find, AskStory: tell})
