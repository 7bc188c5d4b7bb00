from __future__ import annotations

from datetime import date, timedelta

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from services.notify.wording import gsm7, linter, own, render
from services.notify.wording.catalogue import EMAIL, SMS, Entry, entries, names
from services.notify.wording.letters import EVERY, letters_of
from shared.languages import FOR_FAMILIES, FOR_PAGES

VALUES = {name: known.worst for name, known in names().items()}
SMS_PURPOSES = [purpose for purpose, channel in entries("nl") if channel == SMS]
EMAIL_PURPOSES = [purpose for purpose, channel in entries("nl") if channel == EMAIL]


def test_no_text_is_too_long_or_says_too_much() -> None:
    assert linter.lint() == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Weerzien: je bezoek in de gevangenis is morgen", "says 'gevangenis'"),
        ("Weerzien: de kinderdag gaat door", "says 'kinderdag'"),
        ("Weerzien: votre enfant", "says 'enfant'"),
        ("Weerzien: your child", "says 'child'"),
        ("Je afspraak is morgen", "does not say who it is from"),
        ("Weerzien: " + "a" * 151, "takes 161 characters at worst, and one segment holds 160"),
        ("Weerzien: {shoe_size}", "{shoe_size} is no value that is known"),
    ],
)
def test_a_text_that_breaks_a_rule_is_found(text: str, finding: str) -> None:
    entry = Entry(None, text)
    known = Entry(None, text)
    if "{" in text:
        assert finding in list(linter.check("nl", EMAIL, Entry("x", text), known))
    else:
        assert finding in list(linter.check("nl", SMS, entry, known))


def test_a_subject_is_as_discreet_as_a_text() -> None:
    entry = Entry("Bezoek in PI Vught", "x")
    assert {"says 'bezoek'", "says 'pi'"} <= set(linter.check("nl", EMAIL, entry, entry))


@given(value=st.text(max_size=200))
@pytest.mark.parametrize("language", FOR_FAMILIES)
@pytest.mark.parametrize("purpose", SMS_PURPOSES)
def test_whatever_a_name_holds_a_text_stays_one_plain_segment_or_two_with_every_letter(
    purpose: str, language: str, value: str
) -> None:
    letters = letters_of(language)
    known = names(every_letter=letters is EVERY)
    values = {name: value if one.shortens else one.worst for name, one in known.items()}
    text = render(purpose, SMS, language, values)
    assert text.segments <= letters.segments
    assert letters is EVERY or gsm7.fits(text.body)


@pytest.mark.parametrize("language", [code for code in FOR_FAMILIES if letters_of(code) is EVERY])
def test_a_text_in_a_language_with_letters_of_its_own_says_each_of_them(language: str) -> None:
    for purpose in set(SMS_PURPOSES) & {purpose for purpose, _ in entries(language)}:
        written = entries(language)[purpose, SMS].text
        said = render(purpose, SMS, language, names_of(language)).body
        assert [sign for sign in written if not gsm7.fits(sign) and sign not in said] == [], purpose
        assert "?" not in said or "?" in written


def names_of(language: str) -> dict[str, str]:
    known = names(every_letter=letters_of(language) is EVERY)
    return {name: one.worst for name, one in known.items()}


def test_an_arabic_text_runs_from_right_to_left_though_it_begins_with_our_name() -> None:
    body = render("called-in-vain", SMS, "ar", {}).body
    assert body.startswith("\u200fWeerzien")
    assert gsm7.segments("ا" * 134) == 2
    assert gsm7.segments(body) == 2 or len(body) <= 70


@pytest.mark.parametrize("channel", [SMS, EMAIL])
def test_the_groups_of_a_number_keep_their_order_in_an_arabic_text(channel: str) -> None:
    values = {"named": "+32 800 12 34 56"}
    assert "\u200e+32 800 12 34 56" in render("named-service", channel, "ar", values).body
    assert "\u200e" not in render("named-service", channel, "tr", values).body


def test_a_turkish_name_is_plain_in_a_dutch_text_and_whole_in_a_turkish_one() -> None:
    values = VALUES | {"place": "Kırşehir"}
    assert "Kirsehir" in render("visit-1", SMS, "nl", values).body
    assert "Kırşehir" in render("visit-1", SMS, "tr", values).body


def test_words_of_the_desk_in_letters_that_a_plain_text_lacks_are_sent_as_they_are() -> None:
    assert render("desk-words", SMS, "nl", {"words": "مرحبا"}).body == "Weerzien: مرحبا"
    assert own.check("مرحبا" * 30, SMS, "nl").problems[0].code == "too-long"
    assert own.check("مرحبا" * 20, SMS, "ar").problems == ()
    assert own.check("Zoë, tot straks", SMS, "nl").segments == 1


