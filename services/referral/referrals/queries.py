from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, func, union
from sqlalchemy import select as rows_of
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from services.referral.directory import rules as directory
from services.referral.directory.queries import services_by_id
from services.referral.directory.tables import Organisation, Service
from services.referral.matching import History
from services.referral.matching.profiles import Record
from services.referral.referrals.tables import (
    FormerLink,
    Offer,
    OfferState,
    Referral,
    Status,
    WithdrawnRequest,
)
from shared.crypto import hash_secret
from shared.database.columns import UtcDateTime
from shared.database.paging import Order, Page, Slice, page_of
from shared.security.keystore import ApiKey

RESPONSE_WINDOW = timedelta(days=90)
REFUSED = (OfferState.DECLINED, OfferState.EXPIRED)
ANSWERED_OR_LAPSED = (OfferState.ACCEPTED, *REFUSED)
OLDEST_FIRST = Order("referrals", (col(Referral.created_at), col(Referral.id)))


@dataclass(frozen=True)
class OfferView:
    offer: Offer
    referral: Referral
    service: Service
    organisation: Organisation


# The explanation is long and seldom read, so it is loaded when it is first touched.
WITHOUT_WHY = defer(col(Referral.explanation))  # type: ignore[arg-type]
OFFER_WITHOUT_WHY = defer(col(Offer.explanation))  # type: ignore[arg-type]


def referral_of(session: Session, request_id: UUID) -> Referral | None:
    return session.exec(
        select(Referral).where(Referral.request_id == request_id).options(WITHOUT_WHY)
    ).one_or_none()


def referrals_about(session: Session, request_id: UUID, key: ApiKey, wanted: Slice) -> Page[Referral]:
    """As `referral_of`, as a list; empty if this key may not see it."""
    chosen = select(Referral).where(Referral.request_id == request_id).options(WITHOUT_WHY)
    if not key.is_the_centres:
        sender = col(Referral.profile)["organisation"].astext
        chosen = chosen.where(sender == (key.owner.organisation or ""))
    return page_of(session, chosen, OLDEST_FIRST, wanted).each(itemgetter(0))


def seen_by(session: Session, referral_id: UUID, key: ApiKey) -> Referral | None:
    """Return the referral, or None if there is none or it is of another organisation's request."""
    referral = session.get(Referral, referral_id)
    if referral is None or key.is_the_centres:
        return referral
    sender = referral.about.organisation
    return referral if sender is not None and sender == key.owner.organisation else None


