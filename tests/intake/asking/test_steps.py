"""A question is asked one thing at a time: only what is needed of this person, and in one browser alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session, select

from services.intake.asking import commands
from services.intake.asking.answers import Answers
from services.intake.asking.browser import COOKIE
from services.intake.asking.choices import choices, prisons
from services.intake.asking.steps import BY_CODE, on_the_way
from services.intake.asking.tables import Asking
from services.intake.asking.tasks import forget as forget_what_ended
from services.intake.guidance.nearby import Nearby
from services.intake.requests.tables import AdviceRequest
from shared.clock import FixedClock
from shared.geography import facilities
from shared.languages import FOR_PAGES
from shared.runtime import Runtime
from shared.web import forms
from tests.intake.requests.questions import (
    CHECK,
    NL,
    fields,
    forget,
    from_place,
    press,
    send,
    shown_token,
    walk,
)

WORDS = "Mag mijn zus mee? Papa zit vast."
INSIDE = "parent-in-detention"


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def way(**answers: Any) -> list[str]:
    return [step.code for step in on_the_way(Answers(**fields(**answers)))]


def see(client: Any, path: str, **how: Any) -> Any:
    return client.get(path, headers=NL, **how)


def change(client: Any, step: str, **answers: Any) -> str:
    """Answer a step that was answered before; return where that leads."""
    form = shown_token(see(client, f"/ask/{step}").text)
    answer = client.post(f"/ask/{step}", data={"form": form, **answers}, headers=NL)
    assert answer.status_code == 303
    return str(answer.headers["location"])


# Only what this person needs

SHORT = ["begin", "who", "want", "about", "words", "place", "reach"]


@pytest.mark.parametrize("who", ["school", "professional", "prison-staff"])
def test_a_professional_who_wants_advice_is_asked_for_no_child_no_parent_and_no_language(who: str) -> None:
    advice = {"who": who, "audience": who, "share": "no"}
    assert way(**advice, channel="none") == SHORT
    assert way(**advice, channel="email") == [*SHORT, "contact"]
    assert {"whom", "parent"} <= {*way(who=who, audience=who, share="yes")}


@pytest.mark.parametrize(
    ("channel", "asked"),
    [
        ("email", {"email"}),
        ("sms", {"phone", "minors_own_phone"}),
        ("phone", {"phone", "minors_own_phone", "voicemail"}),
        ("letter", {"address"}),
        ("worker", {"worker_organisation", "worker_name", "worker_email", "worker_phone"}),
    ],
)
def test_who_chose_a_way_of_contact_is_asked_for_nothing_of_another(
    client: TestClient, channel: str, asked: set[str]
) -> None:
    walk(client, fields(channel=channel, phone="", email="", address="", name=""))
    page = see(client, "/ask/contact").text
    shown = set(re.findall(r'name="(\w+)"', page.partition('id="ask"')[2]))
    assert shown - {"form", "name", "switch"} == asked


def test_a_parent_inside_is_offered_neither_a_call_nor_a_text(client: TestClient) -> None:
    walk(client, fields(audience=INSIDE, channel=""))
    page = see(client, "/ask/reach").text
    assert re.findall(r'name="channel" value="(\w+)"', page) == ["letter", "worker", "none"]
    refused = walk(client, fields(audience=INSIDE, channel="sms"))
    assert refused.status_code == 400
    assert "Kies een brief, of iemand die je begeleidt." in refused.text


def test_prisons_are_those_of_the_chosen_country_by_province(client: TestClient) -> None:
    walk(client, fields(country="NL", postcode="5038"))
    page = see(client, "/ask/parent").text
    shown = set(re.findall(r'<option value="([a-z][\w-]+)"', page.partition('id="facility"')[2]))
    here = {id for id, one in facilities().items() if one.country == "NL"}
    assert shown - {"arrest", "remand", "sentence", "release", "aftercare"} == here
    assert '<optgroup label="Noord-Brabant">' in page
    assert sum(len(found) for _, found in prisons("BE", "nl")) == len(facilities()) - len(here)


def test_whoever_must_stay_unseen_reads_first_that_nothing_has_to_come_and_is_asked_for_safe_times(
    client: TestClient,
) -> None:
    assert choices(Answers(**fields(secret="yes")), "nl")["channel"][0][0] == "none"
    assert "times" in way(secret="yes", channel="sms")
    assert "times" not in way(secret="yes", channel="none")
    assert "times" not in way(secret="no", channel="sms")
    page = see(client, "/ask").text
    for help_ in ("De rode knop", "rode knop ben je meteen weg", "privévenster", "dat we je niets sturen"):
        assert help_.removeprefix("De ") in page


def test_a_child_is_shown_its_own_way_in_and_whom_it_can_talk_to_without_speaking_aloud(
    client: TestClient,
) -> None:
    walk(client, fields(audience="child"))
    page = see(client, "/ask/child").text
    assert 'href="/hallo"' in page
    for known in ("Kindertelefoon", "0800-0432", "Awel", "102", "chatten kan ook"):
        assert known in page
    assert "child" not in way(who="carer")
    assert {"whom", "parent", "language"}.isdisjoint(way(who="child", audience="child", share="no"))


def test_guidance_that_may_already_answer_it_is_offered_quietly(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def near(_: Any, audience: str, needs: list[str], language: str, at: Any) -> list[Nearby]:
        asked.append((audience, needs, language))
        return [Nearby("Het eerste <bezoek>", "/guidance/het-eerste-bezoek")]

    monkeypatch.setattr("services.intake.guidance.nearby.near", near)
    walk(client, fields())
    page = see(client, "/ask/words").text
    assert '<a href="/guidance/het-eerste-bezoek">Het eerste &lt;bezoek&gt;</a>' in page
    assert asked[-1] == ("carer", ["bezoek", "uitleg"], "nl")


def test_who_fills_it_in_for_somebody_inside_says_from_where_and_through_whom_the_answer_comes(
    client: TestClient, session: Session
) -> None:
    teacher = {
        "requester_organisation": "Gevangenis Gent",
        "requester_name": "Els",
        "requester_role": "leraar",
    }
    sent = fields(who="other", audience=INSIDE, channel="worker", worker_email="els@example.org", **teacher)
    walk(client, sent)
    shown = see(client, "/ask/contact").text
    assert "worker_organisation" not in shown
    assert "Jouw e-mailadres" in shown
    assert send(client, sent).status_code == 200
    kept = session.exec(select(AdviceRequest)).one()
    assert (kept.audience, kept.channel) == (INSIDE, "worker")
    assert '"organisation":"Gevangenis Gent","name":"Els"' in (kept.worker or "")
    assert '"role":"leraar"' in (kept.requester or "")


def test_advice_without_a_referral_is_a_full_way_and_told_as_one(
    client: TestClient, session: Session
) -> None:
    sent = fields(audience="school", share="no", channel="none")
    page = walk(client, sent)
    assert "Zij schrijven je een antwoord. We delen je vraag met niemand." in page.text
    assert send(client, sent).status_code == 200
    kept = session.exec(select(AdviceRequest)).one()
    assert (kept.share, kept.child_age_bands, kept.facility, kept.stage) == ("no", [], None, None)


def test_an_answer_to_what_is_not_asked_any_more_is_not_sent(client: TestClient, session: Session) -> None:
    """Somebody chose text first and mail then, and help of others first and advice then."""
    child = {"child_age_bands": ["4-7"], "facility": "be-centrale-gevangenis-leuven", "stage": "remand"}
    walk(client, fields(**child))
    assert change(client, "who", who="school") == CHECK
    assert change(client, "want", share="no") == CHECK
    assert change(client, "reach", channel="email") == "/ask/contact"
    assert change(client, "contact", email="els@example.org") == CHECK
    page = see(client, CHECK)
    assert "0470" not in page.text
    assert press(client, page, fields()).status_code == 200
    kept = session.exec(select(AdviceRequest)).one()
    assert (kept.phone, kept.child_age_bands, kept.stage, kept.facility) == (None, [], None, None)


@pytest.mark.parametrize(("who", "spoken"), [("carer", "tr"), ("other", "nl")])
def test_what_happens_next_is_told_to_an_asker_in_their_own_language_and_to_who_asks_for_them_in_theirs(
    client: TestClient, who: str, spoken: str
) -> None:
    worker = {"channel": "worker", "worker_email": "els@example.org"}
    named = {"requester_organisation": "School", "requester_name": "Els"} | worker if who == "other" else {}
    sent = fields(who=who, audience="carer", language="tr", **named)
    page = walk(client, sent)
    asked = re.findall(r'name="language" value="(\w+)"', page.text)
    filled = {"form": shown_token(page.text), "store": "yes", "language": asked[0] if asked else ""}
    for _ in range(2):
        told = client.post(CHECK, data=filled, headers=NL).text
        assert f'<html lang="{spoken}">' in told
        assert ("Sorunuz bize ulaştı" in told) is (spoken == "tr")
        assert ('href="/status?lang=tr"' in told) is (spoken == "tr")


# Going to and fro


def test_every_answer_can_be_changed_from_the_last_look_which_then_shows_the_change(
    client: TestClient,
) -> None:
    page = walk(client, fields(question=WORDS)).text
    changes = re.findall(r'<dd><a href="([^"]+)"', page)
    assert {"/ask", "/ask/who", "/ask/words", "/ask/contact", "/ask/far"} <= set(changes)
    assert all(see(client, path).status_code == 200 for path in changes)
    assert change(client, "words", question="Iets <anders>") == CHECK
    assert "Iets &lt;anders&gt;" in see(client, CHECK).text


def test_a_change_that_asks_for_more_leads_to_that_first(client: TestClient) -> None:
    walk(client, fields())
    assert change(client, "reach", channel="email") == "/ask/contact"
    assert see(client, CHECK).headers["location"] == "/ask/contact"


def test_going_back_finds_what_was_answered_and_reloading_changes_nothing(client: TestClient) -> None:
    walk(client, fields(channel=""))
    for _ in range(2):
        assert re.search(r'value="bezoek" checked', see(client, "/ask/about").text)
        assert 'value="9000"' in see(client, "/ask/place").text
    assert change(client, "about", needs=["geld"]) == "/ask/words", "one goes on step by step, as one came"


def test_two_tabs_of_one_browser_are_one_question(client: TestClient, session: Session) -> None:
    first, second = see(client, "/ask"), see(client, "/ask")
    for page in (first, second):
        answer = client.post("/ask", data=fields(form=shown_token(page.text)), headers=NL)
        assert answer.headers["location"] == "/ask/who"
    assert len(session.exec(select(Asking)).all()) == 1
    walk(client, fields(question=WORDS))
    words, place = see(client, "/ask/words").text, see(client, "/ask/place").text
    for path, page, answer in (("place", place, {"postcode": "2000"}), ("words", words, {"question": "Ja"})):
        sent = fields(**answer) | {"form": shown_token(page)}
        assert client.post(f"/ask/{path}", data=sent, headers=NL).status_code == 303
    last = see(client, CHECK).text
    assert "2000" in last
    assert ">Ja<" in last


def test_whoever_asks_at_two_tabs_sends_it_once(client: TestClient, session: Session) -> None:
    tabs = [walk(client, fields()), see(client, CHECK)]
    pages = [press(client, page, fields()).text for page in tabs]
    assert len({re.findall(r"WZ-\S{4}-\S{4}", page)[0] for page in pages}) == 1
    assert len(session.exec(select(AdviceRequest)).all()) == 1


def test_whoever_begins_again_finds_nothing_of_before_and_an_older_page_says_so(
    client: TestClient, session: Session
) -> None:
    walk(client, fields(question=WORDS))
    old = shown_token(see(client, "/ask/words").text)
    begun = see(client, "/ask").text
    assert "Begin opnieuw" in begun
    token = re.findall(r'name="form" value="([^"]+)"', begun)[0]
    assert client.post("/ask/anew", data={"form": token}, headers=NL).headers["location"] == "/ask"
    assert session.exec(select(Asking)).all() == []
    walk(client, fields())
    late = client.post("/ask/words", data={"form": old, "question": WORDS}, headers=NL)
    assert late.status_code == 410
    assert WORDS not in see(client, "/ask/words").text


# Of this browser alone, and not for long


def test_a_step_opened_without_those_before_it_leads_to_the_first_that_is_missing(
    client: TestClient,
) -> None:
    walk(client, fields(needs=[]))
    for step in [*BY_CODE, "check"]:
        if step not in ("begin", "who", "want", "about"):
            assert see(client, f"/ask/{step}").headers["location"] == "/ask/about", step
    form = shown_token(see(client, "/ask/about").text)
    skipped = client.post(CHECK, data={"form": form, "store": "yes"}, headers=NL)
    assert skipped.headers["location"] == "/ask/about"


@pytest.mark.parametrize("step", ["who", "words", "contact", "check"])
def test_a_step_of_another_browser_or_of_none_shows_nothing(
    client: TestClient, step: str, session: Session
) -> None:
    walk(client, fields(question=WORDS))
    form = shown_token(see(client, "/ask/words").text)
    other = from_place(client)
    walked = from_place(client)
    walk(walked, fields(question="Van een ander"))
    for browser in (other, walked):
        sent = {"form": form, "question": "Erover", "who": "child", "store": "yes"}
        assert browser.post(f"/ask/{step}", data=sent, headers=NL).status_code == 410
    nothing = other.get(f"/ask/{step}", headers=NL)
    assert nothing.status_code == 410
    assert "Hier staat niets meer" in nothing.text
    assert WORDS in see(client, CHECK).text
    assert session.exec(select(AdviceRequest)).all() == []


@pytest.mark.parametrize("token", ["x", "'; DROP TABLE asking_drafts; --", "é" * 50, ""])
def test_a_cookie_that_is_none_of_ours_is_nobodys(client: TestClient, token: str) -> None:
    walk(client, fields())
    cookie = {"Cookie": f"{COOKIE}={token}".encode()}
    forget(client)
    assert client.get(CHECK, headers={**NL, **cookie}).status_code == 410


def test_two_hours_after_the_last_answer_there_is_nothing_any_more(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    walk(client, fields(question=WORDS))
    form = shown_token(see(client, "/ask/words").text)
    clock.advance(timedelta(hours=2) - timedelta(seconds=1))
    assert WORDS in see(client, "/ask/words").text
    forget_what_ended(session, clock.now(), 50)
    session.commit()
    assert len(session.exec(select(Asking)).all()) == 1
    clock.advance(timedelta(seconds=1))
    for path in ("/ask/words", CHECK):
        assert see(client, path).status_code == 410
        assert client.post(path, data={"form": form, "store": "yes"}, headers=NL).status_code == 410
    assert "Begin opnieuw" not in see(client, "/ask").text
    forget_what_ended(session, clock.now(), 50)
    session.commit()
    assert session.exec(select(Asking)).all() == []
    assert session.exec(select(AdviceRequest)).all() == []


def test_what_was_answered_is_unreadable_in_the_database_and_so_is_the_way_back_to_it(
    client: TestClient, session: Session
) -> None:
    walk(client, fields(question=WORDS, name="Kanarievogel"))
    row = session.execute(text("SELECT asking_drafts::text AS row FROM intake.asking_drafts")).scalar_one()
    stored = session.execute(text("SELECT answers FROM intake.asking_drafts")).scalar_one()
    cookie = client.cookies[COOKIE]
    for secret in (WORDS, "Kanarievogel", "0470", cookie, "carer"):
        assert secret not in row
        assert secret.encode() not in bytes(stored)


def test_the_cookie_is_for_these_pages_alone_read_by_no_script_and_gone_with_the_browser(
    client: TestClient,
) -> None:
    assert "set-cookie" not in see(client, "/ask").headers
    form = shown_token(see(client, "/ask").text)
    kept = client.post("/ask", data=fields(form=form), headers=NL).headers["set-cookie"]
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/ask; SameSite=lax", kept)


def test_no_address_says_anything_of_what_is_asked(client: TestClient) -> None:
    seen = []
    path, token = "/ask", shown_token(see(client, "/ask").text)
    while path != CHECK:
        answer = client.post(path, data=fields(form=token, question=WORDS), headers=NL)
        path = answer.headers["location"]
        token = shown_token(see(client, path).text)
        seen.append(path)
    assert all(re.fullmatch(r"/ask/[a-z]+", one) for one in seen)


def test_once_it_is_sent_nothing_that_was_typed_is_left_but_the_receipt_for_a_moment(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    page = walk(client, fields(question=WORDS))
    press(client, page, fields())
    draft = session.exec(select(Asking)).one()
    assert (draft.answers, draft.request_id) == (None, session.exec(select(AdviceRequest)).one().id)
    for path in ("/ask/words", CHECK):
        shown = see(client, path)
        assert shown.status_code == 410
        assert "Je vraag is verstuurd." in shown.text
        assert WORDS not in shown.text
    assert WORDS not in see(client, "/ask").text
    clock.advance(timedelta(minutes=10))
    late = press(client, page, fields())
    assert late.status_code == 410
    assert "wz-code" not in late.text


def test_a_next_question_in_the_same_browser_is_another_one(client: TestClient, session: Session) -> None:
    for words in ("Een", "Twee"):
        page = walk(client, fields(question=words))
        assert press(client, page, fields()).status_code == 200
    assert {one.question for one in session.exec(select(AdviceRequest))} == {"Een", "Twee"}


def test_whoever_leaves_leaves_nothing_behind(client: TestClient, session: Session) -> None:
    walk(client, fields(question=WORDS))
    out = see(client, "/ask/leave")
    assert out.headers["refresh"] == "0; url=https://www.buienradar.nl/"
    assert out.headers["cache-control"] == "no-store"
    assert "Weerzien" not in out.text
    assert session.exec(select(Asking)).all() == []
    assert COOKIE not in client.cookies
    assert see(client, "/ask/words").status_code == 410
    assert see(client, "/ask/leave").status_code == 200


def test_a_send_that_broke_after_it_was_taken_in_is_one_question_when_it_is_sent_again(
    client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = walk(client, fields())

    def broken(*_: object) -> None:
        raise RuntimeError("the machine stopped here")

    with monkeypatch.context() as patched:
        patched.setattr(commands, "_let_go", broken)
        assert press(client, page, fields()).status_code == 500
    assert press(client, page, fields()).status_code == 200
    assert len(session.exec(select(AdviceRequest)).all()) == 1


def test_who_had_the_page_of_the_version_before_open_loses_nothing(
    client: TestClient, session: Session
) -> None:
    sent = fields(question=WORDS, safe_days=["mon"], safe_from="17:00", safe_to="20:00")
    old = {name: value for name, value in sent.items() if name not in ("who", "secret")}
    page = client.post("/?lang=nl", data=old | {"form": forms.new_token("public-form")})
    assert page.headers["location"] == f"{CHECK}?lang=nl"
    last = see(client, CHECK)
    assert WORDS in last.text
    assert press(client, last, sent).status_code == 200
    kept = session.exec(select(AdviceRequest)).one()
    assert (kept.phone, kept.safe_times[0]["days"]) == ("+32470123456", ["mon"])


def test_what_was_missing_on_it_is_asked_and_a_page_that_is_not_ours_is_begun_anew(
    client: TestClient, session: Session
) -> None:
    token = forms.new_token("public-form")
    client.post("/", data=fields(form=token, postcode="", question="x" * 9_000))
    assert see(client, CHECK).headers["location"] == "/ask/words"
    assert len(session.exec(select(Asking)).one().answers or "") < 6_000
    other = from_place(client)
    assert other.post("/", data=fields(form="made up")).headers["location"] == "/ask"


# In every language, and to whom


@pytest.mark.parametrize("language", FOR_PAGES)
@pytest.mark.parametrize("who", ["child", INSIDE, "carer", "school", "other"])
def test_every_step_is_there_in_every_language(client: TestClient, language: str, who: str) -> None:
    audience = INSIDE if who == "other" else who
    worker = {"worker_organisation": "School", "worker_name": "Ann", "worker_email": "ann@school.example"}
    page = walk(
        client, fields(who=who, audience=audience, channel="worker", secret="yes", **worker), language
    )
    assert page.status_code == 200
    for code in BY_CODE:
        path = "/ask" if code == "begin" else f"/ask/{code}"
        shown = see(client, path, params={"lang": language})
        assert shown.status_code in (200, 303), code
        assert shown.status_code == 303 or f'<html lang="{language}">' in shown.text


def test_a_child_that_goes_on_reads_tu_in_french(client: TestClient) -> None:
    formal = re.compile(r"\b(?:vous|votre|vos)\b", re.IGNORECASE)
    contact = {"channel": "sms", "secret": "yes"}
    walk(client, fields(audience="child", **contact), "fr")
    for code in ("child", "want", "about", "words", "place", "whom", "reach", "contact", "times", "check"):
        page = see(client, f"/ask/{code}", params={"lang": "fr"}).text
        main = page.partition("<main")[2].partition("</main>")[0]
        asked = re.sub(r"<label.*?</label>|<[^>]+>", " ", main, flags=re.DOTALL)
        assert formal.findall(asked) == [], code


def test_a_form_is_bound_to_its_question(client: TestClient) -> None:
    walk(client, fields())
    for token in (forms.new_token("asking"), forms.new_token("asking", "another")):
        assert client.post("/ask/words", data={"form": token}, headers=NL).status_code == 410


def test_the_answers_of_two_tabs_at_once_are_both_kept(
    client: TestClient, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    """The second waits for the first, and adds to what it finds then."""
    runtime = runtime_for("intake")
    now = runtime.clock.now()
    token = commands.begin(session, Answers(**fields()), at=now)
    words, place = Answers(question="Ja"), Answers(country="NL", postcode="5038")
    for step, posted in (("words", words), ("place", place)):
        with runtime.sessions() as other:
            names = BY_CODE[step].fields(Answers())
            kept = commands.answer(other, token, step, names, posted, at=now)
    assert kept is not None
    assert (kept.question, kept.postcode, kept.who) == ("Ja", "5038", "carer")
