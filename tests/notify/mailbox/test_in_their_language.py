"""An answer by mail is told from the older one below it, and from one that nobody wrote, in each language."""

from __future__ import annotations

import pytest

from services.notify.contacts.rules import Keyword, keyword_of_mail
from services.notify.mailbox.quoting import is_automatic, written

US = "weerzien@centrum.example"
ASKED = "Kommen Sie? Antworten Sie JA oder NEIN. STOP = keine Nachrichten."


@pytest.mark.parametrize(
    ("answer", "heading", "meant"),
    [
        ("Ja", "Am Mo., 14. Dez. 2026 um 10:00 Uhr schrieb Weerzien <x@y.example>:", Keyword.YES),
        ("Hayır", f"Weerzien <{US}>, 14 Ara 2026 Pzt, 10:00 tarihinde şunu yazdı:", Keyword.NO),
        ("Tak", "W dniu 14.12.2026 o 10:00, Weerzien pisze:", Keyword.YES),
        ("Nie", "pon., 14 gru 2026 o 10:00 Weerzien <x@y.example> napisał(a):", Keyword.NO),
        ("نعم", "في الاثنين، 14 ديسمبر 2026 في 10:00 ص كتب Weerzien <x@y.example>:", Keyword.YES),
        ("Ja", f"Von: Weerzien <{US}>\nGesendet: Montag\nAn: Oma\nBetreff: Termin", Keyword.YES),
        ("Evet", f"Kimden: Weerzien <{US}>\nTarih: Pazartesi\nKonu: Randevu", Keyword.YES),
        ("Nie", f"Od: Weerzien <{US}>\nWysłano: poniedziałek\nTemat: Termin", Keyword.NO),
        ("لا", f"من: Weerzien <{US}>\nالتاريخ: الاثنين\nالموضوع: موعد", Keyword.NO),
        ("Ja", "-----Ursprüngliche Nachricht-----", Keyword.YES),
        ("نعم", "-----الرسالة الأصلية-----", Keyword.YES),
    ],
    ids=[
        "de",
        "tr",
        "pl",
        "pl-gmail",
        "ar",
        "de-head",
        "tr-head",
        "pl-head",
        "ar-head",
        "de-rule",
        "ar-rule",
    ],
)
def test_the_older_mail_below_an_answer_is_no_part_of_it(answer: str, heading: str, meant: Keyword) -> None:
    said = written(f"{answer}\n\n{heading}\n{ASKED}\n", US)
    assert said == answer
    assert keyword_of_mail(said) is meant


@pytest.mark.parametrize(
    "subject",
    [
        "Automatische Antwort: Ihr Termin",
        "Otomatik yanıt: Randevunuz",
        "Odpowiedź automatyczna: Twój termin",
        "رد تلقائي: موعدكم",
    ],
)
def test_a_mail_that_nobody_wrote_is_known_by_its_subject(subject: str) -> None:
    assert is_automatic(subject)
    assert not is_automatic(subject.partition(": ")[2])
