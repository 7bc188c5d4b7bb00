"""Everybody is answered in the language that they asked for, and nobody meets the name of a text."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.commands.translating import header
from services.intake.guidance.rules import all_urgent_help, somebody_to_talk_to
from services.intake.requests.tables import State
from services.notify.messages.tables import MessageState, Purpose
from services.referral.referrals.tables import DeclineReason, OfferState, Status
from shared import po
from shared.countries import COUNTRIES
from shared.events.services import SERVICES
from shared.languages import FOR_PAGES
from shared.vocabulary import (
    AgeBand,
    Audience,
    ContactChannel,
    HelpFor,
    Remote,
    Share,
    Stage,
    Urgency,
    need_name,
    needs,
)
from shared.web import pages
from shared.web.languages import Catalogue, preferred

# Keys that a page puts together from a code: before the code, the codes, after it.
MADE: list[tuple[str, Iterable[str], str]] = [
    ("state.", State, ".title"),
    ("state.", State, ".text"),
    ("audience.", Audience, ""),
    ("help-for.", HelpFor, ""),
    ("age.", AgeBand, ""),
    ("received.told-", ContactChannel, ""),
    ("stage.", Stage, ""),
    ("remote.", Remote, ""),
    ("urgency.", Urgency, ""),
    ("channel.", ContactChannel, ""),
    ("share.", Share, ""),
    ("country.", COUNTRIES, ""),
    ("portal.reason-", DeclineReason, ""),
    ("portal.state-", [one for one in OfferState if one is not OfferState.OPEN], ""),
    ("portal.for-", HelpFor, ""),
    ("portal.asker-", Audience, ""),
    ("portal.stage-", Stage, ""),
    ("portal.urgency-", Urgency, ""),
    ("portal.channel-", ContactChannel, ""),
    ("one-desk.service-", SERVICES, ""),
    ("desk-value.state.", [*State, *Status, *MessageState], ""),
    ("desk-value.audience.", Audience, ""),
    ("desk-value.urgency.", Urgency, ""),
    ("desk-value.channel.", ContactChannel, ""),
    ("desk-value.purpose.", Purpose, ""),
    ("help.about-", [one.about for land in COUNTRIES for one in all_urgent_help(land)], ""),
    ("help.about-", [one.about for land in COUNTRIES for one in somebody_to_talk_to(land)], ""),
]


@pytest.mark.parametrize(("before", "codes", "after"), MADE)
def test_every_code_that_a_page_puts_into_words_has_them(
    before: str, codes: Iterable[str], after: str
) -> None:
    missing = [code for code in codes if not pages.texts().has(f"{before}{code}{after}")]
    assert missing == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_desk_has_a_word_for_each_kind_of_work_and_each_action(service: str) -> None:
    desk = importlib.import_module(f"services.{service}.service").SERVICE.desk
    texts = pages.texts()
    assert [kind for kind in desk.kinds if not texts.has(f"desk-kind.{kind}")] == []
    actions = {action for kind in desk.kinds.values() for action in kind.actions}
    assert [action for action in actions if not texts.has(f"desk-action.{action}")] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "nl"),
        ("nl-BE", "nl"),
        ("fr", "fr"),
        ("fr-BE, nl;q=0.8", "fr"),
        ("nl;q=0.3, en;q=0.9", "en"),
        ("tr, ar;q=0.9, en;q=0.1", "en"),
        ("nl; q=0.3, EN-gb; q=0.9", "en"),
        ("fr;q=0", "nl"),
        ("tr, pl", "nl"),
        ("*", "nl"),
        ("fr;q=nonsense, en;q=0.5", "en"),
        (",;q=,, ;", "nl"),
        ("fr" * 5000, "nl"),
    ],
)
def test_the_browsers_first_language_that_we_have_is_taken(header: str, language: str) -> None:
    assert preferred(header) == language


def test_who_refuses_a_language_is_not_answered_in_it() -> None:
    assert preferred("fr;q=0, en;q=0.1") == "en"
    assert preferred("nl;q=0, fr;q=0.2") == "fr"


@pytest.mark.parametrize(
    ("asked", "language"),
    [("?lang=fr", "fr"), ("?lang=en", "en"), ("?lang=xx", "nl"), ("?lang=", "nl"), ("", "nl")],
)
def test_the_address_goes_before_the_browser(
    client_for: Callable[[str], TestClient], asked: str, language: str
) -> None:
    page = client_for("intake").get(f"/{asked}", headers={"Accept-Language": "nl"})
    assert f'<html lang="{language}">' in page.text
    assert page.headers["Content-Language"] == language


def test_every_link_of_a_page_keeps_the_language_that_was_asked_for(
    client_for: Callable[[str], TestClient],
) -> None:
    page = client_for("intake").get("/help?lang=fr", headers={"Accept-Language": "nl"})
    assert 'href="/status?lang=fr"' in page.text
    assert 'href="/status"' not in page.text


def test_every_need_has_a_short_name_of_its_own_in_each_language() -> None:
    for language in FOR_PAGES:
        named = [need_name(code, language) for code in needs()]
        assert len(set(named)) == len(named)
        assert [name for name in named if not name or len(name) > 40] == []


def test_a_french_sign_stays_with_its_word(tmp_path: Path) -> None:
    for language in FOR_PAGES:
        po.write(
            tmp_path / f"{language}.po", [header(language), po.Entry("a", ["« Qui » ? Oui ; non : si !"])]
        )
    texts = Catalogue(tmp_path)
    assert texts.text("fr", "a") == "«\u00a0Qui\u00a0»\u00a0? Oui\u00a0; non\u00a0: si\u00a0!"
    assert texts.text("nl", "a") == "« Qui » ? Oui ; non : si !"


def test_a_later_folder_adds_to_the_earlier_and_names_are_filled_in(tmp_path: Path) -> None:
    for folder, said in (("one", {"a.b": "old", "c": "kept"}), ("two", {"a.b": "{who} came"})):
        (tmp_path / folder).mkdir()
        found = [po.Entry(key, [text]) for key, text in said.items()]
        po.write(tmp_path / folder / "nl.po", [header("nl"), *found])
    texts = Catalogue(tmp_path / "one", tmp_path / "two")
    assert texts.text("nl", "a.b", who="Noor") == "Noor came"
    assert texts.text("nl", "c") == "kept"
    assert not texts.has("d")
    with pytest.raises(KeyError):
        texts.text("fr", "c")


def test_what_is_counted_is_said_in_the_form_of_its_number(tmp_path: Path) -> None:
    forms = ["{count} kind", "{count} kinderen"]
    po.write(tmp_path / "nl.po", [header("nl"), po.Entry("a", forms)])
    texts = Catalogue(tmp_path)
    assert [texts.text("nl", "a", count=number) for number in (0, 1, 2)] == [
        "0 kinderen",
        "1 kind",
        "2 kinderen",
    ]
    with pytest.raises(KeyError):
        texts.text("nl", "a")
