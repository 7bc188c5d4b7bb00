"""People who work here, for the first operator and for whoever cannot get in."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from local.account import LocalProblem
from services.commands.opened import opened
from services.intake.staff import commands, queries
from services.intake.staff.tables import Person, Role
from shared.contact.addresses import normalise_email
from shared.runtime import Runtime

BY = "operator"


def add(name: str, email: str, roles: list[str]) -> str | None:
    """Take somebody in; returns the address of their set-up link, or None where they sign in already.

    Raises LocalProblem for a role that there is not, a name or an address that is none, or the last operator.
    """
    with opened("intake") as (runtime, session):
        _, token = commands.take_in(session, name, email, _roles(roles), at=runtime.clock.now(), by=BY)
        return _address(runtime, "set-up", token) if token else None


def _roles(given: list[str]) -> list[Role]:
    unknown = sorted(set(given) - set(Role))
    if unknown:
        raise LocalProblem(f"there is no role {', '.join(unknown)}; there are {', '.join(Role)}")
    return [Role(one) for one in sorted(set(given))]


def list_people() -> list[dict[str, Any]]:
    with opened("intake") as (_, session):
        return [_line(one) for one in queries.everybody(session)]


def _line(one: queries.Colleague) -> dict[str, Any]:
    return {
        "name": one.name,
        "email": one.email,
        "roles": " ".join(one.roles),
        "state": one.state,
        "last in": f"{one.last_in_at:%Y-%m-%d %H:%M}" if one.last_in_at else None,
    }


def disable(email: str) -> None:
    """Raises LocalProblem for who is not known, and for the last operator."""
    with opened("intake") as (runtime, session):
        commands.disable(session, _known(session, email).id, at=runtime.clock.now(), by=BY)


def enable(email: str) -> None:
    """Raises LocalProblem for who is not known."""
    with opened("intake") as (runtime, session):
        commands.enable(session, _known(session, email).id, at=runtime.clock.now(), by=BY)


def reset(email: str) -> str:
    """Return the address of a new set-up link. Raises LocalProblem for who is not known or is disabled."""
    with opened("intake") as (runtime, session):
        token = commands.reset(session, _known(session, email).id, at=runtime.clock.now(), by=BY)
        return _address(runtime, "set-up", token)


def sample_link() -> str:
    """Return the address at which a sample adviser signs in, once; for the embedded system alone."""
    with opened("intake") as (runtime, session):
        return _address(runtime, "sample", commands.sample_link(session, at=runtime.clock.now()))


def _address(runtime: Runtime, page: str, token: str) -> str:
    return f"{runtime.settings.public_url('intake')}/desk/{page}/{token}"


def _known(session: Session, email: str) -> Person:
    person = commands.find_by_email(session, normalise_email(email))
    if person is None:
        raise LocalProblem("nobody here has this address: `weerzien staff list` names them")
    return person
