"""One e-mail address at a time, without anything that could slip into the headers of a mail."""

from __future__ import annotations

import re
import unicodedata

import idna

from shared.contact.problems import AddressProblem
from shared.contact.text import plain

LONGEST, LONGEST_LOCAL = 254, 64  # RFC 5321, 4.5.3.1
# An address in another script is longer as DNS writes it, never four times shorter.
LONGEST_WRITTEN = 4 * LONGEST
SCHEME = re.compile(r"^mailto: ?", re.IGNORECASE)
LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
LABELS = re.compile(r"[^.]{1,63}(\.[^.]{1,63})*")


def normalise_email(raw: str) -> str:
    """Return the address in lower case, its domain in ASCII. Raises AddressProblem.

    Quoted and non-ASCII local parts are refused: few providers deliver to them.
    """
    text = SCHEME.sub("", plain(raw).strip(" \t\r\n")).lower()
    if not text:
        raise AddressProblem("email-empty")
    if len(text) > LONGEST_WRITTEN:  # before anything that reads it more than once
        raise AddressProblem("email-long")
    if any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in text):
        raise AddressProblem("email-control")
    if text.count("@") > 1 or any(sign in text for sign in ",;<>"):
        raise AddressProblem("email-several")
    return _checked(*_halves(text))


def _halves(text: str) -> tuple[str, str]:
    local, at, domain = text.partition("@")
    if not at:
        raise AddressProblem("email-at")
    if not LOCAL.fullmatch(local):
        raise AddressProblem("email-local")
    return local, ascii_domain(domain)


def ascii_domain(domain: str) -> str:
    """Return a domain as DNS writes it (IDNA 2008: ß is a letter of its own). Raises AddressProblem."""
    try:
        written = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise AddressProblem("email-domain") from None
    if not LABELS.fullmatch(written):
        raise AddressProblem("email-domain")
    return written


def _checked(local: str, domain: str) -> str:
    if not DOMAIN.fullmatch(domain):
        raise AddressProblem("email-domain")
    if len(local) > LONGEST_LOCAL or len(local) + 1 + len(domain) > LONGEST:
        raise AddressProblem("email-long")
    return f"{local}@{domain}"
