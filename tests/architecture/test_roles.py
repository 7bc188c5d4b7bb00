"""Who gets in where: every page of the desk, asked by every role, by nobody, and with a key.

The table says for each path and method who may use it. A page that is not in it is a mistake, and so is one
that lets in others than it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.staff import access, sessions
from services.intake.staff.access import StaffAccess, staff
from services.intake.staff.commands import add
from services.intake.staff.framing import FORM
from services.intake.staff.tables import Person, Role
from shared.runtime import Runtime
from shared.security.access import OpenToAll
from shared.web import forms
from tests.conftest import MORNING
from tests.kit.routes import Way, accesses, routes, ways

EVERYBODY = frozenset(Role)
OPERATOR = frozenset({Role.OPERATOR})
AUDITOR = frozenset({Role.AUDITOR})
DESK = frozenset({Role.ADVISER, Role.SENIOR})
SENIOR = frozenset({Role.SENIOR})
EDITOR = frozenset({Role.EDITOR})
HOURS = frozenset({Role.SUPERVISOR, Role.OPERATOR})
FIGURES = frozenset({Role.SUPERVISOR, Role.SENIOR})

# Who may use each page. `EVERYBODY` is everybody who signed in, whatever their roles.
TABLE: dict[Way, frozenset[Role]] = {
    ("/desk/sign-out", "POST"): EVERYBODY,
    ("/desk/step-up", "GET"): EVERYBODY,
    ("/desk/step-up", "POST"): EVERYBODY,
    ("/desk/step-up/oidc", "POST"): EVERYBODY,
    ("/desk/step-up/passkey/options", "POST"): EVERYBODY,
    ("/desk/step-up/passkey", "POST"): EVERYBODY,
    ("/desk/me", "GET"): EVERYBODY,
    ("/desk/me/passkeys/options", "POST"): EVERYBODY,
    ("/desk/me/passkeys", "POST"): EVERYBODY,
    ("/desk/me/passkeys/{passkey_id}/name", "POST"): EVERYBODY,
    ("/desk/me/passkeys/{passkey_id}/remove", "POST"): EVERYBODY,
    ("/desk/me/sessions/{session_id}/end", "POST"): EVERYBODY,
    ("/desk/me/sessions/end-others", "POST"): EVERYBODY,
    ("/desk/me/password", "POST"): EVERYBODY,
    ("/desk/me/recovery-codes", "POST"): EVERYBODY,
    ("/desk/people", "GET"): OPERATOR,
    ("/desk/people", "POST"): OPERATOR,
    ("/desk/people/{person_id}", "GET"): OPERATOR,
    ("/desk/people/{person_id}/roles", "POST"): OPERATOR,
    ("/desk/people/{person_id}/telephone", "POST"): OPERATOR,
    ("/desk/people/{person_id}/disable", "POST"): OPERATOR,
    ("/desk/people/{person_id}/enable", "POST"): OPERATOR,
    ("/desk/people/{person_id}/reset", "POST"): OPERATOR,
    ("/desk/audit", "GET"): AUDITOR,
    ("/desk/audit.csv", "GET"): AUDITOR,
    ("/desk", "GET"): DESK,
    ("/desk/today", "GET"): DESK,
    ("/desk/groups/{service}/{key}", "GET"): DESK,
    ("/desk/groups/{service}/{key}", "POST"): DESK,
    ("/desk/items/{service}/{item_id}", "GET"): DESK,
    ("/desk/items/{service}/{item_id}", "POST"): DESK,
    ("/desk/items/{service}/{item_id}/show", "POST"): DESK,
    ("/desk/items/{service}/{item_id}/here", "POST"): DESK,
    ("/desk/items/{service}/{item_id}/{deed}", "POST"): DESK,
    ("/desk/calls/{call_id}/caller", "GET"): DESK,
    ("/desk/calls/{call_id}/caller", "POST"): DESK,
    ("/desk/calls/{call_id}/flags", "POST"): DESK,
    ("/desk/calls/pauses/{flag_id}", "GET"): DESK,
    ("/desk/calls/pauses/{flag_id}/agreed", "POST"): SENIOR,
    ("/desk/calls/pauses/{flag_id}/ended", "POST"): SENIOR,
    ("/desk/calls/{call_id}/question", "GET"): DESK,
    ("/desk/calls/{call_id}/question", "POST"): DESK,
    ("/desk/calls", "GET"): DESK,
    ("/desk/calls/ringing", "GET"): DESK,
    ("/desk/calls", "POST"): DESK,
    ("/desk/calls/{call_id}/taken", "POST"): DESK,
    ("/desk/calls/{call_id}", "GET"): DESK,
    ("/desk/calls/{call_id}/draft", "POST"): DESK,
    ("/desk/calls/{call_id}", "POST"): DESK,
    ("/desk/calls/{call_id}/notes", "POST"): DESK,
    ("/desk/calls/{call_id}/revealed", "POST"): DESK,
    ("/desk/call-backs", "GET"): DESK,
    ("/desk/call-backs/{back_id}", "GET"): DESK,
    ("/desk/call-backs/{back_id}/revealed", "POST"): DESK,
    ("/desk/call-backs/{back_id}/attempts", "POST"): DESK,
    ("/desk/call-backs/{back_id}/closed", "POST"): DESK,
    ("/desk/shifts", "GET"): DESK,
    ("/desk/shifts", "POST"): DESK,
    ("/desk/shifts/{shift_id}/{deed}", "POST"): DESK,
    ("/desk/hours", "GET"): HOURS,
    ("/desk/hours/{country}", "POST"): HOURS,
    ("/desk/hours/closures", "POST"): HOURS,
    ("/desk/hours/closures/{closure_id}/taken-back", "POST"): HOURS,
    ("/desk/figures", "GET"): FIGURES,
    ("/desk/figures.csv", "GET"): FIGURES,
    ("/desk/requests/{reference}/conversation", "GET"): DESK,
    ("/desk/requests/{reference}/conversation", "POST"): DESK,
    ("/desk/requests/{reference}/conversation/draft", "POST"): DESK,
    ("/desk/requests/{reference}/conversation/yes", "POST"): DESK,
    ("/desk/children/{box_id}", "GET"): DESK,
    ("/desk/children/{box_id}", "POST"): DESK,
    ("/desk/children/{box_id}/draft", "POST"): DESK,
    ("/desk/letters/{request_id}", "GET"): DESK,
    ("/desk/requests/{reference}/own-words", "GET"): DESK,
    ("/desk/requests/{reference}/own-words", "POST"): DESK,
    ("/desk/requests/{reference}/own-words/check", "POST"): DESK,
    ("/desk/guidance", "GET"): EDITOR,
    ("/desk/guidance/sought", "POST"): EDITOR,
    ("/desk/guidance/{language}/{slug}", "GET"): EDITOR,
    ("/desk/guidance/{language}/{slug}", "POST"): EDITOR,
    ("/desk/reply-templates", "GET"): EDITOR,
    ("/desk/reply-templates/new", "GET"): EDITOR,
    ("/desk/reply-templates/new", "POST"): EDITOR,
    ("/desk/reply-templates/{template_id}", "GET"): EDITOR,
    ("/desk/reply-templates/{template_id}", "POST"): EDITOR,
    ("/desk/search", "GET"): DESK,
    ("/desk/search", "POST"): DESK,
    ("/desk/people-of/{kind}/{id}", "GET"): DESK,
    ("/desk/people-of/{kind}/{id}/show", "POST"): DESK,
    ("/desk/erase", "GET"): SENIOR,
    ("/desk/erase", "POST"): SENIOR,
    ("/desk/erase/{reference}", "GET"): SENIOR,
    ("/desk/erase/carried", "POST"): SENIOR,
    ("/desk/erased/{erasure_id}", "GET"): SENIOR,
}
# What asks for proof, within the last quarter of an hour, that it is still the person who signed in.
STEPPED_UP: frozenset[Way] = frozenset(
    {
        ("/desk/audit.csv", "GET"),
        ("/desk/figures.csv", "GET"),
        ("/desk/me/password", "POST"),
        ("/desk/me/recovery-codes", "POST"),
        ("/desk/me/passkeys/options", "POST"),
        ("/desk/me/passkeys", "POST"),
        ("/desk/me/passkeys/{passkey_id}/remove", "POST"),
        ("/desk/letters/{request_id}", "GET"),
        ("/desk/erase", "GET"),
        ("/desk/erase", "POST"),
        ("/desk/erase/{reference}", "GET"),
        ("/desk/erase/carried", "POST"),
        ("/desk/erased/{erasure_id}", "GET"),
        ("/desk/people", "POST"),
        ("/desk/people/{person_id}/roles", "POST"),
        ("/desk/people/{person_id}/telephone", "POST"),
        ("/desk/people/{person_id}/disable", "POST"),
        ("/desk/people/{person_id}/enable", "POST"),
        ("/desk/people/{person_id}/reset", "POST"),
    }
)
# Pages for whoever is not signed in yet, each with what lets somebody in there.
OPEN: dict[Way, str] = {
    ("/desk/sign-in", "GET"): "nothing is on it",
    ("/desk/sign-in", "POST"): "a password and a code",
    ("/desk/set-up/{token}", "GET"): "the link",
    ("/desk/set-up/{token}", "POST"): "the link",
    ("/desk/set-up/{token}/passkey/options", "POST"): "the link",
    ("/desk/set-up/{token}/passkey", "POST"): "the link",
    ("/desk/oidc", "POST"): "nothing is done but sending the browser away",
    ("/desk/oidc/callback", "GET"): "what the organisation's provider signed for this browser",
    ("/desk/passkey/options", "POST"): "nothing is in it but something to sign",
    ("/desk/passkey", "POST"): "a passkey",
    ("/desk/sample/{token}", "GET"): "the link, in the embedded system",
    ("/desk/sample/{token}", "POST"): "the link, in the embedded system",
}
UNKNOWN = "6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a"
NOBODY, KEY = "nobody", "a key"
ASKING = [*Role, NOBODY, KEY]


def undecided(pages: dict[Way, Any]) -> dict[Way, str]:
    """Return what is wrong with each page whose access is not as the tables say."""
    return {way: wrong for way, route in pages.items() if (wrong := _wrong(way, accesses(route.dependant)))}


def _wrong(way: Way, found: list[Any]) -> str:
    if len(found) != 1:
        return f"has {len(found)} accesses"
    [one] = found
    if isinstance(one, OpenToAll):
        return "" if way in OPEN else "is open to all"
    if not isinstance(one, StaffAccess):
        return "is opened by something else than a person's session"
    if way not in TABLE:
        return "is not in the table"
    if frozenset(one.roles or Role) != TABLE[way]:
        return f"lets in {', '.join(sorted(one.roles)) or 'everybody'}"
    return "" if one.stepped_up == (way in STEPPED_UP) else "asks, or does not ask, for proof once more"


@pytest.fixture
def pages(runtime_for: Callable[[str], Runtime]) -> dict[Way, Any]:
    return ways(routes(runtime_for, "intake"))


def test_every_page_of_the_desk_is_decided_on(pages: dict[Way, Any]) -> None:
    assert undecided(pages) == {}


def test_nothing_is_decided_on_that_is_not_there(pages: dict[Way, Any]) -> None:
    assert {*TABLE, *OPEN} - pages.keys() == set()
    assert TABLE.keys() >= STEPPED_UP
    assert TABLE.keys() & OPEN.keys() == set()


@pytest.fixture
def people(session_for: Callable[[str], Session]) -> dict[Role, Person]:
    session = session_for("intake")
    made = {role: add(session, role, f"{role}@centre.example", [role], at=MORNING) for role in Role}
    # Somebody else who may do it, so that nothing is refused for being the last.
    add(session, "another", "another@centre.example", [Role.OPERATOR], at=MORNING)
    session.commit()
    return made


@pytest.mark.parametrize("asking", ASKING)
def test_each_page_lets_in_whom_the_table_says(
    asking: str,
    pages: dict[Way, Any],
    people: dict[Role, Person],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
    make_key: Callable[..., dict[str, str]],
) -> None:
    client, session = client_for("intake"), session_for("intake")
    headers = make_key("intake", "operator") if asking == KEY else {}
    found = {}
    for way in pages:
        form = _sign_in(client, session, people[Role(asking)]) if asking in set(Role) else "x"
        found[way] = _is_let_in(_ask(client, way, form, headers))
    expected = {way: way in OPEN or asking in TABLE[way] for way in pages}
    assert found == expected


@pytest.mark.parametrize("way", sorted(STEPPED_UP), ids=str)
def test_what_matters_asks_for_proof_once_more(
    way: Way,
    people: dict[Role, Person],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
) -> None:
    client, session = client_for("intake"), session_for("intake")
    role = min(TABLE[way])
    form = _sign_in(client, session, people[role], stepped_up=False)
    answer = _ask(client, way, form, {})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/step-up?next=/desk")


def _sign_in(client: TestClient, session: Session, person: Person, *, stepped_up: bool = True) -> str:
    """Sign somebody in with this client, and return the token of the forms that they are shown."""
    token = sessions.begin(session, person, means="password", stepped_up=stepped_up)
    found = sessions.find(session, token)
    assert found is not None
    session.commit()
    client.cookies.clear()
    client.cookies.set(access.COOKIE, token)
    return forms.new_token(FORM, str(found[0].id))


def _ask(client: TestClient, way: Way, form: str, headers: dict[str, str]) -> Any:
    path, method = re.sub(r"{[^}]+}", UNKNOWN, way[0]), way[1]
    sent = {"data": {"form": form}} if method == "POST" else {}
    return client.request(method, path, headers=headers, **sent)


def _is_let_in(answer: Any) -> bool:
    """Whether the page was opened, whatever it then said of what was asked."""
    # 503: it was opened, and another service, which is not there in this test, does not answer.
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    if answer.status_code == 303 and "/desk/sign-in?next=" in answer.headers["location"]:
        return False
    return not (answer.status_code == 403 and "Location" not in answer.headers and _is_about_roles(answer))


def _is_about_roles(answer: Any) -> bool:
    # A form without our token is refused as well, on pages that are open to all.
    return "/set-up/" not in str(answer.url) and "/sample/" not in str(answer.url)


def test_a_page_that_somebody_forgot_is_found() -> None:
    """Take one thing away or add one page, and the tables no longer agree with it."""
    router = APIRouter()
    whoever = Annotated[object, Depends(staff())]
    advisers = Annotated[object, Depends(staff(Role.ADVISER))]
    not_sure = Annotated[object, Depends(staff(Role.OPERATOR))]

    @router.get("/desk/me")
    def without() -> None: ...

    @router.get("/desk/step-up", dependencies=[Depends(OpenToAll())])
    def opened() -> None: ...

    @router.get("/desk/people")
    def others(signed: advisers) -> None: ...

    @router.post("/desk/people")
    def unproven(signed: not_sure) -> None: ...

    @router.get("/desk/new")
    def new(signed: whoever) -> None: ...

    @router.post("/desk/people/{person_id}/reset")
    def twice(person_id: UUID, signed: not_sure, again: whoever) -> None: ...

    app = FastAPI()
    app.include_router(router)
    found = undecided(ways(_contexts(app)))
    assert {path for path, _ in found} == {
        "/desk/me",
        "/desk/step-up",
        "/desk/people",
        "/desk/new",
        "/desk/people/{person_id}/reset",
    }
    assert ("/desk/people", "POST") in found


def _contexts(app: FastAPI) -> Iterator[Any]:
    for route in app.routes:
        if hasattr(route, "effective_route_contexts"):
            yield from route.effective_route_contexts()
