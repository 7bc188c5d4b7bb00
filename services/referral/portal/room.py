from services.referral.portal import pages
from shared.service import Room

ROOM = Room(routers=[pages.router])
