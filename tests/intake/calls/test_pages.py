"""A call on its page: taken, kept at every change, finalised once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlmodel import Session

from services.intake.calls import commands
from services.intake.calls.tables import Call, CallBack, CallState, Ended, NoTalk, Sending
from services.intake.hours.tables import Closure
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.tables import Role, StaffSession
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.desk.items import open_items
from shared.events.searching import ServiceFound
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from shared.security.service_tokens import issue
from tests.conftest import MORNING
from tests.intake.calls.taking import CENTRE, NUMBER, SPOKEN, hidden, rung, send, taken, token
from tests.kit.peers import fake
from tests.kit.staff import sign_in

pytestmark = pytest.mark.usefixtures("at_the_desk")


def the_call(session: Session) -> Call:
    session.expire_all()
    session.rollback()
    return session.scalars(select(Call)).one()


def test_a_call_that_rings_is_on_the_list_without_its_number(client: TestClient, session: Session) -> None:
    id = rung(session)

    page = client.get("/desk/calls").text

    assert f"/desk/calls/{id}/taken" in page
    assert "612345678" not in page
    assert client.get("/desk/calls/ringing").json() == {"ringing": [str(id)]}


def test_one_press_begins_a_call_that_no_exchange_told_of(client: TestClient, session: Session) -> None:
    answer = client.post("/desk/calls", data={"form": token(client), "way": "telephone"})

    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert page.index('id="first-minute"') < page.index('name="audience"')
    assert the_call(session).state is CallState.ANSWERED


def test_the_page_of_a_call_never_shows_its_number(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    assert "612345678" not in client.get(path).text.replace(" ", "")


def test_what_is_typed_is_kept_and_is_there_again(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    page = client.get(path).text
    sent = {name: hidden(page, name) for name in ("form", "version", "tab")} | SPOKEN

    answer = client.post(f"{path}/draft", data=sent)

    assert answer.json() == {"version": 1}
    again = client.get(path).text
    assert "Oma zoekt bezoekdag" in again
    assert re.search(r'value="carer" checked', again)


def test_the_same_tab_goes_on_and_another_is_told_that_it_comes_too_late(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)
    one, other = client.get(path).text, client.get(path).text

    def keep(page: str, notes: str, where: str = "/draft", **more: str):  # type: ignore[no-untyped-def]
        given = {name: hidden(page, name) for name in ("form", "version", "tab")}
        return client.post(f"{path}{where}", data={**given, **SPOKEN, "notes": notes, **more})

    assert keep(one, "the first").status_code == 200
    assert keep(one, "the first goes on").json() == {"version": 2}
    assert keep(other, "the other").status_code == 409
    assert "the first goes on" in client.get(path).text

    refused = keep(other, "the other", "")
    assert refused.status_code == 409
    assert "the other" in refused.text
    assert keep(other, "the other", "", do="mine").status_code == 303
    assert "the other" in client.get(path).text


def test_a_call_is_finalised_once(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    page = client.get(path).text

    assert send(client, path, "finalise", postcode="5038").status_code == 303
    call = the_call(session)
    assert (call.state, call.outcomes, call.province) == (CallState.FINALISED, ["advised"], "Noord-Brabant")
    assert (call.draft, call.notes) == (None, "Oma zoekt bezoekdag")
    assert call.ended_at is not None

    given = {name: hidden(page, name) for name in ("form", "version", "tab")}
    second = client.post(path, data={**given, **SPOKEN, "notes": "later", "do": "finalise"})
    assert second.status_code == 409
    assert "later" in second.text
    assert the_call(session).notes == "Oma zoekt bezoekdag"


def test_a_note_can_be_added_to_a_finalised_call(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    send(client, path, "finalise")

    client.post(f"{path}/notes", data={"form": token(client), "note": "Zij belde nog eens"})

    assert "Zij belde nog eens" not in client.get(path).text
    shown = client.post(f"{path}/revealed", data={"form": token(client), "what": "words", "why": "other"})
    assert "Zij belde nog eens" in shown.text


def test_what_is_missing_is_named_and_nothing_is_lost(client: TestClient, session: Session) -> None:
    path = taken(client, session)

    answer = send(client, path, "finalise", about="", audience="", outcomes=[])

    assert answer.status_code == 400
    for field in ("about", "audience", "outcomes"):
        assert f'href="#{field}"' in answer.text
    assert "Oma zoekt bezoekdag" in client.get(path).text


def test_what_was_no_conversation_is_closed_after_asking_once_and_keeps_nobody(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)

    sure = send(client, path, "no-talk:silent")
    assert "sure=silent" in sure.headers["location"]
    assert the_call(session).state is CallState.ANSWERED
    send(client, path, "no-talk-yes:silent")

    call = the_call(session)
    assert (call.no_talk, call.number, call.draft, call.notes) == (NoTalk.SILENT, None, None, None)
    assert call.number_index is not None


def test_of_a_wrong_number_not_even_a_fingerprint_is_kept(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    send(client, path, "no-talk-yes:wrong-number")
    assert the_call(session).number_index is None


@pytest.mark.parametrize("kind", ["silent", "wrong-number"])
def test_what_is_said_to_be_kept_of_no_conversation_is_what_is_kept(
    client: TestClient, session: Session, kind: str
) -> None:
    path = taken(client, session)
    assert "We then keep no number and no words." in client.get(f"{path}?lang=en").text
    send(client, path, f"no-talk-yes:{kind}")
    call = the_call(session)
    assert (call.number, call.notes, call.draft) == (None, None, None)


def test_while_nobody_is_on_shift_the_calls_say_so_and_lead_to_where_a_shift_is_taken(
    client: TestClient, session: Session
) -> None:
    said = "Nobody is on shift now."
    page = client.get("/desk/calls?lang=en").text
    assert said in page
    assert 'href="/desk/shifts' in page.partition(said)[2]
    shift = {"day": "2026-12-01", "begins": "09:00", "ends": "17:00"}
    client.post("/desk/shifts", data={"form": token(client)} | shift)
    assert said not in client.get("/desk/calls?lang=en").text


def test_a_service_is_named_as_it_is_called_now(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    path, id = taken(client, session), uuid4()
    referral = fake(runtime_for("intake"), "referral")
    referral.services = [
        ServiceFound(id=id, name="Bezoek", organisation="Exodus", what="Bezoek", phone="070 1")
    ]

    sought = send(client, path, q="exodus")
    assert sought.headers["location"].endswith("?look=1#directory")
    assert "Exodus" in client.get(f"{path}?look=1").text
    send(client, path, f"name:{id}", q="exodus")

    assert the_call(session).services == [{"id": str(id), "name": "Exodus: Bezoek", "phone": "070 1"}]


def test_while_the_directory_is_away_the_call_goes_on(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    path = taken(client, session)
    fake(runtime_for("intake"), "referral").away = True
    send(client, path, q="exodus")

    page = client.get(f"{path}?look=1")

    assert page.status_code == 200
    assert "The directory does not answer now" in page.text or "sociale kaart antwoordt nu niet" in page.text
    assert send(client, path, "finalise", q="exodus").status_code == 303


def test_only_times_in_which_the_desk_is_open_can_be_promised(client: TestClient, session: Session) -> None:
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    session.add(Closure(begins=noon, ends=noon + timedelta(days=2), made_by=uuid4()))
    session.commit()
    offered = re.findall(r'name="back_when" value="([^"]+)"', client.get(taken(client, session)).text)
    assert offered == [
        "2026-12-01T09:00/12:30",
        "2026-12-03T13:00/17:00",
        "2026-12-04T09:00/12:30",
        "2026-12-04T13:00/17:00",
        "other",
    ]


def test_a_promised_call_back_is_on_the_list_until_the_caller_is_reached(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)
    slot = re.search(r'name="back_when" value="([^"]+)"', client.get(path).text)
    assert slot
    send(client, path, "finalise", outcomes=["call-back"], back_when=slot.group(1), back_say="Met Noor")

    back = session.scalars(select(CallBack)).one()
    assert (back.number, back.say, back.voicemail) == ("+31612345678", "Met Noor", False)
    [item] = open_items(session)
    assert (item.kind, item.subject_id) == ("call-back", back.id)
    page = client.get(f"/desk/call-backs/{back.id}").text
    assert "612345678" not in page.replace(" ", "")
    assert "Met Noor" not in page

    tried = {"form": token(client), "result": "reached"}
    client.post(f"/desk/call-backs/{back.id}/attempts", data=tried)
    session.rollback()
    assert not open_items(session)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"back_day": ""}, "back_when"),
        ({"back_day": "2026-12-01", "back_from": "08:00", "back_to": "09:00"}, "back_when"),
        (
            {
                "back_day": "2026-12-02",
                "back_from": "10:00",
                "back_to": "12:00",
                "safe_days": ["wed"],
                "safe_from": "17:00",
                "safe_to": "19:00",
            },
            "back_when",
        ),
        ({"back_number": "12"}, "back_number"),
        ({"audience": "parent-in-detention"}, "outcomes"),
        ({"safe_from": "five"}, "safe_from"),
    ],
)
def test_a_call_back_that_cannot_be_kept_is_not_promised(
    client: TestClient, session: Session, fields: dict[str, object], field: str
) -> None:
    path = taken(client, session)
    good = {"outcomes": ["call-back"], "back_day": "2026-12-02", "back_from": "10:00", "back_to": "12:00"}

    answer = send(client, path, "finalise", **{**good, **fields})

    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert session.scalar(select(func.count()).select_from(CallBack)) == 0


def test_after_the_third_time_somebody_is_not_reached_it_can_be_closed(
    client: TestClient, session: Session
) -> None:
    rung(session)
    commands.hang_up(session, "a", None, MORNING)
    back = session.scalars(select(CallBack)).one()
    path, form = f"/desk/call-backs/{back.id}", token(client)

    early = client.post(f"{path}/closed", data={"form": form, "how": "not-reached"})
    assert early.status_code == 400
    for result in ("no-answer", "engaged", "somebody-else"):
        client.post(f"{path}/attempts", data={"form": form, "result": result})
    assert client.post(f"{path}/closed", data={"form": form, "how": "not-reached"}).status_code == 303

    session.expire_all()
    session.rollback()
    assert session.scalars(select(CallBack)).one().ended is Ended.NOT_REACHED
    assert not open_items(session)


def test_a_letter_after_three_tries_is_work_for_whoever_posts_it(
    client: TestClient, session: Session
) -> None:
    rung(session)
    commands.hang_up(session, "a", None, MORNING)
    back = session.scalars(select(CallBack)).one()
    path, form = f"/desk/call-backs/{back.id}", token(client)
    for _ in range(3):
        client.post(f"{path}/attempts", data={"form": form, "result": "no-answer"})

    assert client.post(f"{path}/closed", data={"form": form, "how": "letter"}).status_code == 400
    client.post(f"{path}/closed", data={"form": form, "how": "letter", "address": "A, Straat 1"})

    session.rollback()
    [item] = open_items(session)
    assert (item.kind, item.text) == ("letter-after-calls", "A, Straat 1")


def test_outside_the_safe_times_the_page_says_not_to_call(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    path = taken(client, session)
    good = {"outcomes": ["call-back"], "back_day": "2026-12-02", "back_from": "10:00", "back_to": "12:00"}
    send(client, path, "finalise", **good, safe_days=["wed"], safe_from="09:00", safe_to="12:00")
    where = f"/desk/call-backs/{session.scalars(select(CallBack)).one().id}"

    assert 'role="status"' in client.get(where).text
    clock.advance(timedelta(hours=24))
    assert 'role="status"' not in client.get(where).text


def test_overdue_call_backs_are_counted_in_red(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    rung(session)
    commands.hang_up(session, "a", None, MORNING)
    assert "wz-box--danger" not in client.get("/desk/call-backs").text

    clock.advance(timedelta(hours=3))

    page = client.get("/desk/call-backs").text
    assert "wz-box--danger" in page
    assert "1" in page


def test_a_number_is_shown_to_whoever_says_why_and_that_is_noted(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)
    send(client, path, "finalise")

    shown = client.post(f"{path}/revealed", data={"form": token(client), "what": "phone", "why": "to-call"})

    assert "+31 6 12345678" in shown.text
    [noted] = session.execute(select(audit_entries).where(audit_entries.c.deed == "reveal.phone")).all()
    assert noted.why == "to-call"
    assert noted.about == f"call:{the_call(session).id}"


def test_who_called_before_is_known_without_their_number(client: TestClient, session: Session) -> None:
    first = taken(client, session)
    send(client, first, "finalise")
    second = commands.ring(session, "b", NUMBER, CENTRE, MORNING + timedelta(hours=1))

    page = client.get(f"/desk/calls/{second.id}").text

    assert "Noor" in page
    assert re.search(r"\b1 (keer|times)\b", page)
    assert "612345678" not in page.replace(" ", "")


def test_a_call_of_a_colleague_is_taken_over_by_who_means_to(
    client: TestClient, session: Session, client_for: Callable[[str], TestClient]
) -> None:
    path = taken(client, session)
    sign_in(client, session, name="Ali")

    client.post(f"{path}/taken", data={"form": token(client)})
    assert "Noor" in client.get(path).text
    client.post(f"{path}/taken", data={"form": token(client), "over": "yes"})

    assert 'id="first-minute"' in client.get(path).text


def test_somebody_in_danger_is_on_the_list_while_the_call_still_goes_on(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)

    send(client, path, danger="yes")
    [item] = open_items(session)
    assert (item.kind, item.reason) == ("safeguarding-call", "danger-now")

    session.rollback()
    send(client, path)
    session.rollback()
    assert not open_items(session)


def test_a_call_becomes_a_question_and_nothing_is_typed_twice(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    asked = send(client, path, "question", postcode="5038", ages=["4-7"])
    assert asked.headers["location"] == f"{path}/question"
    page = client.get(f"{path}/question").text
    assert "Oma zoekt bezoekdag" in page
    fields = {
        "form": hidden(page, "form"),
        "audience": "carer",
        "needs": ["bezoek"],
        "country": "NL",
        "postcode": "5038",
        "language": "nl",
        "urgency": "normal",
        "remote": "yes",
        "channel": "sms",
        "question": "Oma zoekt bezoekdag",
        "child_age_bands": ["4-7"],
    }

    assert 'href="#store"' in client.post(f"{path}/question", data=fields).text
    agreed = {**fields, "share": "yes", "store": "yes"}
    made = client.post(f"{path}/question", data=agreed)
    again = client.post(f"{path}/question", data=agreed)

    request = session.scalars(select(AdviceRequest)).one()
    assert request.reference in made.text
    assert request.reference in again.text
    assert (request.phone, request.waits_for, request.client) == ("+31612345678", None, "desk")
    assert the_call(session).request_id == request.id


def test_a_call_from_inside_becomes_a_question_that_is_answered_by_letter_or_through_somebody(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)
    send(client, path, "question", postcode="5038", audience="parent-in-detention")
    page = client.get(f"{path}/question").text
    assert re.findall(r'name="channel" value="([a-z]+)"', page) == ["letter", "worker", "none"]
    fields = {
        "form": hidden(page, "form"),
        "audience": "parent-in-detention",
        "needs": ["bezoek"],
        "country": "NL",
        "postcode": "5038",
        "language": "nl",
        "urgency": "normal",
        "remote": "yes",
        "share": "yes",
        "store": "yes",
        "channel": "worker",
    }

    assert "Vul in wie je begeleidt" in client.post(f"{path}/question", data=fields).text
    who = {"worker_organisation": "PI Vught", "worker_name": "Ann", "worker_email": "ann@pi.example"}
    client.post(f"{path}/question", data=fields | who)
    assert session.scalars(select(AdviceRequest)).one().channel == "worker"


def test_a_pause_needs_a_second_person_and_a_senior(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    send(client, path, "no-talk-yes:abusive")
    flag = {"kind": "pause", "ends": "2026-12-24", "why": "Dreigde"}
    assert client.post(f"{path}/flags", data={"form": token(client), **flag}).status_code == 303
    pause = re.search(r"/desk/calls/pauses/[0-9a-f-]+", client.get("/desk/calls").text)
    assert pause

    assert client.post(f"{pause.group()}/agreed", data={"form": token(client)}).status_code == 403
    sign_in(client, session, Role.ADVISER, Role.SENIOR)
    own = client.post(f"{pause.group()}/agreed", data={"form": token(client)})
    assert own.status_code == 400
    sign_in(client, session, Role.SENIOR, name="Ali")
    assert client.post(f"{pause.group()}/agreed", data={"form": token(client)}).status_code == 303
    assert not open_items(session)


@pytest.mark.parametrize("close", [{"do": "no-talk-yes:silent"}, {"do": "finalise", "audience": "child"}])
def test_a_child_and_who_says_nothing_are_never_paused(
    client: TestClient, session: Session, close: dict[str, str]
) -> None:
    path = taken(client, session)
    send(client, path, **close)
    flag = {"form": token(client), "kind": "pause", "ends": "2026-12-24", "why": "Belt vaak"}

    assert client.post(f"{path}/flags", data=flag).status_code == 400


def test_the_way_to_approach_a_caller_is_there_the_next_time(client: TestClient, session: Session) -> None:
    path = taken(client, session)
    client.post(f"{path}/caller", data={"form": token(client), "note": "Eerst naar de kinderen vragen"})

    later = commands.ring(session, "b", NUMBER, CENTRE, MORNING + timedelta(days=1))

    assert "Eerst naar de kinderen vragen" in client.get(f"/desk/calls/{later.id}").text


def test_others_who_work_here_see_no_calls(client: TestClient, session: Session) -> None:
    sign_in(client, session, Role.OPERATOR, name="Bo")
    assert client.get("/desk/calls").status_code == 403
    assert client.get("/desk/call-backs").status_code == 403


def test_a_service_without_a_number_is_not_said_to_be_texted(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    path, id = taken(client, session), uuid4()
    fake(runtime_for("intake"), "referral").services = [
        ServiceFound(id=id, name="Bezoek voor kinderen", organisation="Exodus", what="Bezoek")
    ]
    send(client, path, f"name:{id}", q="exodus")

    refused = send(client, path, f"send:{id}", send_channel="sms", send_yes="yes")
    assert 'href="#send_channel"' in refused.text
    assert session.scalars(select(Sending)).all() == []
    send(client, path, f"send:{id}", send_channel="email", send_to="oma@family.example", send_yes="yes")
    assert session.scalars(select(Sending)).one().channel == "email"


def test_a_named_service_is_sent_once_and_only_after_a_yes(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    path, id = taken(client, session), uuid4()
    fake(runtime_for("intake"), "referral").services = [
        ServiceFound(id=id, name="Exodus", organisation="Exodus", what="Bezoek", phone="070 1")
    ]
    send(client, path, f"name:{id}", q="exodus")

    refused = send(client, path, f"send:{id}", send_channel="sms")
    assert 'href="#send_yes"' in refused.text
    for _ in range(2):
        send(client, path, f"send:{id}", send_channel="sms", send_yes="yes")

    sent = session.scalars(select(Sending)).one()
    assert (sent.phone, sent.service, sent.service_phone) == ("+31612345678", "Exodus", "070 1")
    assert session.scalar(select(func.count()).select_from(outbox)) == 1
    send(client, path, "finalise", outcomes=["referred"])
    assert "Exodus: sent by text" in client.get(f"{path}?lang=en").text
    told = client.post(
        "/internal/call-texts",
        json={"ids": [str(sent.id)]},
        headers={"Authorization": f"Bearer {issue('notify', 'intake')}"},
    )
    assert told.json()["items"][0]["servicePhone"] == "070 1"


def test_who_could_not_be_reached_is_texted_only_where_that_was_agreed(
    client: TestClient, session: Session
) -> None:
    path = taken(client, session)
    good = {"outcomes": ["call-back"], "back_day": "2026-12-02", "back_from": "10:00", "back_to": "12:00"}
    send(client, path, "finalise", **good, back_text="yes")
    back = session.scalars(select(CallBack)).one()
    where, form = f"/desk/call-backs/{back.id}", token(client)
    for _ in range(3):
        client.post(f"{where}/attempts", data={"form": form, "result": "no-answer"})

    assert client.post(f"{where}/closed", data={"form": form, "how": "text"}).status_code == 303

    session.expire_all()
    session.rollback()
    assert session.scalars(select(CallBack)).one().ended is Ended.TEXTED
    assert session.scalars(select(Sending)).one().words == "not-reached"


def test_whoever_listens_and_types_nothing_stays_signed_in(client: TestClient, session: Session) -> None:
    """The page sends the same draft every minute while a call goes on."""
    path = taken(client, session)
    page = client.get(path).text
    sent = {name: hidden(page, name) for name in ("form", "version", "tab")} | SPOKEN
    client.post(f"{path}/draft", data=sent)
    long_ago = datetime.now(UTC) - timedelta(minutes=14)
    session.execute(update(StaffSession).values(seen_at=long_ago))
    session.commit()

    assert client.post(f"{path}/draft", data=sent).json() == {"version": 1}

    session.expire_all()
    assert session.scalars(select(StaffSession)).one().seen_at > long_ago + timedelta(minutes=10)
