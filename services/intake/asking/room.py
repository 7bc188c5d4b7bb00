from services.intake.asking import home_pages, pages, tasks
from shared.service import Room

ROOM = Room(routers=[home_pages.router, pages.router], due=tasks.DUE)
