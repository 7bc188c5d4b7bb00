"""By which way an asker hears something: their own number or mailbox, or the professional who sees them."""

from __future__ import annotations

from services.notify.channels.port import ChannelName
from services.notify.messages.purposes import ROWS
from services.notify.messages.tables import Purpose
from shared.events.details import ContactPoint
from shared.vocabulary import ContactChannel

# What a professional is mailed, whatever it is that the asker is to hear: it says nothing of it.
TO_WORKER = "through-worker"


def channel_for(purpose: Purpose, contact: ContactPoint) -> ChannelName | None:
    """Return by which channel the asker hears this, or None if nothing of it is written to anybody."""
    if goes_through_worker(purpose, contact):
        return ChannelName.EMAIL
    return ChannelName.for_contact(contact.channel)


def goes_through_worker(purpose: Purpose, contact: ContactPoint) -> bool:
    """Whether a professional is mailed: one with an address that somebody vouches for, and only with news."""
    by_mail = contact.channel is ContactChannel.WORKER and bool(contact.worker_email)
    return by_mail and contact.is_proven and ROWS[purpose].through_worker


def address_for(purpose: Purpose, contact: ContactPoint) -> str | None:
    if goes_through_worker(purpose, contact):
        return contact.worker_email
    return contact.phone if contact.channel is ContactChannel.SMS else contact.email
