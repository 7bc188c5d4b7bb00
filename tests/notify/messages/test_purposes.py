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


@pytest.mark.parametrize("language", FOR_FAMILIES)
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


def test_at_any_hour_go_mail_to_partners_and_colleagues_and_news_of_a_visit_that_is_not_as_it_was() -> None:
    partners = {purpose for purpose, row in ROWS.items() if row.to is RecipientKind.PARTNER}
    at_any_hour = {purpose for purpose, row in ROWS.items() if row.at_any_hour}
    assert at_any_hour == {*partners, Purpose.VISIT_MOVED, Purpose.VISIT_CANCELLED, Purpose.DESK_WAITS}


def test_who_wants_no_texts_gets_one_that_says_so_and_no_other() -> None:
    assert [one for one, row in ROWS.items() if row.passes_suppression] == [Purpose.STOP_CONFIRMED]
