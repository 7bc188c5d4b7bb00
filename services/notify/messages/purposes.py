"""Every purpose of a message, one row each, with everything that decides how its messages are treated.

Besides its row, a purpose has words in `wording/words` and a name at the desk (`desk-value.purpose`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Budget, Purpose, RecipientKind


class About(Enum):
    """What a message is about. One about a visit holds for one version of that visit only."""

    REQUEST = auto()
    REFERRAL = auto()
    OFFER = auto()
    VISIT = auto()
    NUMBER = auto()
    CALL = auto()
    DESK = auto()
    ACCESS = auto()
    WORDS = auto()


class OnlyWhile(Enum):
    """What must still hold at the moment of sending."""

    ALWAYS = auto()
    CONTACT_UNPROVEN = auto()
    ACCEPTED = auto()
    OFFER_OPEN = auto()
    OFFER_TOLD = auto()
    NUMBER_UNCONFIRMED = auto()
    FAMILY_COMES = auto()
    FAMILY_SAID_YES = auto()
    FAMILY_SAID_NO = auto()
    FAMILY_WAITS = auto()
    PLACE_OFFERED = auto()
    CALLED_OFF = auto()
    ITEM_WAITS = auto()
    LINK_LASTS = auto()
    ANSWER_UNREAD = auto()


@dataclass(frozen=True)
class Row:
    """How messages of one purpose are treated.

    `to`: the kind of recipient. `channels`: those it has words for. `must_be_heard`: people act on it, so a
    person tells them if no text may. `at_any_hour`: once planned for any hour it stays so, however late it
    gets. `until_withdrawn`: withdrawing
    the advice request voids it. `silent`: no work item if it fails. `passes_suppression`: goes even to a
    suppressed number. `budget`: what part of the day's texts and money an SMS is paid from, see `budgets.py`.
    `first`: before all others, whatever waits already.
    `through_worker`: news that the professional is mailed through whom the asker is reached.
    """

    to: RecipientKind
    about: About
    channels: tuple[ChannelName, ...]
    only_while: OnlyWhile = OnlyWhile.ALWAYS
    must_be_heard: bool = False
    at_any_hour: bool = False
    until_withdrawn: bool = False
    silent: bool = False
    passes_suppression: bool = False
    budget: Budget = Budget.REST
    through_worker: bool = False
    first: bool = False


ASKER, PARTNER, FAMILY = RecipientKind.ASKER, RecipientKind.PARTNER, RecipientKind.REGISTRATION
TEXT, MAIL = (ChannelName.SMS,), (ChannelName.EMAIL,)
BOTH = TEXT + MAIL

# A partner's mail goes at any hour: it reaches a desk, not a kitchen table. So does a text that saves a
# family a journey in vain: the visit is near and only comes nearer.
ROWS: Mapping[Purpose, Row] = {
    Purpose.REQUEST_RECEIVED: Row(ASKER, About.REQUEST, BOTH, until_withdrawn=True),
    # All that ever goes to an address that nobody proved. One that cannot be asked is read by a person.
    Purpose.CONFIRM_CONTACT: Row(
        ASKER,
        About.REQUEST,
        BOTH,
        OnlyWhile.CONTACT_UNPROVEN,
        until_withdrawn=True,
        silent=True,
        budget=Budget.UNPROVEN,
    ),
    Purpose.OFFER: Row(
        PARTNER, About.OFFER, MAIL, OnlyWhile.OFFER_OPEN, at_any_hour=True, until_withdrawn=True
    ),
    Purpose.NUDGE: Row(
        PARTNER, About.OFFER, MAIL, OnlyWhile.OFFER_OPEN, at_any_hour=True, until_withdrawn=True
    ),
    # Sent even if the advice request was withdrawn: the partner has seen the offer.
    Purpose.RECALLED: Row(PARTNER, About.OFFER, MAIL, OnlyWhile.OFFER_TOLD, at_any_hour=True),
    # A partner asked for it on the page of a link that ended.
    Purpose.FRESH_LINK: Row(PARTNER, About.OFFER, MAIL, at_any_hour=True),
    Purpose.ACCEPTED: Row(
        ASKER,
        About.REFERRAL,
        BOTH,
        OnlyWhile.ACCEPTED,
        must_be_heard=True,
        until_withdrawn=True,
        through_worker=True,
    ),
    Purpose.NOBODY_FOUND: Row(ASKER, About.REFERRAL, BOTH, until_withdrawn=True, through_worker=True),
    # A text for a number, and a mail for an address that took the place of another.
    Purpose.CONFIRM_NUMBER: Row(
        FAMILY, About.NUMBER, BOTH, OnlyWhile.NUMBER_UNCONFIRMED, budget=Budget.UNPROVEN
    ),
    # It can be asked for again, so nobody needs to hear that it did not arrive.
    Purpose.PAGE_LINK: Row(FAMILY, About.NUMBER, BOTH, silent=True),
    # Not void where the question is closed: the answer may be what closed it.
    Purpose.ANSWER_WRITTEN: Row(ASKER, About.REQUEST, BOTH, OnlyWhile.ANSWER_UNREAD, through_worker=True),
    # The words themselves are asked for as it is sent.
    Purpose.DESK_WORDS: Row(ASKER, About.WORDS, BOTH, must_be_heard=True, until_withdrawn=True),
    Purpose.VISIT_REGISTERED: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_COMES),
    Purpose.VISIT_28: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_COMES, budget=Budget.REMINDER),
    Purpose.VISIT_7: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_COMES, budget=Budget.REMINDER),
    Purpose.VISIT_3: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_COMES, budget=Budget.REMINDER),
    Purpose.VISIT_1: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_COMES, budget=Budget.REMINDER),
    Purpose.VISIT_MOVED: Row(
        FAMILY,
        About.VISIT,
        BOTH,
        OnlyWhile.FAMILY_COMES,
        must_be_heard=True,
        at_any_hour=True,
        budget=Budget.FREE,
        first=True,
    ),
    Purpose.VISIT_CANCELLED: Row(
        FAMILY,
        About.VISIT,
        BOTH,
        OnlyWhile.CALLED_OFF,
        must_be_heard=True,
        at_any_hour=True,
        budget=Budget.FREE,
        first=True,
    ),
    # The only text that goes to a suppressed number: its owner has just asked for silence.
    Purpose.STOP_CONFIRMED: Row(
        RecipientKind.NUMBER, About.NUMBER, TEXT, silent=True, passes_suppression=True, budget=Budget.FREE
    ),
    # If it does not arrive nobody chooses, and that brings it to a person.
    Purpose.WHICH_VISIT: Row(FAMILY, About.NUMBER, TEXT, silent=True),
    Purpose.ANSWER_YES: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_SAID_YES),
    Purpose.ANSWER_NO: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_SAID_NO),
    # A full day: the family waits, is offered a place, hears that another was first, or waits no more.
    Purpose.VISIT_WAITING: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_WAITS),
    Purpose.PLACE_OFFERED: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.PLACE_OFFERED, must_be_heard=True),
    Purpose.PLACE_GONE: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_WAITS),
    Purpose.WAITING_LEFT: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.FAMILY_SAID_NO),
    Purpose.WAITING_CANCELLED: Row(FAMILY, About.VISIT, BOTH, OnlyWhile.CALLED_OFF, budget=Budget.FREE),
    # What a person at the desk writes back to a family; the words are read as it is sent.
    Purpose.FAMILY_WORDS: Row(FAMILY, About.WORDS, BOTH, must_be_heard=True),
    Purpose.NAMED_SERVICE: Row(RecipientKind.CALLER, About.CALL, BOTH),
    Purpose.CALLED_IN_VAIN: Row(RecipientKind.CALLER, About.CALL, TEXT),
    # To somebody who works here, and about somebody's safety: it waits for no hour.
    Purpose.DESK_WAITS: Row(
        RecipientKind.STAFF,
        About.DESK,
        BOTH,
        OnlyWhile.ITEM_WAITS,
        at_any_hour=True,
        budget=Budget.FREE,
        first=True,
    ),
    # Who asked for it waits for it, and asks again where it does not come.
    Purpose.SIGN_IN: Row(
        RecipientKind.MEMBER,
        About.ACCESS,
        MAIL,
        OnlyWhile.LINK_LASTS,
        at_any_hour=True,
        silent=True,
        budget=Budget.FREE,
    ),
}
UNTIL_WITHDRAWN = frozenset(purpose for purpose, row in ROWS.items() if row.until_withdrawn)
# `tables.PLANNED_FIRST` names the same.
FIRST = sorted(purpose for purpose, row in ROWS.items() if row.first)
FOR_WHO_COMES = frozenset(
    purpose for purpose, row in ROWS.items() if row.only_while is OnlyWhile.FAMILY_COMES
)
# What is planned for a family in the queue, and no longer holds once it has a place or leaves.
FOR_WHO_WAITS = frozenset(
    purpose
    for purpose, row in ROWS.items()
    if row.only_while in (OnlyWhile.FAMILY_WAITS, OnlyWhile.PLACE_OFFERED)
)
