from services.notify.wording import api
from shared.service import Room

ROOM = Room(routers=[api.router])
