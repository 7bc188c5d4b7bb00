"""The mailbox over a real connection: to a stand-in, and to Dovecot where that is installed."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.ports import hold
from services.notify.channels.imap_mailbox import (
    CANNOT_BE_REACHED,
    MOST_BYTES,
    NO_SUCH_FOLDER,
    REFUSES_OUR_KEY,
    UNREADABLE,
    Account,
    MailboxTrouble,
    opened,
    trouble,
)
from tests.kit.imap_standin import HangUp, ImapStandIn
from tests.kit.system import eventually


@pytest.fixture
def box() -> Iterator[ImapStandIn]:
    with ImapStandIn() as standin:
        yield standin


def code(box: ImapStandIn) -> str:
    with pytest.raises(MailboxTrouble) as problem, opened(Account.parse(box.url), timeout=5) as mailbox:
        mailbox.read(mailbox.last())
    return problem.value.code


TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize("plain", [True, False])
def test_mails_are_found_read_and_marked(box: ImapStandIn, plain: bool) -> None:
    box.plain = plain
    if not plain:
        box.password = 'a "pass\\word" zonder accent'
    first, second = box.comes("Subject: een\n\nJa"), box.comes("Subject: twee\n\nNee")
    url = box.url if plain else box.url.replace("met%20%C3%A9", "zonder%20accent")
    with opened(Account.parse(url), timeout=5) as mailbox:
        assert mailbox.validity == box.validity
        assert (mailbox.last(), mailbox.after(0), mailbox.after(first)) == (second, [first, second], [second])
        assert mailbox.after(second) == []
        raw = mailbox.read(first)
        assert raw is not None
        assert raw.content == b"Subject: een\r\n\r\nJa"
        assert mailbox.read(99) is None
        assert box.unread() == [first, second]
        mailbox.mark_read([first])
    assert box.unread() == [second]


def test_an_empty_mailbox_has_no_last_mail(box: ImapStandIn) -> None:
    with opened(Account.parse(box.url), timeout=5) as mailbox:
        assert (mailbox.last(), mailbox.after(0)) == (0, [])


def test_of_what_was_there_before_only_the_latest_is_found(box: ImapStandIn) -> None:
    box.comes("old", day=TODAY - timedelta(days=20))
    opened_by_somebody, unread = box.comes("seen", seen=True), box.comes("new")
    since = TODAY - timedelta(days=14)
    with opened(Account.parse(box.url), timeout=5) as mailbox:
        assert mailbox.between(0, 3, since, unread=True) == [unread]
        assert mailbox.between(0, 3, since, unread=False) == [opened_by_somebody, unread]
        assert mailbox.between(0, 2, since, unread=False) == [opened_by_somebody]
        assert mailbox.between(3, 3, since, unread=False) == []


def test_no_more_than_the_beginning_of_a_mail_is_taken(box: ImapStandIn) -> None:
    box.comes(b"x" * (MOST_BYTES + 1))
    with opened(Account.parse(box.url), timeout=5) as mailbox:
        raw = mailbox.read(1)
    assert raw is not None
    assert len(raw.content) == MOST_BYTES


def test_a_mailbox_that_may_only_be_read_is_read(box: ImapStandIn) -> None:
    box.read_only = True
    box.comes("Ja")
    with opened(Account.parse(box.url), timeout=5) as mailbox:
        assert mailbox.read(1)
        mailbox.mark_read([1])
    assert not any("STORE" in asked for asked in box.asked)


def test_a_wrong_password_is_told_in_words_without_the_servers(box: ImapStandIn) -> None:
    box.password = "another"
    assert code(box) == REFUSES_OUR_KEY
    told = trouble(Account.parse(box.url), timeout=5)
    assert told
    assert "WEERZIEN_IMAP_URL" in told
    assert "centrum.example" not in told


def test_a_folder_that_is_not_there_is_told(box: ImapStandIn) -> None:
    url = box.url
    box.folder = "Archief"
    with pytest.raises(MailboxTrouble) as problem, opened(Account.parse(url), timeout=5):
        pass
    assert problem.value.code == NO_SUCH_FOLDER


@pytest.mark.parametrize("command", ["CAPABILITY", "AUTHENTICATE", "SELECT", "UID SEARCH", "UID FETCH"])
def test_a_server_that_hangs_up_is_tried_later(box: ImapStandIn, command: str) -> None:
    def hangs_up() -> str:
        raise HangUp

    box.comes("Ja")
    box.on[command] = hangs_up
    assert code(box) == CANNOT_BE_REACHED


@pytest.mark.parametrize("answer", ["NO not today", "BAD what?"])
@pytest.mark.parametrize("command", ["UID SEARCH", "UID FETCH"])
def test_a_server_that_refuses_is_tried_later(box: ImapStandIn, command: str, answer: str) -> None:
    box.comes("Ja")
    box.on[command] = lambda: answer
    assert code(box) == UNREADABLE


def test_a_server_that_would_send_without_end_is_cut_off(
    box: ImapStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notify.channels.imap_mailbox.MOST_IN_ONE_PIECE", 10)
    box.comes("a longer mail than that")
    assert code(box) == CANNOT_BE_REACHED


def test_a_server_that_never_answers_is_left_after_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account = Account.parse(f"imap://u:p@127.0.0.1:{silent.getsockname()[1]}")
        told = trouble(account, timeout=0.2)
    assert told
    assert "cannot be reached" in told


def test_what_is_no_mailbox_is_told() -> None:
    with hold() as port:
        told = trouble(Account.parse(f"imap://u:p@127.0.0.1:{port}"), timeout=5)
    assert told
    assert "cannot be reached" in told


@pytest.mark.parametrize(
    "url",
    ["imap.example.org", "https://u:p@host", "imaps://host", "imaps://u@host", "imaps://u:p@host/%0d%0aX",
     "imaps://u%0d%0aX:p@host", "imaps://u:p@host/Bo%C3%AEte", "imaps://u:p@host:x"],
)  # fmt: skip
def test_an_address_that_is_none_of_a_mailbox_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Account.parse(url)


def test_an_address_of_a_mailbox_names_its_folder_or_means_the_usual_one() -> None:
    account = Account.parse("imaps://hulp%40centrum.example:p%40ss@mail.example/Antwoorden/Mail")
    assert (account.user, account.password, account.port) == ("hulp@centrum.example", "p@ss", 993)
    assert account.folder == "Antwoorden/Mail"
    assert Account.parse("imap+starttls://u:p@host").folder == "INBOX"
    changed = Account.parse("imaps://hulp%40centrum.example:other@mail.example/Antwoorden/Mail")
    assert changed.index == account.index != Account.parse("imaps://u:p@mail.example").index


DOVECOT = next(
    (one for one in (os.environ.get("WEERZIEN_TEST_DOVECOT"), shutil.which("dovecot"), "/usr/sbin/dovecot")
     if one and Path(one).exists()),
    None,
)  # fmt: skip


@dataclass
class Dovecot:
    """A real mail server with one mailbox, and the folder in which mails are laid into it."""

    url: str
    folder: Path
    owner: tuple[int, int]

    def comes(self, name: str, content: bytes) -> None:
        mail = self.folder / "mail" / "new" / f"{name}.host"
        mail.write_bytes(content)
        os.chown(mail, *self.owner)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    if DOVECOT is None:
        pytest.skip("Dovecot is not installed here (apt install dovecot-imapd)")
    # It serves no mailbox of root's, and another user must pass the folders above.
    user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    folder = Path(tempfile.mkdtemp(prefix="weerzien-dovecot-"))
    folder.chmod(0o755)
    owner = (user.pw_uid, user.pw_gid)
    for name in ("mail", "mail/new", "mail/cur", "mail/tmp"):
        (folder / name).mkdir()
        os.chown(folder / name, *owner)
    with hold() as port:
        config = folder / "dovecot.conf"
        group = grp.getgrgid(user.pw_gid).gr_name
        config.write_text(
            CONFIG.format(base=folder, port=port, user=user.pw_name, group=group, uid=owner[0], gid=owner[1])
        )
        server = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
        url = f"imap://u:p@127.0.0.1:{port}"
        try:
            eventually(lambda: trouble(Account.parse(url), timeout=2) is None)
            yield Dovecot(url, folder, owner)
        finally:
            server.terminate()
            server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{base}/mail
first_valid_uid = {uid}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=p
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}
}}
"""


