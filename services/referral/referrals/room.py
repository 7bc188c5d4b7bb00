from services.referral.referrals import api, desk, erasing, figures, fitting, story, subscribers, tasks
from shared.service import Room

ROOM = Room(
    routers=[api.router, story.router, fitting.router],
    subscriptions=subscribers.SUBSCRIPTIONS,
    due=tasks.DUE,
    desk=desk.DESK,
    figures=[figures.figures],
    eraser=erasing.ERASER,
    periods=erasing.PERIODS,
)