def test_the_linter_says_what_letters_cost() -> None:
    polish = {line.split(":")[0]: line for line in linter.costs("pl")}
    assert polish["pl answer-written"] == "pl answer-written: 2, for ąź"
    assert [line for line in linter.costs("de") if not line.endswith(": 1")] == []


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_no_day_is_longer_than_the_longest_that_texts_are_checked_with(language: str) -> None:
    letters = letters_of(language)
    longest = letters.length(letters.written(names_of(language)["date"]))
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(2600)]
    said = [letters.written(format_date(day, "EEE d MMM", locale=language)) for day in days]
    assert max(map(letters.length, said)) <= longest


@pytest.mark.parametrize("purpose", EMAIL_PURPOSES)
def test_a_line_break_in_a_name_stays_out_of_a_subject(purpose: str) -> None:
    values = {name: f"{known.worst}\r\nBcc: everybody@example.org" for name, known in names().items()}
    text = render(purpose, EMAIL, "nl", values)
    assert text.subject
    assert "\n" not in text.subject
    assert "\r" not in text.subject


def test_an_address_too_long_for_one_segment_is_left_out_rather_than_cut() -> None:
    values = VALUES | {"url": "https://" + "x" * 120 + ".example/status"}
    text = render("accepted", SMS, "nl", values)
    assert text.segments == 1
    assert "https" not in text.body
    assert "WZ-WWWW-WWWW" in text.body


def test_who_speaks_another_language_gets_english() -> None:
    assert render("stop-confirmed", SMS, "so", {}).body == entries("en")["stop-confirmed", SMS].text


def test_a_partner_is_written_to_in_a_language_of_the_pages_alone() -> None:
    values = VALUES | {"organisation": "De Springplank"}
    assert render("offer", EMAIL, "tr", values) == render("offer", EMAIL, "en", values)
    assert ("offer", EMAIL) not in entries("tr")
    assert ("offer", EMAIL) in entries(FOR_PAGES[0])


def test_papers_are_asked_for_only_where_they_matter() -> None:
    without = render("visit-7", SMS, "nl", VALUES | {"papers": ""}).body
    asked = render("visit-7", SMS, "nl", VALUES | {"papers": "yes"}).body
    assert "identiteitsbewijzen" in asked
    assert "identiteitsbewijzen" not in without


@pytest.mark.parametrize(
    ("language", "greeting"),
    [
        ("nl", "Dag,\n"),
        ("de", "Guten Tag,\n"),
        ("tr", "Merhaba,\n"),
        ("pl", "Dzień dobry,\n"),
        ("ar", "مرحبا،\n"),
    ],
)
def test_a_greeting_without_a_name_still_reads_well(language: str, greeting: str) -> None:
    body = render("request-received", EMAIL, language, VALUES | {"name": ""}).body
    assert body.startswith(greeting)


READ = {
    "nl": "We lezen elk antwoord",
    "fr": "Nous lisons chaque réponse",
    "en": "We read every answer",
    "de": "Wir lesen jede Antwort",
    "tr": "Her yanıtı okuyoruz",
    "pl": "Czytamy każdą odpowiedź",
    "ar": "نقرأ كل جواب",
}


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_who_may_answer_a_mail_is_told_once_that_it_is_read(language: str) -> None:
    for purpose in ("visit-registered", "visit-28", "visit-7", "visit-3", "visit-1"):
        body = render(purpose, EMAIL, language, VALUES).body
        assert "STOP" in body
        assert body.count(READ[language]) == 1, purpose


@pytest.mark.parametrize(
    ("purpose", "claims"),
    [
        ("visit-registered", ("herinnering", "rappel", "reminder")),
        ("recalled", ("Bel ons", "appelez-nous", "give us a call")),
        ("nudge", ("aan een ander", "quelqu'un d'autre", "somebody else")),
    ],
)
@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_nothing_is_promised_that_may_not_happen(
    language: str, purpose: str, claims: tuple[str, ...]
) -> None:
    texts = [
        text for (one, _), entry in entries(language).items() if one == purpose for text in entry.variants
    ]
    assert [text for text in texts if any(claim in text for claim in claims)] == []


def test_a_partner_that_is_told_that_it_is_over_is_asked_to_leave_the_person_alone() -> None:
    assert "Neem geen contact (meer) op" in render("recalled", EMAIL, "nl", VALUES).body


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ç" + "a" * 69, 1),
        ("ç" + "a" * 70, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_a_provider_counts_them(text: str, segments: int) -> None:
    assert gsm7.segments(text) == segments


def test_accents_that_a_plain_text_lacks_are_dropped_and_those_it_has_are_kept() -> None:
    assert gsm7.to_gsm7("Zoë, François – “café” 🙂 ł") == 'Zoe, Francois - "café" ? l'
