"""The page that a partner opens from its mail: the advice request, two buttons, and once accepted the asker.

GET and HEAD change nothing, so a mail scanner that follows links does no harm. POST acts once.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.referral.directory.rules import is_partner, local_day
from services.referral.portal import commands as commands_here
from services.referral.portal.access import partners_link
from services.referral.referrals import commands, queries, rules
from services.referral.referrals.profiles import partner_language, working_country
from services.referral.referrals.queries import OfferView
from services.referral.referrals.tables import DeclineReason, OfferState
from services.referral.settings import ReferralSettings
from shared import audit
from shared.countries import zone
from shared.crypto import equal, hash_secret
from shared.errors import NotFound, TooMany
from shared.events.details import Asker
from shared.geography import find
from shared.languages import FOR_PAGES, language_in, page_language
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.vocabulary import need_name
from shared.web import pages
from shared.web.dependencies import FormDep, Now, SessionDep, runtime_dependency
from shared.web.forms import Mistake

router = APIRouter(include_in_schema=False)
TO_CHOOSE = {"accept": "choose-action", "reason": "choose-reason"}
OfferId = Annotated[UUID, Depends(partners_link)]
ReferralRuntime = Annotated[Runtime[ReferralSettings], Depends(runtime_dependency)]


@router.api_route("/r/{token}", methods=["GET", "HEAD"])
def show(
    token: str, request: Request, runtime: ReferralRuntime, session: SessionDep, now: Now, offer_id: OfferId
) -> Response:
    view = queries.offer_views(session, [offer_id])[offer_id]
    if not _works(runtime, view, token, now):
        return _ended(request, view)
    return _page(request, runtime, session, view, now)


@router.post("/r/{token}")
def answer(
    token: str,
    request: Request,
    runtime: ReferralRuntime,
    session: SessionDep,
    now: Now,
    offer_id: OfferId,
    sent: FormDep,
) -> Response:
    """Accept or decline. Idempotent: a second press returns 200 and shows the answer that was given."""
    view = queries.offer_views(session, [offer_id])[offer_id]
    if not _works(runtime, view, token, now):
        asked = sent.get("action") == "fresh-link"
        return _ended(request, view, _send_fresh_link(session, offer_id, now) if asked else "")
    is_open = view.offer.state is OfferState.OPEN and not _too_late(view, now)
    wrong = _act(runtime, session, view, sent, now) if is_open else None
    session.expire_all()
    view = queries.offer_views(session, [offer_id])[offer_id]
    return _page(request, runtime, session, view, now, wrong=wrong)


def _works(runtime: Runtime[ReferralSettings], view: OfferView, token: str, now: Any) -> bool:
    """Whether this link still shows something. One that a fresh link took the place of never does."""
    is_newest = equal(view.offer.token_hash, hash_secret(token))
    return is_newest and rules.link_works(view.referral, view.offer, runtime.settings.link_keeps, at=now)


def _send_fresh_link(session: Session, offer_id: UUID, now: Any) -> str:
    """Return what the page says of it."""
    try:
        commands_here.send_fresh_link(session, offer_id, at=now)
    except TooMany:
        return "sent-lately"
    except NotFound:
        return "no-partner"
    return "sent"


def _ended(request: Request, view: OfferView, said: str = "") -> Response:
    """The page of a link that has ended: nothing of the question, nothing of the person."""
    language = _language(request, view)
    status = {"sent-lately": 429, "no-partner": 410}.get(said, 200)
    return pages.render(request, "portal/ended.html", {"said": said}, status=status, language=language)


def _act(
    runtime: Runtime[ReferralSettings], session: Session, view: OfferView, sent: dict[str, str], now: Any
) -> str | None:
    """Return the field that has to be corrected, or None if the offer is now answered or closed."""
    offer_id, action, reason = view.offer.id, sent.get("action"), sent.get("reason", "")
    if action not in ("accept", "decline"):
        return "accept"
    if action == "decline" and reason not in set(DeclineReason):
        return "reason"
    why = reason if action == "decline" else ""
    # Noted first, and committed with the answer: of one that comes too late nothing stays.
    audit.record(
        session, commands_here.partner(view), f"offer.{action}", f"offer:{offer_id}", at=now, why=why
    )
    try:
        if action == "accept":
            commands.accept(session, offer_id, at=now)
        else:
            auto_offer = runtime.settings.auto_offer
            commands.decline(session, offer_id, DeclineReason(reason), at=now, auto_offer=auto_offer)
    except (rules.NotOpen, rules.OfferExpired):
        session.rollback()
    return None


def _page(
    request: Request,
    runtime: Runtime[ReferralSettings],
    session: Session,
    view: OfferView,
    now: Any,
    *,
    wrong: str | None = None,
) -> Response:
    language, texts = _language(request, view), pages.texts()
    state = _state(view, now)
    session.commit()  # intake is called below, and no transaction stays open during a call
    person = _person(runtime, view) if state == OfferState.ACCEPTED else None
    if person is not None and request.method != "HEAD":
        commands_here.looked(session, view, at=now)
    country = working_country(view.service.country, view.referral.country)
    context = {
        "view": view,
        "state": state,
        "about": _about(view, language),
        "answer_by": pages.local_time(view.offer.answer_by, language, zone(country)),
        "reasons": [(one.value, texts.text(language, f"portal.reason-{one}")) for one in DeclineReason],
        "mistakes": [Mistake(wrong, texts.text(language, f"portal.{TO_CHOOSE[wrong]}"))] if wrong else [],
        "person": person,
    }
    status = 400 if wrong else 200
    return pages.render(request, "portal/offer.html", context, status=status, language=language)


def _language(request: Request, view: OfferView) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in FOR_PAGES else page_language(partner_language(view.service))


def _state(view: OfferView, now: Any) -> str:
    """Return the state to show.

    To an organisation that is no longer a partner, an open or accepted offer is shown as recalled.
    """
    is_live = view.offer.state in (OfferState.OPEN, OfferState.ACCEPTED)
    if is_live and not is_partner(view.service, local_day(now, view.referral.country)):
        return OfferState.RECALLED
    return OfferState.EXPIRED if _too_late(view, now) else view.offer.state


def _too_late(view: OfferView, now: Any) -> bool:
    return view.offer.state is OfferState.OPEN and now > view.offer.answer_by


def _about(view: OfferView, language: str) -> list[tuple[str, str]]:
    """Return what the advice request is about, and nothing that could identify a person."""
    about = view.referral.about
    place = find(about.country, about.postcode)
    texts = pages.texts()
    listed = {
        "needs": ", ".join(need_name(code, language) for code in about.needs),
        "for": ", ".join(texts.text(language, f"portal.for-{code}") for code in about.help_for),
        "asker": texts.text(language, f"portal.asker-{about.audience}"),
        "ages": ", ".join(about.child_age_bands),
        "stage": texts.text(language, f"portal.stage-{about.stage}") if about.stage else "",
        "area": place.province if place else about.country,
        "language": language_in(about.language, language),
        "urgency": texts.text(language, f"portal.urgency-{view.referral.urgency}"),
    }
    return [(name, value) for name, value in listed.items() if value]


def _person(runtime: Runtime[ReferralSettings], view: OfferView) -> Asker | None:
    """Ask intake for the asker: name, own words, how to reach them safely. Return None if intake is away."""
    request_id = view.referral.request_id
    try:
        return runtime.peers.lookup(Asker, [request_id]).get(request_id)
    except PeerUnavailable:
        return None
