"""A call as the page shows it: never a number unless it was revealed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from services.intake.calls import form, queries, rules
from services.intake.calls.form import CallForm
from services.intake.calls.numbers import is_mobile
from services.intake.calls.tables import About, Call, FlagKind, NoTalk, Outcome, Result
from services.intake.guidance.articles import Article
from services.intake.guidance.rules import HelpLine, all_urgent_help, somebody_to_talk_to, urgent_help
from services.intake.hours.queries import plan
from services.intake.hours.rules import open_from
from services.intake.requests.options import options
from services.intake.requests.tables import AdviceRequest
from shared.countries import COUNTRIES
from shared.events.searching import ServiceFound
from shared.vocabulary import Audience
from shared.web import pages

SENT_BY = ("sms", "email")


@dataclass(frozen=True)
class Found:
    """What was found for `q`; `away` where the directory did not answer. `pages` are those of guidance."""

    q: str
    services: Sequence[ServiceFound]
    away: bool
    lines: Sequence[HelpLine]
    pages: Sequence[Article] = ()


def row(call: Call) -> dict[str, Any]:
    """Return a call for a list: what it was, and never whose."""
    return {
        "id": call.id,
        "at": call.at,
        "state": call.state.value,
        "direction": call.direction.value,
        "way": call.way.value,
        "anonymous": call.anonymous,
        "adviser": call.adviser,
        "danger": call.danger,
        "no_talk": call.no_talk.value if call.no_talk else "",
        "outcomes": call.outcomes,
        "call_back_id": call.call_back_id,
    }


def about(session: Session, call: Call, now: datetime) -> dict[str, Any]:
    """Return what every page of a call shows."""
    known = queries.history(session, call, now)
    notes, sent = queries.notes(session, call.id), queries.sendings(session, call.id)
    people = [call.adviser, *(one.staff_id for one in notes), *(one.asked_by for one in known.flags)]
    request = session.get(AdviceRequest, call.request_id) if call.request_id else None
    return {
        "call": call,
        "state": call.state.value,
        "goes_on": rules.goes_on(call, now),
        "minutes": int(((call.ended_at or now) - call.at).total_seconds() // 60),
        "history": known,
        "notes": notes,
        "sent": sent,
        "names": queries.names(session, people),
        "request_made": request,
        "now": now,
    }


def to_fill_in(
    session: Session, call: Call, changed: CallForm | None, now: datetime, language: str
) -> dict[str, Any]:
    """Return what the form of a call needs: as it was kept, or typed in a tab that came too late."""
    filled = changed or form.of_draft(call)
    return {
        "filled": filled,
        # Which tab this is, so that what it sends later is known for its own.
        "tab": filled.tab if changed and filled.tab else secrets.token_hex(8),
        "version": call.draft_version,
        "options": {**options(language), **_own_options(session, now, filled, language)},
        # A text is what most people want, where one can go to the number that they call with.
        "send_channel": filled.send_channel or ("sms" if is_mobile(call.number, filled.home()) else ""),
        "urgent": _urgent(filled),
        "in_detention": rules.cannot_be_called(filled.audience),
    }


def help_lines(filled: CallForm) -> list[HelpLine]:
    """Return the help lines in which what was sought stands."""
    words = filled.q.lower().split()
    every = [one for country in COUNTRIES for one in all_urgent_help(country, filled.language)]
    every += [one for country in COUNTRIES for one in somebody_to_talk_to(country, filled.language)]
    once = {one.name: one for one in every}
    return [one for one in once.values() if words and all(word in _said(one) for word in words)]


def _said(line: HelpLine) -> str:
    return f"{line.name} {line.about} {line.website}".lower()


def _urgent(filled: CallForm) -> list[HelpLine]:
    audience = Audience(filled.audience) if filled.audience in list(Audience) else None
    return urgent_help(filled.home(), audience, filled.language)


def _own_options(session: Session, now: datetime, filled: CallForm, language: str) -> dict[str, Any]:
    texts = pages.texts()

    def named(kind: str, codes: Sequence[str]) -> list[tuple[str, str]]:
        return [(one, texts.text(language, f"call.{kind}-{one}")) for one in codes]

    # Who will be there on a later day is not known yet: the hours count, and no shifts.
    opened = open_from(plan(session, filled.home(), now, by_shifts=False), now)
    slots = [(one.code, _slot(one, language, now)) for one in rules.slots(opened, now, filled.home())]
    return {
        "audience": audiences(language),
        "about": named("about", list(About)),
        "outcomes": named("outcome", list(Outcome)),
        "no_talk": named("no-talk", list(NoTalk)),
        "send_by": named("send-by", SENT_BY),
        "back_when": [*slots, (form.OTHER, texts.text(language, "call.back-other"))],
    }


def _slot(window: rules.Window, language: str, now: datetime) -> str:
    day, today = window.from_.date(), now.astimezone(window.from_.tzinfo).date()
    if window.from_ <= now:
        return pages.texts().text(language, "call.today-until", time=f"{window.to:%H:%M}")
    near = {0: "call.today", 1: "call.tomorrow"}.get((day - today).days)
    named = pages.texts().text(language, near) if near else pages.short_day(day, language)
    return f"{named} {window.from_:%H:%M}–{window.to:%H:%M}"


def reasons(codes: Sequence[str], language: str) -> list[tuple[str, str, str]]:
    """Return why somebody may want to see a number or words, as choices."""
    return [(one, pages.texts().text(language, f"call.why-{one}"), "") for one in codes]


def results(language: str) -> list[tuple[str, str]]:
    """Return what can come of trying to call somebody back, as choices."""
    return [(one, pages.texts().text(language, f"back.result-{one}")) for one in Result]


def flag_kinds(language: str) -> list[tuple[str, str]]:
    return [(one, pages.texts().text(language, f"caller.kind-{one}")) for one in FlagKind]


def audiences(language: str) -> list[tuple[str, str]]:
    """Return who may be asking, as the desk says it of others."""
    return [(one, pages.texts().text(language, f"desk-value.audience.{one}")) for one in Audience]
