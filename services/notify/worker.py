import services.notify.messages.desk
import services.notify.messages.subscribers
import services.notify.visits.desk  # noqa: F401
from services.notify.base import Base
from services.notify.desk import desk
from services.notify.messages import tasks as messages
from services.notify.settings import Settings
from services.notify.subscriptions import subscriptions
from services.notify.visits import tasks as visits
from shared.messaging.work import Wiring

wiring = Wiring("notify", Settings, Base, subscriptions, [*messages.DUE, *visits.DUE], desk)
