"""The directory in the form that the matching reads, built once and kept until the directory changes."""

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
    """Return every service as it is now, every committed change included."""
    engine = session.get_bind().engine
    # The stamp comes before the rows: a change in between is then read again next time, and never missed.
    current = stamp(session)
    known = _known.get(engine)
    if known is None or known[0] != current:
        known = _known[engine] = current, [service_profile(*row) for row in all_services(session)]
    return known[1]
