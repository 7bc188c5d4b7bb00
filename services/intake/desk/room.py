from services.intake.desk import api, commands, item_pages, pages, tasks
from shared.forgetting import Period
from shared.service import Room

ROOM = Room(
    routers=[api.router, pages.router, item_pages.router],
    due=tasks.DUE,
    periods=[Period("keep_desk_notes_days", commands.old_notes)],
)
