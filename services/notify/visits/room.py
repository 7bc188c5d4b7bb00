from services.notify.visits import api, desk, figures, pages, tasks
from shared.service import Room

ROOM = Room(routers=[api.router, pages.router], due=tasks.DUE, desk=desk.DESK, figures=[figures.figures])
