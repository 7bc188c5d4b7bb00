from services.notify.families import own_pages, pages, step_pages, tasks
from shared.service import Room

ROOM = Room(routers=[step_pages.router, pages.router, own_pages.router], due=tasks.DUE)
