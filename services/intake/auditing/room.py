from services.intake.auditing import pages
from shared.service import Room

ROOM = Room(routers=[pages.router])
