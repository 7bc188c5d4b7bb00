"""One item: what is shown of a person and to whom, and two people who open the same one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update
from sqlmodel import Session

from services.intake.desk import queries
from services.intake.staff.tables import Role, StaffSession
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.desk.items import open_item, open_items
from shared.runtime import Runtime
from tests.intake.desk.desk import EN, put
from tests.intake.requests.questions import question
from tests.kit.desk import paths_in, press, shown
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]


@pytest.fixture
def sam(client: TestClient, noor: UUID, client_for: ClientFor, session_for: SessionFor) -> TestClient:
    """A colleague at another screen."""
    other = client_for("intake")
    sign_in(other, session_for("intake"), name="Sam")
    return other


@pytest.fixture
def path(client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock) -> str:
    """Something at notify that holds somebody's words."""
    put(session_for("notify"), clock.now(), words="Mag oma mee?")
    [found] = paths_in(client.get("/desk").text)
    return found


@pytest.fixture
def asked(client: TestClient, noor: UUID, make_key: Callable[..., dict[str, str]]) -> str:
    """A question that is held for safety; returns the address of its item."""
    body = question(
        danger=True,
        question="Hij is bang voor de poort.",
        contact={"name": "Kanarievogel", "phone": "06 12345678"},
    )
    assert client.post(
        "/v1/advice-requests", json=body, headers=make_key("intake", "requests:write")
    ).is_success
    [found] = paths_in(client.get("/desk").text)
    return found


def opened(client: TestClient, path: str) -> str:
    answer = client.get(path, headers=EN)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def deeds(session: Session) -> list[tuple[str, str, str]]:
    session.rollback()
    rows = session.execute(select(audit_entries).order_by(audit_entries.c.id)).all()
    return [(row.who, row.deed, row.why) for row in rows]


HIDDEN = ("Kanarievogel", "12345678", "06 12 34 56 78", "poort")


class TestWhatTellsOfAPerson:
    def test_is_shown_only_to_somebody_who_says_why(self, client: TestClient, asked: str) -> None:
        page = opened(client, asked)
        assert "hidden" in page
        assert "today or tomorrow" not in page
        assert "somebody who cares for a child" in page  # what tells of nobody is there at once
        assert "within a week" not in page  # danger is not for later, whatever was ticked
        assert [one for one in HIDDEN if one in page] == []
        page = shown(client, asked)
        assert "Kanarievogel" in page
        assert "+31612345678" in page
        assert "poort" in page
        assert "Kanarievogel" not in opened(client, asked)

    def test_is_noted_where_it_is_kept_with_who_looked_and_why(
        self, client: TestClient, noor: UUID, asked: str, session_for: SessionFor
    ) -> None:
        shown(client, asked, "safeguarding")
        mine = [one for one in deeds(session_for("intake")) if one[1].startswith("reveal.")]
        assert {(f"staff:{noor}", "safeguarding")} == {(who, why) for who, _, why in mine}
        assert {deed for _, deed, _ in mine} == {"reveal.name", "reveal.phone", "reveal.question"}

    def test_is_noted_at_the_service_that_keeps_it(
        self, client: TestClient, noor: UUID, path: str, session_for: SessionFor
    ) -> None:
        assert "oma" not in opened(client, path)
        assert "Mag oma mee?" in shown(client, path)
        assert deeds(session_for("notify")) == [(f"staff:{noor}", "reveal.words", "call")]
        assert deeds(session_for("intake")) == []

    def test_needs_a_reason(self, client: TestClient, path: str, session_for: SessionFor) -> None:
        for why in ("", "curious"):
            answer = press(client, f"{path}/show", why=why)
            assert answer.status_code == 400
            assert "Choose first why" in answer.text
            assert "oma" not in answer.text
        assert deeds(session_for("notify")) == []

    def test_needs_proof_that_it_is_still_the_same_person(
        self, client: TestClient, path: str, session_for: SessionFor
    ) -> None:
        session = session_for("intake")
        session.execute(update(StaffSession).values(stepped_up_at=None))
        session.commit()
        answer = press(client, f"{path}/show", why="call")
        assert answer.headers["location"] == f"/desk/step-up?next={path}"
        assert deeds(session_for("notify")) == []

    def test_is_not_shown_to_a_colleague_who_was_sent_the_address(
        self, client: TestClient, sam: TestClient, path: str
    ) -> None:
        where = press(client, f"{path}/show", why="call").headers["location"]
        assert "oma" in client.get(where).text
        assert "oma" not in sam.get(where).text

    def test_stays_on_the_page_of_an_action_that_was_refused(self, client: TestClient, path: str) -> None:
        where = press(client, f"{path}/show", why="call").headers["location"]
        token = where.partition("shown=")[2]
        answer = press(client, path, action="dance", shown=token)
        assert answer.status_code == 400
        assert "Mag oma mee?" in answer.text

    def test_goes_to_no_other_service_than_intake(self, client: TestClient, path: str) -> None:
        assert "oma" not in client.get(f"{path}?shown=forged").text