def test_a_real_mail_server_is_read_like_the_stand_in(dovecot: Dovecot) -> None:
    for name in ("1", "2"):
        dovecot.comes(name, f"Subject: {name}\r\n\r\nJa\r\n".encode())
    dovecot.comes("3", b"Subject: 3\r\n\r\n" + b"x" * MOST_BYTES)
    with opened(Account.parse(dovecot.url)) as mailbox:
        eventually(lambda: len(mailbox.after(0)) == 3)
        first, second, last = mailbox.after(0)
        assert (mailbox.last(), mailbox.after(second), mailbox.after(last)) == (last, [last], [])
        since = datetime.now(UTC).date() - timedelta(days=2)
        assert mailbox.between(0, last, since, unread=True) == [first, second, last]
        raw, large = mailbox.read(first), mailbox.read(last)
        assert raw is not None
        assert large is not None
        assert raw.content.endswith(b"\r\n\r\nJa\r\n")
        assert len(large.content) == MOST_BYTES
        assert mailbox.read(last + 1) is None
        mailbox.mark_read([first])
        assert mailbox.between(0, last, since, unread=True) == [second, last]


def test_a_real_mail_server_that_refuses_us_is_told(dovecot: Dovecot) -> None:
    told = trouble(Account.parse(dovecot.url.replace("u:p@", "u:other@")))
    assert told
    assert "refuses the name and password" in told
    told = trouble(Account.parse(f"{dovecot.url}/Nergens"))
    assert told
    assert "no folder" in told
