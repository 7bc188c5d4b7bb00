from services.referral.directory import api, searching
from shared.service import Room

ROOM = Room(routers=[api.router, searching.router], programs=["/hsds"])
