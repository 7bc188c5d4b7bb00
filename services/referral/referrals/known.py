"""The directory as the matching wants it, made once and kept until something in it changes."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session

from services.referral.directory.queries import all_services, stamp
from services.referral.matching import ServiceProfile
from services.referral.referrals.profiles import service_profile

_known: WeakKeyDictionary[Engine, tuple[tuple[int, int], Sequence[ServiceProfile]]] = WeakKeyDictionary()


def services_now(session: Session) -> Sequence[ServiceProfile]:
    """Every service as of this statement, a change of a moment ago included."""
    engine = session.get_bind().engine
    # Asked before the rows are read: what changes in between is read again next time, never missed.
    current = stamp(session)
    found = _known.get(engine)
    if found is None or found[0] != current:
        found = _known[engine] = current, [service_profile(*row) for row in all_services(session)]
    return found[1]
