"""The figures on messages for Prometheus: how many in each state, how late, and how quick providers are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.messages.queries import waiting_as_we_are_refused
from services.notify.messages.tables import Attempt, Message, MessageState
from shared.figures import age, gauge

LATELY = timedelta(hours=1)


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    counted = session.execute(
        select(col(Message.state), col(Message.channel), func.count()).group_by(
            col(Message.state), col(Message.channel)
        )
    ).all()
    yield gauge(
        "messages",
        "Messages by state and channel",
        ["state", "channel"],
        {(state.value, channel.value): number for state, channel, number in counted},
    )
    due = session.execute(
        select(func.count(), func.min(col(Message.due_at))).where(
            col(Message.state) == MessageState.PLANNED, col(Message.due_at) <= now
        )
    ).one()
    yield gauge("messages_due", "Messages that should go now", [], {(): due[0]})
    yield gauge("queue_age_seconds", "How long the first of them has waited", [], {(): age(due[1], now)})
    yield gauge(
        "messages_refused_us",
        "Messages that wait because it is we whom the provider refuses",
        ["channel"],
        dict.fromkeys(((name.value,) for name in ChannelName), 0.0) | _refused_us(session),
    )
    yield from _providers(session, now)


def _refused_us(session: Session) -> dict[tuple[str, ...], float]:
    return {(name.value,): float(number) for name, number in waiting_as_we_are_refused(session).items()}


def _providers(session: Session, now: datetime) -> Iterator[Metric]:
    """Yield, for the last hour, how attempts ended and how long calls took."""
    lately = col(Attempt.started_at) > now - LATELY
    ended = session.execute(
        select(col(Attempt.channel), col(Attempt.state), func.count())
        .where(lately)
        .group_by(col(Attempt.channel), col(Attempt.state))
    ).all()
    yield gauge(
        "attempts_last_hour",
        "Attempts of the last hour by how they ended",
        ["channel", "state"],
        {(channel.value, state.value): number for channel, state, number in ended},
    )
    seconds = func.extract("epoch", col(Attempt.finished_at) - col(Attempt.started_at))
    taken = session.execute(
        select(
            col(Attempt.channel),
            func.percentile_cont(0.5).within_group(seconds),
            func.percentile_cont(0.95).within_group(seconds),
        )
        .where(lately, col(Attempt.finished_at).is_not(None))
        .group_by(col(Attempt.channel))
    ).all()
    yield gauge(
        "provider_seconds",
        "Seconds until the end of an attempt was known, of the last hour",
        ["channel", "quantile"],
        {
            (channel.value, quantile): float(value)
            for channel, half, most in taken
            for quantile, value in (("0.5", half), ("0.95", most))
        },
    )
