from services.notify.messages import api, desk, figures, subscribers, tasks, webhooks
from shared.service import Room

ROOM = Room(
    routers=[api.router, *webhooks.routers()],
    subscriptions=subscribers.SUBSCRIPTIONS,
    due=tasks.DUE,
    desk=desk.DESK,
    figures=[figures.figures],
)
