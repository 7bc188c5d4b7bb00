from services.notify.contacts import unsubscribing
from services.notify.messages.recipients import ByKind
from services.notify.replies import desk, pages, tasks, webhooks
from shared.service import Room


def room(recipients: ByKind) -> Room:
    """Return the room. `recipients` looks up who was last written to at the number that replies."""
    return Room(
        routers=[*webhooks.routers(), pages.router],
        due=tasks.DUE,
        desk=desk.kinds(recipients),
        from_anywhere=[unsubscribing.PATH],
    )
