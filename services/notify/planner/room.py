from services.notify.planner import (
    calendar_pages,
    change_pages,
    day_pages,
    facility_pages,
    gate_pages,
    import_pages,
    pages,
)
from services.notify.planner.periods import PERIODS
from shared.service import Room

ROOM = Room(
    routers=[
        pages.open_router,
        pages.router,
        calendar_pages.router,
        change_pages.router,
        facility_pages.router,
        import_pages.router,
        gate_pages.router,
        day_pages.router,
    ],
    periods=PERIODS,
)
