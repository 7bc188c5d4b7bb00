from services.notify.planner import pages
from services.notify.planner.periods import PERIODS
from shared.service import Room

ROOM = Room(routers=[pages.open_router, pages.router], periods=PERIODS)
