from services.notify.people import internal
from shared.service import Room

ROOM = Room(routers=[internal.router])
