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
    simulator,
    tasks,
    voice_api,
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
        voice_api.router,
        simulator.router,
    ],
    due=tasks.DUE,
    programs=["/cti/", "/twilio/"],
    passed_on=["/cti", "/twilio"],
    desk=desk.DESK,
    periods=erasing.PERIODS,
)
