from services.intake.requests import api, desk, pages, subscribers
from shared.service import Room

ROOM = Room(
    routers=[api.router, pages.router],
    subscriptions=subscribers.SUBSCRIPTIONS,
    desk=desk.DESK,
)
