"""What is said of sharing is one promise: on the page after sending, on that where a question is followed, in
texts and mails, to a caller, and to the partner who will see it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.intake.requests.tables import State
from services.notify.wording import catalogue
from shared.web import pages
from tests.intake.requests.followed import ask
from tests.intake.requests.questions import fields, send

__all__ = ["ask"]
PROMISES = {
    ("ask-first", "nl"): "We delen je vraag met niemand zonder jouw ja.",
    ("ask-first", "fr"): "Nous ne partageons votre question avec personne sans votre oui.",
    ("ask-first", "en"): "We share your question with nobody without your yes.",
    ("no", "nl"): "We delen je vraag met niemand, want dat wilde je niet.",
    ("no", "fr"): "Nous ne partageons votre question avec personne, comme vous l'avez demandé.",
    ("no", "en"): "We share your question with nobody, because you did not want that.",
}
PROMISED = [(share, language, said) for (share, language), said in PROMISES.items()]
NOTHING_SHARED = (State.RECEIVED, State.HELD, State.WAITING)


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


def page(answer: Any) -> str:
    return unescape(answer.text)


@pytest.mark.parametrize(("share", "language", "said"), PROMISED)
@pytest.mark.parametrize("channel", ["sms", "none"])
@pytest.mark.parametrize("danger", ["", "yes"])
def test_the_page_after_sending_makes_the_promise_once(
    client: TestClient, share: str, language: str, said: str, channel: str, danger: str
) -> None:
    filled = fields(share=share, channel=channel, danger=danger, audience="carer")
    received = page(send(client, filled, language=language))
    assert received.count(said) == 1
    others = [other for (_, spoken), other in PROMISES.items() if spoken == language and other != said]
    assert not any(other in received for other in others)


@pytest.mark.parametrize(("share", "language", "said"), PROMISED)
@pytest.mark.parametrize("state", NOTHING_SHARED)
def test_so_does_the_page_where_the_question_is_followed_while_nothing_was_shared(
    client: TestClient, ask: Callable[..., dict[str, str]], share: str, language: str, said: str, state: State
) -> None:
    known = ask(share, state=state, audience="carer")
    assert page(client.post(f"/status?lang={language}", data=known)).count(said) == 1


def test_who_may_be_shared_is_promised_nothing_else(
    client: TestClient, ask: Callable[..., dict[str, str]]
) -> None:
    pages = [page(send(client, fields())), page(client.post("/status?lang=nl", data=ask("yes")))]
    assert not any("met niemand" in one for one in pages)


def test_who_said_no_and_thinks_otherwise_now_is_told_to_write_so_where_it_can_be_written(
    client: TestClient, ask: Callable[..., dict[str, str]]
) -> None:
    shown = page(client.post("/status?lang=nl", data=ask("no")))
    assert "Denk je er nu anders over? Schrijf het ons hieronder." in shown
    assert shown.index("Denk je er nu anders over?") < shown.index('action="/status/messages')


TO_ASKERS = ("request-received", "confirm-contact", "answer-written", "through-worker")
OF_SHARING = {
    "nl": r"\bdeel|delen|organisatie",
    "fr": r"partag|organisation",
    "en": r"\bshar|organisation",
}


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("purpose", TO_ASKERS)
def test_what_is_sent_whatever_an_asker_chose_says_nothing_of_sharing(purpose: str, language: str) -> None:
    """One text goes to who said yes and to who said no: it leads to the page, which says what is promised."""
    said = [entry for (name, _), entry in catalogue.entries(language).items() if name == purpose]
    assert said
    assert not [one for one in said if re.search(OF_SHARING[language], str(one), re.IGNORECASE)]


# Who somebody is, and their words.
SHOWN_AFTER_A_YES = {
    "nl": (r"\bwie (je|het) (bent|is)|hoe je heet", r"schreef|hieronder"),
    "fr": (r"\bqui (vous|est)|votre nom|qui est", r"écrit"),
    "en": (r"\bwho (you|it) (are|is)|what you are called", r"wrote|written"),
}
SAYS_WHAT_A_YES_SHOWS = (
    "asking.sees-yes",
    "status.consent-text",
    "question.share-hint",
    "help.privacy.text",
    "portal.yes-text",
)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("key", [*SAYS_WHAT_A_YES_SHOWS, "the mail with an offer"])
def test_wherever_it_is_said_what_a_partner_sees_after_a_yes_it_is_the_same(key: str, language: str) -> None:
    if key in SAYS_WHAT_A_YES_SHOWS:
        said = pages.texts().text(language, key)
    else:
        said = str(catalogue.entries(language)["offer", "email"])
    for pattern in SHOWN_AFTER_A_YES[language]:
        assert re.search(pattern, said, re.IGNORECASE), said
