"""Somebody who called is sent what they said yes to: the number first, and no telling name."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

import pytest

from services.notify.channels.port import ChannelName
from services.notify.messages.people import caller
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.wording import render
from shared.events.details import CallText
from shared.languages import FOR_FAMILIES
from shared.vocabulary import ContactChannel

KNOWN: Mapping[str, object] = {
    "words": "service",
    "channel": ContactChannel.SMS,
    "phone": "+31612345678",
    "email": None,
    "language": "nl",
    "country": "NL",
    "service": "Exodus",
    "service_phone": "070 1",
}


def text(**changed: object) -> CallText:
    return CallText.model_validate({**KNOWN, "id": uuid4(), **changed})


def said(wanted: CallText, purpose: str = "named-service") -> str:
    to = caller(wanted)
    assert isinstance(to, Recipient)
    return render(purpose, to.channel.value, to.language, to.values).body


def test_the_number_of_a_service_comes_before_its_name() -> None:
    assert "070 1, Exodus" in said(text())


def test_a_name_that_gives_something_away_is_left_out_of_a_text_and_not_of_a_mail() -> None:
    tells = text(service="Kinderen van gedetineerden")
    assert "gedetineerden" not in said(tells)
    assert "070 1" in said(tells)
    mail = {"channel": ContactChannel.EMAIL, "email": "a@example.org"}
    assert "gedetineerden" in said(text(service="Kinderen van gedetineerden", **mail))


def test_where_nothing_is_left_to_say_a_person_hears_that_it_was_not_sent() -> None:
    assert caller(text(service="Kinderen in detentie", service_phone="")) == Nobody(
        "words-cannot-be-made", missed=True
    )


def test_what_was_erased_meanwhile_goes_to_nobody() -> None:
    assert caller(None) == Nobody("recipient-gone")


@pytest.mark.parametrize(("spoken", "written"), [("tr", "tr"), ("so", "nl"), ("en", "en")])
def test_who_speaks_a_language_that_we_do_not_write_is_written_to_in_that_of_where_they_live(
    spoken: str, written: str
) -> None:
    to = caller(text(language=spoken))
    assert isinstance(to, Recipient)
    assert to.language == written


@pytest.mark.parametrize("language", FOR_FAMILIES)
def test_that_nobody_was_reached_says_no_more_than_that(language: str) -> None:
    wanted = text(words="not-reached", service="", service_phone="", language=language)
    assert said(wanted, "called-in-vain").lstrip("\u200f").startswith("Weerzien")
    to = caller(wanted)
    assert isinstance(to, Recipient)
    assert to.channel is ChannelName.SMS
