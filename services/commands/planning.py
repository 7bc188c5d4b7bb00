"""Planners of prisons: who they are, and for which facilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from local.account import LocalProblem
from services.commands.opened import opened
from services.notify.planner.tables import PLANNERS
from shared.contact.addresses import normalise_email
from shared.geography import facilities
from shared.members import commands, queries

BY = "operator"
SAMPLE = "planner@voorbeeld.example", ("nl-pi-vught", "be-gevangenis-gent"), "Els (sample)"


def add(email: str, wanted: Sequence[str], name: str = "") -> tuple[bool, str]:
    """Let somebody plan at these facilities and no others; returns whether they are new, and their page.

    Raises LocalProblem for a facility that there is not, and for an address or name that is none.
    """
    unknown = sorted(set(wanted) - set(facilities()))
    if unknown:
        raise LocalProblem(f"there is no facility {', '.join(unknown)}; their ids are in the reference list")
    with opened("notify") as (runtime, session):
        at = runtime.clock.now()
        _, is_new = commands.add(session, PLANNERS, email, wanted, name=name, at=at, by=BY)
        return is_new, f"{runtime.settings.public_url('notify')}{PLANNERS.sign_in}"


def list_planners() -> list[dict[str, Any]]:
    with opened("notify") as (_, session):
        return [_line(one) for one in queries.everybody(session, PLANNERS)]


def _line(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "email": one.email,
        "facilities": " ".join(one.scope),
        "state": "disabled" if one.disabled_at else "ready",
        "last in": f"{one.last_in_at:%Y-%m-%d %H:%M}" if one.last_in_at else None,
    }


def disable(email: str) -> None:
    """Raises LocalProblem for who is not known."""
    with opened("notify") as (runtime, session):
        commands.disable(session, PLANNERS, _known(session, email).id, at=runtime.clock.now(), by=BY)


def enable(email: str) -> None:
    """Raises LocalProblem for who is not known."""
    with opened("notify") as (runtime, session):
        commands.enable(session, PLANNERS, _known(session, email).id, at=runtime.clock.now(), by=BY)


def sample_link() -> str:
    """Return the address at which a sample planner signs in, once; for the embedded system alone."""
    with opened("notify") as (runtime, session):
        email, theirs, name = SAMPLE
        token = commands.sample_link(session, PLANNERS, email, theirs, name, at=runtime.clock.now())
        return f"{runtime.settings.public_url('notify')}{PLANNERS.sign_in}/{token}"


def _known(session: Session, email: str) -> Any:
    found = queries.by_email(session, PLANNERS, normalise_email(email))
    if found is None:
        raise LocalProblem("nobody here has this address: `weerzien planners list` names them")
    return found
