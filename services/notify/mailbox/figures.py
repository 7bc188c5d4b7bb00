"""The figures on the mailbox for Prometheus: whether it is read, and what came in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import Session, col

from services.notify.mailbox.tables import MailboxState, Taken, TakenMail
from shared.figures import age, gauge


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    read_at = session.execute(select(func.min(col(MailboxState.read_at)))).scalar_one()
    yield gauge(
        "mailbox_unread_seconds",
        "How long ago the mailbox was last read, where one is set up",
        [],
        {(): age(read_at, now)},
    )
    counted = session.execute(select(col(TakenMail.kind), func.count()).group_by(col(TakenMail.kind))).all()
    yield gauge(
        "mails_taken_in",
        "Mails that came in and are still on record, by what they were taken for",
        ["kind"],
        {(kind.value,): 0.0 for kind in Taken} | {(kind.value,): float(number) for kind, number in counted},
    )
