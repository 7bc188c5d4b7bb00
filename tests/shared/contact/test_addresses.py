"""One address, one name, and nothing that could alter the mail they are put in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.problems import AddressProblem, NameProblem
from shared.web.sentences import has


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Oma@Voorbeeld.NL", "oma@voorbeeld.nl"),
        (" an.o'neil+bezoek@mail.voorbeeld.be\n", "an.o'neil+bezoek@mail.voorbeeld.be"),
        ("jan@café.be", "jan@xn--caf-dma.be"),
        ("jan@CAFÉ.be", "jan@xn--caf-dma.be"),
        ("jan@xn--strae-oqa.example", "jan@xn--strae-oqa.example"),
        # Written with ss, or with another s at its end, it is somebody else's domain.
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("info@STRAẞE.example", "info@xn--strae-oqa.example"),
        ("info@βόλος.example", "info@xn--nxasmm1c.example"),
        ("an@my--visit.example", "an@my--visit.example"),
        ("partner@organisatie.example", "partner@organisatie.example"),
        ("mailto:An@voorbeeld.nl", "an@voorbeeld.nl"),
        ("\u202aan\u200b@voorbeeld.nl\ufeff", "an@voorbeeld.nl"),
        ("an\u2010b@voor\u2011beeld.nl", "an-b@voor-beeld.nl"),
    ],
)
def test_an_address_has_one_normal_form(raw: str, expected: str) -> None:
    assert normalise_email(raw) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "email-empty"),
        ("an@voorbeeld.nl\nBcc: iedereen@voorbeeld.nl", "email-control"),
        ("an@voorbeeld.nl\r\n\r\nHallo", "email-control"),
        ("an\u2028@voorbeeld.nl", "email-control"),
        ("an@voorbeeld.nl, jan@voorbeeld.nl", "email-several"),
        ("an@voorbeeld.nl;jan@voorbeeld.nl", "email-several"),
        ("An <an@voorbeeld.nl>", "email-several"),
        ("an@voorbeeld.nl@voorbeeld.be", "email-several"),
        ("an.voorbeeld.nl", "email-at"),
        ("an..b@voorbeeld.nl", "email-local"),
        ("an b@voorbeeld.nl", "email-local"),
        ("@voorbeeld.nl", "email-local"),
        ("an@voorbeeld", "email-domain"),
        ("info@☃.example", "email-domain"),
        ("an@café..be", "email-domain"),
        ("an@192.168.1.1", "email-domain"),
        ("an@-voorbeeld.nl", "email-domain"),
        ("an@voor..beeld.nl", "email-domain"),
        ("a" * 65 + "@voorbeeld.nl", "email-long"),
    ],
)
def test_what_is_not_one_address_is_refused_with_its_reason(raw: str, code: str) -> None:
    with pytest.raises(AddressProblem) as caught:
        normalise_email(raw)
    assert caught.value.code == code
    assert has(code)


@given(raw=st.text(max_size=80) | st.emails())
def test_an_address_that_is_taken_fits_in_a_mail_header(raw: str) -> None:
    try:
        address = normalise_email(raw)
    except AddressProblem:
        return
    assert address.isascii()
    assert not set(address) & set("\r\n\0,;<> ")
    assert normalise_email(address) == address


def test_a_name_of_any_script_stands_on_one_line() -> None:
    assert tidy_name("  Fatima  el  Amrani ") == "Fatima el Amrani"
    assert tidy_name("فاطمة, van den Berg") == "فاطمة, van den Berg"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("An\nBcc: x@voorbeeld.nl", "name-control"),
        ("An\0", "name-control"),
        ("   ", "name-empty"),
        ("---", "name-empty"),
        ("a" * 121, "name-long"),
    ],
)
def test_a_name_that_could_alter_a_mail_or_says_nothing_is_refused(raw: str, code: str) -> None:
    with pytest.raises(NameProblem) as caught:
        tidy_name(raw)
    assert caught.value.code == code
    assert has(code)
