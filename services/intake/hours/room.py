from services.intake.hours import api
from shared.service import Room

ROOM = Room(routers=[api.router])
