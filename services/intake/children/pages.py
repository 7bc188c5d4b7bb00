"""A child's own door: what is on your mind, and the five words that lead to the answer.

Nothing of a page says what it is about: not its address, not its title. No cookie is set before the five
words were typed, and no address on the internet is looked at.

`children/door.html` has: `token`, `offer`, `filled`, `mistakes`, `notice`, `lines` (with whom to talk now, by
country), `back` (what is wrong with the words that were typed), `waits` (what is sent with them).
`children/words.html` has: `token`, `offer`, `which` (of the codes under that seal), `words`, `mistakes`,
`country`, `numbers` (whom to call, in danger).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from services.intake.children import codes, commands, queries, rules, visits, words
from services.intake.children.rules import Asked
from services.intake.children.showing import lines_for_children, show, text, whom_to_call
from services.intake.children.words import Words
from services.intake.conversations.rules import NotFinished
from shared.countries import COUNTRIES
from shared.errors import NotFound, TooMany
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
DOOR, HERE, BYE, GONE = "/hallo", "/hallo/hier", "/hallo/dag", "/hallo/weg"
FORM = "hallo"
# Where the way out leads: a page about nothing.
OUT = "https://www.buienradar.nl/"
# What a browser forgets of this site on the way out. What it has under `storage` is how it knows, for the
# Back key, that somebody has left: that stays.
FORGET = '"cache", "cookies"'
# What is known of a page that was left is forgotten after eight days.
OLD_PAGE = timedelta(days=7)
NOTHING: Mapping[str, str] = MappingProxyType({})


@router.get(DOOR)
def door(request: Request, now: Now) -> Response:
    return _door(request, now)


@router.post(DOOR)
def ask(request: Request, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Keep what a child asks, and show the five words; sent again, the same words."""
    token, codes_offered = sent.get("form", ""), codes.offered(sent.get("offer", ""), sent.get("form", ""))
    if queries.has_left(session, token):
        return led_out()
    if _is_old(token, now):
        return _door(request, now, notice="stale", status=400)
    if not forms.is_ours(token, FORM) or not codes_offered:
        return _door(request, now, sent, notice="stale", status=400)
    if words.looks_like_a_code(sent.get("text", "")):
        return _door(request, now, notice="code-as-message", status=400)
    wrong = rules.mistakes(sent.get("text", ""), sent.get("age", ""), sent.get("country", ""))
    if wrong:
        return _door(request, now, sent, mistakes=_mistakes(request, wrong), status=400)
    given = commands.ask(session, _asked(request, sent), token, codes_offered, at=now)
    if given.words is None:
        return _door(request, now, notice="known-already")
    numbers = sent["country"] if given.held else ""
    return _words(request, token, sent["offer"], given.words, numbers=numbers)


