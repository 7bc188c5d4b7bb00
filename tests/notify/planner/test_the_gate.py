"""Who comes, as the gate sees it, and who came."""

from __future__ import annotations

from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.visits.tables import Attendance, Registration
from shared.audit.tables import audit_entries
from tests.kit import planner
from tests.notify.visits.office import NUMBER, Office, at


def test_the_gate_sees_names_and_ages_and_no_number_and_looking_is_in_the_audit(
    office: Office, client: TestClient, session: Session
) -> None:
    made = office.publish()
    office.register(made, childAgeBands=["4-7", "0-3", "4-7"], firstVisit=True)
    office.register(made, name="=2+3 Jansen")
    planner.sign_in(client, session)
    page, file = (client.get(f"/planner/days/{made}/{one}") for one in ("who", "who.csv"))
    assert "Fatima el Amrani" in page.text
    assert "0-3, 4-7, 4-7" in page.text
    for answer in (page, file):
        assert NUMBER[-8:] not in answer.text.replace(" ", "")
        assert answer.headers["cache-control"] == "no-store"
    assert file.content.startswith("\ufeffNaam,".encode())
    assert "\r\n'=2+3 Jansen,1,1,0,1,0,0,0,0," in file.text
    assert "Fatima el Amrani,1,3,1,2,0,0,0,0,ja," in file.text
    looks = select(audit_entries.c.who).where(audit_entries.c.deed == "reveal.names")
    looked = session.execute(looks).scalars().all()
    assert [who.partition(":")[0] for who in looked] == ["member", "member"]


def test_who_came_is_ticked_off_on_the_day_changed_and_undone(
    office: Office, client: TestClient, session: Session
) -> None:
    made = office.publish()
    family = office.register(made)
    form, path = planner.sign_in(client, session), f"/planner/days/{made}/who"

    def tick(mark: str) -> Attendance | None:
        answer = client.post(f"{path}/{family}", data={"form": form, "attendance": mark})
        assert answer.headers["location"] == f"{path}#family-{family}"
        session.expire_all()
        kept = session.exec(select(Registration)).one()
        assert (kept.attended_at is None) == (kept.attendance is None)
        return kept.attendance

    assert 'name="attendance"' not in client.get(path).text
    assert tick("came") is None
    office.clock.set(at("2026-12-17 00:01"))
    assert 'name="attendance"' in client.get(path).text
    assert [tick(mark) for mark in ("came", "late", "absent")] == list(Attendance)
    assert tick("") is None
    unknown = client.post(f"{path}/{family}", data={"form": form, "attendance": "perhaps"})
    assert unknown.status_code == 404
