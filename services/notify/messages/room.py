from services.notify.messages import api, desk, figures, subscribers, tasks, webhooks
from services.notify.messages.recipients import ByKind
from shared.service import Room


def room(recipients: ByKind) -> Room:
    """`recipients` says who knows the recipients of each kind; a message itself knows only their ids."""
    return Room(
        routers=[api.router, *webhooks.routers()],
        subscriptions=subscribers.SUBSCRIPTIONS,
        due=tasks.due(recipients),
        desk=desk.kinds(recipients),
        figures=[figures.figures],
    )
