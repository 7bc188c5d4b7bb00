"""What somebody means who types or pastes something into the search."""

from __future__ import annotations

import pytest

from services.intake.desk.search_rules import LONGEST, sought

MOBILE = "+31612345678"


@pytest.mark.parametrize(
    "written",
    [
        "06 12345678",
        "06-12 34 56 78",
        "+31 (0)6 12345678",
        "0031612345678",
        "+31.6.12.34.56.78",
        "tel:+31612345678",
        "06/12.34.56.78",
        "٠٦١٢٣٤٥٦٧٨",
        "\u202a+31 6 12345678\u202c",
        "31612345678",
        "\x0006 12345678",
    ],
)
def test_a_number_is_understood_in_any_notation(written: str) -> None:
    assert sought(written).phones == (MOBILE,)


def test_a_number_that_both_countries_have_is_sought_in_both() -> None:
    both = sought("0475 12 34 56")
    assert {one[:3] for one in both.phones} == {"+31", "+32"}
    assert both.tried == ("phone-nl", "phone-be")


@pytest.mark.parametrize("written", ["WZ-7K3M-9QXT", "wz 7k3m 9qxt", "7K3M9QXT", "Kenmerk: WZ-7K3M-9QXT"])
def test_a_reference_is_understood_in_any_notation(written: str) -> None:
    assert sought(written).references == ("WZ-7K3M-9QXT",)


@pytest.mark.parametrize("written", ["Noor@Example.org", "mailto:noor@example.org", "<noor@example.org>"])
def test_an_address_is_understood_in_any_notation(written: str) -> None:
    meant = sought(written)
    assert (meant.emails, meant.words, meant.kinds) == (("noor@example.org",), (), ["email"])


def test_a_name_and_a_number_may_stand_together() -> None:
    meant = sought("Fatima El Khatib, 06 12345678, fatima@example.org")
    assert (meant.words, meant.phones) == (("fatima", "khatib"), (MOBILE,))
    assert meant.emails == ("fatima@example.org",)
    assert meant.tried == ("phone-nl", "email", "name")


@pytest.mark.parametrize("written", ["", "   ", "?!", "12", "\x00", "@", "noor@", "\u202e"])
def test_what_is_nothing_is_sought_nowhere(written: str) -> None:
    assert sought(written).is_nothing


def test_what_is_long_takes_no_time() -> None:
    assert len(sought("naam " * LONGEST).words) == 1
    assert sought("0" * 10_000).phones == ()
