"""Showing what a mass change would do, before anything is done. Nothing here commits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName
from services.notify.channels.prices import UNIT, Prices
from services.notify.messages.tables import Purpose
from services.notify.visits import queries as visits
from services.notify.visits import rules as visit_rules
from services.notify.visits.mass import queries, rules
from services.notify.visits.mass.tables import IN_WRITING, MassChange, MassChangeDay, MassChangeFamily, Reach
from services.notify.visits.numbering import language_of
from services.notify.visits.recipients import values
from services.notify.visits.tables import ChangeKind, FamilyChannel, Registration, VisitDay
from services.notify.wording import render
from services.notify.wording.rendering import Text
from shared.countries import BY_CODE
from shared.crypto import Unreadable
from shared.errors import Conflict, Invalid

PURPOSES = {ChangeKind.CALL_OFF: Purpose.VISIT_CANCELLED, ChangeKind.MOVE: Purpose.VISIT_MOVED}
READ_AT_ONCE = 1000
Family = tuple[UUID, str]


def show(session: Session, change: MassChange, prices: Prices, at: datetime) -> Sequence[VisitDay]:
    """Keep which days and families this is about and what it would do; return the days.

    Raises Invalid and Conflict where days cannot move as they should.
    """
    queries.forget_shown(session, change.id)
    days = queries.days_meant(session, change, at)
    if change.action is ChangeKind.MOVE:
        check_new_slots(session, change, days, at)
    session.add_all(_as_it_was(change, visit) for visit in days)
    session.flush()
    session.execute(KEEP_FAMILIES, {"change": change.id})
    change.preview = _counted(session, change, days) | _written(session, change, days, prices)
    change.preview_number += 1
    return days


def _as_it_was(change: MassChange, visit: VisitDay) -> MassChangeDay:
    return MassChangeDay(
        mass_change_id=change.id,
        visit_day_id=visit.id,
        version=visit.version,
        was_date=visit.visit_date,
        was_start=visit.start_time,
        was_end=visit.end_time,
        was_at=visit.starts_at,
    )


KEEP_FAMILIES = text(f"""
    INSERT INTO mass_change_families
      (id, mass_change_id, registration_id, visit_day_id, visit_version, language, channel, reach, state)
    SELECT gen_random_uuid(), d.mass_change_id, r.id, r.visit_day_id, d.version, r.language, r.channel,
           {queries.REACH}, 'previewed'
    FROM mass_change_days d JOIN registrations r ON r.visit_day_id = d.visit_day_id
    WHERE d.mass_change_id = :change AND r.state IN ({queries.COMING_NOW})
""")


def check_new_slots(session: Session, change: MassChange, days: Sequence[VisitDay], at: datetime) -> None:
    """Raise Invalid for a date or time that cannot be, and Conflict where another visit day is already."""
    moving = {visit.id for visit in days}
    for visit in days:
        slot = rules.moved(change, visit)
        errors = visit_rules.whats_wrong(slot.day, slot.start, slot.end, visit.zone, at)
        if errors:
            raise Invalid(errors)
        there = visits.same_day(session, _elsewhere(change, visit))
        if there is not None and there.id not in moving:
            raise Conflict(f"A visit day is there already: /v1/visit-days/{there.id}.", "visit-day-exists")
        if queries.stop(session, change.facility, slot.day):
            raise Conflict("Visits are called off on the new date until further notice.", "called-off")


def _elsewhere(change: MassChange, visit: VisitDay) -> VisitDay:
    """Return the visit day as it will be, which is a row of no table."""
    slot = rules.moved(change, visit)
    kept = visit.model_dump(exclude={"cancel_reason"})
    when = {"visit_date": slot.day, "start_time": slot.start, "end_time": slot.end}
    starts_at = visit_rules.moment(slot.day, slot.start, visit.zone)
    return VisitDay(**kept | when | {"starts_at": starts_at})


COUNTED = text("""
    SELECT f.visit_day_id, f.language, f.reach, count(*), sum(jsonb_array_length(r.child_age_bands))
    FROM mass_change_families f JOIN registrations r ON r.id = f.registration_id
    WHERE f.mass_change_id = :change GROUP BY 1, 2, 3
