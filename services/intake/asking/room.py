from services.intake.asking import home_pages, one_page, pages, tasks
from shared.service import Room

ROOM = Room(routers=[home_pages.router, pages.router, one_page.router], due=tasks.DUE)