def test_a_decision_is_made_in_the_name_of_who_made_it(
    client: TestClient, noor: UUID, path: str, session_for: SessionFor
) -> None:
    assert press(client, path, action="settled-by-telephone").status_code == 303
    notify = session_for("notify")
    assert open_items(notify) == []
    assert notify.execute(text("SELECT resolved_by FROM work_items")).scalar_one() == f"staff:{noor}"
    assert deeds(notify) == [(f"staff:{noor}", "work-item.resolve", "settled-by-telephone")]
    assert "Settled by telephone, Noor" in opened(client, path)


def test_who_presses_second_is_told_that_it_was_done(
    client: TestClient, sam: TestClient, path: str, session_for: SessionFor
) -> None:
    assert press(client, path, action="settled-by-telephone").status_code == 303
    late = press(sam, path, action="settled-by-telephone")
    assert late.status_code == 409
    assert "Somebody has dealt with this already." in late.text


def test_of_two_who_press_at_the_same_moment_exactly_one_acts(
    client: TestClient, sam: TestClient, path: str, session_for: SessionFor
) -> None:
    pages = [(one, opened(one, path)) for one in (client, sam)]
    with ThreadPoolExecutor(2) as pool:
        pressed = [pool.submit(press, one, path, page, action="settled-by-telephone") for one, page in pages]
        assert sorted(one.result().status_code for one in pressed) == [303, 409]
    assert len([one for one in deeds(session_for("notify")) if one[1] == "work-item.resolve"]) == 1


def test_of_two_who_take_it_at_the_same_moment_exactly_one_has_it(
    client: TestClient, sam: TestClient, path: str
) -> None:
    pages = [(one, opened(one, path)) for one in (client, sam)]
    with ThreadPoolExecutor(2) as pool:
        pressed = [pool.submit(press, one, f"{path}/take", page) for one, page in pages]
        assert sorted(one.result().status_code for one in pressed) == [303, 409]


class TestTwoAtOneItem:
    def test_the_second_is_told_who_has_it_open(
        self, client: TestClient, sam: TestClient, path: str, clock: FixedClock
    ) -> None:
        assert "has this open" not in opened(client, path)
        clock.advance(timedelta(minutes=1))
        assert "Noor has this open since 10:00." in opened(sam, path)
        assert "Noor has this open" not in opened(client, path)

    def test_who_went_away_is_not_named(
        self, client: TestClient, sam: TestClient, path: str, clock: FixedClock
    ) -> None:
        opened(client, path)
        clock.advance(timedelta(minutes=2))
        assert "has this open" not in opened(sam, path)

    def test_a_page_that_stays_open_says_so_and_hears_of_others(
        self, client: TestClient, sam: TestClient, path: str, clock: FixedClock
    ) -> None:
        page = opened(client, path)
        for _ in range(3):
            clock.advance(timedelta(seconds=100))
            press(client, f"{path}/here", page)
        assert "Noor has this open since 10:00." in opened(sam, path)
        said = press(client, f"{path}/here", page).json()
        assert said == {"others": "Sam has this open since 10:05."}

    def test_an_action_on_what_a_colleague_took_is_asked_once_more(
        self, client: TestClient, sam: TestClient, path: str, session_for: SessionFor
    ) -> None:
        assert press(client, f"{path}/take").status_code == 303
        answer = press(sam, path, action="settled-by-telephone")
        assert answer.status_code == 409
        assert "Noor took this at 10:00. Do it all the same?" in answer.text
        assert len(open_items(session_for("notify"))) == 1
        assert press(sam, path, action="settled-by-telephone", anyway="yes").status_code == 303
        assert open_items(session_for("notify")) == []
        assert queries.marks(session_for("intake")) == {}

    def test_what_a_colleague_took_is_taken_over_only_with_that_known(
        self, client: TestClient, sam: TestClient, path: str
    ) -> None:
        press(client, f"{path}/take")
        assert press(sam, f"{path}/take").status_code == 409
        assert press(sam, f"{path}/take", anyway="yes").status_code == 303
        assert paths_in(sam.get("/desk?whose=mine").text) == [path]


def test_what_is_handed_over_is_the_colleagues_and_what_is_given_back_nobodys(
    client: TestClient, sam: TestClient, path: str, session_for: SessionFor
) -> None:
    anna = sign_in(client, session_for("intake"), Role.SENIOR, name="Anna")
    sign_in(client, session_for("intake"))
    assert press(client, f"{path}/hand-over", to=str(anna)).status_code == 303
    assert "with Anna" in client.get("/desk", headers=EN).text
    sign_in(client, session_for("intake"), Role.SENIOR, name="Anna")
    assert paths_in(client.get("/desk?whose=mine").text) == [path]
    assert press(client, f"{path}/give-back").status_code == 303
    assert paths_in(client.get("/desk?whose=nobody").text) == [path]


