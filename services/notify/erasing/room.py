from services.notify.erasing import desk, subscribers, tasks
from services.notify.erasing.commands import ERASER
from services.notify.erasing.periods import PERIODS
from shared.service import Room

ROOM = Room(
    subscriptions=subscribers.SUBSCRIPTIONS,
    due=tasks.DUE,
    desk=desk.DESK,
    periods=PERIODS,
    eraser=ERASER,
)
