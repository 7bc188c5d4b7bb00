"""The pages of planners: all in one frame, with the ways of the facility that they are at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.notify.planner.access import Member
from shared.geography import Facility, facility
from shared.web import forms, pages

FORM = "planner"
HOME, OWN = "/planner", "/planner/me"
AT = "/planner/facilities/{facility}"

# Each way at a facility: its text (`planner.nav-KEY`) and its address.
WAYS: tuple[tuple[str, str], ...] = (
    ("calendar", AT),
    ("days", f"{AT}/days"),
    ("new", f"{AT}/days/new"),
    ("bring", f"{AT}/bring"),
    ("changes", f"{AT}/changes"),
    ("closed", f"{AT}/closed"),
    ("notes", f"{AT}/notes"),
)


def framed(
    request: Request,
    template: str,
    member: Member | None,
    context: Mapping[str, Any],
    *,
    at: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render a page in the frame. `at` is the facility that it is about, if it is about one.

    `form_token` in it is for every form, and is checked by `check_form`.
    """
    here = facility(at) if at else None
    own = {
        "member": member,
        "facility": here,
        "ways": [(key, path.format(facility=here.id)) for key, path in WAYS] if here else [],
        "form_token": forms.new_token(FORM, str(member.session_id)) if member else "",
    }
    return pages.render(request, template, own | dict(context), status=status)


def check_form(token: str, member: Member) -> None:
    """Raise Forbidden if a form did not come from a page that this planner's session was shown."""
    forms.check(token, FORM, str(member.session_id))


def facilities_of(member: Member) -> list[Facility]:
    """Return the facilities of a planner, in the order of their names."""
    known = [facility(one) for one in member.facilities]
    return sorted((one for one in known if one is not None), key=lambda one: one.name)
