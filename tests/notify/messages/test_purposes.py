"""A purpose is one row, with words on each of its channels and a name at the desk, in each language."""

from __future__ import annotations

import pytest

from services.notify.channels.port import ChannelName
from services.notify.messages.purposes import ROWS
from services.notify.messages.tables import Purpose, RecipientKind
from services.notify.messages.ways import TO_WORKER
from services.notify.wording.catalogue import entries
from services.referral.referrals.subscribers import UNDELIVERED
from shared.desk import words
from shared.languages import FOR_FAMILIES, FOR_PAGES


def test_every_purpose_has_a_row() -> None:
    assert set(ROWS) == set(Purpose)


FAMILIES = {RecipientKind.ASKER, RecipientKind.REGISTRATION, RecipientKind.NUMBER, RecipientKind.CALLER}


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_every_purpose_to_a_family_has_words_in_every_language_of_families(language: str) -> None:
    wanted = {
        (purpose.value, channel.value)
        for purpose, row in ROWS.items()
        for channel in row.channels
        if row.to in FAMILIES
    }
    assert wanted <= set(entries(language))
    assert language in FOR_PAGES or wanted == set(entries(language))


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_purpose_and_the_mail_to_a_professional_have_words_and_nothing_else_has(language: str) -> None:
    wanted = {(purpose.value, channel.value) for purpose, row in ROWS.items() for channel in row.channels}
    assert set(entries(language)) == wanted | {(TO_WORKER, ChannelName.EMAIL.value)}


@pytest.mark.parametrize("language", FOR_PAGES)
def test_every_purpose_has_a_name_at_the_desk(language: str) -> None:
    assert [one for one in Purpose if words.value(language, "purpose", one) == one] == []


def test_referral_acts_on_every_mail_to_a_partner_that_fails_and_on_no_other() -> None:
    assert set(UNDELIVERED) == {
        str(purpose) for purpose, row in ROWS.items() if row.to is RecipientKind.PARTNER
    }


def test_at_any_hour_goes_mail_to_who_works_with_it_and_news_of_a_visit_that_is_not_as_it_was() -> None:
    partners = {purpose for purpose, row in ROWS.items() if row.to is RecipientKind.PARTNER}
    at_any_hour = {purpose for purpose, row in ROWS.items() if row.at_any_hour}
    asked_for = {Purpose.DESK_WAITS, Purpose.SIGN_IN}
    assert at_any_hour == {*partners, *asked_for, Purpose.VISIT_MOVED, Purpose.VISIT_CANCELLED}


def test_who_wants_no_texts_gets_one_that_says_so_and_no_other() -> None:
    assert [one for one, row in ROWS.items() if row.passes_suppression] == [Purpose.STOP_CONFIRMED]