""")


def _counted(session: Session, change: MassChange, days: Sequence[VisitDay]) -> dict[str, Any]:
    """Count families, children, languages and who cannot be reached: in all, and for each day."""
    of_day: dict[UUID, Counter[str]] = defaultdict(Counter)
    languages: Counter[str] = Counter()
    reach: Counter[str] = Counter()
    for day, language, how, number, children in session.execute(COUNTED, {"change": change.id}):
        of_day[day].update(families=number, children=children or 0)
        languages[language] += number
        reach[how] += number
    return {
        "families": sum(languages.values()),
        "children": sum(one["children"] for one in of_day.values()),
        "languages": dict(sorted(languages.items())),
        "unreachable": {str(how): reach[how] for how in Reach if how not in IN_WRITING},
        "days": [_day(change, visit, of_day[visit.id]) for visit in days],
    }


def _day(change: MassChange, visit: VisitDay, counted: Counter[str]) -> dict[str, Any]:
    shown = {
        "id": str(visit.id),
        "date": str(visit.visit_date),
        "startTime": f"{visit.start_time:%H:%M}",
        "endTime": f"{visit.end_time:%H:%M}",
        "families": counted["families"],
        "children": counted["children"],
    }
    if change.action is ChangeKind.MOVE:
        slot = rules.moved(change, visit)
        shown |= {"newDate": str(slot.day), "newStartTime": f"{slot.start:%H:%M}"}
    return shown


@dataclass
class _Wording:
    """The words that families of one language get over one channel: those of the first day stand for all."""

    text: Text
    families: int = 0
    segments: int = 0
    cost: int = 0
    days: set[UUID] = field(default_factory=set)


def _written(
    session: Session, change: MassChange, days: Sequence[VisitDay], prices: Prices
) -> dict[str, Any]:
    """Return each text with its segments and cost."""
    by_id = {visit.id: visit for visit in days}
    found: dict[tuple[str, str], _Wording] = {}
    for (day, language, channel), (families, each) in _to_write(session, change, prices).items():
        written, said = _said(change, by_id[day], language, channel)
        wording = found.setdefault((written, channel), _Wording(said))
        wording.families += families
        wording.segments = max(wording.segments, said.segments)
        wording.cost += each * said.segments
    shown = [_shown(language, channel, one) for (language, channel), one in sorted(found.items())]
    return {"texts": shown, "cost": sum(one.cost for one in found.values()) / UNIT}


def _shown(language: str, channel: str, wording: _Wording) -> dict[str, Any]:
    is_text = channel == ChannelName.SMS
    return {
        "language": language,
        "channel": channel,
        "subject": wording.text.subject,
        "text": wording.text.body,
        "families": wording.families,
        "segments": wording.segments if is_text else None,
        "cost": wording.cost / UNIT if is_text else 0,
    }


def _said(change: MassChange, visit: VisitDay, language: str, channel: str) -> tuple[str, Text]:
    """Return the language that a family of this language is written to in, and the words, without a name."""
    then = _elsewhere(change, visit) if change.action is ChangeKind.MOVE else visit
    nobody = Registration(
        visit_day_id=visit.id,
        name="",
        contact_index=b"",
        channel=FamilyChannel(channel),
        language=language,
        adults=1,
        child_age_bands=[],
        first_visit=False,
        number_confirmed=True,
        created_at=visit.created_at,
    )
    said = values(nobody, then, papers=False) | {"url": "", "choices": ""}
    return language_of(nobody, then), render(
        PURPOSES[change.action], channel, language_of(nobody, then), said
    )


def _to_write(
    session: Session, change: MassChange, prices: Prices
) -> dict[tuple[UUID, str, str], tuple[int, int]]:
    """Return, by day, language and channel, how many are written to and what a segment to all of them costs.

    A text costs what the country of its number makes it; where one cannot be read, that of the facility.
    """
    families: Counter[tuple[UUID, str, str]] = Counter()
    cost: Counter[tuple[UUID, str, str]] = Counter()
    for _, day, language, reach in session.execute(WRITTEN_TO, {"change": change.id}).all():
        families[day, language, reach] += 1
    for key, number in _numbers(session, change.id):
        cost[key] += prices.cost(number, 1)
    return {key: (families[key], cost[key]) for key in families}


WRITTEN_TO = text("""
    SELECT registration_id, visit_day_id, language, reach FROM mass_change_families
    WHERE mass_change_id = :change AND reach IN ('sms', 'email') ORDER BY visit_day_id
""")


def _numbers(session: Session, change_id: UUID) -> Iterator[tuple[tuple[UUID, str, str], str]]:
    """Yield the number of each family that gets a text, with its day, language and channel."""
    ids = session.exec(
        select(MassChangeFamily.registration_id)
        .where(MassChangeFamily.mass_change_id == change_id, MassChangeFamily.reach == Reach.SMS)
        .order_by(col(MassChangeFamily.registration_id))
    ).all()
    for start in range(0, len(ids), READ_AT_ONCE):
        yield from _read(session, ids[start : start + READ_AT_ONCE])


def _read(session: Session, ids: Sequence[UUID]) -> Iterator[tuple[tuple[UUID, str, str], str]]:
    chosen = select(Registration.visit_day_id, Registration.language, Registration.phone)
    rows: list[tuple[UUID, str, str | None]]
    try:
        found = session.execute(chosen.where(col(Registration.id).in_(ids)))
        rows = [(day, language, phone) for day, language, phone in found]
    except Unreadable:
        if len(ids) > 1:
            for one in ids:
                yield from _read(session, [one])
            return
        rows = _unread(session, ids[0])
    for day, language, phone in rows:
        yield (day, language, str(Reach.SMS)), phone or ""


def _unread(session: Session, registration_id: UUID) -> list[tuple[UUID, str, str | None]]:
    """Return a number as they are where the facility is, in place of one that cannot be read."""
    day, language, country = session.exec(
        select(VisitDay.id, Registration.language, VisitDay.country)
        .join(Registration, col(Registration.visit_day_id) == col(VisitDay.id))
        .where(Registration.id == registration_id)
    ).one()
    return [(day, language, f"+{BY_CODE[country].calling_code}")]
