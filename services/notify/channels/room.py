from services.notify.channels import api, pages
from shared.service import Room

ROOM = Room(routers=[api.router, pages.router])
