"""A reply from a number with a visit ahead: what it is taken for, and what the desk reads of the families."""

from __future__ import annotations

import pytest

from services.notify.channels.port import Inbound, OptOut
from services.notify.contacts.queries import silent_among
from services.notify.replies.commands import receive
from tests.notify.visits.office import NUMBER, Office, Telephone, items

SISTER = "Samira el Amrani"


def test_afmelden_with_a_visit_ahead_waits_for_nobody(office: Office, telephone: Telephone) -> None:
    office.register(office.publish())
    telephone.says("afmelden")
    assert items(office) == []


def test_afmelden_that_the_provider_took_for_a_stop_cancels_the_visit_and_is_silence_too(
    office: Office,
) -> None:
    day = office.publish()
    family = office.register(day)
    with office.runtime.sessions() as session:
        receive(session, Inbound("SM1", NUMBER, "cancel", OptOut.STOP), at=office.clock.now())
    assert office.family(day, family)["state"] == "cancelled"
    with office.runtime.sessions() as session:
        assert silent_among(session, "sms", [NUMBER]) == {NUMBER: "stop-word"}
    assert items(office) == []


@pytest.mark.parametrize(
    ("word", "reason"), [("JA", "answer-to-nothing"), ("Mag oma mee?", "not-understood")]
)
def test_of_one_family_on_a_number_nobody_asks_which(
    office: Office, telephone: Telephone, word: str, reason: str
) -> None:
    office.register(office.publish())
    telephone.says(word)
    [item] = items(office)
    assert item["reason"] == reason
    assert "registrationIds" not in item["details"]


@pytest.mark.parametrize(("word", "reason"), [("JA", "which-of-several"), ("Mag oma mee?", "not-understood")])
def test_of_two_the_desk_reads_both(office: Office, telephone: Telephone, word: str, reason: str) -> None:
    day = office.publish()
    both = {office.register(day), office.register(day, name=SISTER)}
    telephone.says(word)
    [item] = items(office)
    assert item["reason"] == reason
    assert item["details"]["registrationIds"].split(" ") == sorted(both)
