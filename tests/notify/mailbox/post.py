"""Mail to and from a family: what goes out by SMTP, and what lies in the mailbox when it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.mailbox import commands, tasks
from services.notify.messages import commands as messages
from shared.desk.items import WorkItem
from tests.kit.imap_standin import ImapStandIn
from tests.kit.mailbox import Mailbox
from tests.notify import senders
from tests.notify.messages.family import on_the_list
from tests.notify.visits.office import ADDRESS, Office

MOVES = timedelta(minutes=6)


@dataclass
class Post:
    office: Office
    sent: Mailbox
    box: ImapStandIn

    @property
    def runtime(self) -> Runtime:
        return self.office.runtime

    def family(self, **changed: Any) -> tuple[str, str]:
        """Register a family by mail, for a day on which it is asked whether it comes; returns both."""
        day = self.office.publish()
        return day, self.register(day, **changed)

    def register(self, day: str, **changed: Any) -> str:
        given = {"channel": "email", "phone": None, "email": ADDRESS, "name": "Oma"}
        return self.office.register(day, **(given | changed))

    def is_asked(self) -> EmailMessage:
        """Let the day come on which families are asked whether they come, and return the mail that asks."""
        self.goes_out()
        self.office.clock.advance(timedelta(days=13))
        return self.goes_out()[-1]

    def goes_out(self) -> list[EmailMessage]:
        """Send what is due, and return all mails so far."""
        self.office.remind()
        with self.runtime.sessions() as session:
            due = messages.claim_due(session, self.office.clock.now(), 100)
            session.commit()
        senders.sender_for(self.runtime).send(due)
        return [mail for _, mail in self.sent.mails]

    def answers(self, mail: EmailMessage, body: str, *, sender: str = ADDRESS, **heads: str) -> int:
        """Let an answer to one of our mails come in."""
        answered = str(mail["Message-ID"])
        return self.writes(body, sender=sender, **{"In-Reply-To": answered, "References": answered, **heads})

    def writes(self, body: str, *, sender: str = ADDRESS, **heads: str) -> int:
        given = {
            "From": sender,
            "Subject": "Re: Kom je op do 17 dec?",
            "Message-ID": f"<{self.box.next_uid}.{self.box.validity}@voorbeeld.nl>",
            "Content-Type": "text/plain; charset=utf-8",
        }
        lines = [f"{name}: {value}" for name, value in (given | heads).items()]
        return self.box.comes("\n".join([*lines, "", body]))

    def look(self) -> int:
        """Do what the dispatcher and a worker do with the mailbox when it is time; returns how often."""
        self.office.clock.advance(MOVES)
        return self.look_again()

    def look_again(self) -> int:
        with self.runtime.sessions() as session:
            due = commands.claim(session, self.office.clock.now(), 10)
            session.commit()
        for one in due:
            tasks.read(self.runtime, [one])
        return len(due)

    def hears(self, mail: EmailMessage, body: str, **given: str) -> None:
        self.answers(mail, body, **given)
        self.look()

    def taken(self) -> list[str]:
        """Return what the mails that came in were taken for."""
        return [row.kind for row in self.rows("taken_mails", "taken_at, ctid")]

    def silence(self) -> list[str]:
        return [row.reason for row in self.rows("suppressions")]

    def waiting(self) -> list[WorkItem]:
        return list(on_the_list(self.runtime))

    def rows(self, table: str, order: str = "id") -> list[Any]:
        with self.runtime.engine.connect() as connection:
            return list(connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}")).all())

    def state_of(self, day: str, registration: str) -> str:
        return str(self.office.family(day, registration)["state"])

    def lease_runs_out(self) -> None:
        with self.runtime.engine.begin() as connection:
            connection.execute(text("UPDATE mailbox_state SET leased_until = NULL"))


def said(mail: EmailMessage) -> str:
    """What a mail says to whoever reads it without HTML."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""


def attempt_of(mail: EmailMessage) -> UUID:
    return UUID(str(mail["Message-ID"]).strip("<>").partition("@")[0])
