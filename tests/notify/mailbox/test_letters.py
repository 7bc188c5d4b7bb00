"""What a mail is, and what is new in it: mails as programs and mail servers write them."""

from __future__ import annotations

import pytest

from services.notify.contacts.rules import Keyword, keyword_of_mail
from services.notify.contacts.stopping import mentions_a_stop
from services.notify.mailbox.letters import Letter, Sort, fingerprint_of, read
from services.notify.mailbox.quoting import text_of_html, written
from tests.notify.mailbox.samples import ANSWERED, OURS, sample


def letter(name: str) -> Letter:
    return read(sample(name), OURS)


def mail(body: str, *heads: str) -> bytes:
    usual = ("From: oma@voorbeeld.nl", "To: weerzien@centrum.example", "Message-ID: <1@voorbeeld.nl>")
    return "\n".join([*usual, *heads, "", body]).encode()


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("gmail_ja", Keyword.YES),
        ("gmail_non_fr", Keyword.NO),
        ("outlook_nee", Keyword.NO),
        ("outlook_html_stop", Keyword.STOP),
        ("iphone_ja", Keyword.YES),
        ("below_the_quote", Keyword.YES),
        ("subject_alone", Keyword.STOP),
        ("stop_in_a_sentence", None),
        ("samsung_tr", None),
        ("windows_1252", None),
    ],
)
def test_an_answer_is_understood_whatever_program_it_was_written_with(
    name: str, meaning: Keyword | None
) -> None:
    found = letter(name)
    assert (found.sort, found.sender) == (Sort.ANSWER, "oma@voorbeeld.nl")
    assert keyword_of_mail(found.text) is meaning
    assert list(found.answers) == ([] if name == "subject_alone" else [ANSWERED])


def test_a_stop_in_a_language_that_we_do_not_know_is_seen() -> None:
    assert mentions_a_stop(letter("samsung_tr").text)


def test_signs_are_read_as_they_were_meant_whatever_charset_the_mail_names() -> None:
    assert letter("windows_1252").text == "Beste, kost de bus €3 en mag oma’s zus mee?"
    named = mail("caf\u00e9", "Content-Type: text/plain; charset=x-unknown")
    assert read(named, OURS).text == "café"
    crooked = mail("Ja", "Content-Type: text/plain; charset=punycode")
    assert read(crooked, OURS).text == "Ja"


@pytest.mark.parametrize("name", ["away_nl", "away_fr", "away_en", "list", "opened"])
def test_what_nobody_wrote_is_no_answer_whatever_words_are_in_it(name: str) -> None:
    found = letter(name)
    assert (found.sort, found.text) == (Sort.AUTOMATIC, "")


@pytest.mark.parametrize(
    "head",
    ["Auto-Submitted: auto-replied; reason=x", "Precedence: junk", "X-Autorespond: y", "Return-Path: <>"],
)
def test_a_program_that_says_so_in_any_way_is_not_heard(head: str) -> None:
    assert read(mail("STOP", head), OURS).sort is Sort.AUTOMATIC


def test_a_person_whose_program_says_that_nobody_automated_it_is_heard() -> None:
    assert read(mail("STOP", "Auto-Submitted: no", "Subject: Afwezig zaterdag"), OURS).sort is Sort.ANSWER


def test_our_own_mail_that_comes_back_to_us_is_no_answer() -> None:
    ours = f"From: Weerzien <{OURS}>\nSubject: x\n\nSTOP".encode()
    assert read(ours, OURS).sort is Sort.OUR_OWN
    sent_on = mail("STOP").replace(b"<1@voorbeeld.nl>", f"<{ANSWERED}@centrum.example>".encode())
    assert read(sent_on, OURS).sort is Sort.OUR_OWN


@pytest.mark.parametrize(
    ("name", "given_up", "code"),
    [
        ("postfix_5", True, "5.1.1"),
        ("exchange_5", True, "5.1.10"),
        ("exim_5", True, "5.0.0"),
        ("postfix_given_up", True, "4.4.1"),
        ("postfix_delayed", False, "4.4.1"),
    ],
)
def test_of_a_mail_that_came_back_it_is_known_which_and_whether_it_is_still_tried(
    name: str, given_up: bool, code: str
) -> None:
    found = letter(name)
    assert found.sort is Sort.CAME_BACK
    assert list(found.answers) == [ANSWERED]
    assert found.came_back
    assert (found.came_back.given_up, found.came_back.code) == (given_up, code)


def test_an_id_of_another_domain_is_none_of_ours() -> None:
    found = read(mail("Ja", f"In-Reply-To: <{ANSWERED}@elders.example>"), OURS)
    assert list(found.answers) == []


