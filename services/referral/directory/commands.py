from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel, col, select

from services.referral.directory.importing import Entry, read
from services.referral.directory.tables import Organisation, Service, organisation_id, service_id

A_YEAR = timedelta(days=365)
BRACKETS = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Imported:
    added: int
    changed: int
    same: int


def import_directory(
    session: Session,
    entries: Sequence[Entry],
    *,
    at: datetime,
    sample: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Add and update by key, in one transaction. The same file again changes nothing; nothing is removed.

    With `dry_run` it says what it would do, and keeps nothing.
    """
    known = {row.id: row for row in session.exec(select(Service))}
    organisations = {row.id: row for row in session.exec(select(Organisation))}
    counts = {"added": 0, "changed": 0, "same": 0}
    for entry in entries:
        organisation, service = _organisation(entry, sample), _service(entry)
        old = (organisations.get(organisation["id"]), known.get(service["id"]))
        kind = _difference(old, (organisation, service))
        counts[kind] += 1
        if kind != "same":
            _upsert(session, Organisation, organisation | {"updated_at": at})
            _upsert(session, Service, service | {"updated_at": at})
    if dry_run:
        session.rollback()
    else:
        session.commit()
    return Imported(**counts)


def load_sample(session: Session, *, at: datetime) -> Imported:
    """The sample directory: marked as such, with addresses under `.example`, verified on the day of loading.

    Twice on a day changes nothing. A service that was imported as real is left alone.
    """
    entries, mistakes = read((files("services.referral.directory") / "data" / "sample.csv").read_bytes())
    assert not mistakes, mistakes
    real = set(session.exec(select(Organisation.key).where(col(Organisation.sample).is_(False))))
    today = at.date()
    ours = [
        replace(
            entry,
            email=f"verwijzing@{entry.key}.example",
            agreement_signed=today - A_YEAR,
            verified_on=today,
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
    taken = (
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
    return {
        "id": service_id(entry.key),
        "organisation_id": organisation_id(entry.key),
        "name": _short_name(entry),
    } | {name: getattr(entry, name) for name in taken}


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
