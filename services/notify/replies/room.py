from services.notify.replies import desk, webhooks
from shared.service import Room

ROOM = Room(routers=[webhooks.router], desk=desk.DESK)
