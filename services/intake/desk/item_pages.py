"""One work item: what it is, whose, who has it open, and what can be done with it.

`desk/item.html` has: `service`, `item`, `facts` and `asker` (of Told), `mark`, `owner` (a name), `is_mine`,
`is_put_off`, `is_loud`, `is_danger`, `at` (now), `others` (name, since), `notes` (author, when, words),
`colleagues` (of Person), `whys`, `shown` (proof that somebody said why they look), `hides` (whether something
is left out until then), `said` (what was sent and refused), `problem` (a sentence), `anyway` (the name of
whose it is, and since when, where what was sent must be pressed once more); and `why`, `decision`, `value`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from services.intake.desk import allowed, commands, queries, rules
from services.intake.desk.asking import Desk, known
from services.intake.desk.commands import Place
from services.intake.desk.pages import PLACE, AtDesk, ByItself, away
from services.intake.desk.rules import DANGER_NOW, LOUD, AlreadyTaken
from services.intake.desk.showing import conversation_of, desk_of, is_shown, letter_of, shown_token, words_of
from services.intake.requests import views
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.access import StepUpFirst
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from shared.contact.text import plain
from shared.crypto import Unreadable
from shared.desk import asker
from shared.desk.actions import OF_A_PERSON, Fact
from shared.errors import NotFound
from shared.events.desk import AskAct, AskItem, AskShow, Found, Item, Outcome, Told
from shared.peers import PeerUnavailable
from shared.web import forms, pages, sentences
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
# Why somebody looks at a number, an address or words.
WHYS = ("call", "write", "safeguarding", "other")
LONGEST_NOTE = 4000
# What a form of an item says of itself, and not of the action.
OWN = ("form", "action", "anyway", "shown")


@dataclass(frozen=True)
class Again:
    """What is shown anew with an item after something could not be done."""

    problem: str = ""
    status: int = 200
    said: Mapping[str, str] = field(default_factory=dict)
    anyway: AlreadyTaken | None = None


NOTHING = Again()


class Opened:
    """One item as it was found, for whoever opened it. Raises NotFound or PeerUnavailable."""

    def __init__(
        self, request: Request, signed: Signed, now: datetime, service: str, item_id: UUID, token: str = ""
    ) -> None:
        if not known(service):
            raise NotFound("There is no such part of the desk.")
        self.request, self.signed, self.now, self.service = request, signed, now, service
        self.desk: Desk = desk_of(request, signed, now)
        self.is_shown = is_shown(token, signed, service, item_id)
        self.token = token if self.is_shown else ""
        language = negotiate(request)
        asked = AskItem(id=item_id, language=language, shown=self.is_shown)
        found = self.desk.ask(service, asked, Found)
        if not found.items:
            raise NotFound("There is no such item on this list.")
        with request.app.state.runtime.sessions() as session:
            self.item: Item = allowed.narrowed(session, found.items[0])
        self.gone = set(found.items[0].actions).difference(self.item.actions)

    @property
    def path(self) -> str:
        return f"/desk/items/{self.service}/{self.item.id}"

    @property
    def place(self) -> Place:
        return Place(self.service, self.item.id, _about(self.service, self.item), self.item.reason in LOUD)

    def back(self) -> Response:
        shown = f"?shown={self.token}" if self.token else ""
        return forms.see_other(self.request, f"{self.path}{shown}")


def _about(service: str, item: Item) -> UUID | None:
    """Return the advice request that an item is about, or else its subject."""
    written = str(item.details.get("requestId", "")) or str(item.asker or item.subject_id)
    try:
        return UUID(written)
    except ValueError:
        return item.subject_id


@router.get("/desk/items/{service}/{item_id}")
def work_item(
    service: str,
    item_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: AtDesk,
    shown: str = "",
) -> Response:
    """Show an item. That it is open in front of somebody is noted, so that a colleague is told."""
    try:
        opened = Opened(request, signed, now, service, item_id, shown)
    except PeerUnavailable:
        return away(request, signed, service)
    if opened.item.resolved_at is None:
        commands.look(session, item_id, signed.id, at=now)
    return _page(session, opened)


@router.post("/desk/items/{service}/{item_id}")
def decide(
    service: str,
    item_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: AtDesk,
    form: FormDep,
) -> Response:
    """Do what somebody decided. If it is a colleague's, or cannot be done, the item's page says so first."""
    check_form(form.get("form", ""), signed)
    params = {name: value for name, value in form.items() if name not in OWN}
    sent = {"action": form.get("action", "")} | params
    try:
        opened = Opened(request, signed, now, service, item_id, form.get("shown", ""))
        other = commands.of_another(session, service, item_id, signed.id)
        if other is not None and opened.item.resolved_at is None and form.get("anyway") != "yes":
            return _page(session, opened, Again(status=409, said=sent, anyway=other))
        if sent["action"] in opened.gone:
            problem = _text(request, "desk-problem.not-for-this-asker")
            return _page(session, opened, Again(problem, 409, sent))
        asked = AskAct(id=item_id, action=sent["action"], params=params)
        outcome = opened.desk.ask(service, asked, Outcome)
        if not outcome.is_done:
            # Somebody else may have dealt with it meanwhile: what is shown is what holds now.
            opened = Opened(request, signed, now, service, item_id, opened.token)
            problem = _in_words(outcome, negotiate(request))
            return _page(session, opened, Again(problem, outcome.status, sent))
    except PeerUnavailable:
        return away(request, signed, service, acted=True, item_id=item_id)
    commands.done_with(session, service, item_id, at=now)
    return forms.see_other(request, opened.path)


@router.post("/desk/items/{service}/{item_id}/show")
def show(
    service: str,
    item_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: AtDesk,
    form: FormDep,
) -> Response:
    """Show what tells of a person to somebody who says why, which is noted where it is kept."""
    check_form(form.get("form", ""), signed)
    why = form.get("why", "")
    try:
        opened = Opened(request, signed, now, service, item_id)
        if not signed.is_stepped_up:
            raise StepUpFirst(opened.path)
        if why not in WHYS:
            return _page(session, opened, Again(_text(request, "one-desk.why-missing"), 400))
        opened.desk.ask(service, AskShow(id=item_id, why=why), Outcome)
    except PeerUnavailable:
        return away(request, signed, service)
    if told := [one.label for one in _asker(session, opened.item, negotiate(request), hidden=False)]:
        told = [one for one in told if one in OF_A_PERSON]
        commands.note_showing(session, signed, opened.item.asker or item_id, told, why, at=now)
    opened.token = shown_token(signed, service, item_id)
    return opened.back()


@router.post("/desk/items/{service}/{item_id}/here")
def still_here(
    service: str,
    item_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: ByItself,
    form: FormDep,
) -> Response:
    """Note that somebody still has an item open, and answer who else has."""
    check_form(form.get("form", ""), signed)
    commands.look(session, item_id, signed.id, at=now)
    language = negotiate(request)
    told = [
        pages.texts().text(language, "one-desk.also-open", name=name, since=since)
        for name, since in _others(session, item_id, signed.id, now)
    ]
    return JSONResponse({"others": " ".join(told)})


@router.post("/desk/items/{service}/{item_id}/{deed}")
def keep(
    service: str,
    item_id: UUID,
    deed: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: AtDesk,
    form: FormDep,
) -> Response:
    """Take an item, give it back, hand it over, put it off, or note something beside it."""
    check_form(form.get("form", ""), signed)
    if deed not in DEEDS:
        raise NotFound("There is nothing of this kind to do.")
    try:
        opened = Opened(request, signed, now, service, item_id, form.get("shown", ""))
    except PeerUnavailable:
        return away(request, signed, service)
    try:
        wrong = DEEDS[deed](session, opened, form, form.get("anyway") == "yes")
    except AlreadyTaken as other:
        session.rollback()
        return _page(session, opened, Again(status=409, said={"deed": deed} | _sent(form), anyway=other))
    if wrong:
        return _page(
            session, opened, Again(_text(request, f"one-desk.{wrong}"), 400, {"deed": deed} | _sent(form))
        )
    return opened.back()


def _sent(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in OWN}


def _take(session: Session, opened: Opened, form: Mapping[str, str], anyway: bool) -> str:
    commands.take(session, opened.place, opened.signed, at=opened.now, anyway=anyway)
    return ""


def _give_back(session: Session, opened: Opened, form: Mapping[str, str], anyway: bool) -> str:
    commands.give_back(session, opened.place, opened.signed, at=opened.now)
    return ""


def _hand_over(session: Session, opened: Opened, form: Mapping[str, str], anyway: bool) -> str:
    colleagues = {str(one.id): one.id for one in queries.at_the_desk(session)}
    to = colleagues.get(form.get("to", ""))
    if to is None:
        return "to-missing"
    commands.hand_over(session, opened.place, opened.signed, to, at=opened.now, anyway=anyway)
    return ""


def _put_off(session: Session, opened: Opened, form: Mapping[str, str], anyway: bool) -> str:
    until = None
    if form.get("again") != "yes":
        until = _until(form.get("day", ""), form.get("time", ""))
        if until is None:
            return "until-missing"
    try:
        commands.put_off(session, opened.place, opened.signed, until, at=opened.now)
    except rules.CannotWait:
        return "cannot-wait"
    except rules.InThePast:
        return "until-past"
    return ""


def _until(day: str, clock: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{day}T{clock or '09:00'}").replace(tzinfo=PLACE)
    except ValueError:
        return None


def _note(session: Session, opened: Opened, form: Mapping[str, str], anyway: bool) -> str:
    words = plain(form.get("note", "")).strip()
    if not words:
        return "note-missing"
    if len(words) > LONGEST_NOTE:
        return "note-too-long"
    commands.note(session, opened.place, opened.signed, words, at=opened.now)
    return ""


DEEDS = {
    "take": _take,
    "give-back": _give_back,
    "hand-over": _hand_over,
    "put-off": _put_off,
    "note": _note,
}


def _page(session: Session, opened: Opened, again: Again = NOTHING) -> Response:
    request, item = opened.request, opened.item
    names, language = queries.names(session), negotiate(request)
    mark = queries.mark_of(session, opened.service, item.id)
    about = _asker(session, item, language, hidden=not opened.is_shown)
    context = words_of(request, item.reasons, names) | {
        "service": opened.service,
        "item": item,
        "facts": item.facts,
        "asker": about,
        "conversation": conversation_of(session, item),
        "letter": letter_of(item),
        "hides": not opened.is_shown
        and (item.has_text or any(one.value is None for one in (*item.facts, *about))),
        "mark": mark,
        "is_mine": mark.owner_id == opened.signed.id,
        "owner": names.get(mark.owner_id, "") if mark.owner_id else "",
        "is_put_off": (mark.put_off_until or opened.now) > opened.now,
        "is_loud": item.reason in LOUD,
        "is_danger": item.reason == DANGER_NOW,
        "at": opened.now,
        "others": _others(session, item.id, opened.signed.id, opened.now) if not item.resolved_at else [],
        "notes": _notes(session, opened, names, language),
        "colleagues": [one for one in queries.at_the_desk(session) if one.id != opened.signed.id],
        "shown": opened.token,
        "whys": WHYS,
        "said": again.said,
        "problem": again.problem,
        "anyway": _anothers(again.anyway, names),
    }
    return framed(request, "desk/item.html", opened.signed, context, status=again.status)


def _asker(session: Session, item: Item, language: str, *, hidden: bool) -> Sequence[Told]:
    """Return what is known of the asker; what names or reaches them has no value unless it is to be shown."""
    if item.asker is None:
        return []
    try:
        request = session.get(AdviceRequest, item.asker)
        if request is None:
            return [Told(label="asker", value="gone")]
        facts: list[Fact] = asker.facts(views.asker(request), language)
    except Unreadable:
        return [Told(label="asker", value="gone")]
    return [
        Told(label=one.label, value=None if hidden and one.label in OF_A_PERSON else one.value)
        for one in facts
    ]


def _others(session: Session, item_id: UUID, me: UUID, now: datetime) -> list[tuple[str, str]]:
    names = queries.names(session)
    return [
        (names.get(one.person_id, ""), f"{one.since.astimezone(PLACE):%H:%M}")
        for one in queries.others_at(session, item_id, me, now)
    ]


def _anothers(other: AlreadyTaken | None, names: Mapping[UUID, str]) -> tuple[str, str] | None:
    """Return the name of whose an item is, and since when."""
    return (names.get(other.owner_id, ""), f"{other.at.astimezone(PLACE):%H:%M}") if other else None


def _notes(
    session: Session, opened: Opened, names: Mapping[UUID, str], language: str
) -> list[dict[str, Any]]:
    return [
        {
            "author": names.get(one.author_id, ""),
            "written": pages.local_time(one.written_at, language),
            "words": one.text,
        }
        for one in queries.notes_of(session, opened.service, opened.item.id)
    ]


def _text(request: Request, key: str) -> str:
    return pages.texts().text(negotiate(request), key)


def _in_words(outcome: Outcome, language: str) -> str:
    """Return why it could not be done, in the reader's language if the catalogue has the reason."""
    code, sentence = outcome.slug, outcome.detail
    if outcome.mistakes:
        first = outcome.mistakes[0]
        code = first.code
        sentence = first.detail or sentences.sentence(code, language, values=first.values)
    key = f"desk-problem.{code}"
    return pages.texts().text(language, key) if pages.texts().has(key) else sentence
