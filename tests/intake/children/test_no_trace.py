"""Whoever looks afterwards, in a browser, a log or a table, finds nothing of what a child did."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.base import Base
from services.intake.children import codes, rules
from services.intake.children.tables import Box
from shared.clock import FixedClock
from shared.database.common import COMMON
from tests.intake.children.child import BYE, DOOR, HERE, MORE, WIPE, Child, field, visible

# What a page may not say in its title, its address or a cookie.
TELLING = re.compile(
    r"gevang|gevangen|detenti|prison|cel\b|papa|mama|ouder|kind|child|enfant|secret|geheim|weerzien", re.I
)
FIVE = ("appeltaart", "zonnebloem", "dolfijn", "fietsbel", "kabouter")
OUT = "https://www.buienradar.nl/"
ADDRESS, AGENT = "203.0.113.77", "Kanarievogel/1.0"


def walk(child: Child) -> list[Any]:
    """Everything that a child can do, and what was answered."""
    child.browser.headers.update({"X-Forwarded-For": ADDRESS, "User-Agent": AGENT})
    answers = [child.browser.get(DOOR), child.sends("kwetterdekwet"), child.sends(text="")]
    answers.append(child.types_on(answers[1].text, child.words))
    answers += [child.browser.get(HERE), child.writes("kwetterdekwet nog eens"), child.writes("")]
    answers += [child.comes_back("appel peer"), child.leaves(), child.comes_back(), child.browser.get(HERE)]
    return [*answers, child.browser.get(f"{DOOR}?lang=fr")]


def test_every_answer_is_kept_nowhere_on_the_way_and_tells_no_next_site(child: Child) -> None:
    for answer in walk(child):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_titles_addresses_and_icons_say_nothing(child: Child) -> None:
    for answer in walk(child):
        title = "".join(re.findall("<title>(.*?)</title>", answer.text))
        assert TELLING.search(title) is None
        assert TELLING.search(str(answer.url.raw_path)) is None
        assert TELLING.search(answer.headers.get("location", "").replace("buienradar", "")) is None
        assert 'rel="icon" href="data:,"' in answer.text or answer.status_code == 303


def test_no_address_holds_a_word_of_a_child(child: Child) -> None:
    addresses = [str(one.url) + one.headers.get("location", "") for one in walk(child)]
    for word in [*child.words.split(), "kwetterdekwet"]:
        assert not any(word in one for one in addresses)


def test_every_form_is_sent_and_none_stands_in_an_address(child: Child) -> None:
    pages = "".join(one.text for one in walk(child))
    assert set(re.findall(r'<form method="(\w+)" action="([^"?]+)', pages)) == {
        ("post", one) for one in (DOOR, HERE, MORE, WIPE, BYE)
    }
    assert 'autocomplete="off"' in pages
    assert pages.count("<form") == len(re.findall(r'<form[^>]*autocomplete="off"', pages))


def test_no_cookie_is_set_before_the_words_were_typed_and_then_one_for_this_visit_alone(child: Child) -> None:
    page = child.sends().text
    child.comes_back("appel peer")
    child.comes_back("appeltaart zonnebloem dolfijn fietsbel kabouter")
    assert dict(child.browser.cookies) == {}
    cookie = child.types_on(page, child.words).headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name == "h"
    assert {"HttpOnly", "Path=/hallo", "SameSite=strict"} <= set(rest.split("; "))
    # No day on which it ends: it goes with the browser.
    assert not re.search("expires|max-age", cookie, re.I)


def test_leaving_ends_the_visit_forgets_what_the_browser_has_and_leads_to_the_weather(
    child: Child, session: Session
) -> None:
    child.asks()
    kept = dict(child.browser.cookies)
    answer = child.leaves()
    assert answer.headers["clear-site-data"] == '"cache", "cookies"'
    assert "url=/hallo/weg" in answer.text
    assert dict(child.browser.cookies) == {}
    gone = child.browser.get("/hallo/weg")
    assert gone.headers["location"] == OUT
    assert gone.headers["clear-site-data"] == '"cache", "cookies"'
    # Also for whoever has kept the cookie.
    child.browser.cookies.update(kept)
    assert child.browser.get(HERE).headers["location"] == OUT
    assert session.exec(select(Box.visit_hash)).all() == [None]


def test_once_a_child_has_left_what_it_sent_is_sent_again_in_vain(child: Child, session: Session) -> None:
    """As by the Back key and a press on "send again": neither the words nor what was typed come back."""
    left = child.sends().text
    gone = child.browser.post(BYE, data={"form": field(left, "form")})
    assert gone.headers["clear-site-data"] == '"cache", "cookies"'
    read = child.sends().text
    child.types_on(read, child.words)
    child.leaves()
    wiped = child.sends().text
    child.types_on(wiped, child.words)
    assert child.wipes("all", sure="yes").headers["location"] == BYE
    for before in (left, read, wiped):
        assert child.sends(page=before).headers["location"] == OUT
        assert child.types_on(before, "appel peer").headers["location"] == OUT
    assert len(session.exec(select(Box)).all()) == 2


def test_a_visit_ends_by_itself_and_what_was_being_written_is_not_lost(
    child: Child, clock: FixedClock
) -> None:
    child.asks()
    clock.advance(rules.VISIT - timedelta(seconds=1))
    assert child.browser.get(HERE).status_code == 200
    page = child.reads()
    clock.advance(timedelta(seconds=1))
    assert child.browser.get(HERE).headers["location"] == OUT
    again = child.writes("Dit duurde lang.", page)
    assert again.status_code == 400
    # Also where the words are not typed right at once.
    sent = {"form": field(again.text, "form"), "more": field(again.text, "more")}
    again = child.browser.post(HERE, data=sent | {"words": "appel"})
    sent = {"form": field(again.text, "form"), "words": child.words, "more": field(again.text, "more")}
    assert child.browser.post(HERE, data=sent).status_code == 303
    assert "Dit duurde lang." in child.reads()


def test_nobody_who_has_no_visit_reads_writes_or_wipes(child: Child, client: TestClient) -> None:
    child.asks()
    other = Child(client)
    other.asks("Van een ander kind.")
    token = field(child.reads(), "form")
    # With the token of a page that another was shown.
    assert other.browser.post(MORE, data={"form": token, "text": "x"}).status_code == 400
    wiping = {"form": token, "what": "all", "sure": "yes"}
    assert other.browser.post(WIPE, data=wiping).headers["location"] == DOOR
    assert "Van een ander kind." not in child.reads()
    assert "Komt dat door mij?" in child.reads()


def test_no_log_and_no_table_holds_words_an_address_or_what_a_browser_calls_itself(
    child: Child, session: Session, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "draw", lambda language: FIVE)
    with caplog.at_level(logging.DEBUG):
        walk(child)
    ours = [one for one in caplog.records if not one.name.startswith("httpx")]
    logged = "\n".join(f"{one.getMessage()} {vars(one)}" for one in ours)
    assert "/hallo" in logged
    stored = dump(session)
    assert "child-tries" in stored
    for secret in [child.words, *child.words.split(), "kwetterdekwet", ADDRESS, "testclient", AGENT]:
        assert secret not in logged
        assert secret not in stored


def dump(session: Session) -> str:
    """What the database holds of intake, row by row, as PostgreSQL writes it."""
    connection = session.connection()
    rows = []
    for name in {*Base.metadata.tables, *COMMON.tables}:
        rows += [one[0] for one in connection.exec_driver_sql(f"SELECT t::text FROM {name} t")]
    # What is kept as bytes is looked through as letters too.
    rows += [_letters(one) for one in rows]
    return "\n".join(rows)


def _letters(row: str) -> str:
    return " ".join(
        bytes.fromhex(one).decode("latin-1") for one in re.findall(r"\\\\x((?:[0-9a-f]{2})+)", row)
    )


def test_the_same_address_behind_many_children_is_counted_nowhere(
    client: TestClient, session: Session
) -> None:
    for at in range(3):
        child = Child(client)
        child.browser.headers["X-Forwarded-For"] = f"203.0.113.{at}"
        child.asks()
    counted = {one for one in dump(session).split() if "origin" in one}
    assert counted == set()


def test_the_footer_and_the_head_of_a_page_say_nothing_either(child: Child) -> None:
    page = child.door()
    for part in ("header", "footer"):
        said = visible(page.split(f"<{part}", 1)[1].split(f"</{part}>")[0])
        assert TELLING.search(said) is None
