"""Outbox, inbox, dispatcher, leases and dead letters: events arrive at least once and take effect once."""

from shared.messaging.outbox import Announcement as Announcement
from shared.messaging.outbox import announce as announce
from shared.messaging.outbox import announce_all as announce_all
from shared.messaging.outbox import wake_after_commit as wake_after_commit
from shared.messaging.subscriptions import RetryLater as RetryLater
from shared.messaging.subscriptions import Subscription as Subscription
from shared.messaging.subscriptions import Subscriptions as Subscriptions
from shared.messaging.subscriptions import on as on
from shared.messaging.subscriptions import on_many as on_many
from shared.messaging.work import DueWork as DueWork
