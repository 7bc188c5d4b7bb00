"""A planner calls off or moves many days at once: shown first, confirmed by whom it takes, undone, ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.visits import rules
from services.notify.visits.mass.tables import MassChange
from shared.audit.tables import audit_entries
from tests.kit import planner
from tests.kit.planner import OTHER, PRISON
from tests.notify import senders
from tests.notify.visits.mass.strike import Strike
from tests.notify.visits.office import Office

HERE = f"/planner/facilities/{PRISON}/changes"
NL = {"Accept-Language": "nl"}
ASKED = {
    "first_day": "2026-12-10",
    "last_day": "2026-12-20",
    "action": "cancel",
    "reason": "staking",
}
MOVED = ASKED | {"action": "move", "reason": "", "new_date": "2026-12-11"}


@pytest.fixture
def form(client: TestClient, session: Session) -> str:
    """The token of the forms of Els, who plans the visits at Vught and is signed in."""
    return planner.sign_in(client, session)


@pytest.fixture
def strike(office: Office, make_key: Callable[..., dict[str, str]]) -> Strike:
    senders.install(senders.usual(office.runtime))
    return Strike(office, make_key("notify", "visits:write", facilities=(OTHER,), name="Gent"))


def send(client: TestClient, path: str, form: str, **filled: str) -> Any:
    return client.post(path, data={"form": form} | filled, headers=NL)


def page(client: TestClient, path: str) -> str:
    answer = client.get(path, headers=NL)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def asked(client: TestClient, form: str, **changed: str) -> str:
    """Ask for it; return the address of the page that shows what it would do."""
    answer = send(client, f"{HERE}/new", form, **ASKED | changed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def confirmed(client: TestClient, form: str, path: str, preview: str = "1") -> Any:
    return send(client, f"{path}/confirm", form, preview=preview)


def test_what_it_would_do_is_shown_and_nothing_is_done(
    client: TestClient, office: Office, strike: Strike, form: str
) -> None:
    day = office.publish()
    office.register(day, childAgeBands=["4-7", "8-11"])
    office.register(day, phone="06-12345679", language="fr", name="Claire")
    office.register(day, channel="none", phone=None, name="Zonder")
    path = asked(client, form)
    shown = page(client, path)
    for words in (
        "Bezoekdagen: 1",
        "Gezinnen die komen: 3",
        "Français : 1",
        "Nederlands : 2",
        "gaat helaas niet door",
        "Sms-delen per bericht: 1",
        "ongeveer € 0,22",
        "Geen sms of mail: 1",
        "Gevraagd door Els Peeters",
    ):
        assert words in shown, words
    assert office.day(day)["state"] == "open"
    assert path in client.get(HERE, headers=NL).text


def test_it_is_confirmed_undone_within_the_minute_and_the_audit_names_who(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish()
    office.register(day)
    path = asked(client, form)
    assert confirmed(client, form, path).status_code == 303
    assert office.day(day)["state"] == "cancelled"
    assert "Maak ongedaan" in page(client, path)
    assert send(client, f"{path}/undo", form).status_code == 303
    assert office.day(day)["state"] == "open"
    assert "Niemand kreeg bericht" in page(client, path)
    noted = session.execute(select(audit_entries.c.who, audit_entries.c.deed)).all()
    mine = [(who, deed) for who, deed in noted if deed.startswith("mass-change.")]
    assert [deed for _, deed in mine] == ["mass-change.preview", "mass-change.confirm", "mass-change.undo"]
    assert all(who.startswith("member:") for who, _ in mine)
    assert "Els" not in session.exec(select(MassChange.asked_name)).one()


def test_once_families_are_told_it_is_not_undone_and_the_page_says_how_far_it_is(
    client: TestClient, office: Office, strike: Strike, form: str
) -> None:
    day = office.publish()
    office.register(day)
    office.register(day, channel="none", phone=None, name="Zonder")
    office.send_all()
    path = asked(client, form)
    confirmed(client, form, path)
    assert "Gezinnen 2 Krijgen geen herinnering meer 2 Bericht verstuurd 0" in page(client, path)
    assert "Kijk opnieuw" in page(client, path)
    strike.a_minute_later()
    told = (
        "Bericht verstuurd 1 Bereikt 1 Bereikt vóór ze zouden vertrekken 1 Worden gebeld door het centrum 1"
    )
    shown = page(client, path)
    assert told in shown
    assert "Klaar" in shown
    assert "Maak ongedaan" not in shown
    late = send(client, f"{path}/undo", form)
    assert late.status_code == 409
    assert "niet meer ongedaan" in late.text
    assert office.day(day)["state"] == "cancelled"


def test_above_fifty_families_a_colleague_confirms_and_who_asked_is_told_so(
    client: TestClient, office: Office, session: Session, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "ALONE", 1)
    day = office.publish()
    for number in range(2):
        office.register(day, name=f"Gezin {number}", phone=f"06-123456{number:02}")
    path = asked(client, form)
    assert "Een collega moet het bevestigen" in page(client, path)
    assert f"{path}/confirm" not in client.get(path, headers=NL).text
    same = confirmed(client, form, path)
    assert same.status_code == 409
    assert "Jij vroeg dit" in same.text
    assert office.day(day)["state"] == "open"
    colleague = planner.sign_in(client, session, email="jan@pi.example")
    assert path in client.get(HERE, headers=NL).text
    assert f"{path}/confirm" in client.get(path, headers=NL).text
    assert confirmed(client, colleague, path).status_code == 303
    assert office.day(day)["state"] == "cancelled"


def test_what_changed_meanwhile_is_shown_anew_and_only_that_is_done(
    client: TestClient, office: Office, form: str
) -> None:
    day = office.publish()
    office.register(day)
    path = asked(client, form)
    office.register(day, name="Nieuw", phone="06-12345679")
    again = confirmed(client, form, path)
    assert again.status_code == 409
    assert "Intussen veranderde er iets" in again.text
    assert "Gezinnen die komen: 2" in again.text
    assert confirmed(client, form, path, "1").status_code == 409
    assert office.day(day)["state"] == "open"
    assert confirmed(client, form, path, "2").status_code == 303
    assert office.day(day)["state"] == "cancelled"


def test_days_that_move_are_shown_with_their_new_date(client: TestClient, office: Office, form: str) -> None:
    day = office.publish()
    office.register(day)
    path = asked(client, form, **MOVED)
    assert "18 december 2026" in page(client, path)
    assert confirmed(client, form, path).status_code == 303
    assert office.day(day)["date"] == "2026-12-18"


def test_until_further_notice_no_day_is_published_before_somebody_says_until_when(
    client: TestClient, office: Office, form: str
) -> None:
    path = asked(client, form, last_day="", further="yes")
    confirmed(client, form, path)
    assert office.post_day().status_code == 409
    assert path in client.get(HERE, headers=NL).text
    assert send(client, f"{path}/end", form, until="morgen").status_code == 400
    assert send(client, f"{path}/end", form, until="2026-12-01").status_code == 400
    assert send(client, f"{path}/end", form, until="2026-12-15").status_code == 303
    assert "15 december 2026" in page(client, path)
    assert office.post_day().status_code == 201


def test_what_nobody_confirms_is_let_go_of(client: TestClient, office: Office, form: str) -> None:
    office.register(office.publish())
    path = asked(client, form)
    left = send(client, f"{path}/undo", form)
    assert left.headers["location"] == f"{HERE}?done=withdrawn"
    assert path not in client.get(HERE, headers=NL).text
    assert confirmed(client, form, path).status_code == 409
    late = asked(client, form)
    office.clock.advance(timedelta(hours=1))
    assert "Er is niets gebeurd" in page(client, late)
    assert late not in client.get(HERE, headers=NL).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"first_day": "morgen"}, "first_day"),
        ({"last_day": ""}, "last_day"),
        ({"further": "yes"}, "last_day"),
        ({"last_day": "2026-12-01"}, "last_day"),
        ({"first_day": "2026-11-01", "last_day": "2026-11-02"}, "last_day"),
        ({"last_day": "2028-12-20"}, "last_day"),
        ({"action": "feest"}, "action"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"new_date": "2026-12-11"}, "new_date"),
        (MOVED | {"new_date": ""}, "new_date"),
        (MOVED | {"new_date": "2020-12-11"}, "new_date"),
        (MOVED | {"new_start": "15:00"}, "new_end"),
        (MOVED | {"last_day": "", "further": "yes"}, "last_day"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    client: TestClient, office: Office, session: Session, form: str, wrong: dict[str, str], field: str
) -> None:
    office.publish()
    filled = ASKED | wrong
    answer = send(client, f"{HERE}/new", form, **filled)
    assert answer.status_code == 400, answer.text
    assert f'id="{field}-error"' in answer.text
    assert f'value="{filled["first_day"]}"' in answer.text
    assert session.exec(select(MassChange)).all() == []


def test_where_there_is_no_day_the_page_says_so(client: TestClient, form: str) -> None:
    answer = send(client, f"{HERE}/new", form, **ASKED)
    assert answer.status_code == 409
    assert "staat er geen bezoekdag" in answer.text


def test_another_facilitys_is_not_found(
    client: TestClient, office: Office, strike: Strike, session: Session, form: str
) -> None:
    day = office.publish(facility=OTHER)
    office.register(day)
    change = strike.preview(strike.colleague, facility=OTHER)["id"]
    path, there = f"/planner/changes/{change}", f"/planner/facilities/{OTHER}/changes"
    for one in (path, "/planner/changes/none", there, f"{there}/new"):
        assert client.get(one).status_code == 404, one
    for one in (f"{path}/confirm", f"{path}/undo", f"{path}/end", f"{there}/new"):
        assert send(client, one, form, **ASKED, until="2026-12-20", preview="1").status_code == 404, one
    assert office.day(day)["state"] == "open"
    assert strike.preview(strike.colleague, facility=OTHER)["state"] == "previewed"


def test_a_form_of_another_session_does_nothing(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish()
    office.register(day)
    path = asked(client, form)
    planner.sign_in(client, session, email="jan@pi.example")
    assert confirmed(client, form, path).status_code == 403
    assert send(client, f"{path}/undo", form).status_code == 403
    assert office.day(day)["state"] == "open"
