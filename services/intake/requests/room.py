from services.intake.requests import api, desk, figures, pages, subscribers, tasks
from shared.service import Room

ROOM = Room(
    routers=[api.router, pages.router],
    subscriptions=subscribers.SUBSCRIPTIONS,
    due=tasks.DUE,
    desk=desk.DESK,
    figures=[figures.figures],
)
