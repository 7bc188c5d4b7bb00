from services.intake.children import desk, desk_pages, erasing, here_pages, pages
from shared.service import Room

ROOM = Room(
    routers=[pages.router, here_pages.router, desk_pages.router], desk=desk.DESK, periods=erasing.PERIODS
)
