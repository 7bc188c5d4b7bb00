"""By what a person is found: the words of a name, however they are written."""

from __future__ import annotations

import pytest

from shared import crypto
from shared.crypto import Keyring
from shared.finding import MOST_WORDS, marks_of, of_email, of_phone, of_words, words_of, words_sought


@pytest.mark.parametrize(
    ("kept", "sought"),
    [
        ("José García", "jose GARCIA"),
        ("Fatima El Khatib", "khatib fatima"),
        ("Fatima El Khatib", "El-Khatib"),
        ("Ben Jansen", "Ben"),
        ("Ben Jansen", "ben jansen"),
        ("Youssef ben Ali", "Youssef Ali"),
        ("Jan Van den Berghe", "Vandenberghe"),
        ("Jan Vandenberghe", "van den berghe"),
        ("Jan Vanden Berghe", "Vandenberghe"),
        ("Piet De Smet", "Desmet"),
        ("Els Kuijpers", "kuypers"),
        ("Els Kuĳpers", "Kuijpers"),
        ("Ayşe Yıldız", "ayse yildiz"),
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("Jean-Pierre D'Hondt", "jean pierre hondt"),
        ("Søren Weiß", "soren weiss"),
        ("مُحَمَّد علي", "محمد علي"),
        ("علي محمد", "محمد"),
        ("Ｎｏｏｒ Ｊａｎｓｅｎ", "noor jansen"),
        ("Noor\u200bJansen", "NoorJansen"),
    ],
)
def test_a_name_is_found_however_it_is_written(kept: str, sought: str) -> None:
    assert set(words_sought(sought)) <= set(words_of(kept))


@pytest.mark.parametrize(("kept", "sought"), [("Noor Jansen", "Noor Pietersen"), ("Ali", "Alima")])
def test_another_name_is_not_found(kept: str, sought: str) -> None:
    assert not set(words_sought(sought)) <= set(words_of(kept))


def test_particles_alone_are_sought_as_they_are() -> None:
    assert words_sought("van den") == ["van", "den"]


def test_equal_words_have_equal_marks_and_a_number_is_no_name() -> None:
    assert set(marks_of("Noor Jansen", "+31612345678", "noor@example.org")) == {
        *of_words(["noor", "jansen"]),
        of_phone("+31612345678"),
        of_email("noor@example.org"),
    }
    assert of_phone("+31612345678") not in of_words(["+31612345678"])


def test_nothing_is_known_of_somebody_who_said_nothing() -> None:
    assert marks_of(None, None, None) == []


def test_a_name_of_many_words_is_kept_by_its_first() -> None:
    assert len(words_of(" ".join(f"naam{number}" for number in range(60)))) == MOST_WORDS


def test_marks_of_two_services_cannot_be_laid_together(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = set()
    for service in ("intake", "notify"):
        ring = Keyring("secret", {"k1": bytes(32)}, service=service)
        monkeypatch.setattr(crypto, "_installed", ring)
        marks |= set(marks_of("Noor Jansen", "+31612345678", None))
    assert len(marks) == 6
