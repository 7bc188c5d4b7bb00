from services.intake.erasures import api, commands, pages
from shared.forgetting import Period
from shared.service import Room

ROOM = Room(
    routers=[api.router, pages.router],
    eraser=commands.ERASER,
    periods=[
        Period("keep_requests_days", commands.over),
        Period("keep_open_requests_days", commands.left_open),
        Period("keep_figures_days", commands.old_figures),
        Period("keep_answers_to_erasures_days", commands.old_erasures),
    ],
)
