from services.intake.conversations import api, asker_pages, desk, desk_pages, own_pages, template_pages
from shared.service import Room

ROOM = Room(
    routers=[api.router, asker_pages.router, desk_pages.router, own_pages.router, template_pages.router],
    desk=desk.DESK,
)
