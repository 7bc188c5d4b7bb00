from services.intake.staff import own_pages, pages, people_pages
from shared.service import Room

ROOM = Room(routers=[pages.router, own_pages.router, people_pages.router])
