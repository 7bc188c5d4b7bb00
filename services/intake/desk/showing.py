"""The desk's codes in words: what stands in a row, and what is told of an item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Request
from itsdangerous import BadSignature, TimestampSigner
from sqlmodel import Session

from services.intake.conversations.desk_pages import path_of
from services.intake.desk import allowed
from services.intake.desk.asking import Desk
from services.intake.desk.rules import Row
from services.intake.staff.rules import Signed
from shared.crypto import derive_all
from shared.desk import words
from shared.events.desk import Item
from shared.security.service_tokens import Acting
from shared.web import pages
from shared.web.languages import negotiate

STAFF = re.compile(r"staff:([0-9a-f-]{36})")
# So long what tells of a person stays on the page for whoever said why they look.
SHOWN_FOR = 600


@dataclass(frozen=True)
class Said:
    """A row in words; `due` is empty where it should be done at once."""

    row: Row
    what: str
    why: str
    whose: str
    urgency: str
    owner: str
    since: str
    due: str
    is_danger: bool
    is_overdue: bool
    path: str


def acting_of(signed: Signed) -> Acting:
    """Return in whose name other services are asked."""
    return Acting(f"staff:{signed.id}", signed.name)


def desk_of(request: Request, signed: Signed, at: datetime) -> Desk:
    state = request.app.state
    return Desk(state.runtime, state.desk, acting_of(signed), at)


def words_of(request: Request, forms: Mapping[str, str], names: Mapping[UUID, str]) -> dict[str, Any]:
    """Return what a template needs to say codes in words."""
    language = negotiate(request)
    return {
        "why": partial(words.reason, language, forms=forms),
        "whose": partial(whose, language=language, forms=forms),
        "decision": partial(words.decision, language),
        "value": lambda label, code: called(words.value(language, label, code, forms), names),
    }


def called(code: str, names: Mapping[UUID, str]) -> str:
    """Return the name of who works here, where a code names somebody who does."""
    match = STAFF.fullmatch(code)
    return names.get(UUID(match[1]), code) if match else code


def said(row: Row, language: str, forms: Mapping[str, str], names: Mapping[UUID, str], now: datetime) -> Said:
    """Return a row in words: what it is, whose, and whose it is at the desk; never a name of who asks."""
    value = partial(words.value, language, forms=forms)
    return Said(
        row=row,
        what=" ".join(filter(None, (_kind(language, row.line.kind), row.detail("reference")))),
        why=_why(row, language, forms),
        whose=whose(row.line.details, language, forms),
        # What is dangerous now is not "within a week", whatever was ticked.
        urgency="" if row.is_danger else value("urgency", row.detail("urgency")),
        owner=names.get(row.owner_id, "") if row.owner_id else "",
        since=pages.short_time(row.line.opened_at, language, now),
        due="" if row.is_danger else pages.short_time(row.due_at, language, now),
        is_danger=row.is_danger,
        is_overdue=row.is_overdue(now),
        path=f"/desk/items/{row.service}/{row.line.id}",
    )


def whose(details: Mapping[str, Any], language: str, forms: Mapping[str, str]) -> str:
    """Return whom an item is about in words: never a name."""
    audience, ages, spoken = (str(details.get(name) or "") for name in ("audience", "ages", "language"))
    value = partial(words.value, language, forms=forms)
    about = [value("audience", audience), ages.replace(" ", ", "), value("language", spoken)]
    return ", ".join(filter(None, about))


def _why(row: Row, language: str, forms: Mapping[str, str]) -> str:
    why = words.reason(language, row.line.reason, forms)
    purpose = row.detail("purpose")
    return f"{why} ({words.value(language, 'purpose', purpose, forms)})" if purpose else why


def _kind(language: str, kind: str) -> str:
    key = f"desk-kind.{kind}"
    return pages.texts().text(language, key) if pages.texts().has(key) else kind


def kind_in_words(language: str, kind: str) -> str:
    return _kind(language, kind)


def state_in_words(language: str, kind: str, state: str) -> str:
    """Return how something stands, of this kind; its code if no catalogue has it."""
    key = f"desk-state.{kind}.{state}"
    return pages.texts().text(language, key) if pages.texts().has(key) else state


def shown_token(signed: Signed, service: str, item_id: UUID) -> str:
    """Return proof that this person said why they look at this item, for ten minutes of this session."""
    return _signer(signed).sign(f"{service}.{item_id}").decode()


def is_shown(token: str, signed: Signed, service: str, item_id: UUID) -> bool:
    try:
        return _signer(signed).unsign(token, max_age=SHOWN_FOR).decode() == f"{service}.{item_id}"
    except (BadSignature, UnicodeError):
        return False


def _signer(signed: Signed) -> TimestampSigner:
    return TimestampSigner(derive_all("form")[::-1], salt=f"desk-shown:{signed.session_id}")


def conversation_of(session: Session, item: Item) -> str:
    """Return the address of the conversation with the asker, if the item is about one."""
    request = allowed.asked(session, item)
    return path_of(request.reference) if request is not None and request.erased_at is None else ""


def letter_of(item: Item) -> str:
    """Return the address of the letter, if that is what there is to do."""
    if item.kind != "letter-to-post":
        return ""
    about = item.reason.removeprefix("letter-")
    return f"/desk/letters/{item.asker or item.subject_id}?about={about}"
