"""What a partner can do from its link, besides answering."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.referral.directory.rules import is_partner, local_day
from services.referral.referrals import queries, rules
from services.referral.referrals.queries import OfferView
from services.referral.referrals.tables import FormerLink
from shared import audit, ceilings
from shared.errors import NotFound, TooMany
from shared.events.referral import ReferralLinkRenewed
from shared.messaging import announce

DAY, PER_DAY = 86_400, 5


def partner(view: OfferView) -> str:
    """Return who a partner is in the audit: its organisation. Who there pressed, we do not know."""
    return f"partner:{view.organisation.id}"


def looked(session: Session, view: OfferView, *, at: datetime) -> None:
    """Note that a partner is shown the asker's name, words and contact."""
    about = f"advice-request:{view.referral.request_id}"
    audit.record(session, partner(view), "reveal.asker", about, at=at, why="accepted")
    session.commit()


def send_fresh_link(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """Have a fresh link mailed to the address that we have of the partner, whoever asks for it.

    At most one an hour and five a day, so that an old link in the wrong hands floods nobody: raises TooMany.
    Raises NotFound where there is no such partner to write to any more.
    """
    locked = queries.locked_offer(session, offer_id)
    view = queries.offer_views(session, [offer_id]).get(offer_id) if locked else None
    if locked is None or view is None or not is_partner(view.service, local_day(at, view.referral.country)):
        raise NotFound("There is no partner to send a link to.")
    referral, offer = locked
    wait = rules.until_next_link(offer, at=at)
    if wait:
        raise TooMany("A link was sent a short time ago.", retry_after=wait)
    ceilings.count(session, f"fresh-link:{offer_id}", DAY, PER_DAY, at)
    audit.record(session, partner(view), "offer.fresh-link", f"offer:{offer_id}", at=at)
    session.add(FormerLink(token_hash=rules.renew_link(offer, at=at), offer_id=offer_id))
    announce(
        session,
        ReferralLinkRenewed(referral_id=referral.id, request_id=referral.request_id, offer_id=offer_id),
        at=at,
    )
    session.commit()
