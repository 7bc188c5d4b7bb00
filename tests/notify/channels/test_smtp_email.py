"""Mail over a real connection to a server on this machine, and to one that breaks off at the worst moment."""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from local.ports import hold
from services.notify.channels import smtp_lines
from services.notify.channels.port import (
    Accepted,
    Fault,
    NotSent,
    Outgoing,
    Perhaps,
    ProviderStatus,
    Rejected,
)
from services.notify.channels.smtp_email import MailServer, SmtpEmail, compose, mailbox

SENDER = "weerzien@weerzien.example"
HEADERS = {
    f"{name}:".encode()
    for name in (
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Language",
    )
}


def read(letter: bytes) -> EmailMessage:
    return message_from_bytes(letter, policy=default)


def in_plain(letter: EmailMessage) -> str:
    """Return the mail as it is read without HTML."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


class Post:
    """What a mail server has taken, and what it will answer next."""

    def __init__(self, port: int) -> None:
        self.envelopes: list[Any] = []
        self.port = port
        self.on_recipient = self.on_letter = ""
        self.lines: list[Any] = []
        self.goodbye = threading.Event()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, options: Any) -> str:
        if self.on_recipient:
            return self.on_recipient
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.on_letter:
            return self.on_letter
        self.envelopes.append(envelope)
        if server not in self.lines:
            self.lines.append(server)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        self.goodbye.set()
        return "221 Bye"

    def hangs_up(self) -> None:
        """Hang up without a word; the hang-up is on the wire when this returns."""

        async def close(server: Any) -> None:
            server.transport.close()
            while server.transport is not None:  # noqa: ASYNC110
                await asyncio.sleep(0)

        for server in self.lines:
            asyncio.run_coroutine_threadsafe(close(server), server.loop).result(5)

    def letter(self) -> EmailMessage:
        [envelope] = self.envelopes
        return read(envelope.content)


@pytest.fixture
def post() -> Iterator[Post]:
    with hold() as port:
        handler = Post(port)
        controller = Controller(handler, hostname="127.0.0.1", port=port)
        controller.start()
        yield handler
        controller.stop()


def mail(post: Post) -> SmtpEmail:
    return SmtpEmail(MailServer.parse(f"smtp://127.0.0.1:{post.port}"), SENDER, timeout=5)


def a_letter(
    to: str = "anna@example.org", subject: str | None = "Uw vraag", body: str = "Dag Anna,"
) -> Outgoing:
    return Outgoing(UUID(int=7), to, subject, body, "nl")


def test_a_letter_arrives_with_its_words(post: Post) -> None:
    body = "Dag Zoë,\n\n.een regel die met een punt begint\nwe vonden iemand: https://w.example/r/" + "x" * 80
    assert mail(post).send(a_letter(subject="Wij zochten één naam", body=body)) == Accepted(
        str(UUID(int=7)), ProviderStatus.SENT
    )
    assert post.letter()["Subject"] == "Wij zochten één naam"
    assert post.letter()["From"] == f"Weerzien <{SENDER}>"
    assert post.letter()["Message-ID"] == f"<{UUID(int=7)}@weerzien.example>"
    assert post.letter()["Content-Language"] == "nl"
    assert in_plain(post.letter()).splitlines() == body.splitlines()


def test_a_sender_under_an_international_domain_is_written_as_the_net_writes_it(post: Post) -> None:
    channel = SmtpEmail(
        MailServer.parse(f"smtp://127.0.0.1:{post.port}"), "weerzien@münchen.example", timeout=5
    )
    assert isinstance(channel.send(a_letter()), Accepted)
    assert post.envelopes[0].mail_from == "weerzien@xn--mnchen-3ya.example"
    assert post.letter()["From"] == "Weerzien <weerzien@xn--mnchen-3ya.example>"
    assert post.letter()["Message-ID"] == f"<{UUID(int=7)}@xn--mnchen-3ya.example>"
    assert post.envelopes[0].content.isascii()


def test_each_envelope_has_one_recipient(post: Post) -> None:
    mail(post).send(a_letter())
    assert post.envelopes[0].rcpt_tos == ["anna@example.org"]
    assert post.envelopes[0].mail_from == SENDER


def test_letters_one_after_the_other_share_a_connection_and_no_recipient(post: Post) -> None:
    channel = mail(post)
    for name in ("anna", "bea"):
        assert isinstance(channel.send(a_letter(f"{name}@example.org")), Accepted)
    assert [one.rcpt_tos for one in post.envelopes] == [["anna@example.org"], ["bea@example.org"]]
    assert len(post.lines) == 1


def test_after_a_refusal_the_next_letter_begins_anew_on_the_same_connection(post: Post) -> None:
    channel = mail(post)
    post.on_recipient = "550 nobody here"
    assert isinstance(channel.send(a_letter("gone@example.org")), Rejected)
    post.on_recipient = ""
    assert isinstance(channel.send(a_letter()), Accepted)
    assert [one.rcpt_tos for one in post.envelopes] == [["anna@example.org"]]


def test_a_connection_that_the_server_closed_meanwhile_is_replaced_before_the_letter_begins(
    post: Post,
) -> None:
    channel = mail(post)
    channel.send(a_letter())
    post.hangs_up()
    assert isinstance(channel.send(a_letter("bea@example.org")), Accepted)
    assert len(post.envelopes) == 2


def test_no_connection_carries_letters_for_ever(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_lines, "LETTERS", 2)
    channel = mail(post)
    for _ in range(3):
        channel.send(a_letter())
    assert len(post.lines) == 2


def test_a_connection_that_nobody_uses_is_closed(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_lines, "KEEP", 0.05)
    mail(post).send(a_letter())
    assert post.goodbye.wait(60)


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.org, eve@example.com",
        "anna@example.org\r\nBcc: eve@example.com",
        "anna@example.org\nRCPT TO:<eve@example.com>",
        "Anna <anna@example.org>",
        "anna@example.org eve@example.com",
        "anna@",
        "@example.org",
        "anna",
        "",
        "anna@exa\x00mple.org",
        "a@b@c.example",
    ],
)
def test_what_is_not_one_plain_address_never_reaches_a_server(post: Post, address: str) -> None:
    assert mail(post).send(a_letter(address)) == Rejected("address-unusable", Fault.ADDRESS)
    assert post.envelopes == []


@given(st.text())
def test_no_text_makes_a_second_recipient(text: str) -> None:
    try:
        address = mailbox(text)
    except ValueError:
        return
    letter = read(compose(a_letter(address), address, SENDER))
    assert len(letter["To"].addresses) == 1


@given(st.text(), st.text())
def test_no_subject_and_no_body_make_a_header(subject: str, body: str) -> None:
    letter = compose(
        a_letter(subject=f"Dag\r\nBcc: eve@example.com{subject}", body=body), "a@b.example", SENDER
    )
    headers = letter.split(b"\r\n\r\n")[0]
    assert read(letter)["Bcc"] is None
    assert read(letter)["To"] == "a@b.example"
    assert b"\nBcc:" not in headers
    assert set(re.findall(rb"(?m)^[^\s:]+:", headers)) == HEADERS


def test_a_domain_outside_ascii_is_written_in_ascii() -> None:
    assert mailbox("anna@café.example") == "anna@xn--caf-dma.example"


def test_an_address_that_the_server_does_not_know_is_bad(post: Post) -> None:
    post.on_recipient = "550 no such user"
    assert mail(post).send(a_letter()) == Rejected("smtp-550", Fault.ADDRESS)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", 504),
        ("550 5.7.1 Service unavailable; client host blocked using a list", 550),
        ("554 5.7.1 <anna@example.org>: Relay access denied", 554),
        ("554 Relay access denied", 554),
        ("530 5.7.0 Must issue a STARTTLS command first", 530),
        ("535 5.7.8 Error: authentication failed", 535),
        ("550 5.7.26 This mail is unauthenticated", 550),
    ],
)
def test_who_refuses_us_says_nothing_of_the_address_and_the_letter_waits(
    post: Post, answer: str, code: int
) -> None:
    post.on_recipient = answer
    assert mail(post).send(a_letter()) == NotSent(f"refuses-us-{code}", 900, ours=True)
    trouble = mail(post).trouble()
    assert trouble is not None
    assert f"refuses us ({code})" in trouble
    assert "anna" not in trouble


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "553 no such mailbox", "550 nobody here"])
def test_who_does_not_know_an_address_does_not_refuse_us(post: Post, answer: str) -> None:
    post.on_recipient = answer
    assert mail(post).send(a_letter()) == Rejected(f"smtp-{answer[:3]}", Fault.ADDRESS)


def test_a_policy_against_us_may_be_told_after_the_whole_letter(post: Post) -> None:
    post.on_letter = "550 5.7.1 blocked"
    assert mail(post).send(a_letter()) == NotSent("refuses-us-550", 900, ours=True)


def test_we_greet_the_server_by_the_name_in_the_settings(post: Post) -> None:
    server = MailServer.parse(f"smtp://127.0.0.1:{post.port}")
    SmtpEmail(server, SENDER, helo="mail.weerzien.example", timeout=5).send(a_letter())
    assert post.lines[0].session.host_name == "mail.weerzien.example"


def test_a_server_that_says_not_now_is_asked_again_later(post: Post) -> None:
    post.on_recipient = "451 try later"
    assert mail(post).send(a_letter()) == NotSent("smtp-451", 300)


def test_a_letter_that_the_server_does_not_take_was_not_sent(post: Post) -> None:
    post.on_letter = "452 mailbox full"
    assert mail(post).send(a_letter()) == NotSent("smtp-452", 300)
    post.on_letter = "554 looks like spam"
    assert mail(post).send(a_letter()) == Rejected("smtp-554", Fault.OTHER)


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("200 fine", Accepted(str(UUID(int=7)), ProviderStatus.SENT)),
        ("252 queued, I think", Accepted(str(UUID(int=7)), ProviderStatus.SENT)),
        ("2.0.0 queued", Perhaps("smtp-answer-unreadable")),
        ("OK queued", Perhaps("smtp-answer-unreadable")),
        ("354 more", Perhaps("smtp-answer-unreadable")),
        ("999 what", Perhaps("smtp-answer-unreadable")),
        ("421 later", NotSent("smtp-421", 300)),
        ("599 never", Rejected("smtp-599", Fault.OTHER)),
    ],
)
def test_of_a_whole_letter_the_first_digit_decides_and_what_cannot_be_read_is_perhaps(
    post: Post, word: str, answer: object
) -> None:
    post.on_letter = word
    channel = mail(post)
    assert channel.send(a_letter()) == answer
    post.on_letter = ""
    assert channel.send(a_letter()) == Accepted(str(UUID(int=7)), ProviderStatus.SENT)


@pytest.mark.parametrize("sender", ["weerzien", "we erzien@x", "a@b@c", ""])
def test_a_letter_that_cannot_be_made_has_surely_not_gone(post: Post, sender: str) -> None:
    server = MailServer.parse(f"smtp://127.0.0.1:{post.port}")
    answer = SmtpEmail(server, sender, timeout=5).send(a_letter())
    assert answer == NotSent("letter-cannot-be-made", 900)
    assert post.envelopes == []


def test_nobody_listening_is_surely_not_sent() -> None:
    with hold() as port:
        server = MailServer("smtp", "127.0.0.1", port)
        assert SmtpEmail(server, SENDER).send(a_letter()) == NotSent("mail-server-cannot-be-reached")


def test_a_password_never_goes_over_an_open_line(post: Post) -> None:
    url = f"smtp+starttls://me:secret@127.0.0.1:{post.port}"
    answer = SmtpEmail(MailServer.parse(url), SENDER, timeout=5).send(a_letter())
    assert answer == NotSent("mail-server-cannot-be-reached")
    assert post.envelopes == []


class BreaksOff:
    """A mail server that hangs up as soon as a line begins with `last_word`."""

    def __init__(self, last_word: bytes) -> None:
        self._last_word = last_word
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as line:
            line.write(b"220 hello\r\n")
            in_letter = False
            while (word := line.readline()) and not word.lower().startswith(self._last_word):
                if not in_letter:
                    in_letter = word.lower().startswith(b"data")
                    line.write(b"354 go on\r\n" if in_letter else b"250 OK\r\n")


@pytest.mark.parametrize("last_word", [b"ehlo", b"mail", b"rcpt", b"data"])
def test_a_server_that_hangs_up_before_the_letter_has_not_got_it(last_word: bytes) -> None:
    server = MailServer("smtp", "127.0.0.1", BreaksOff(last_word).port)
    answer = SmtpEmail(server, SENDER, timeout=5).send(a_letter())
    assert answer == NotSent("mail-server-cannot-be-reached")


def test_a_server_that_hangs_up_after_the_letter_may_have_it() -> None:
    server = MailServer("smtp", "127.0.0.1", BreaksOff(b".").port)
    assert SmtpEmail(server, SENDER, timeout=5).send(a_letter()) == Perhaps("connection-broke")


def test_a_password_may_hold_any_sign() -> None:
    server = MailServer.parse("smtps://me%40here:p%2Fw%3Ad@mail.example")
    assert (server.user, server.password, server.port) == ("me@here", "p/w:d", 465)


def test_every_letter_has_its_own_name() -> None:
    one, two = (
        read(compose(Outgoing(uuid4(), "a@b.example", "s", "b", "nl"), "a@b.example", SENDER))
        for _ in range(2)
    )
    assert one["Message-ID"] != two["Message-ID"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_a_body_arrives_as_it_was_written(words: str) -> None:
    body = f"Dag Anna,\n{words}\nWeerzien"
    letter = read(compose(a_letter(body=body), "a@b.example", SENDER))
    assert in_plain(letter).replace("\r\n", "\n") == body
