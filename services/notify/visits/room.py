from services.notify.visits import api, desk, figures, tasks
from shared.service import Room

ROOM = Room(routers=[api.router], due=tasks.DUE, desk=desk.DESK, figures=[figures.figures])