def already_known(session: Session, request_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the advice requests that already have a referral or were withdrawn."""
    return set(session.execute(SETTLED, {"requests": request_ids}).scalars())


def locked_referral(session: Session, referral_id: UUID) -> Referral | None:
    """Lock the referral, read it afresh and return it. Every change of a referral takes this lock first."""
    return session.exec(
        select(Referral)
        .where(Referral.id == referral_id)
        .options(WITHOUT_WHY)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def locked_offer(session: Session, offer_id: UUID) -> tuple[Referral, Offer] | None:
    """Lock the referral of an offer, and return both, read afresh."""
    referral_id = session.exec(select(Offer.referral_id).where(Offer.id == offer_id)).one_or_none()
    referral = locked_referral(session, referral_id) if referral_id else None
    if referral is None:
        return None
    offer = session.exec(
        select(Offer)
        .where(Offer.id == offer_id)
        .options(OFFER_WITHOUT_WHY)
        .execution_options(populate_existing=True)
    ).one()
    return referral, offer


def open_offer(session: Session, referral_id: UUID, *states: OfferState) -> Offer | None:
    """Return the open offer, or the latest one in any of these states."""
    wanted = states or (OfferState.OPEN,)
    return session.exec(
        select(Offer)
        .where(Offer.referral_id == referral_id, col(Offer.state).in_(wanted))
        .order_by(col(Offer.number).desc())
    ).first()


def open_offers_to(session: Session, services: Iterable[UUID]) -> list[UUID]:
    """Return the open offers to these services, in the order of their referrals so locks cannot cross."""
    return list(
        session.exec(
            select(Offer.id)
            .where(col(Offer.service_id).in_(list(services)), Offer.state == OfferState.OPEN)
            .order_by(col(Offer.referral_id))
        )
    )


def accepted_by(session: Session, services: Iterable[UUID], at: datetime) -> list[UUID]:
    """Return the referrals that these services accepted in the last ninety days, in the order of their ids.

    Older ones count as done, since partners do not report when they are.
    """
    return list(
        session.exec(
            select(Referral.id)
            .where(
                Referral.status == Status.ACCEPTED,
                col(Referral.accepted_service_id).in_(list(services)),
                col(Referral.accepted_at) >= at - RESPONSE_WINDOW,
            )
            .order_by(col(Referral.id))
        )
    )


def offers_of(session: Session, referral_id: UUID) -> list[Offer]:
    return list(
        session.exec(select(Offer).where(Offer.referral_id == referral_id).order_by(col(Offer.number)))
    )


def count_offers(session: Session, referral_id: UUID) -> int:
    return session.exec(select(func.count()).select_from(Offer).where(Offer.referral_id == referral_id)).one()


def offer_by_token(session: Session, token: str) -> OfferView | None:
    """Return the offer of a link, also of one that a fresh link took the place of."""
    known = hash_secret(token)
    offer_id = session.execute(
        rows_of(col(Offer.id))
        .where(col(Offer.token_hash) == known)
        .union_all(rows_of(col(FormerLink.offer_id)).where(col(FormerLink.token_hash) == known))
    ).scalar()
    return offer_views(session, [offer_id]).get(offer_id) if offer_id else None


def offer_views(session: Session, ids: Iterable[UUID]) -> dict[UUID, OfferView]:
    rows = session.exec(
        select(Offer, Referral, Service, Organisation)
        .join(Referral, col(Referral.id) == col(Offer.referral_id))
        .join(Service, col(Service.id) == col(Offer.service_id))
        .join(Organisation, col(Organisation.id) == col(Service.organisation_id))
        .where(col(Offer.id).in_(list(ids)))
        .options(WITHOUT_WHY, OFFER_WITHOUT_WHY)
    ).all()
    return {row[0].id: OfferView(*row) for row in rows}


def is_partner(session: Session, service_id: UUID, today: date) -> bool:
    """Whether this service may still learn who asks for help; False for an unknown id."""
    row = services_by_id(session, [service_id]).get(service_id)
    return row is not None and directory.is_partner(row[0], today)


def referrals_by_id(session: Session, ids: Iterable[UUID]) -> list[Referral]:
    return list(session.exec(select(Referral).where(col(Referral.id).in_(list(ids)))))


def accepted_services(
    session: Session, referrals: Iterable[Referral]
) -> dict[UUID, tuple[Service, Organisation]]:
    accepted = [referral.accepted_service_id for referral in referrals if referral.accepted_service_id]
    return services_by_id(session, accepted)


def history(session: Session, referral_id: UUID | None, at: datetime) -> History:
    """Return the services that were asked for this referral, and of every service its load and its answers.

    The load of a service is its open offers and the referrals it accepted in the last ninety days; older ones
    count as done, since partners do not report when they are. Its answers are measured against the offers
    that it could answer: not those still open, nor those recalled before it answered.
    """
    rows = session.execute(RECORDS, {"since": at - RESPONSE_WINDOW}).all()
    records = {row[0]: Record(int(row[1]), int(row[2]), int(row[3]), row[4]) for row in rows}
    before = asked_before(session, referral_id) if referral_id else History()
    return replace(before, records=records)


def asked_before(session: Session, referral_id: UUID) -> History:
    """Return the services asked for this referral, recalled offers included; none of them is asked again."""
    offers = session.exec(select(Offer.service_id, Offer.state).where(Offer.referral_id == referral_id)).all()
    refused = frozenset(service for service, state in offers if state in REFUSED)
    return History(declined=refused, asked=frozenset(service for service, _ in offers) - refused)


def refusals(session: Session, referral_id: UUID) -> int:
    statement = (
        select(func.count())
        .select_from(Offer)
        .where(Offer.referral_id == referral_id, col(Offer.state).in_(REFUSED))
    )
    return session.exec(statement).one()


def _records() -> Any:
    since = bindparam("since", type_=UtcDateTime())
    state, answered_at = col(Offer.state), col(Offer.answered_at)
    taken_on = (state == OfferState.ACCEPTED) & (col(Referral.status) == Status.ACCEPTED)
    in_hand = case(((state == OfferState.OPEN) | (taken_on & (answered_at >= since)), 1), else_=0)
    could_answer = state.in_(ANSWERED_OR_LAPSED) | ((state == OfferState.RECALLED) & answered_at.is_not(None))
    recent = case(((col(Offer.offered_at) >= since) & could_answer, 1), else_=0)
    answered = case(((col(Offer.offered_at) >= since) & (answered_at <= col(Offer.answer_by)), 1), else_=0)
    return (
        rows_of(
            col(Offer.service_id),
            func.sum(in_hand),
            func.sum(recent),
            func.sum(answered),
            func.max(col(Offer.offered_at)),
        )
        .join(Referral, col(Referral.id) == col(Offer.referral_id))
        .group_by(col(Offer.service_id))
    )


# These run for each advice request, so the statements are built once.
RECORDS = _records()
SETTLED = union(
    rows_of(col(Referral.request_id)).where(
        col(Referral.request_id).in_(bindparam("requests", expanding=True))
    ),
    rows_of(col(WithdrawnRequest.request_id)).where(
        col(WithdrawnRequest.request_id).in_(bindparam("requests", expanding=True))
    ),
)
