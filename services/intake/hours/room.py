from services.intake.hours import api, forgetting, pages, shift_pages
from shared.service import Room

ROOM = Room(routers=[api.router, pages.router, shift_pages.router], periods=forgetting.PERIODS)
