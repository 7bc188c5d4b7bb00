from services.intake.calls import api, back_pages, caller_pages, desk, erasing, pages, question_pages, tasks
from shared.service import Room

ROOM = Room(
    # The pages of pauses come before those of calls: their addresses begin alike.
    routers=[api.router, caller_pages.router, question_pages.router, pages.router, back_pages.router],
    due=tasks.DUE,
    desk=desk.DESK,
    periods=erasing.PERIODS,
)
