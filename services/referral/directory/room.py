from services.referral.directory import api
from shared.service import Room

ROOM = Room(routers=[api.router], programs=["/hsds"])
