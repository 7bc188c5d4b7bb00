from services.notify.visits import api, desk, figures, pages, tasks
from services.notify.visits.mass import api as mass_api
from services.notify.visits.mass import tasks as mass_tasks
from shared.service import Room

ROOM = Room(
    routers=[api.router, mass_api.router, pages.router],
    due=(*tasks.DUE, *mass_tasks.DUE),
    desk=desk.DESK,
    figures=[figures.figures],
)