def test_of_several_mails_that_are_answered_the_latest_comes_first() -> None:
    older = ANSWERED.hex[:-1] + "8"
    ids = (
        f"References: <{older[:8]}-{older[8:12]}-{older[12:16]}-{older[16:20]}-{older[20:]}@centrum.example>"
    )
    found = read(mail("Ja", f"{ids} <{ANSWERED}@centrum.example>"), OURS)
    assert [one.hex for one in found.answers] == [ANSWERED.hex, older]


@pytest.mark.parametrize("sender", ["", "From: a@b.example, c@d.example", "From: =?utf-8?q?x?=", "From: <>"])
def test_who_names_no_address_or_several_is_nobody(sender: str) -> None:
    assert read(f"{sender}\nSubject: x\n\nJa".encode(), OURS).sender is None


def test_the_same_mail_that_came_by_two_ways_is_one() -> None:
    one, other = mail("Ja", "Received: by a"), mail("Ja", "Received: by b")
    assert fingerprint_of(one) == fingerprint_of(other) == read(one, OURS).fingerprint
    assert fingerprint_of(one) != fingerprint_of(mail("Ja", "Subject: another"))
    nameless = [raw.replace(b"Message-ID: <1@voorbeeld.nl>\n", b"") for raw in (one, other)]
    assert fingerprint_of(nameless[0]) != fingerprint_of(nameless[1])


def test_a_mail_with_more_parts_than_anybody_writes_is_not_taken_apart() -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n" for n in range(100))
    with pytest.raises(ValueError, match="too many parts"):
        read(b"From: oma@voorbeeld.nl\n" + nested.encode(), OURS)


@pytest.mark.parametrize("break_", [" ", "\n ", "\r\n\t", "\r "])
def test_a_part_that_is_described_without_end_is_not_taken_apart(break_: str) -> None:
    endless = 'Content-Type: text/plain; x="' + f'\\";{break_}' * 1000
    for raw in (f"From: oma@voorbeeld.nl\n{endless}\n\nJa", f"A: b\r{endless}\n\nJa"):
        with pytest.raises(ValueError, match="too great a length"):
            read(raw.encode(), OURS)


@pytest.mark.parametrize("cut", [100, 400, 700, 1000])
def test_the_beginning_of_a_mail_is_read_as_far_as_it_goes(cut: int) -> None:
    assert read(sample("gmail_ja")[:cut], OURS).sort is Sort.ANSWER


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\xff\xfe", b"From: " + b"(" * 5000, b"Content-Type: multipart/x\n\nx"]
)
def test_crooked_mail_is_read_or_refused_and_never_kept_waiting_for(raw: bytes) -> None:
    assert read(raw, OURS).sender is None


HEADING = "Op di 1 dec 2026 om 09:00 schreef Weerzien <weerzien@centrum.example>:"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (f"Ja\n\n{HEADING}\n> STOP", "Ja"),
        (f"Ja\n{HEADING}\n\nKun je komen?", "Ja"),
        (f"{HEADING}\n> Kun je komen?\n\nNee", "Nee"),
        ("> Kun je komen?\nja\n> Wie komt er mee?\noma", "ja\noma"),
        ("Ja\n-----Oorspronkelijk bericht-----\nSTOP", "Ja"),
        ("Oui\n-----Message d'origine-----\nDe : Weerzien\nSTOP", "Oui"),
        ("Yes\n\nFrom: Weerzien\nSent: Tuesday\nTo: me\n\nSTOP", "Yes"),
        ("Op zaterdag kom ik:\nja, met oma", "Op zaterdag kom ik:\nja, met oma"),
        ("Van: station\nis het ver?", "Van: station\nis het ver?"),
        ("", ""),
    ],
)
def test_what_is_new_stands_above_between_or_below_what_is_quoted(text: str, new: str) -> None:
    assert written(text, OURS) == new


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Ja</p><blockquote>STOP</blockquote><p>tot dan</p>", "Ja\n\ntot dan"),
        ("<!-- STOP --><b>Nee</b>, <i>dank&nbsp;je</i>", "Nee, dank je"),
        ("<style>p{}</style><title>STOP</title>Ja<br>Anna", "Ja\nAnna"),
        ('Ja<div class="gmail_quote">STOP</div>', "Ja"),
        ("1 < 2 & 3 > 2 <3", "1 < 2 & 3 > 2 <3"),
        ("Ja<!-- STOP", "Ja"),
    ],
)
def test_the_text_of_html_is_what_a_reader_sees_above_the_older_mail(html: str, text: str) -> None:
    assert text_of_html(html) == text
