from services.intake.guidance import pages
from shared.service import Room

ROOM = Room(routers=[pages.router])
