"""One list of all that is to be done: what stands on top, what is said of it, and what a filter leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.desk import asking, rules
from services.intake.desk.rules import OPENING
from services.intake.staff.tables import Role
from shared.clock import FixedClock
from shared.desk.items import open_item, whose
from shared.events.desk import AskLines, Line, Lines
from shared.peers import Peer
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.intake.desk.desk import EN, put
from tests.intake.requests.questions import question
from tests.kit.desk import paths_in, press
from tests.kit.peers import fake
from tests.kit.staff import sign_in

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]


def listed(client: TestClient, query: str = "") -> str:
    answer = client.get(f"/desk{query}", headers=EN)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def services_in(page: str) -> list[str]:
    return [path.split("/")[3] for path in paths_in(page)]


@pytest.mark.parametrize(
    "path", ["/desk", "/desk/today", "/desk/items/intake/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a"]
)
def test_who_is_not_signed_in_is_sent_to_sign_in(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/sign-in")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.RESEARCHER, Role.EDITOR])
def test_who_does_not_work_at_the_desk_does_not_see_it(
    client: TestClient, session_for: SessionFor, role: Role
) -> None:
    sign_in(client, session_for("intake"), role)
    assert client.get("/desk").status_code == 403


@pytest.mark.parametrize("service", ["referral", "notify"])
@pytest.mark.parametrize("path", ["/desk", "/desk/items/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a"])
def test_the_desks_that_were_lead_to_the_one_that_is(client_for: ClientFor, service: str, path: str) -> None:
    answer = client_for(service).get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "http://intake.test/desk")


def test_the_items_of_three_services_are_one_list_and_each_is_asked_once(
    client: TestClient, noor: UUID, session_for: SessionFor, runtime_for: RuntimeFor, clock: FixedClock
) -> None:
    for minutes, service in enumerate(("notify", "intake", "referral", "notify")):
        put(session_for(service), clock.now() - timedelta(minutes=60 - minutes))
    assert services_in(listed(client)) == ["notify", "intake", "referral", "notify"]
    for name in ("referral", "notify"):
        assert [type(one) for one in fake(runtime_for("intake"), name).asked_at_desk] == [AskLines]


def test_two_thousand_items_are_asked_for_once_and_come_in_pages(
    client: TestClient, noor: UUID, session_for: SessionFor, runtime_for: RuntimeFor, clock: FixedClock
) -> None:
    for service, number in (("intake", 700), ("referral", 700), ("notify", 600)):
        session = session_for(service)
        for one in range(number):
            key, at = f"{service}-{one}", clock.now() - timedelta(minutes=one)
            open_item(session, kind="some", reason="no-rule", subject_id=uuid4(), dedupe_key=key, at=at)
        session.commit()
    page = listed(client)
    assert "2000 to do." in page
    assert len(paths_in(page)) == 100
    assert len(paths_in(listed(client, "?page=20"))) == 100
    assert paths_in(listed(client, "?page=21")) == []
    assert len(fake(runtime_for("intake"), "notify").asked_at_desk) == 3


def test_danger_stands_on_top_then_what_is_overdue_then_what_is_due_then_the_oldest(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    now, session = clock.now(), session_for("notify")
    put(session, now - timedelta(minutes=50), due=now + timedelta(days=3), kind="oldest-of-the-rest")
    put(session, now - timedelta(minutes=40), due=now + timedelta(days=2), kind="the-rest")
    put(session, now - timedelta(minutes=5), due=now + timedelta(hours=1), kind="due-today")
    put(session, now - timedelta(minutes=9), due=now - timedelta(hours=1), kind="overdue")
    put(session_for("referral"), now, reason="danger-now", kind="in-danger")
    page = listed(client)
    kinds = re.findall(r"<strong>([a-z-]+)</strong></a>", page)
    assert kinds == ["in-danger", "overdue", "due-today", "oldest-of-the-rest", "the-rest"]
    assert page.count("wz-item--danger") == 1
    assert page.count("wz-item--overdue") == 1


def test_danger_is_counted_for_itself_and_stands_before_the_filter(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    now = clock.now()
    put(session_for("referral"), now - timedelta(minutes=1), reason="danger-now", kind="in-danger")
    put(session_for("notify"), now - timedelta(minutes=9), due=now - timedelta(hours=1), kind="overdue")
    page = listed(client)
    assert "In danger: 1." in page
    assert "Overdue: 1." in page
    assert page.index("in-danger") < page.index('class="wz-filter"') < page.index("<strong>overdue")
    row = page[page.index("wz-item--danger") : page.index('class="wz-filter"')]
    assert f'since <time datetime="{(now - timedelta(minutes=1)).isoformat()}">' in row
    assert " by <time" not in row


def test_a_row_says_whose_it_is_in_codes_and_never_a_name(
    client: TestClient, noor: UUID, make_key: Callable[..., dict[str, str]]
) -> None:
    body = question(
        audience="school",
        childAgeBands=["4-7"],
        danger=True,
        urgency="urgent",
        question="Hij is bang voor de poort.",
        contact={"name": "Kanarievogel", "phone": "06 12345678"},
    )
    sent = client.post("/v1/advice-requests", json=body, headers=make_key("intake", "requests:write"))
    page = listed(client)
    row = page[page.index('<ol class="wz-items">') :]
    assert sent.json()["reference"] in row
    for said in ("school or CLB", "4-7", "Dutch", "DANGER NOW", "with nobody"):
        assert said in row
    for hidden in ("Kanarievogel", "12345678", "poort"):
        assert hidden not in page


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("?service=notify", ["turkish", "dutch"]),
        ("?kind=turkish", ["turkish"]),
        ("?language=tr", ["turkish"]),
        ("?whose=mine", ["dutch"]),
        ("?whose=nobody", ["turkish", "asked"]),
        ("?when=due", ["asked"]),
        ("?when=later", []),
        ("?whose=nonsense&when=nonsense&service=nonsense&page=x", ["turkish", "dutch", "asked"]),
    ],
)
def test_a_filter_leaves_what_was_asked_for(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock, query: str, left: list[str]
) -> None:
    now, notify = clock.now(), session_for("notify")
    put(notify, now, kind="turkish", details=whose(language="tr"))
    put(notify, now, kind="dutch", details=whose(language="nl"))
    put(session_for("referral"), now, kind="asked", due=now + timedelta(hours=2))
    [mine] = paths_in(listed(client, "?kind=dutch"))
    assert press(client, f"{mine}/take").status_code == 303
    assert sorted(re.findall(r"<strong>([a-z]+)</strong></a>", listed(client, query))) == sorted(left)


def test_what_is_put_off_leaves_the_list_and_comes_back(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    put(session_for("notify"), clock.now())
    [path] = paths_in(listed(client))
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    assert press(client, f"{path}/put-off", day=tomorrow, time="09:30").status_code == 303
    assert paths_in(listed(client)) == []
    assert paths_in(listed(client, "?when=later")) == [path]
    clock.advance(timedelta(days=1))
    assert paths_in(listed(client)) == [path]
    assert "overdue" in listed(client)


@pytest.mark.parametrize("away", ["referral", "notify"])
def test_while_a_service_is_away_its_part_says_so_and_the_rest_works(
    client: TestClient,
    noor: UUID,
    session_for: SessionFor,
    runtime_for: RuntimeFor,
    clock: FixedClock,
    away: str,
) -> None:
    for service in ("intake", "referral", "notify"):
        put(session_for(service), clock.now())
    fake(runtime_for("intake"), away).away = True
    page = listed(client)
    assert sorted(services_in(page)) == sorted({"intake", "referral", "notify"} - {away})
    assert page.count("does not answer now. Its items are not shown.") == 1
    assert client.get("/desk/today", headers=EN).status_code == 200


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://referral.test")


def _too_slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx.Response(500),
        lambda request: httpx.Response(200, text="<html>"),
        lambda request: httpx.Response(200, json={"lines": 7, "items": 7}),
        lambda request: httpx.Response(403),
        _too_slow,
    ],
    ids=["500", "a page", "another shape", "refusing", "slow"],
)
def test_a_service_that_answers_with_something_else_is_as_good_as_away(
    client: TestClient,
    noor: UUID,
    session_for: SessionFor,
    runtime_for: RuntimeFor,
    clock: FixedClock,
    answer: Callable[[httpx.Request], httpx.Response],
) -> None:
    put(session_for("intake"), clock.now())
    fake(runtime_for("intake"), "referral").desk = Peer("intake", "referral", answering(answer))
    page = listed(client)
    assert services_in(page) == ["intake"]
    assert "Referral does not answer now." in page
    assert client.get(f"/desk/items/referral/{uuid4()}", headers=EN).status_code == 503


def test_nobody_waits_for_a_service_for_longer_than_people_wait_for_a_page(
    client: TestClient,
    noor: UUID,
    session_for: SessionFor,
    runtime_for: RuntimeFor,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(session_for("intake"), clock.now())
    let_go = Event()

    def stuck(request: httpx.Request) -> httpx.Response:
        let_go.wait()
        return httpx.Response(500)

    monkeypatch.setattr(asking, "PATIENCE", 0.05)
    fake(runtime_for("intake"), "referral").desk = Peer("intake", "referral", answering(stuck))
    try:
        page = listed(client)
    finally:
        let_go.set()
    assert services_in(page) == ["intake"]
    assert "Referral does not answer now." in page


def test_what_is_left_today_is_counted_and_the_oldest_comes_first(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    now, notify, intake = clock.now(), session_for("notify"), session_for("intake")
    put(intake, now - timedelta(hours=1), kind="came-today")
    put(notify, now - timedelta(days=9), kind="long-overdue")
    put(notify, now - timedelta(days=1), kind="for-next-week", due=now + timedelta(days=7))
    put(intake, now, kind="done-today")
    [done] = paths_in(listed(client, "?kind=done-today"))
    assert press(client, done, action="settled-by-telephone").status_code == 303
    page = client.get("/desk/today", headers=EN).text
    assert re.findall(r"<strong>([a-z-]+)</strong></a>", page) == ["long-overdue", "came-today"]
    assert "Left today (2)" in page
    assert "2 came today. Still open: 1." in page


def test_whoever_is_in_danger_is_on_top_of_what_is_left_today_however_late_it_came(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    put(session_for("intake"), clock.now() - timedelta(days=9), kind="long-overdue")
    put(session_for("notify"), clock.now(), "danger-now", kind="in-danger")
    page = client.get("/desk/today", headers=EN).text
    assert re.findall(r"<strong>([a-z-]+)</strong></a>", page) == ["in-danger", "long-overdue"]


def test_what_came_in_a_group_is_left_today_as_well(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    now, intake = clock.now(), session_for("intake")
    put(intake, now, kind="came-today")
    for key, days, number in (("today", 0, 2), ("both", 1, 1), ("both", 0, 1), ("before", 1, 3)):
        for _ in range(number):
            put(intake, now - timedelta(days=days), kind=f"group-{key}", group=key)
    page = client.get("/desk/today", headers=EN).text
    assert re.findall(r"<strong>(group-[a-z ()0-9]+)</strong>", page) == ["group-both (2)", "group-today (2)"]
    assert "Left today (5)" in page
    assert "4 came today. Still open: 4." in page


@pytest.mark.parametrize(
    ("age", "reason", "left"),
    [
        (timedelta(hours=1), "many-forms", True),
        (timedelta(hours=20), "many-forms", False),
        (timedelta(hours=20), "danger-now", True),
        (timedelta(days=9), "many-forms", True),
    ],
    ids=["came today", "not due yet", "in danger", "overdue"],
)
def test_those_that_came_in_groups_are_among_what_is_left_today(
    client: TestClient,
    noor: UUID,
    session_for: SessionFor,
    clock: FixedClock,
    age: timedelta,
    reason: str,
    left: bool,
) -> None:
    put(session_for("notify"), clock.now() - timedelta(hours=1))
    for _ in range(3):
        put(session_for("intake"), clock.now() - age, reason, group="a-group")
    page = client.get("/desk/today", headers=EN).text
    assert ("Left today (4)" if left else "Left today (1)") in page
    assert ("/desk/groups/intake/a-group" in page) == left
    came = 4 if age < timedelta(hours=2) else 1
    assert f"{came} came today. Still open: {came}." in page


def test_what_is_left_today_comes_in_pages(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    session = session_for("notify")
    for number in range(101):
        at = clock.now() - timedelta(minutes=1)
        open_item(session, kind="some", reason="no-rule", subject_id=uuid4(), dedupe_key=str(number), at=at)
    session.commit()
    page = client.get("/desk/today", headers=EN).text
    assert "Left today (101)" in page
    assert len(paths_in(page)) == 100
    assert "/desk/today?page=2" in page
    assert len(paths_in(client.get("/desk/today?page=2").text)) == 1


def test_a_service_of_the_version_before_answers_without_a_table_and_is_listed(
    client: TestClient, noor: UUID, session_for: SessionFor, runtime_for: RuntimeFor, clock: FixedClock
) -> None:
    at, details = clock.now() - timedelta(hours=1), {"audience": "carer", "reference": "WZ-1", "offers": [1]}
    line = Line(id=uuid4(), kind="x", reason="r", subject_id=uuid4(), details=details, opened_at=at)
    said = Lines(lines=(line,), total=1).model_dump_json(by_alias=True, exclude={"table"})
    answer = answering(lambda request: httpx.Response(200, text=said))
    fake(runtime_for("intake"), "referral").desk = Peer("intake", "referral", answer)
    page = listed(client)
    assert services_in(page) == ["referral"]
    assert "x WZ-1" in page


@pytest.mark.parametrize("table", ["nonsense", "7", "[[1, 2]]", "{}[", '{"id": 1}'])
def test_a_table_that_cannot_be_read_is_as_good_as_no_answer(
    client: TestClient, noor: UUID, session_for: SessionFor, runtime_for: RuntimeFor, table: str
) -> None:
    answer = answering(lambda request: httpx.Response(200, json={"table": table}))
    fake(runtime_for("intake"), "referral").desk = Peer("intake", "referral", answer)
    assert "Referral does not answer now." in listed(client)


def test_what_is_urgent_should_be_done_sooner_and_nothing_is_due_on_a_closed_day() -> None:
    friday = datetime.fromisoformat("2026-12-04T15:00+01:00")

    def due(**about: str) -> str:
        line = Line(id=uuid4(), kind="x", reason="r", subject_id=uuid4(), details=about, opened_at=friday)
        return f"{rules.due(line, OPENING):%a %d %H:%M}"

    assert due(urgency="urgent") == "Mon 07 17:00"
    assert due(urgency="normal") == "Thu 10 17:00"
    assert due(urgency="low") == "Fri 18 17:00"
    assert due() == "Tue 08 17:00"


def test_a_morning_is_inside_the_desks_hours() -> None:
    assert OPENING.closing(MORNING) > MORNING


def test_however_many_groups_came_the_youngest_is_found_on_a_later_page(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    intake = session_for("intake")
    for number in range(101):
        put(intake, clock.now() - timedelta(minutes=200 - number), kind=f"g{number}", group=f"g{number}")
    first, second = (listed(client, f"?groups={number}") for number in (1, 2))
    shown = re.compile(r"/desk/groups/intake/g(\d+)")
    assert [int(one) for one in shown.findall(first)] == list(range(100))
    assert shown.findall(second) == ["100"]
    assert "groups=2" in first


def test_a_large_group_comes_in_pages(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    intake = session_for("intake")
    for _ in range(101):
        put(intake, clock.now(), group="many")
    assert len(paths_in(client.get("/desk/groups/intake/many").text)) == 100
    assert len(paths_in(client.get("/desk/groups/intake/many?page=2").text)) == 1


def test_what_is_alone_in_a_group_says_whose_it_is_and_a_crowd_does_not(
    client: TestClient, noor: UUID, session_for: SessionFor, clock: FixedClock
) -> None:
    intake = session_for("intake")
    put(intake, clock.now(), group="alone", details=whose(audience="carer", ages=["4-7"], language="tr"))
    for ages in (["8-11"], ["12-15"]):
        put(intake, clock.now(), group="two", details=whose(ages=ages))
    page = listed(client)
    assert "4-7" in page
    assert "8-11" not in page
    assert "12-15" not in page
