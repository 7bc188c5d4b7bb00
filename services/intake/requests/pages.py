"""The pages on which people follow and withdraw an advice request. None of them needs JavaScript.

No page has a name, a number, a reference or a code in its address. The link in a mail has a token, which says
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.guidance.rules import HelpLine, urgent_help
from services.intake.requests import commands, queries, rules
from services.intake.requests.references import PROOF_PAGE, request_of, tidy_code, tidy_reference
from services.intake.requests.tables import AdviceRequest, State, WaitsFor
from shared.errors import NotFound, TooMany
from shared.events.details import ReferralDetail
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.security.access import open_to_all
from shared.vocabulary import Audience, ContactChannel, Share
from shared.web import pages
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import READ_BY_FAMILIES, negotiate
from shared.web.origin import origin

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
FORM = "public-form"


@router.get("/status", dependencies=[READ_BY_FAMILIES])
def status_form(request: Request) -> Response:
    return _status_form(request)


@router.post("/status", dependencies=[READ_BY_FAMILIES])
def status(request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Show the state of an advice request to a person with its reference and return code."""
    row = found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    return show(request, runtime, session, row, sent["code"])


@router.post("/status/withdrawal", dependencies=[READ_BY_FAMILIES])
def withdraw(request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Withdraw the advice request and show its state; a closed one stays closed. Idempotent."""
    row = found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    if row.state is not State.CLOSED:
        row = commands.withdraw(session, row.id, at=now)
    return show(request, runtime, session, row, sent["code"])


@router.post("/status/consent", dependencies=[READ_BY_FAMILIES])
def consent(request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Take the yes of an asker who wanted to be asked first, and show what happens now. Idempotent."""
    row = found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    asked = _waits_for_yes(row)
    if asked:
        row = commands.give_consent(session, row.id, at=now)
    return show(request, runtime, session, row, sent["code"], agreed=asked)


def _waits_for_yes(row: AdviceRequest) -> bool:
    return row.share is Share.ASK_FIRST and row.state is State.WAITING and row.waits_for is None


@router.api_route(f"{PROOF_PAGE}/{{token}}", methods=["GET", "HEAD"], dependencies=[READ_BY_FAMILIES])
def proof_page(token: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Ask whoever opened the link in the mail whether the question is theirs. Changes nothing."""
    asked = queries.by_ids(session, filter(None, [request_of(token)]))
    works = any(rules.link_works(one, at=now) and one.state not in rules.FINAL for one in asked)
    return _proof_page(request, token if works else None)


@router.post(f"{PROOF_PAGE}/{{token}}", dependencies=[READ_BY_FAMILIES])
def prove(token: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Go on with the advice request, now that its asker's address is proven. Idempotent."""
    request_id = request_of(token)
    works = request_id is not None and commands.prove_by_link(session, request_id, at=now)
    return _proof_page(request, token if works else None, proven=works)


def _proof_page(request: Request, token: str | None, *, proven: bool = False) -> Response:
    """Show the page, which tells nothing of the advice request; without a token, that the link has ended."""
    context = {"token": token, "proven": proven}
    return pages.render(request, "requests/proof.html", context, status=200 if token else 404)


def _sharing(row: AdviceRequest, said: str) -> str | None:
    """Return the key of what is promised about sharing, while nothing was shared yet."""
    if row.state not in (State.RECEIVED, State.HELD, State.WAITING):
        return None
    if row.share is Share.YES:
        return "sharing.yes" if said in ("held", "read-first") else None
    return f"sharing.{row.share}"


def _state_text(row: AdviceRequest, said: str, known: ReferralDetail | None) -> str:
    """Return the key of what is true of this advice request in its state."""
    key = f"state.{said}.text"
    if said == State.RECEIVED and row.share is not Share.YES:
        return "state.read-first.text"
    if said != row.state:
        return key
    if row.state in (State.ACCEPTED, State.CLOSED):
        return f"{key}-none" if row.channel is ContactChannel.NONE else key
    if row.state is not State.WAITING:
        return key
    if row.share is not Share.YES:
        return f"{key}-{row.share}"
    if known is None or not known.unplaced_reason:
        return key
    return f"{key}-interpreter" if known.interpreter else f"{key}-unplaced"


def found(request: Request, session: Session, now: Any, sent: dict[str, str]) -> AdviceRequest | Response:
    """Return the advice request that reference and code lead to, or the page that says that they do not."""
    reference = tidy_reference(sent.get("reference", ""))
    code = tidy_code(sent.get("code", ""))
    try:
        return commands.find_with_code(session, reference or "", code, origin=origin(request), at=now)
    except NotFound:
        return _status_form(request, 404, sent, wrong=True)
    except TooMany as refusal:
        return _status_form(request, 429, sent, headers=refusal.headers)


def _status_form(
    request: Request,
    status: int = 200,
    sent: Mapping[str, str] = MappingProxyType({}),
    *,
    wrong: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Show the form for following an advice request, with the reference as typed; the code is typed anew."""
    language = negotiate(request)
    context = {
        "mistakes": [Mistake("reference", pages.texts().text(language, "status.unknown"))] if wrong else [],
        "notice": pages.texts().text(language, "status.too-often") if status == 429 else None,
        "reference": sent.get("reference", ""),
    }
    return pages.render(request, "requests/status_form.html", context, status=status, headers=headers)


def show(
    request: Request,
    runtime: Runtime,
    session: Session,
    row: AdviceRequest,
    code: str,
    *,
    agreed: bool = False,
    status: int = 200,
    **conversation: Any,
) -> Response:
    """Show the state of an advice request, and the conversation about it."""
    shown = request.app.state.conversation(session, row, at=runtime.clock.now(), **conversation)
    session.commit()  # referral may be slow to answer, and no transaction waits for that
    known, said = _partner(runtime, row), _said(row)
    context = {
        "reference": row.reference,
        "code": code,
        "state": row.state.value,
        "said": said,
        "state_text": _state_text(row, said, known),
        "sharing": _sharing(row, said),
        "ask_for_yes": _waits_for_yes(row) and known is not None,
        "agreed": agreed,
        "meant": known.meant if known else None,
        "channel": row.channel.value,
        "partner": known if known and known.organisation else None,
        "helplines": known.helplines if known and row.state is State.WAITING else [],
        "urgent": _urgent(row) if row.state is State.HELD else [],
        "may_withdraw": row.state not in rules.FINAL,
    }
    child = row.audience is Audience.CHILD
    shown_to = context | shown
    return pages.render(request, "requests/status.html", shown_to, status=status, to_a_child=child)


def _said(row: AdviceRequest) -> str:
    """Return which texts under `state` are true of this advice request."""
    if row.state is State.CLOSED and row.closed_as is not None:
        return f"closed-{row.closed_as}"
    if row.state is State.WAITING and row.waits_for is not None:
        return "read-first"
    if row.state is State.RECEIVED and row.waits_for is WaitsFor.PROOF:
        return f"prove-{row.channel}"
    return row.state.value


def _urgent(row: AdviceRequest) -> list[HelpLine]:
    return urgent_help(row.country, row.audience, row.language)


def _partner(runtime: Runtime, row: AdviceRequest) -> ReferralDetail | None:
    """Return what referral says of it, or None where there is no referral or no answer from that service."""
    if row.referral_id is None:
        return None
    try:
        return runtime.peers.lookup(ReferralDetail, [row.referral_id]).get(row.referral_id)
    except PeerUnavailable:
        return None
