from services.intake.asking import home_pages
from shared.service import Room

ROOM = Room(routers=[home_pages.router])
