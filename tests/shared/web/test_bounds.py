"""What a request may bring, and that twice as much of anything takes twice the work and no more."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request

from services.intake.requests import rules
from services.intake.requests.form import RequestForm
from services.intake.requests.form import read as read_form
from services.intake.requests.references import tidy_code, tidy_reference
from services.intake.requests.schemas import AdviceRequestIn
from services.notify.contacts.rules import keyword
from services.notify.mailbox import letters
from services.referral.directory.importing import REQUIRED
from services.referral.directory.importing import read as read_directory
from shared.contact.addresses import normalise_email
from shared.contact.names import tidy_name
from shared.contact.phones import some_number
from shared.contact.problems import ContactProblem
from shared.contact.text import tidy_line, tidy_text
from shared.errors import Invalid
from shared.redaction import redact
from shared.web import bounds, problems
from shared.web.languages import preferred
from shared.web.middleware import holds_nul
from tests.intake.requests.questions import question

# Marks that have to be put in order, each after the one before it: the worst that Unicode knows.
MARKS = "\u0315\u0300"


def unread(work: Callable[[str], object]) -> Callable[[str], object]:
    """The work on text that may be refused for what it is."""

    def attempt(text: str) -> object:
        try:
            return work(text)
        except ContactProblem as problem:
            return problem

    return attempt


def told(members: dict[str, Any]) -> object:
    """What intake does with a body of which nothing can be read."""
    try:
        return AdviceRequestIn.model_validate(members)
    except ValidationError as problem:
        errors = problem.errors()
    wrong = {tuple(map(str, error["loc"])) for error in errors}
    beyond = rules.beyond_shape(members, wrong)
    return problems.body(Invalid([*problems.field_errors(errors), *beyond]))  # type: ignore[list-item]


def cookies(header: str) -> object:
    return Request({"type": "http", "headers": [(b"cookie", header.encode())]}).cookies


def nul_in(body: bytes) -> bool:
    scope = {"path": "/v1/things", "query_string": b""}
    return holds_nul(scope, Headers({"content-type": "application/json"}), body)


def rows(count: int) -> bytes:
    row = "{},Naam,NL,bezoek,nl"
    lines = [",".join(REQUIRED), *(row.format(f"partner-{number}") for number in range(count))]
    return "\n".join(lines).encode()


HTML = "Content-Type: text/html\n\n"


def letter(content: str) -> object:
    """What notify does with a mail before anything is done with it."""
    try:
        return letters.read(content.encode(), "weerzien@centrum.example")
    except ValueError as refused:
        return refused


WORK: dict[str, tuple[Callable[[Any], object], Callable[[int], Any], int]] = {
    "an address in a log": (redact, lambda n: "a" * n + " 00", 40_000),
    "half addresses in a log": (redact, lambda n: "a@" * n, 20_000),
    "numbers in a log that are none": (redact, lambda n: ".00-" * n, 10_000),
    "zeros in a log": (redact, lambda n: "0 " * n + "x", 20_000),
    "addresses without a host in a log": (redact, lambda n: "://:x" * n, 10_000),
    "values in a log": (redact, lambda n: "input_value=" * n, 5_000),
    "parameters in a log": (redact, lambda n: "[parameters: " * n, 5_000),
    "keys in a log": (redact, lambda n: "wz_a_" * n + "Bearer " * n + "/r/" * n, 8_000),
    "an e-mail address": (unread(normalise_email), lambda n: "a" + MARKS * n, 20_000),
    "an e-mail address of many parts": (unread(normalise_email), lambda n: "a@" + "a." * n, 20_000),
    "a name": (unread(tidy_name), lambda n: "a" + MARKS * n, 20_000),
    "a telephone number": (unread(some_number), lambda n: "0" + MARKS * n, 20_000),
    "a long telephone number": (unread(some_number), lambda n: "0 " * n, 20_000),
    "a line": (tidy_line, lambda n: "\u200ea " * n, 20_000),
    "a text": (tidy_text, lambda n: "\x01 a" * n, 20_000),
    "a reference": (tidy_reference, lambda n: "WZ-" * n, 20_000),
    "a code": (tidy_code, lambda n: "a-" * n, 20_000),
    "languages": (preferred, lambda n: "nl;q=0.1," * n, 10_000),
    "the weight of a language": (preferred, lambda n: "nl;q=0." + "1" * n, 30_000),
    "cookies": (cookies, lambda n: 'a="\\1"; ' * n, 5_000),
    "an escape": (nul_in, lambda n: b'{"a": "' + b"\\\\" * n + b'u0000 \\\\u0000"}', 20_000),
    "the members of a document": (bounds.members, lambda n: b"[" + b"[1]," * n + b"1]", 7_000),
    "members that nobody knows": (told, lambda n: {f"k{number}": 1 for number in range(n)}, 1_500),
    "members in a contact": (
        told,
        lambda n: {"contact": {"channel": "none"} | {f"k{number}": 1 for number in range(n)}},
        1_500,
    ),
    "needs on the form": (
        lambda needs: read_form(RequestForm(needs=needs), "nl"),
        lambda n: [f"need-{number}" for number in range(n)],
        5_000,
    ),
    "a text to our number": (keyword, lambda n: "stop " * n, 10_000),
    "the parts of a mail": (
        letter,
        lambda n: "Content-Type: multipart/x; boundary=b\n\n" + "--b\n\nx\n" * n,
        4_000,
    ),
    "the lines of a mail": (letter, lambda n: "\n" + "Op a\n" * n, 20_000),
    "the tags of a mail": (letter, lambda n: HTML + "<a <!--" * n, 10_000),
    "what a mail answers": (letter, lambda n: "References: " + "<a@b " * n, 20_000),
    "what a part is": (letter, lambda n: 'Content-Type: text/plain; x="' + '\\";' * n, 10_000),
    "a directory": (lambda content: read_directory(content, today=date(2026, 12, 1)), rows, 300),
}


def seconds(work: Callable[[Any], object], given: Any) -> float:
    """How long this thread computes, whatever else the machine does: the least disturbed of some times."""
    taken = []
    gc.disable()
    for _ in range(5):
        begun = time.thread_time()
        work(given)
        taken.append(time.thread_time() - begun)
    gc.enable()
    return min(taken)


@pytest.mark.parametrize("what", WORK)
def test_twice_as_much_takes_no_more_than_twice_the_work(what: str) -> None:
    work, given, count = WORK[what]
    once, twice, four_times = (seconds(work, given(count * times)) for times in (1, 2, 4))
    # What grows with the square takes sixteen times as long for four times as much.
    assert four_times < 8 * max(once, 0.002), (once, twice, four_times)


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def key(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    return make_key("intake", "requests:write")


def test_a_hundred_mistakes_are_named_and_how_many_more_there_are(
    client: TestClient, key: dict[str, str]
) -> None:
    unknown = {f"k{number}": 1 for number in range(500)}
    answer = client.post("/v1/advice-requests", json=question(**unknown), headers=key)
    assert answer.status_code == 400
    assert (len(answer.json()["errors"]), answer.json()["more"]) == (100, 400)
    assert answer.json()["detail"].endswith("k9 and others.")


def test_a_long_name_of_a_member_is_not_repeated_in_full(client: TestClient, key: dict[str, str]) -> None:
    answer = client.post("/v1/advice-requests", json=question(**{"k" * 90_000: 1}), headers=key)
    assert answer.status_code == 400
    assert len(answer.content) < 1_000


@pytest.mark.parametrize(
    "body",
    [
        {f"k{number}": 1 for number in range(8_000)},
        {"needs": ["bezoek"] * 8_000},
        {"contact": {"safeTimes": [{"days": ["mon"] * 20}] * 500}},
    ],
)
def test_a_document_of_thousands_of_members_is_refused_as_a_whole(
    client: TestClient, key: dict[str, str], body: dict[str, Any]
) -> None:
    answer = client.post("/v1/advice-requests", json=body, headers=key)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/too-many-members")
    assert len(answer.content) < 1_000


def test_the_longest_advice_request_is_taken_in(client: TestClient, key: dict[str, str]) -> None:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    longest = question(
        question="😀," * 2_000,
        needs=["bezoek"] * 10,
        childAgeBands=["0-3", "4-7", "8-11", "12-15", "16-17", "18+"],
        requester={"organisation": "😀" * 199, "name": "😀" * 199, "role": "😀" * 199},
    )
    longest["contact"]["safeTimes"] = [{"days": days, "from": "17:00", "to": "20:00"}] * 14
    assert client.post("/v1/advice-requests", json=longest, headers=key).status_code == 202


@pytest.mark.parametrize("between", [b"&", b";"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_thousands_of_fields_is_refused_on_a_page(
    client: TestClient, kind: str, between: bytes
) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="needs"\r\n\r\na\r\n'
    body = part * 1_000 + b"--x--" if "multipart" in kind else (b"needs=a" + between) * 1_000
    page = client.post("/ask", content=body, headers={"Content-Type": kind})
    assert page.status_code == 413
    assert page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("query", ["q=" + "a" * 9_000, "&".join(["q=a"] * 200)])
def test_an_address_that_is_too_long_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/healthz?{query}").status_code == 414
    assert client.get(f"/?{query}").status_code == 414


def test_whose_connection_ends_halfway_has_sent_nothing(client_for: Callable[[str], TestClient]) -> None:
    """The first half of a form is a form as well: what lacks its end must not be taken for the whole."""
    answers = asyncio.run(half_sent(client_for("intake").app, "/status", b"reference=WZ-7K3M-9QXT&cod"))
    assert answers[0]["status"] == 408


async def half_sent(app: Any, path: str, half: bytes) -> list[Any]:
    coming: list[Any] = [
        {"type": "http.request", "body": half, "more_body": True},
        {"type": "http.disconnect"},
    ]
    answers: list[Any] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        answers.append(message)

    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"testserver")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app(
        scope
        | {"headers": headers, "server": ("testserver", 80), "client": ("127.0.0.1", 1), "scheme": "http"},
        receive,
        send,
    )
    return answers