@router.post(HERE)
def enter(request: Request, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Let in whoever types the five words. On the page that shows them a slip costs nothing."""
    if queries.has_left(session, sent.get("form", "")):
        return led_out()
    if not forms.is_ours(sent.get("form", ""), FORM) or _is_old(sent["form"], now):
        return _door(request, now, notice="stale", status=400)
    meant = words.understood(sent.get("words", ""), negotiate(request))
    wanted = _shown_here(sent)
    if wanted is not None and meant != tuple(map(words.plain, wanted)):
        wrong = [Mistake("words", text(request, "not-the-words"))]
        given = sent["form"], sent["offer"], wanted
        return _words(request, *given, wrong, numbers=sent.get("country", ""), status=400)
    if meant is None:
        return _not_in(request, now, sent, _what_is_wrong(request, sent.get("words", "")), 400)
    return _let_in(request, session, now, sent, meant)


def _let_in(
    request: Request, session: Session, now: datetime, sent: Mapping[str, str], meant: Words
) -> Response:
    try:
        visit = commands.enter(session, meant, at=now)
    except NotFound:
        return _not_in(request, now, sent, text(request, "words-unknown"), 404)
    except TooMany:
        return _not_in(request, now, sent, text(request, "words-too-often"), 429)
    if sent.get("more"):
        _write_on(session, visit, sent, now)
    answer = forms.see_other(request, HERE)
    visits.keep(request, answer, visit)
    return answer


def _not_in(request: Request, now: datetime, sent: Mapping[str, str], why: str, status: int) -> Response:
    """Ask for the words again; what waits to be sent with them goes on waiting."""
    waits = {name: sent.get(name, "") for name in ("more", "danger")}
    return _door(request, now, back=why, waits=waits, status=status)


@router.get(BYE)
def bye(request: Request, session: SessionDep, now: Now) -> Response:
    """End the visit and lead out, by a page about nothing. Works as a link alone."""
    if visit := visits.token(request):
        commands.leave(session, visit, at=now)
    answer = show(request, "bye", {})
    answer.headers["Clear-Site-Data"] = FORGET
    visits.drop(request, answer)
    return answer


@router.post(BYE)
def bye_for_good(request: Request, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Lead out like the link, from a page that Back would bring back otherwise, sent again."""
    if forms.is_ours(sent.get("form", ""), FORM):
        commands.leave_page(session, sent["form"], at=now)
    return bye(request, session, now)


@router.get(GONE)
def gone(request: Request) -> Response:
    """Lead out. The browser is told once more to forget: by now it has put the page before in its memory."""
    return led_out()


def led_out() -> Response:
    """Return the way to a page of others, after which nothing of ours is in the browser's memory."""
    return RedirectResponse(OUT, status_code=303, headers={"Clear-Site-Data": FORGET})


def _is_old(token: str, now: datetime) -> bool:
    """Whether a page is older than what is kept of pages that were left."""
    made = forms.made_at(token, FORM)
    return made is not None and now - made > OLD_PAGE


def _asked(request: Request, sent: Mapping[str, str]) -> Asked:
    age = rules.age_of(sent["age"]) or rules.OLDEST
    danger = sent.get("danger") == "yes"
    return Asked(sent["text"], age, sent["country"], negotiate(request), danger)


def _write_on(session: Session, visit: str, sent: Mapping[str, str], now: datetime) -> None:
    """Keep what a child had written when its visit was over; what cannot be kept is written anew."""
    box, danger = queries.visited(session, visit, now), sent.get("danger") == "yes"
    if box is not None:
        try:
            commands.write_back(session, box.id, sent["more"], sent["form"], danger=danger, at=now)
        except (NotFinished, TooMany):
            session.rollback()


def _shown_here(sent: Mapping[str, str]) -> Words | None:
    """Return the words that stand on the page from which this was sent, if any do."""
    found = codes.offered(sent.get("offer", ""), sent.get("form", ""))
    which = sent.get("which", "")
    return found[int(which)] if which in map(str, range(len(found))) else None


def _what_is_wrong(request: Request, typed: str) -> str:
    unknown = words.unknown(typed, negotiate(request))
    if words.how_many(typed) != words.HOW_MANY:
        return text(request, "words-not-five")
    return text(request, "word-unknown", word=unknown[0]) if unknown else text(request, "words-unsure")


def _mistakes(request: Request, wrong: Mapping[str, str]) -> list[Mistake]:
    return [Mistake(field, text(request, code)) for field, code in wrong.items()]


def again(request: Request, now: datetime, sent: Mapping[str, str]) -> Response:
    """Ask for the words once more, where a visit was over before something was sent; it is sent with them."""
    waiting = {"more": sent.get("text", ""), "danger": sent.get("danger", "")}
    return _not_in(request, now, waiting, text(request, "visit-over"), 400)


def _door(
    request: Request,
    now: datetime,
    filled: Mapping[str, str] = NOTHING,
    *,
    mistakes: list[Mistake] | None = None,
    notice: str = "",
    back: str = "",
    waits: Mapping[str, str] = NOTHING,
    status: int = 200,
) -> Response:
    """Show the door, as it was filled in where something is to be corrected."""
    token, offer = filled.get("form", ""), filled.get("offer", "")
    if not forms.is_ours(token, FORM) or not codes.offered(offer, token):
        token = forms.new_token(FORM, at=now)
        offer = codes.offer(negotiate(request), token)
    context = {
        "token": token,
        "offer": offer,
        "filled": filled,
        "mistakes": mistakes or [],
        "notice": text(request, notice) if notice else "",
        "back": [Mistake("words", back)] if back else [],
        "waits": waits,
        "lines": lines_for_children(negotiate(request)),
    }
    return show(request, "door", context, status=status)


def _words(
    request: Request,
    token: str,
    offer: str,
    wanted: Words,
    mistakes: list[Mistake] | None = None,
    *,
    numbers: str = "",
    status: int = 200,
) -> Response:
    language = negotiate(request)
    context = {
        "token": token,
        "offer": offer,
        "which": codes.offered(offer, token).index(wanted),
        "words": wanted,
        "mistakes": mistakes or [],
        "country": numbers,
        "numbers": whom_to_call(numbers, language) if numbers in COUNTRIES else [],
    }
    return show(request, "words", context, status=status)
