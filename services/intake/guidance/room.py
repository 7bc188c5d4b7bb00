from services.intake.guidance import (
    api,
    desk,
    desk_pages,
    forgetting,
    list_pages,
    opinion_pages,
    pages,
    tasks,
)
from shared.service import Room

ROOM = Room(
    routers=[api.router, pages.router, list_pages.router, opinion_pages.router, desk_pages.router],
    due=tasks.DUE,
    desk=desk.DESK,
    periods=forgetting.PERIODS,
)
