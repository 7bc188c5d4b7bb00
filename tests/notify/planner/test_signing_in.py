"""A planner comes in by a link in a mail: once, within ten minutes, and nobody else does."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlmodel import Session, col

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.tables import Message
from services.notify.planner.access import member
from services.notify.planner.tables import PLANNERS, PlannerLink, PlannerSession
from shared.audit.tables import audit_entries
from shared.crypto import hash_secret
from shared.members import commands
from shared.members.commands import From, LinkOver
from shared.members.rules import IDLE, LONGEST, TO_ONE_ADDRESS
from shared.web import forms
from tests.kit import planner
from tests.kit.planner import OTHER, PRISON
from tests.kit.staff import form_token
from tests.notify.visits.office import Telephone

ELS = "els@pi.example"
LINK = re.compile(r"/planner/sign-in/([\w-]{43})")


def ask(client: TestClient, email: str = ELS, **more: str) -> Any:
    form = form_token(client.get("/planner/sign-in").text)
    return client.post("/planner/sign-in", data={"form": form, "email": email} | more)


def link(client: TestClient, mailbox: Telephone, **more: str) -> str:
    """Ask for a link, and return its path from the mail."""
    assert ask(client, **more).status_code == 303
    [*_, text] = mailbox.texts()
    found = LINK.search(text)
    assert found is not None, text
    return found[0]


def press(client: TestClient, path: str) -> Any:
    page = client.get(path)
    told = page.status_code == 200
    form = form_token(page.text) if told else forms.new_token("planner-sign-in", path.rpartition("/")[2])
    return client.post(path, data={"form": form})


def is_in(client: TestClient) -> bool:
    return bool(client.get("/planner/me").status_code == 200)


def test_a_link_in_a_mail_lets_a_planner_in_once_to_the_page_that_they_wanted(
    client: TestClient, session: Session, mailbox: Telephone
) -> None:
    planner.add(session)
    path = link(client, mailbox, next="/planner/me?lang=fr")
    assert "Els Peeters" in client.get(path).text
    answer = press(client, path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/planner/me?lang=fr")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert "PI Vught" in client.get("/planner").text
    client.cookies.clear()
    again = press(client, path)
    assert (again.status_code, is_in(client)) == (404, False)
    assert "sign-in" in set(session.scalars(select(audit_entries.c.deed)))


def test_whatever_opens_links_in_mails_uses_nothing_up(
    client: TestClient, session: Session, mailbox: Telephone
) -> None:
    planner.add(session)
    path = link(client, mailbox)
    for method in ("HEAD", "GET", "GET"):
        assert client.request(method, path).status_code == 200
    assert not client.cookies
    assert client.post(path).status_code == 403  # without the page's own form
    assert press(client, path).status_code == 303


def test_whoever_asks_for_an_address_that_nobody_has_gets_the_same_answer_and_nobody_a_mail(
    client: TestClient, session: Session, mailbox: Telephone
) -> None:
    gone = planner.add(session)
    commands.disable(session, PLANNERS, gone, at=datetime.now(UTC), by="operator")
    for email in ("nobody@pi.example", ELS):
        answer = ask(client, email)
        assert (answer.status_code, answer.headers["location"]) == (303, "/planner/sign-in/sent")
        assert answer.content == b""
    assert mailbox.texts() == []
    session.expire_all()
    # What is done in the database is the same as well.
    assert session.scalar(select(func.count()).select_from(Message)) == 2
    assert set(session.scalars(select(col(PlannerLink.person_id)))) == {None}


def test_an_address_gets_a_few_mails_an_hour_known_or_not(
    client: TestClient, session: Session, mailbox: Telephone
) -> None:
    planner.add(session)
    hourly = min(TO_ONE_ADDRESS.values())
    for email in (ELS, "nobody@pi.example"):
        answers = [ask(client, email).status_code for _ in range(hourly + 1)]
        assert answers == [303] * hourly + [429]
    assert len(mailbox.texts()) == hourly


@pytest.mark.parametrize("how", ["guessed", "old", "let go", "another was used"])
def test_a_link_that_is_over_lets_nobody_in(
    how: str, client: TestClient, session: Session, mailbox: Telephone
) -> None:
    els = planner.add(session)
    path = link(client, mailbox)
    if how == "guessed":
        path = f"/planner/sign-in/{'A' * 43}"
    if how == "old":
        session.execute(update(PlannerLink).values(ends_at=datetime.now(UTC)))
        session.commit()
    if how == "let go":
        commands.disable(session, PLANNERS, els, at=datetime.now(UTC), by="operator")
    if how == "another was used":
        press(client, link(client, mailbox))
        client.cookies.clear()
    token = path.rpartition("/")[2]
    answer = client.post(path, data={"form": forms.new_token("planner-sign-in", token)})
    assert (client.get(path).status_code, answer.status_code) == (404, 404)
    assert not is_in(client)


def test_of_two_who_press_at_once_one_is_in(runtime_for: Callable[[str], Runtime], session: Session) -> None:
    planner.add(session)
    token = commands.sample_link(session, PLANNERS, ELS, [PRISON], "Els", at=datetime.now(UTC))

    def press_once(_: int) -> bool:
        with runtime_for("notify").sessions() as own:
            try:
                commands.let_in(own, PLANNERS, token, From(), at=datetime.now(UTC))
            except LinkOver:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(press_once, range(8))) == 1
    assert session.scalar(select(func.count()).select_from(PlannerSession)) == 1


def test_of_a_link_and_a_session_only_hashes_are_kept(
    client: TestClient, session: Session, mailbox: Telephone
) -> None:
    planner.add(session)
    path = link(client, mailbox)
    token = path.rpartition("/")[2]
    assert session.scalars(select(col(PlannerLink.token_hash))).one() == hash_secret(token)
    press(client, path)
    mine = client.cookies[member.cookie.bare]
    assert session.scalars(select(col(PlannerSession.token_hash))).one() == hash_secret(mine)


@pytest.mark.parametrize("column", ["seen_at", "ends_at"])
def test_a_session_ends_when_it_is_idle_and_after_a_day_of_work(
    column: str, client: TestClient, session: Session
) -> None:
    planner.sign_in(client, session)
    assert is_in(client)
    passed = IDLE if column == "seen_at" else LONGEST
    kept = session.scalars(select(PlannerSession)).one()
    setattr(kept, column, getattr(kept, column) - passed - timedelta(seconds=1))
    session.add(kept)
    session.commit()
    answer = client.get("/planner/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/planner/sign-in?next=/planner/me")


def test_who_is_let_go_is_out_at_the_next_press_and_what_is_taken_away_is_gone(
    client: TestClient, session: Session
) -> None:
    planner.sign_in(client, session, PRISON, OTHER)
    assert "PI Vught" in client.get("/planner/me").text
    els, _ = commands.add(session, PLANNERS, ELS, [OTHER], at=datetime.now(UTC), by="operator")
    assert "PI Vught" not in client.get("/planner/me").text
    commands.disable(session, PLANNERS, els.id, at=datetime.now(UTC), by="operator")
    assert not is_in(client)


def test_a_planner_sees_and_ends_their_sessions_and_no_one_elses(
    client: TestClient, session: Session
) -> None:
    theirs = planner.begin(session, email="other@pi.example")
    away = planner.begin(session)
    form = planner.sign_in(client, session)
    ids = {
        token: session.scalars(select(col(PlannerSession.id)).filter_by(token_hash=hash_secret(token))).one()
        for token in (theirs, away)
    }
    page = client.get("/planner/me").text
    assert (str(ids[away]) in page, str(ids[theirs]) in page) == (True, False)
    foreign = planner.form_of(session, theirs)
    assert client.post("/planner/me/sessions/end-others", data={"form": foreign}).status_code == 403
    for one in ids.values():
        assert client.post(f"/planner/me/sessions/{one}/end", data={"form": form}).status_code == 303
    left = set(session.scalars(select(col(PlannerSession.token_hash))))
    assert (hash_secret(theirs) in left, hash_secret(away) in left) == (True, False)
    assert client.post("/planner/sign-out", data={"form": form}).status_code == 303
    assert not is_in(client)


def test_a_session_that_begins_as_somebody_is_let_go_lets_nobody_in(
    client: TestClient, session: Session
) -> None:
    gone = planner.add(session)
    commands.disable(session, PLANNERS, gone, at=datetime.now(UTC), by="operator")
    planner.sign_in(client, session)
    assert not is_in(client)
