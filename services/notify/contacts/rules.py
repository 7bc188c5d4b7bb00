"""When a family may be written to, and what a reply of one word means.

The window applies to what the system sends on its own initiative. Its times are local to an IANA zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.notify.contacts import answering
from services.notify.contacts.stopping import is_a_stop, plain, says_only
from services.notify.safety import every_language

# To an address that nobody proved goes at most one text in this time, and a yes counts for as long.
ASKED_AGAIN_AFTER = timedelta(days=30)
# The text may have to wait for somebody's safe times; a week later it is of no use.
QUESTION_KEEPS = timedelta(days=7)
# The owner of an address that was proven before is asked about new questions this often.
ASKED_AGAIN_IF_PROVEN, ASKED_A_WEEK = timedelta(days=1), 3
# A yes stands for so many advice requests, in a day and in a week.
TAKEN_AS_PROVEN_A_DAY, TAKEN_AS_PROVEN_A_WEEK = 3, 6
SAME_MAILS = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "pm.me": "proton.me",
    "protonmail.com": "proton.me",
}
# Why a number is silent: until a person has looked, for somebody may have said STOP in a sentence.
PAUSED = "paused"
OPENS, CLOSES = time(9), time(20)
# After school and before bed.
MINOR_OPENS = time(15, 30)
# The window closes at 20:00 sharp, so its last moment leaves a minute to send in.
LAST = timedelta(minutes=1)
SUNDAY, MONDAY = 6, 0


@dataclass(frozen=True)
class Window:
    """The window of one day in UTC; it includes `opens` and excludes `closes`."""

    opens: datetime
    closes: datetime


def last_allowed_before(
    wanted: datetime, zone: str, *, minor: bool = False, visit_at: datetime | None = None
) -> datetime:
    """Return `wanted` in UTC if it is inside the window, else the last moment before it that is.

    On a Sunday we write only about a visit (`visit_at`) on a Sunday or a Monday. `minor`: the telephone is a
    child's own.
    """
    place = ZoneInfo(zone)
    visit_on, day = _local_date(visit_at, place), wanted.astimezone(place).date()
    while True:
        hours = _window(day, place, minor, visit_on)
        if hours is not None and wanted >= hours.opens:
            return wanted.astimezone(UTC) if wanted < hours.closes else hours.closes - LAST
        day -= timedelta(days=1)


def next_allowed_from(
    wanted: datetime, zone: str, *, minor: bool = False, visit_at: datetime | None = None
) -> datetime:
    """Return `wanted` in UTC if it is inside the window, else the moment at which the window next opens."""
    place = ZoneInfo(zone)
    visit_on, day = _local_date(visit_at, place), wanted.astimezone(place).date()
    while True:
        hours = _window(day, place, minor, visit_on)
        if hours is not None and wanted < hours.closes:
            return max(wanted.astimezone(UTC), hours.opens)
        day += timedelta(days=1)


def closes_after(at: datetime, zone: str) -> datetime:
    """Return when the window of this day, by the clock of `zone`, closes (UTC)."""
    place = ZoneInfo(zone)
    return _utc(at.astimezone(place).date(), CLOSES, place)


def _window(day: date, place: ZoneInfo, minor: bool, visit_on: date | None) -> Window | None:
    if day.weekday() == SUNDAY and (visit_on is None or visit_on.weekday() not in (SUNDAY, MONDAY)):
        return None
    opens = MINOR_OPENS if minor else OPENS
    return Window(_utc(day, opens, place), _utc(day, CLOSES, place))


def _utc(day: date, clock: time, place: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, place).astimezone(UTC)


def _local_date(at: datetime | None, place: ZoneInfo) -> date | None:
    return None if at is None else at.astimezone(place).date()


def mailbox(address: str) -> str:
    """Return what the spellings of one mailbox have in common: many providers ignore dots, and a plus.

    It is not an address to write to: at some providers the spellings are different people's.
    """
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{SAME_MAILS.get(domain, domain)}"


WORD = re.compile(r"[^\W_]+")


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"


# A family may reply in any of our languages, whichever one we wrote in.
KEYWORDS = {
    word: Keyword(meaning)
    for language in every_language().values()
    for meaning, words in language.replies.items()
    for word in words
}

WORDS = {meaning: frozenset(word for word in KEYWORDS if KEYWORDS[word] is meaning) for meaning in Keyword}


def chosen(body: str) -> tuple[int, Keyword | None] | None:
    """Return the digit that a whole message says, and the yes or no beside it if there is one; else None."""
    words = WORD.findall(plain(body))
    digits = [word for word in words if len(word) == 1 and word.isdecimal()]
    rest = "".join(word for word in words if word not in digits)
    said = KEYWORDS.get(rest)
    if len(digits) != 1 or (rest and said not in (Keyword.YES, Keyword.NO)):
        return None
    return int(digits[0]), said


def keyword(body: str, language: str = "") -> Keyword | None:
    """Return what a whole message means, or None. Ignores case, spaces, punctuation, accents and emoji.

    A STOP is also heard with courtesies, repetitions or a signature around it, and a yes or no in the
    sentences that `answering` knows; not one that says how many come. `language` is that of the family.
    """
    known = KEYWORDS.get("".join(sign for sign in plain(body) if sign.isalnum()))
    if known in (Keyword.STOP, Keyword.START):
        return known
    if is_a_stop(body):
        return Keyword.STOP
    heard = answering.said(body, language)
    return of_answer(heard) if heard and not heard.counts else None


def of_answer(heard: answering.Said) -> Keyword:
    return Keyword.YES if heard.comes else Keyword.NO


def keyword_of_mail(body: str, language: str = "") -> Keyword | None:
    """Return what a mail means. As `keyword`; a yes or no may stand in a letter as well."""
    known = keyword(body, language)
    if known is not None or answering.is_doubtful(body, language):
        return known
    if says_only(body, WORDS[Keyword.YES]):
        return None if answering.is_sorry(body) else Keyword.YES
    return Keyword.NO if says_only(body, WORDS[Keyword.NO]) else None
