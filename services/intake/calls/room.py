from services.intake.calls import (
    api,
    back_pages,
    caller_pages,
    desk,
    erasing,
    exchange_api,
    pages,
    programs,
    question_pages,
    tasks,
)
from shared.service import Room

ROOM = Room(
    # The pages of pauses come before those of calls: their addresses begin alike.
    routers=[
        api.router,
        caller_pages.router,
        question_pages.router,
        pages.router,
        back_pages.router,
        exchange_api.router,
        programs.router,
    ],
    due=tasks.DUE,
    programs=["/cti/"],
    passed_on=["/cti"],
    desk=desk.DESK,
    periods=erasing.PERIODS,
)
