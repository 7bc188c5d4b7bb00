from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel, col, select

from services.referral.directory.importing import Entry, read
from services.referral.directory.rules import can_be_asked, is_partner, local_day
from services.referral.directory.tables import Organisation, Service, organisation_id, service_id
from shared.countries import DEFAULT

# Both countries that the centre works in keep the same clock.
HERE = DEFAULT.code
A_YEAR = timedelta(days=365)
BRACKETS = re.compile(r"\([^()]*\)")
OF_ORGANISATION = ("kind", "website")
OF_SERVICE = (
    "country",
    "description",
    "postcode",
    "regions",
    "serves",
    "needs",
    "stages",
    "languages",
    "min_age",
    "max_age",
    "interpreter",
    "remote",
    "cross_border",
    "takes_referrals",
    "active",
    "email",
    "agreement_signed",
    "verified_on",
    "capacity",
    "waiting_days",
)


@dataclass(frozen=True)
class Imported:
    """`unreachable` are those of them that had an e-mail address and lose it; `incomplete` take referrals and
    get none, as something is not known of them."""

    added: int
    changed: int
    same: int
    unreachable: int = 0
    incomplete: int = field(default=0, compare=False)


class OnLeft(Protocol):
    def __call__(self, session: Session, services: Sequence[UUID], *, at: datetime) -> None: ...


def _nobody_minds(session: Session, services: Sequence[UUID], *, at: datetime) -> None:
    """Where nobody can have been asked."""


def import_directory(
    session: Session,
    entries: Sequence[Entry],
    *,
    at: datetime,
    sample: bool = False,
    dry_run: bool = False,
    on_left: OnLeft = _nobody_minds,
) -> Imported:
    """Add and update by key, in one transaction. The same file again changes nothing; nothing is removed, and
    what the file has no column for stays as it is.

    With `dry_run` it says what it would do, and keeps nothing. In the same transaction `on_left` hears of the
    services that could be asked before and cannot be now, and of those that are no partner any more.
    """
    known = {row.id: row for row in session.exec(select(Service))}
    organisations = {row.id: row for row in session.exec(select(Organisation))}
    counts = {"added": 0, "changed": 0, "same": 0}
    left, unreachable, incomplete, today = [], 0, 0, local_day(at, HERE)
    for entry in entries:
        before = known.get(service_id(entry.key))
        old = (organisations.get(organisation_id(entry.key)), before)
        entry = _completed(entry, *old)
        organisation, service = _organisation(entry, sample), _service(entry)
        kind = _difference(old, (organisation, service))
        counts[kind] += 1
        incomplete += _is_incomplete(entry)
        if kind == "same":
            continue
        if before and _leaves(before, Service(**service), today):
            left.append(before.id)
        unreachable += bool(before and before.email and not entry.email)
        _upsert(session, Organisation, organisation | {"updated_at": at})
        _upsert(session, Service, service | {"updated_at": at})
    if dry_run:
        session.rollback()
    else:
        # What was read before is not so any more.
        session.expire_all()
        on_left(session, left, at=at)
        session.commit()
    return Imported(**counts, unreachable=unreachable, incomplete=incomplete)


def _leaves(before: Service, now: Service, today: date) -> bool:
    """Whether it can be asked no more, or, where it could not be before, is no partner at all any more."""
    asked_no_more = can_be_asked(before, today) and not can_be_asked(now, today)
    return asked_no_more or (is_partner(before, today) and not is_partner(now, today))


def _is_incomplete(entry: Entry) -> bool:
    wanted = entry.active and entry.takes_referrals
    return wanted and None in (entry.agreement_signed, entry.verified_on, entry.email)


def _completed(entry: Entry, organisation: Organisation | None, service: Service | None) -> Entry:
    """With what is known already where the file says nothing of it."""
    if organisation is None or service is None:
        return entry
    known = {name: getattr(service, name) for name in OF_SERVICE}
    known |= {name: getattr(organisation, name) for name in OF_ORGANISATION}
    return replace(entry, **{name: value for name, value in known.items() if name not in entry.told})


def load_sample(session: Session, *, at: datetime) -> Imported:
    """The sample directory: marked as such, with addresses under `.example`, verified on the day of loading.

    Twice on a day changes nothing. A service that was imported as real is left alone.
    """
    today = at.date()
    content = (files("services.referral.directory") / "data" / "sample.csv").read_bytes()
    entries, mistakes = read(content, today=today)
    assert not mistakes, mistakes
    real = set(session.exec(select(Organisation.key).where(col(Organisation.sample).is_(False))))
    ours = [
        replace(
            entry,
            email=f"verwijzing@{entry.key}.example",
            agreement_signed=today - A_YEAR,
            verified_on=today,
            told=entry.told | {"email", "agreement_signed", "verified_on"},
        )
        for entry in entries
        if entry.key not in real
    ]
    return import_directory(session, ours, at=at, sample=True)


def _organisation(entry: Entry, sample: bool) -> dict[str, Any]:
    return {
        "id": organisation_id(entry.key),
        "key": entry.key,
        "name": entry.name,
        "country": entry.country,
        "kind": entry.kind,
        "website": entry.website,
        "sample": sample,
    }


def _service(entry: Entry) -> dict[str, Any]:
    return {
        "id": service_id(entry.key),
        "organisation_id": organisation_id(entry.key),
        "name": _short_name(entry),
    } | {name: getattr(entry, name) for name in OF_SERVICE}


def _short_name(entry: Entry) -> str:
    """The first thing that it says it does, without asides; the organisation's name where it says nothing."""
    first = BRACKETS.sub("", entry.description).split(";")[0]
    return " ".join(first.split()).replace(" ,", ",").rstrip(".,")[:120] or entry.name


def _difference(old: tuple[Any, ...], new: tuple[dict[str, Any], ...]) -> str:
    if None in old:
        return "added"
    same = all(
        getattr(row, name) == value
        for row, values in zip(old, new, strict=True)
        for name, value in values.items()
    )
    return "same" if same else "changed"


def _upsert(session: Session, kind: type[SQLModel], values: dict[str, Any]) -> None:
    table: Table = kind.__table__  # type: ignore[attr-defined]
    statement = insert(table).values(values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: statement.excluded[name] for name in values if name != "id"},
        )
    )
