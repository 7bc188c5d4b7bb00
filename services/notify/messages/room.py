from services.notify.messages import api, desk, figures, subscribers, tasks, webhooks
from services.notify.messages.recipients import ByKind
from shared.service import Room


def room(recipients: ByKind) -> Room:
    """Return the room. `recipients` looks up each kind of recipient: a message itself holds only ids."""
    return Room(
        routers=[api.router(recipients), *webhooks.routers()],
        subscriptions=subscribers.SUBSCRIPTIONS,
        due=tasks.due(recipients),
        desk=desk.kinds(recipients),
        figures=[figures.figures],
    )