@pytest.mark.parametrize("to", ["", "nobody", "6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a"])
def test_nothing_is_handed_to_somebody_who_does_not_work_here(client: TestClient, path: str, to: str) -> None:
    answer = press(client, f"{path}/hand-over", to=to)
    assert (answer.status_code, "Choose a colleague first." in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("day", "clock_time", "said"),
    [
        ("", "09:00", "Fill in a day and a time."),
        ("2026-12-01", "nonsense", "Fill in a day and a time."),
        ("2026-12-01", "09:00", "Choose a moment to come."),
    ],
)
def test_what_is_put_off_comes_back_at_a_moment_to_come(
    client: TestClient, path: str, day: str, clock_time: str, said: str
) -> None:
    answer = press(client, f"{path}/put-off", day=day, time=clock_time)
    assert (answer.status_code, said in answer.text) == (400, True)


def test_danger_is_not_put_off(client: TestClient, asked: str) -> None:
    answer = press(client, f"{asked}/put-off", day="2026-12-09", time="09:00")
    assert (answer.status_code, "cannot wait" in answer.text) == (400, True)
    assert paths_in(client.get("/desk").text) == [asked]


def test_a_note_has_its_author_and_its_moment_and_is_encrypted(
    client: TestClient, sam: TestClient, path: str, session_for: SessionFor
) -> None:
    assert press(client, f"{path}/note", note="Oma belt vrijdag terug.").status_code == 303
    page = opened(sam, path)
    assert "Oma belt vrijdag terug." in page
    assert "Noor, " in page
    rows = session_for("intake").execute(text("SELECT * FROM desk_notes")).mappings().all()
    assert "vrijdag" not in str(rows)
    assert press(client, f"{path}/note", note="  ").status_code == 400
    assert press(client, f"{path}/note", note="x" * 4001).status_code == 400


def test_a_form_of_another_page_does_nothing(client: TestClient, path: str, session_for: SessionFor) -> None:
    for where in ("", "/take", "/show", "/note", "/here", "/put-off", "/hand-over", "/give-back"):
        sent: dict[str, Any] = {
            "action": "settled-by-telephone",
            "note": "x",
            "why": "call",
            "form": "forged",
        }
        assert client.post(f"{path}{where}", data=sent).status_code == 403
    assert len(open_items(session_for("notify"))) == 1


def test_an_item_that_is_nowhere_is_not_found(client: TestClient, noor: UUID) -> None:
    for where in (f"notify/{uuid4()}", f"intake/{uuid4()}", f"elsewhere/{uuid4()}"):
        assert client.get(f"/desk/items/{where}").status_code == 404


def test_while_the_service_is_away_it_is_said_that_nobody_knows_whether_it_was_done(
    client: TestClient, path: str, runtime_for: RuntimeFor, session_for: SessionFor
) -> None:
    page = opened(client, path)
    fake(runtime_for("intake"), "notify").away = True
    answer = press(client, path, page, action="settled-by-telephone")
    assert answer.status_code == 503
    assert "We do not know whether it was done." in answer.text
    assert client.get(path, headers=EN).status_code == 503
    assert len(open_items(session_for("notify"))) == 1


def test_what_belongs_together_is_one_line_and_dealt_with_at_once(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    session = session_for("intake")
    for _ in range(3):
        subject = uuid4()
        open_item(
            session,
            kind="unproven-request",
            reason="many-forms",
            subject_id=subject,
            dedupe_key=str(subject),
            group="unproven-request.many-forms",
            at=clock.now(),
        )
    session.commit()
    page = client.get("/desk", headers=EN).text
    assert paths_in(page) == []
    assert "/desk/groups/intake/unproven-request.many-forms" in page
    assert "3 to do." in page
    shown_group = client.get("/desk/groups/intake/unproven-request.many-forms", headers=EN).text
    assert len(paths_in(shown_group)) == 3


def test_of_whom_a_text_is_about_intake_shows_what_it_knows(
    client: TestClient, asked: str, session_for: SessionFor, clock: FixedClock
) -> None:
    [held] = open_items(session_for("intake"))
    notify = session_for("notify")
    open_item(
        notify,
        kind="call-asker",
        reason="accepted",
        subject_id=held.subject_id,
        dedupe_key="call",
        at=clock.now(),
    )
    notify.commit()
    [call] = [path for path in paths_in(client.get("/desk").text) if "/notify/" in path]
    assert "leave no message" in opened(client, call)
    assert "Kanarievogel" not in opened(client, call)
    page = shown(client, call)
    assert "Kanarievogel" in page
    assert "+31612345678" in page
    assert set(abouts(session_for("intake"))) == {f"advice-request:{held.subject_id}"}


def abouts(session: Session) -> list[str]:
    session.rollback()
    return list(session.execute(select(audit_entries.c.about)).scalars())


def test_notes_go_with_the_person_they_are_about(
    client: TestClient, asked: str, session_for: SessionFor, make_key: Callable[..., dict[str, str]]
) -> None:
    assert press(client, f"{asked}/note", note="Kanarievogel belt terug.").status_code == 303
    desk = make_key("intake", "desk")
    reference = client.get("/v1/work-items", headers=desk).json()["items"][0]["details"]["reference"]
    done = client.post("/v1/erasures", json={"reference": reference}, headers=desk)
    assert (done.status_code, done.json()["counts"]["deskNotes"]) == (202, 1)
    for table in ("desk_notes", "desk_marks"):
        assert session_for("intake").execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
