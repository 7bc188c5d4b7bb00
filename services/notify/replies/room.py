from services.notify.messages.recipients import ByKind
from services.notify.replies import desk, webhooks
from shared.service import Room


def room(recipients: ByKind) -> Room:
    """`recipients` says who was last written to at the number from which somebody answers."""
    return Room(routers=webhooks.routers(), desk=desk.kinds(recipients))
