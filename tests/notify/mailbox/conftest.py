from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from services.notify.channels.settings import NotifyRuntime as Runtime
from shared.clock import FixedClock
from tests.kit.imap_standin import ImapStandIn
from tests.kit.mailbox import Mailbox
from tests.kit.settings import settings_for
from tests.notify import senders
from tests.notify.mailbox.post import Post
from tests.notify.mailbox.samples import OURS
from tests.notify.visits.office import FACILITIES, Office


@pytest.fixture
def sent() -> Iterator[Mailbox]:
    """The mail server that takes what we send."""
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def box() -> Iterator[ImapStandIn]:
    """The mailbox in which people answer."""
    with ImapStandIn() as standin:
        yield standin


@pytest.fixture
def reader(runtime_for: Callable[[str], Runtime], postgres: str, sent: Mailbox, box: ImapStandIn) -> Runtime:
    """Notify with a mail server, a mailbox, and the postbus for its texts."""
    runtime = runtime_for("notify")
    runtime.settings = settings_for(
        "notify",
        database_url=postgres,
        postbus=True,
        smtp_url=sent.url,
        imap_url=box.url,
        mail_from=OURS,
        public_url_notify="https://notify.example.org",
    )
    senders.install(senders.usual(runtime))
    return runtime


@pytest.fixture
def post(
    reader: Runtime,
    client_for: Callable[[str], TestClient],
    make_key: Callable[..., dict[str, str]],
    clock: FixedClock,
    sent: Mailbox,
    box: ImapStandIn,
) -> Post:
    """A visit office whose families are written to by mail, and answer."""
    office = Office(
        client=client_for("notify"),
        runtime=reader,
        clock=clock,
        desk=make_key("notify", "desk"),
        prison=make_key("notify", "visits:write", facilities=FACILITIES),
    )
    return Post(office, sent, box)
