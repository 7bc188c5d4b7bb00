from services.intake.conversations import (
    api,
    asker_pages,
    desk,
    desk_pages,
    letter_pages,
    own_pages,
    template_pages,
)
from shared.service import Room

ROOM = Room(
    routers=[
        api.router,
        asker_pages.router,
        desk_pages.router,
        letter_pages.router,
        own_pages.router,
        template_pages.router,
    ],
    desk=desk.DESK,
)
