from __future__ import annotations

import pytest

from services.intake.staff import passwords
from services.intake.staff.passwords import PasswordProblem

NOOR = ("Noor de Vries", "noor.devries@expertisecentrum.example")


@pytest.mark.parametrize(
    "password",
    [
        "veel oude fietsen",
        "twaalfteken!",
        "839201748265",
        "Wachtwoorden zijn saai",
        "zon" * 3 + " & regen",
        "\u0645\u0631\u062d\u0628\u0627 \u0639\u0627\u0644\u0645 12",
        "x" * 100 + "abcdefgh12 3!" * 7,
        "  spaties tellen mee  ",
    ],
)
def test_a_long_password_is_taken_whatever_signs_it_has(password: str) -> None:
    assert passwords.is_right(password, passwords.hash_new(password, about=NOOR))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-short"),
        ("elf tekens!", "password-short"),
        ("a" * 201, "password-long"),
        ("aaaaaaaaaaaaaaa", "password-obvious"),
        ("abababababab", "password-obvious"),
        ("123456789012", "password-obvious"),
        ("Weerzien2026!", "password-obvious"),
        ("Welkom123456", "password-obvious"),
        ("wachtwoord01", "password-obvious"),
        ("qwertyuiop12", "password-obvious"),
        ("azertyuiop!!!", "password-obvious"),
        ("noor-devries-1", "password-obvious"),
        ("expertisecentrum", "password-obvious"),
        ("Noor.Weerzien.2026", "password-obvious"),
        ("1q2w3e4r1q2w3e4r", "password-obvious"),
    ],
)
def test_what_is_short_or_comes_to_mind_first_is_not(password: str, code: str) -> None:
    with pytest.raises(PasswordProblem) as refused:
        passwords.hash_new(password, about=NOOR)
    assert refused.value.code == code
    assert password == "" or password not in str(refused.value)


def test_the_same_password_is_kept_otherwise_each_time() -> None:
    assert passwords.hash_new("veel oude fietsen") != passwords.hash_new("veel oude fietsen")


@pytest.mark.parametrize("given", ["Veel oude fietsen", "veel oude fietse", "veel oude fietsen ", ""])
def test_every_sign_of_it_counts(given: str) -> None:
    assert not passwords.is_right(given, passwords.hash_new("veel oude fietsen"))


def test_a_hash_that_cannot_be_read_opens_nothing() -> None:
    assert not passwords.is_right("veel oude fietsen", "nonsense")


def test_it_is_hashed_slowly_by_the_latest_figures() -> None:
    kept = passwords.hash_new("veel oude fietsen")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.is_dated(kept)
    assert passwords.is_dated(kept.replace("t=2", "t=1"))
