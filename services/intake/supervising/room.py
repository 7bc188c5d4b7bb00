from services.intake.supervising import pages
from shared.service import Room

ROOM = Room(routers=[pages.router])
